"""A local hub, a cache folder of its own, and a client that may go there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import pytest

from playground.hub import transfer
from tests.hub.server import LocalHub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LocalHub]:
    """A hub without repositories, reachable as `HF_ENDPOINT`, with nobody logged in."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    # A test that holds a line back on a busy machine must not meet the limit for stalled ones.
    monkeypatch.setattr(transfer, "STALLED_SECONDS", 120.0)
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with LocalHub() as local:
        monkeypatch.setenv("HF_ENDPOINT", local.address)
        yield local
