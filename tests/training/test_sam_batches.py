import torch

from training.sam_batches import PROMPTS, STAGES, SamBatches, stage_of
from training.sam_model import PATCH_PX, SIDE_PX, WINDOW

STEPS = 8000
WHOLE = int(STAGES[-2].until)


def test_pictures_grow() -> None:
    starts = [0, *(int(stage.until) for stage in STAGES[:-1])]
    assert starts == sorted(starts)
    assert [stage_of(start) for start in starts] == list(STAGES)
    sides = [stage.side_px for stage in STAGES]
    assert sides == sorted(sides) and (sides[0], sides[-1]) == (SIDE_PX // 4, SIDE_PX)
    rounds = [stage.rounds for stage in STAGES]
    assert rounds == sorted(rounds) and (rounds[0], rounds[-1]) == (0, 2)


def test_larger_pictures_come_ahead_of_time() -> None:
    ahead = [stage_of(step) for step in range(int(STAGES[0].until))]
    assert {stage.side_px for stage in ahead} == {SIDE_PX // 4, SIDE_PX // 2}
    assert {stage.rounds for stage in ahead} == {0}
    assert {stage_of(int(STAGES[-2].until) + n).side_px for n in range(16)} == {SIDE_PX}


def test_every_prompt_asks_for_something_that_is_there() -> None:
    batches = SamBatches(STEPS)
    for step in (0, 7, WHOLE):
        batch, stage = batches[step], stage_of(step)
        side_px = stage.side_px
        assert batch.pixels.shape == (stage.size, 3, side_px, side_px)
        assert batch.masks.shape == (stage.size, PROMPTS, side_px, side_px)
        assert batch.pixels.dtype == batch.masks.dtype == torch.uint8
        assert batch.masks.flatten(2).sum(2).min() >= 40
        assert batch.masks.max() == 1 and batch.rounds == stage.rounds
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
        assert (colours == torch.tensor((124, 116, 104))).all()
    assert padded >= 5
