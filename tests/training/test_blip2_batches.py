import numpy as np
import pytest
import torch
from transformers import PreTrainedTokenizerFast

from training.batches import NO_CONCEPT
from training.blip2_batches import (
    CAPTION_TOKENS,
    TALK_TOKENS,
    SceneBatch,
    SceneBatches,
    patch_truth,
)
from training.llama_vocabulary import DECODE
from training.packing import PADDING
from training.painting import paint
from training.sampling import Split, sample_scene


@pytest.fixture(scope="module")
def made(llama_tokenizer: PreTrainedTokenizerFast) -> SceneBatches:
    return SceneBatches(
        llama_tokenizer, side_px=96, patch_px=12, batch_size=10, queries=16, steps=100
    )


@pytest.fixture(scope="module")
def batch(made: SceneBatches) -> SceneBatch:
    return made[40]


def test_a_batch_is_always_the_same(made: SceneBatches, batch: SceneBatch) -> None:
    again = made[40].to(torch.device("cpu"))
    assert again.number == 40
    assert torch.equal(batch.pixels, again.pixels)
    assert torch.equal(batch.talk.ids, again.talk.ids)
    assert torch.equal(batch.english.ids, again.english.ids)


def test_captions_begin_for_both_objectives(
    batch: SceneBatch, llama_tokenizer: PreTrainedTokenizerFast
) -> None:
    decode = llama_tokenizer.convert_tokens_to_ids(DECODE)
    for captions in (batch.english, batch.chinese):
        assert captions.ids.shape[1] <= CAPTION_TOKENS
        assert (captions.ids[:, 0] == llama_tokenizer.bos_token_id).all()
        assert (captions.decoded[:, 0] == decode).all()
        assert (captions.decoded == llama_tokenizer.eos_token_id).sum(1).eq(1).all()
        assert captions.fits.diagonal().all()


def test_each_picture_brings_many_questions(
    batch: SceneBatch, llama_tokenizer: PreTrainedTokenizerFast
) -> None:
    talk = batch.talk
    assert talk.ids.shape == (10, TALK_TOKENS)
    assert (talk.segments.max(1).values >= 4).all()
    # The queries stand before: positions begin after them, at <s>.
    first = talk.segments != PADDING
    assert talk.positions[first].min() == 16
    assert (talk.ids[talk.positions == 16] == llama_tokenizer.bos_token_id).all()


def test_what_is_to_be_read_is_true(made: SceneBatches, batch: SceneBatch) -> None:
    reading = batch.reading
    assert (reading.counts.sum(1) >= 1).all()
    single = reading.counts == 1
    assert reading.boxes[single].min() > 0 and (reading.boxes[~single] == 0).all()
    shown = [set(row[row != NO_CONCEPT].tolist()) for row in batch.patch_concepts]
    for row, concepts in enumerate(shown):
        there = reading.concepts[row][reading.counts[row] > 0].tolist()
        assert concepts <= set(there)


def test_patches_know_what_covers_them() -> None:
    scene = sample_scene(3, Split.VALIDATION, min_objects=1, max_objects=1)
    thing = scene.objects[0]
    concepts, boxes = patch_truth(scene, paint(scene, 96), 12)
    middle = int(thing.y * 8) * 8 + int(thing.x * 8)
    assert concepts[middle] == thing.concept.index
    assert np.allclose(boxes, (thing.x, thing.y, thing.size))
