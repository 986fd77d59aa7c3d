import math

import pytest
import torch
from transformers import PreTrainedTokenizerFast

from training.batches import NO_CONCEPT
from training.blip2_batches import Reading, SceneBatch, SceneBatches
from training.blip2_losses import Blip2WithHelpers, SceneReader
from training.blip2_model import build_blip2, build_processor, name_tokens
from training.llama_model import build_llama


@pytest.fixture(scope="module")
def learner(llama_tokenizer: PreTrainedTokenizerFast) -> Blip2WithHelpers:
    torch.manual_seed(0)
    blip = build_blip2(llama_tokenizer, build_llama(llama_tokenizer))
    images = build_processor(llama_tokenizer).image_processor
    names = name_tokens(llama_tokenizer)
    return Blip2WithHelpers(
        blip, images.image_mean, images.image_std, names, llama_tokenizer.pad_token_id
    )


@pytest.fixture(scope="module")
def batch(llama_tokenizer: PreTrainedTokenizerFast) -> SceneBatch:
    return SceneBatches(
        llama_tokenizer, side_px=96, patch_px=12, batch_size=8, queries=16, steps=10
    )[5]


def touched(model: Blip2WithHelpers, losses: dict[str, torch.Tensor]) -> set[str]:
    model.zero_grad(set_to_none=True)
    torch.stack(list(losses.values())).sum().backward()
    return {
        name.split(".")[1]
        for name, p in model.named_parameters()
        if name.startswith("blip.") and p.grad is not None
    }


def test_each_stage_teaches_its_own_parts(learner: Blip2WithHelpers, batch: SceneBatch) -> None:
    eyes = learner.eyes(batch, learner.see(batch))
    assert touched(learner, eyes) == {"vision_model"}
    with torch.no_grad():
        seen = learner.see(batch)
    first = learner.stage_one(batch, seen)
    assert set(first) == {"itc", "itm", "itg", "read", "guide"}
    assert touched(learner, first) == {"qformer", "query_tokens"}
    second = learner.stage_two(batch, seen)
    assert set(second) == {"talk", "names", "read"}
    assert touched(learner, second) == {
        "qformer",
        "query_tokens",
        "language_projection",
        "language_model",
    }
    for losses in (eyes, first, second):
        assert all(torch.isfinite(loss) and loss >= 0 for loss in losses.values())


def test_the_language_model_goes_on_reading_texts(
    learner: Blip2WithHelpers, llama_tokenizer: PreTrainedTokenizerFast
) -> None:
    batch = SceneBatches(
        llama_tokenizer, side_px=96, patch_px=12, batch_size=4, queries=16, steps=10
    )[6]
    assert batch.text is not None
    with torch.no_grad():
        text = learner.stage_two(batch, learner.see(batch))["text"]
    # Untaught, it guesses among all tokens.
    assert text.item() == pytest.approx(math.log(len(llama_tokenizer)), abs=0.7)


def test_nothing_known_costs_what_chance_costs(
    learner: Blip2WithHelpers, batch: SceneBatch
) -> None:
    with torch.no_grad():
        losses = learner.stage_one(batch, learner.see(batch))
    assert losses["itm"] == pytest.approx(0.69, abs=0.15)
    # Three in four of the heads' looks fall elsewhere: 16 squares, each as likely.
    assert losses["guide"] == pytest.approx(2.77, abs=0.6)


def test_a_reader_learns_from_states_that_hold_the_answer() -> None:
    torch.manual_seed(0)
    reader = SceneReader()
    concepts = torch.arange(12).repeat(8, 1)
    counts = torch.zeros(8, 12, dtype=torch.int64)
    counts[torch.arange(8), torch.arange(8)] = 1
    boxes = torch.full((8, 12, 3), 0.25)
    states = torch.eye(192)[torch.arange(8)][:, None] * 10
    reading = Reading(concepts, counts, boxes)
    before = float(reader(states, reading).detach())
    optimizer = torch.optim.AdamW(reader.parameters(), 3e-3)
    for _ in range(60):
        loss = reader(states, reading)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.3 * before


def test_patches_that_show_nothing_have_a_class(batch: SceneBatch) -> None:
    assert (batch.patch_concepts == NO_CONCEPT).any()
    assert batch.patch_concepts.max() == NO_CONCEPT
