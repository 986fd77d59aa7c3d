import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from training.relations import held_out_triples, relations_between
from training.sampling import Split, sample_scene
from training.twins import paint_as_sent, twin_of


@given(st.integers(0, 5_000))
@settings(max_examples=60, deadline=None)
def test_a_twin_turns_a_relation_around_and_may_be_trained_on(number: int) -> None:
    scene = sample_scene(number, Split.TRAINING, min_objects=2)
    twin = twin_of(scene)
    if twin is None:
        return
    assert not held_out_triples(twin)
    assert scene.counts() == twin.counts() and scene.background == twin.background
    told = (
        [relations_between(*s.objects[:2]) for s in (scene, twin)]
        if len(scene.objects) == 2
        else []
    )
    assert not told or told[0] != told[1]


def test_a_part_is_painted_large_and_made_small() -> None:
    scene = sample_scene(3, Split.TRAINING, min_objects=2)
    seen = [paint_as_sent(scene, 96, random.Random(seed)) for seed in range(40)]
    assert {painting.picture.shape for painting in seen} == {(96, 96, 3)}
    assert {painting.visible_masks.shape[1:] for painting in seen} == {(96, 96)}
    kinds = {painting.picture.tobytes() for painting in seen}
    assert len(kinds) == 2
    large, direct = sorted(kinds, key=lambda k: sum(p.picture.tobytes() == k for p in seen))
    masks = {p.picture.tobytes(): p.visible_masks for p in seen}
    # The same things at the same places, save what a border pixel may differ.
    assert np.mean(masks[large] != masks[direct]) < 0.05
