import math

import pytest
import torch
from transformers import CLIPTokenizer

from training.batches import ClipBatches, Curriculum
from training.clip_model import (
    PATCH_PX,
    SIDE_PX,
    WIDTH,
    ClipWithHelpers,
    build_image_processor,
    build_model,
    contrastive_loss,
    name_loss,
)
from training.vocabulary import CONTEXT_TOKENS


def test_the_contrastive_loss_by_hand() -> None:
    own = torch.eye(2, dtype=torch.bool)
    logits = torch.tensor([[2.0, 0.0], [1.0, 3.0]])
    rows = (math.log(1 + math.exp(-2)) + math.log(1 + math.exp(-2))) / 2
    columns = (math.log(1 + math.exp(-1)) + math.log(1 + math.exp(-3))) / 2
    assert contrastive_loss(logits, own).item() == pytest.approx((rows + columns) / 2)


def test_captions_that_fit_too_are_no_rivals() -> None:
    logits = torch.tensor([[1.0, 9.0], [0.0, 1.0]], requires_grad=True)
    fits = torch.tensor([[True, True], [False, True]])
    loss = contrastive_loss(logits, fits)
    loss.backward()
    assert logits.grad is not None and logits.grad[0, 1] == 0
    assert loss.item() == pytest.approx((math.log(1 + math.exp(-1)) * 2) / 4)


def test_the_name_loss_by_hand() -> None:
    logits = torch.tensor([[2.0, 1.0, 0.0]])
    presence = torch.tensor([[1.0, 1.0, 0.0]])
    by_picture = (math.log(1 + math.exp(-2)) + math.log(1 + math.exp(-1))) / 2
    assert name_loss(logits, presence).item() == pytest.approx(by_picture / 2)


def test_the_model_has_the_shape_that_the_family_needs(tokenizer: CLIPTokenizer) -> None:
    config = build_model(tokenizer).config
    assert config.text_config.hidden_size == config.projection_dim == WIDTH
    assert config.vision_config.hidden_size == WIDTH
    assert config.text_config.max_position_embeddings == CONTEXT_TOKENS
    assert config.text_config.eos_token_id == tokenizer.eos_token_id
    assert config.vision_config.image_size == SIDE_PX


def test_a_few_steps_on_one_batch_lower_every_loss(tokenizer: CLIPTokenizer) -> None:
    torch.manual_seed(0)
    processor = build_image_processor()
    made = ClipBatches(tokenizer, SIDE_PX, PATCH_PX, 8, Curriculum(10))[5]
    model = ClipWithHelpers(build_model(tokenizer), processor.image_mean, processor.image_std)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    first = model(made)
    for _ in range(6):
        optimizer.zero_grad()
        sum(model(made).weighted().values()).backward()
        optimizer.step()
    last = model(made)
    for name in ("captions", "names", "words", "patches", "background"):
        assert getattr(last, name) < getattr(first, name), name
