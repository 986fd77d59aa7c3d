"""What the operator's buttons do."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pytest

from playground.hub.store import Status
from playground.page import models_panel
from playground.page.models_panel import await_answer, carry_out
from playground.visitors.errors import PersonError
from tests.hub.tiny_entry import published
from tests.page.test_context import ctx

__all__ = ["ctx"]
ITEM = published()


class Noted:
    """Remembers what it was told to do."""

    def __init__(self):
        self.done = []

    def __getattr__(self, name):
        return lambda *args, **options: self.done.append((name, *args, *options.values()))


@pytest.fixture
def noted(ctx):
    return dataclasses.replace(ctx, cache=Noted(), store=Noted(), catalog=(ctx.catalog[0], ITEM))


@pytest.mark.parametrize(
    ("act", "done"),
    [
        ("ask", ("ask", ITEM, False)),
        ("newest", ("ask", ITEM, True)),
        ("agree", ("agree", ITEM)),
        ("cancel", ("cancel", ITEM)),
    ],
)
def test_downloads(noted, act, done):
    carry_out(noted, act, "tiny")
    assert noted.store.done == [done]
    # What failed before does not stand in the way.
    assert noted.cache.done == [("retry", "tiny")]


@pytest.mark.parametrize("act", ["load", "pin", "unpin", "retry"])
def test_acts_of_the_cache(noted, act):
    carry_out(noted, act, "mini-clip")
    assert noted.cache.done == [(act, "mini-clip")] and noted.store.done == []


@pytest.mark.parametrize(("act", "key"), [("ask", "mini-clip"), ("ask", "gpt"), ("rm", "tiny")])
def test_what_cannot_be_done(noted, act, key):
    with pytest.raises(PersonError, match=r"model\.unknown"):
        carry_out(noted, act, key)


def test_an_answer_is_waited_for(monkeypatch):
    stages = iter(["asking", "asking", "asked"])
    store = SimpleNamespace(status=lambda _key: Status(next(stages)))
    monkeypatch.setattr(models_panel, "LOOK_SECONDS", 0.0)
    assert await_answer(SimpleNamespace(store=store), "tiny")
    gone = SimpleNamespace(status=lambda _key: None)
    assert not await_answer(SimpleNamespace(store=gone), "tiny")
    monkeypatch.setattr(models_panel, "ANSWER_SECONDS", -1.0)
    silent = SimpleNamespace(status=lambda _key: Status("asking"))
    assert await_answer(SimpleNamespace(store=silent), "tiny")
