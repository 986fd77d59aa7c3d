import math
from dataclasses import replace
from pathlib import Path

import pytest

from training.loop import learning_rate, progress_of, read_options


def test_the_rate_warms_up_and_falls() -> None:
    options = replace(read_options("clip", "Train.", []), steps=100, warmup=10, peak_rate=1.0)
    assert learning_rate(0, 0.0, options) == pytest.approx(0.1)
    assert learning_rate(9, 0.09, options) == pytest.approx(1.0)
    assert learning_rate(50, 0.5, options) == pytest.approx(0.505)
    assert learning_rate(100, 1.0, options) == pytest.approx(0.01)


def test_steps_or_time_end_the_training() -> None:
    options = replace(read_options("clip", "Train.", []), steps=100)
    assert options.minutes == math.inf
    assert progress_of(50, 1e9, options) == 0.5
    assert progress_of(50, 90, replace(options, minutes=2)) == 0.75


def test_a_model_has_defaults_and_folders_of_its_own() -> None:
    options = read_options("sam", "Train.", ["--steps", "7"], batch_size=16, steps=9)
    assert (options.steps, options.batch_size, options.workers) == (7, 16, 2)
    assert options.output == Path("assets/models/mini-sam")
    assert options.checkpoints == Path("runs/sam")
