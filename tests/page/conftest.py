"""A playground with the trial tabs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import UPLOADS, settings_for_tests
from tests.page.trial_tabs import HALF, Trial


@pytest.fixture(scope="session")
def trial() -> Trial:
    """The trial tab, to let its work end and to see what it received."""
    return Trial()


@pytest.fixture(scope="session")
def trial_playground(trial: Trial, pytestconfig: pytest.Config) -> Iterator[Any]:
    """A running playground with a tab that works and one that cannot be built."""
    import app
    from playground.page.demo import BrokenDemo

    absent = BrokenDemo("absent", "ModuleNotFoundError: No module named 'absent'")
    running = app.open_playground(settings_for_tests(), [trial.demo, HALF, absent])
    folders = pytestconfig.stash.setdefault(UPLOADS, {})
    folders["trial_playground"] = os.environ["GRADIO_TEMP_DIR"]
    yield running
    running.page.close(verbose=False)
