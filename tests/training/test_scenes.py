from hypothesis import given, settings

from tests.training.drawing import sampled_scenes
from training.relations import relations_between
from training.scenes import Scene

few = settings(max_examples=60, deadline=None)


@few
@given(sampled_scenes(most=5))
def test_counts_agree_with_the_objects(scene: Scene) -> None:
    counts = scene.counts()
    assert sum(counts.values()) == len(scene.objects)
    for key, count in counts.items():
        assert count == sum(thing.concept_key == key for thing in scene.objects)
        assert (scene.only(key) is not None) == (count == 1)
    assert scene.only("nothing of the kind") is None


@few
@given(sampled_scenes(fewest=2, most=3))
def test_swapping_turns_every_relation_around(scene: Scene) -> None:
    twin = scene.swapped(0, 1)
    before = set(relations_between(*scene.objects[:2]))
    after = set(relations_between(*twin.objects[:2]))
    sides = {"left_of", "right_of", "above", "below", "bigger_than", "smaller_than"}
    assert {r.inverse for r in before if r.value in sides} == {r for r in after if r.value in sides}
    assert twin.swapped(0, 1) == scene
