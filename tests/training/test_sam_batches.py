import numpy as np
import torch

from training.sam_batches import (
    PROMPTS,
    STAGES,
    SamBatches,
    stage_of,
)
from training.sam_model import PATCH_PX, SIDE_PX, WINDOW

STEPS = 100


def test_pictures_grow() -> None:
    sides = [stage_of(step, STEPS).side_px for step in range(STEPS)]
    assert sides[0] == SIDE_PX // 4 and sides[-1] == SIDE_PX
    assert sides[60] == SIDE_PX // 2
    assert SIDE_PX // 2 in sides[:40] and SIDE_PX in sides[60:79]
    assert [stage.until for stage in STAGES] == sorted(stage.until for stage in STAGES)
    assert STAGES[-1].until == 1


def test_every_prompt_asks_for_something_that_is_there() -> None:
    batches = SamBatches(STEPS)
    for step in (0, 7, 60, 95):
        batch, stage = batches[step], stage_of(step, STEPS)
        side_px = stage.side_px
        assert batch.pixels.shape == (stage.size, 3, side_px, side_px)
        assert batch.masks.shape == (stage.size, PROMPTS, side_px, side_px)
        assert batch.pixels.dtype == batch.masks.dtype == torch.uint8
        assert batch.masks.flatten(2).sum(2).min() >= 40
        assert batch.masks.max() == 1
        assert (batch.origins_xy % WINDOW == 0).all()
        assert (batch.origins_xy * PATCH_PX + side_px <= SIDE_PX).all()
        assert (batch.origins_xy >= 0).all()


def test_a_step_always_makes_the_same_batch() -> None:
    one, other, later = SamBatches(STEPS)[3], SamBatches(STEPS)[3], SamBatches(STEPS)[4]
    assert torch.equal(one.pixels, other.pixels) and torch.equal(one.masks, other.masks)
    assert not torch.equal(one.pixels, later.pixels)


def test_padding_belongs_to_nothing() -> None:
    padded = 0
    for step in range(6):
        batch = SamBatches(STEPS)[step]
        beyond = batch.borders == -1
        padded += int(beyond.any((1, 2)).sum())
        assert not (batch.masks.bool() & beyond[:, None]).any()
        colours = batch.pixels.permute(0, 2, 3, 1)[beyond]
        assert np.abs(colours.float() - torch.tensor((124.0, 116.0, 104.0))).max() == 0
    assert padded >= 5
