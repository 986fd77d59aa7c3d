from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training import detector as detectors
from training.detector import (
    SIDE_PX,
    Batch,
    Detector,
    DetectorBatches,
    DetectorLearner,
    detector_losses,
    judge_errors,
    load_detector,
    look_at,
    read_detector_options,
)
from training.loop import Loop, build_optimizer, read_options
from training.sampling import Split, sample_scene


@pytest.fixture(scope="module")
def batch() -> Batch:
    return DetectorBatches(8, 3)[0]


def test_a_batch_tells_the_truth_about_its_scenes(batch: Batch) -> None:
    again = DetectorBatches(8, 3)[0]
    assert all(
        torch.equal(a, b) for a, b in zip(vars(batch).values(), vars(again).values(), strict=True)
    )
    assert batch.pictures.shape == (8, 3, SIDE_PX, SIDE_PX)
    for cells, presence in zip(batch.cells, batch.presence, strict=True):
        shown = set(cells.unique().tolist()) - {160}
        assert shown <= set(presence.nonzero()[:, 0].tolist())


def test_it_learns_a_few_scenes(batch: Batch) -> None:
    torch.manual_seed(0)
    model = Detector()
    optimizer = build_optimizer(model, read_options("x", "", [], peak_rate=2e-3))
    totals = []
    for _ in range(12):
        losses = detector_losses(model(batch.pictures), batch)
        optimizer.zero_grad()
        total = torch.stack(list(losses.values())).sum()
        total.backward()
        optimizer.step()
        totals.append(total.item())
    assert totals[-1] < 0.7 * totals[0]


@torch.no_grad()
def test_one_sure_cell_is_enough_to_be_present() -> None:
    model = Detector().eval()
    model.presence_bias.fill_(0.0)
    quiet = model(torch.zeros(1, 3, SIDE_PX, SIDE_PX, dtype=torch.uint8))
    evidence = (quiet.cells[:, :-1] - quiet.cells[:, -1:]).flatten(2)
    torch.testing.assert_close(quiet.presence, evidence.logsumexp(-1))
    assert (quiet.presence >= evidence.amax(-1)).all()


def test_pictures_of_any_size_are_seen_alone_as_in_a_batch() -> None:
    torch.manual_seed(0)
    model = Detector().eval()
    pictures = np.random.default_rng(0).integers(0, 256, (3, 128, 128, 3), np.uint8)
    together, alone = look_at(model, pictures), look_at(model, pictures[1:2])
    assert together.background.shape == (3, 18) and together.cells.shape == (3, 161, 12, 12)
    torch.testing.assert_close(together.presence[1:2], alone.presence, atol=1e-3, rtol=1e-3)


def test_a_blind_judge_finds_nothing_and_raises_no_alarm() -> None:
    torch.manual_seed(0)
    model = Detector().eval()
    with torch.no_grad():
        model.presence_bias.fill_(-1000.0)
    scenes = [sample_scene(number, Split.VALIDATION) for number in range(4)]
    errors = judge_errors(model, scenes)
    assert errors["found"] == errors["false_alarms"] == 0


def test_it_trains_resumes_and_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DetectorLearner, "look", lambda self: "")
    words = ["--batch-size", "2", "--workers", "0", "--threads", "1", "--save-every", "1"]
    words += ["--output", str(tmp_path / "out"), "--checkpoints", str(tmp_path / "run")]
    options = read_detector_options(words)
    for steps in (1, 2):
        loop = Loop(
            lambda device: DetectorLearner(device, options),
            replace(options, steps=steps),
            detectors.SEED,
        )
        assert loop.step == steps - 1
        loop.run()
    loaded = load_detector(tmp_path / "out")
    for one, two in zip(loaded.parameters(), loop.learner.model.parameters(), strict=True):
        torch.testing.assert_close(one, two, atol=1e-3, rtol=1e-2)
