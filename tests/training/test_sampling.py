import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.drawing import numbers, sampled_scenes
from training.relations import held_out_triples
from training.sampling import Split, sample_scene
from training.scenes import Scene

few = settings(max_examples=60, deadline=None)


@few
@given(numbers, st.sampled_from(Split))
def test_a_number_is_always_the_same_scene(number: int, split: Split) -> None:
    assert sample_scene(number, split) == sample_scene(number, split)


@few
@given(numbers)
def test_splits_share_neither_scenes_nor_backgrounds(number: int) -> None:
    scenes = [sample_scene(number, split) for split in Split]
    assert len(set(scenes)) == len(scenes)
    assert [scene.background.seed // 200 for scene in scenes] == [0, 1, 2, 3]


@few
@given(sampled_scenes(fewest=1, most=6))
def test_objects_stand_inside_on_their_own_layers(scene: Scene) -> None:
    assert 1 <= len(scene.objects) <= 6
    assert sorted(thing.layer for thing in scene.objects) == list(range(len(scene.objects)))
    for thing in scene.objects:
        assert 0 < thing.x < 1 and 0 < thing.y < 1 and 0.05 < thing.size < 0.8


@few
@given(numbers, st.sampled_from(["cat", "bubble_tea"]))
def test_the_first_object_can_be_asked_for(number: int, key: str) -> None:
    scene = sample_scene(number, Split.TEST, max_objects=3, concept_key=key)
    assert scene.objects[0].concept_key == key


@few
@given(numbers)
def test_held_out_scenes_show_a_held_out_triple(number: int) -> None:
    scene = sample_scene(number, Split.TEST, min_objects=2, held_out_only=True)
    assert held_out_triples(scene)


@pytest.mark.parametrize(
    ("number", "options"),
    [
        (-1, {}),
        (10**9, {}),
        (0, {"min_objects": 3, "max_objects": 2}),
        (0, {"max_objects": 7}),
        (0, {"held_out_only": True}),
    ],
)
def test_arguments_that_contradict_each_other_are_refused(number: int, options: dict) -> None:
    with pytest.raises(ValueError):
        sample_scene(number, Split.TRAINING, **options)


def test_a_scene_without_objects_can_be_drawn() -> None:
    assert sample_scene(0, Split.TEST, min_objects=0, max_objects=0).objects == ()
