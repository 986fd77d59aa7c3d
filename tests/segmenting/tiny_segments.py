"""A small world for tests: a tiny Segment Anything and a tiny CLIP behind a real cache."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from playground.catalog import entry
from playground.hub.store import Store as Hub
from playground.page.context import Context
from playground.page.languages import Languages
from playground.page.segment_service import SegmentService
from playground.page.sends import Sends
from playground.visitors.sessions import Sessions
from playground.visitors.turns import Turns
from tests.models.tiny_sams import SAM_CHECKPOINTS
from tests.tiny_world import save_tiny_pictures, tiny_cache, tiny_entry, tiny_settings

MODEL = "tiny-sam"


@pytest.fixture(autouse=True)
def noise_counts(monkeypatch):
    """A model with random weights finds nothing but noise."""
    monkeypatch.setattr("playground.segmenting.proposals.USEFUL_IOU", float("-inf"))
    monkeypatch.setattr("playground.segmenting.proposals.USEFUL_STABILITY", float("-inf"))


def tiny_sam_entry(folder: Path, *, key=MODEL, layout="sam"):
    """A catalogue entry for a tiny model, which is written to `folder/key` if it is not there."""
    if not (folder / key).exists():
        SAM_CHECKPOINTS[layout](folder / key)
    return replace(
        entry("mini-sam"),
        key=key,
        title=key,
        parts=(f"{key}/encoder", f"{key}/decoder"),
        source=key,
        is_built_in=False,
    )


def make_service(folder: Path, *, layout="sam") -> SegmentService:
    """Everything behind the tab, with plain pictures in place of the collection."""
    items = (tiny_sam_entry(folder, layout=layout), tiny_entry(folder))
    ctx = Context(
        cache=tiny_cache(*items, folder=folder),
        catalog=items,
        languages=Languages.read(),
        sessions=Sessions(),
        turns=Turns(),
        settings=tiny_settings(folder),
        sends=Sends(),
        store=Hub(tiny_settings(folder)),
    )
    collection = save_tiny_pictures(folder / "pictures")
    return SegmentService(ctx, collection, stored=folder / "stored")
