import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import CLIPTokenizer

from tests.training.drawing import sampled_scenes
from training.batch_stream import stream
from training.batches import (
    NO_CONCEPT,
    ClipBatches,
    Curriculum,
    fit_matrix,
    named_matrix,
    presence_matrix,
)
from training.scenes import Language
from training.wording import caption

few = settings(max_examples=30, deadline=None)


@pytest.fixture(scope="module")
def batches(tokenizer: CLIPTokenizer) -> ClipBatches:
    return ClipBatches(tokenizer, 96, 12, 24, Curriculum(steps=50, easy_part=0.1))


def test_a_batch_is_the_same_again_and_well_formed(batches: ClipBatches) -> None:
    first, again = batches[30], batches[30]
    for name in vars(first):
        assert torch.equal(getattr(first, name), getattr(again, name)), name
    assert first.pixels.shape == (24, 3, 96, 96) and first.pixels.dtype == torch.uint8
    assert first.patch_concepts.shape == (24, 64)
    assert first.english.shape[0] == first.chinese.shape[0] == 24
    assert not torch.equal(first.pixels, batches[31].pixels)


def test_patches_show_only_concepts_that_are_present(batches: ClipBatches) -> None:
    batch = batches[40]
    for row, presence in zip(batch.patch_concepts, batch.presence, strict=True):
        seen = {int(c) for c in row.unique()} - {NO_CONCEPT}
        assert seen <= set(presence.nonzero().flatten().tolist())


def test_workers_make_the_same_batches(batches: ClipBatches) -> None:
    made = next(stream(batches, len(batches), 49, workers=1))
    assert torch.equal(made.pixels, batches[49].pixels)


@few
@given(
    st.lists(sampled_scenes(most=3), min_size=2, max_size=12),
    st.sampled_from(Language),
    st.integers(0, 99),
)
def test_the_fast_fit_matrix_agrees_with_the_captions(
    scenes: list, language: Language, seed: int
) -> None:
    rng = random.Random(seed)
    written = [caption(scene, language, rng) for scene in scenes]
    fits = fit_matrix(scenes, written)
    assert fits.diagonal().all()
    slow = np.array([[told.may_fit(scene) for told in written] for scene in scenes])
    np.fill_diagonal(slow, True)
    assert np.array_equal(fits, slow)


@few
@given(st.lists(sampled_scenes(most=4), min_size=1, max_size=5))
def test_presence_is_what_the_scene_counts(scenes: list) -> None:
    for row, scene in zip(presence_matrix(scenes), scenes, strict=True):
        assert row.sum() == len(scene.counts())


def test_the_curriculum_starts_easy() -> None:
    curriculum = Curriculum(steps=100, easy_part=0.5, easy_share=0.8, final_share=0.2)
    assert curriculum.single_share(0) == pytest.approx(0.8)
    assert curriculum.single_share(25) == pytest.approx(0.5)
    assert curriculum.single_share(50) == curriculum.single_share(99) == pytest.approx(0.2)


@few
@given(st.lists(sampled_scenes(most=4), min_size=1, max_size=5), st.sampled_from(Language))
def test_captions_name_only_what_their_scene_shows(scenes: list, language: Language) -> None:
    rng = random.Random(1)
    written = [caption(scene, language, rng) for scene in scenes]
    named = named_matrix(written)
    assert not (named & ~presence_matrix(scenes)).any()
    for row, told in zip(named, written, strict=True):
        assert row.sum() == sum(len(group) == 1 for group in told.groups)
