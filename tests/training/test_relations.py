from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.drawing import objects, sampled_scenes
from training.concepts import CONCEPTS
from training.painting import paint_masks
from training.relations import (
    CANONICAL,
    Relation,
    held_out_triples,
    is_held_out_triple,
    relations_between,
    triples,
)
from training.sampling import Split
from training.scenes import Scene, SceneObject

few = settings(max_examples=60, deadline=None)
keys = st.sampled_from([concept.key for concept in CONCEPTS])


def thing(
    key: str = "cat", x: float = 0.5, y: float = 0.5, size: float = 0.3, layer: int = 0
) -> SceneObject:
    return SceneObject(key, x, y, size, 0.0, False, layer)


@few
@given(objects(0), objects(1))
def test_relations_are_antisymmetric(first: SceneObject, second: SceneObject) -> None:
    forth, back = relations_between(first, second), relations_between(second, first)
    assert {relation.inverse for relation in forth} == set(back)
    assert not {relation.inverse for relation in forth} & set(forth)


@few
@given(objects(0), objects(1))
def test_sideways_and_upright_exclude_each_other(first: SceneObject, second: SceneObject) -> None:
    sides = {Relation.LEFT_OF, Relation.RIGHT_OF, Relation.ABOVE, Relation.BELOW}
    assert len(sides & set(relations_between(first, second))) <= 1


def test_plain_cases() -> None:
    left, right = thing(x=0.2), thing("dog", x=0.8, layer=1)
    assert relations_between(left, right) == (Relation.LEFT_OF,)
    high, low = thing(y=0.2, size=0.4), thing("dog", y=0.8, size=0.2, layer=1)
    assert relations_between(high, low) == (Relation.ABOVE, Relation.BIGGER_THAN)
    below, above = thing(size=0.3), thing("dog", size=0.3, x=0.55, layer=1)
    assert relations_between(above, below) == (Relation.IN_FRONT_OF,)
    assert relations_between(below, above) == (Relation.BEHIND,)


@few
@given(sampled_scenes(fewest=2, most=2))
def test_behind_means_that_less_can_be_seen(scene: Scene) -> None:
    amodal, visible = paint_masks(scene, 96)
    seen = visible.sum((1, 2)) / amodal.sum((1, 2))
    held = relations_between(*scene.objects)
    if Relation.IN_FRONT_OF in held:
        assert seen[1] < 0.98
    elif Relation.BEHIND in held:
        assert seen[0] < 0.98
    else:
        assert seen.min() > 0.88


@few
@given(keys, st.sampled_from(Relation), keys)
def test_a_triple_and_its_opposite_are_held_out_together(
    first: str, relation: Relation, second: str
) -> None:
    forth = is_held_out_triple(first, relation, second)
    assert forth == is_held_out_triple(second, relation.inverse, first)


def test_a_tenth_of_all_triples_is_held_out() -> None:
    names = [concept.key for concept in CONCEPTS]
    held = [
        is_held_out_triple(a, r, b) for a in names[:60] for b in names[60:120] for r in CANONICAL
    ]
    assert 0.09 < sum(held) / len(held) < 0.11


@few
@given(sampled_scenes(st.just(Split.TRAINING), fewest=2, most=5))
def test_training_scenes_show_no_held_out_triple(scene: Scene) -> None:
    assert held_out_triples(scene) == set()


@few
@given(sampled_scenes(fewest=2, most=4))
def test_triples_are_canonical_and_true(scene: Scene) -> None:
    for first, relation, second in triples(scene):
        assert relation.is_canonical and first != second
        assert any(
            relation in relations_between(a, b)
            for a in scene.objects
            for b in scene.objects
            if a.concept_key == first and b.concept_key == second
        )
