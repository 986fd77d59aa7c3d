from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import SamModel, SamProcessor

from playground.models.sam_weights import load_package_sam
from training import sam_batches
from training.loop import Loop, Options
from training.sam import SEED, Game, SamLearner, SamWithHelpers, export, read_sam_options
from training.sam_batches import PROMPTS, SamBatch, SamBatches, Stage
from training.sam_model import build_sam
from training.sam_start import start_well


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    # Measuring is tested apart; small batches of small crops are enough to learn from.
    monkeypatch.setattr(SamLearner, "look", lambda self: "")
    small = (Stage(1, 64, 2, (64,), 0), Stage(2, 64, 2, (64,), 1), Stage(9, 64, 2, (64,), 2))
    monkeypatch.setattr(sam_batches, "STAGES", small)
    words = ["--steps", "3", "--workers", "0", "--threads", "1", "--warmup", "1"]
    words += ["--save-every", "1", "--output", str(tmp_path / "out")]
    return read_sam_options([*words, "--checkpoints", str(tmp_path / "run")])


def loop(options: Options) -> Loop:
    return Loop(lambda device: SamLearner(device, options), options, SEED)


def test_an_interrupted_training_goes_on_as_if_nothing_had_happened(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = loop(replace(options, checkpoints=tmp_path / "straight"))
    whole.run()
    cut = loop(options)
    learn = cut._learn

    def stop_after_two(batch: object) -> object:
        if cut.step == 2:
            raise KeyboardInterrupt
        return learn(batch)  # type: ignore[arg-type]

    monkeypatch.setattr(cut, "_learn", stop_after_two)
    with pytest.raises(KeyboardInterrupt):
        cut.run()
    resumed = loop(options)
    assert resumed.step == 2
    resumed.run()
    for one, other in zip(
        whole.learner.model.parameters(), resumed.learner.model.parameters(), strict=True
    ):
        assert torch.equal(one, other)


def test_what_is_exported_is_one_model_in_two_libraries(options: Options, tmp_path: Path) -> None:
    torch.manual_seed(SEED)
    sam = build_sam()
    export(sam, tmp_path)
    assert max(path.stat().st_size for path in tmp_path.iterdir()) <= 9_000_000
    assert not [path for path in tmp_path.iterdir() if path.suffix in (".bin", ".pt")]
    ours = load_package_sam(tmp_path)
    for (name, before), after in zip(sam.named_parameters(), ours.parameters(), strict=True):
        assert torch.equal(before.half().float(), after), name
    _, report = SamModel.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(report[kind] for kind in ("missing_keys", "mismatched_keys", "unexpected_keys"))
    assert SamProcessor.from_pretrained(tmp_path).image_processor.size["longest_edge"] == 256


def game_batch() -> SamBatch:
    batch = SamBatches(100)[0]
    return replace(batch, rounds=torch.tensor(2))


def test_every_part_of_the_model_learns() -> None:
    torch.manual_seed(SEED)
    model = SamWithHelpers(build_sam())
    batch = game_batch()
    looked = model.crops.look(batch.pixels, batch.origins_xy)
    losses = {**Game(model.crops, batch).play(looked), **model.helper_losses(looked, batch.borders)}
    assert {"best", "single", "later", "iou", "borders", "likeness"} == set(losses)
    torch.stack(list(losses.values())).sum().backward()
    idle = {
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    }
    # A key's bias shifts all scores of a query alike, which the softmax takes out again.
    assert all(name.endswith("k_proj.bias") for name in idle), idle


def test_a_game_goes_on_from_what_the_model_itself_ranks_first() -> None:
    torch.manual_seed(SEED)
    crops = SamWithHelpers(build_sam()).crops
    batch = game_batch()
    game = Game(crops, batch)
    with torch.no_grad():
        _, kept = game.first_round(crops.look(batch.pixels, batch.origins_xy))
    count = len(batch.pixels) * PROMPTS
    assert kept.shape == (count, 16 * 2, 16 * 2)
    assert torch.equal(torch.bincount(game.rows), torch.full((len(batch.pixels),), PROMPTS))


def test_a_few_steps_on_one_batch_lower_the_loss() -> None:
    torch.manual_seed(SEED)
    batch = game_batch()
    sam = build_sam()
    start_well(sam, batch.pixels)
    model = SamWithHelpers(sam)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    totals = []
    # After some twenty steps it has left the empty mask that costs least without looking.
    for _ in range(60):
        looked = model.crops.look(batch.pixels, batch.origins_xy)
        losses, _ = Game(model.crops, batch).first_round(looked)
        total = losses["best"] + losses["single"]
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(total.item())
    assert totals[-1] < 0.8 * totals[0]
