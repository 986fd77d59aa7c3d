"""The table of models: states, facts, troubles in words, and who gets buttons."""

import dataclasses
import re

import pytest

from playground.cache import Row
from playground.catalog import CATALOG, Licence
from playground.page.models_table import state_of, table_html
from playground.sentences import read_sentences
from tests.page.test_context import FakeRequest, ctx

__all__ = ["ctx"]
EN = read_sentences("en")
PATH = "RuntimeError: /home/ada/models/clip.safetensors is short"
ENTRY = CATALOG[0]


def row(key=ENTRY.key, kind="model", **changes):
    facts = {
        "key": key,
        "kind": kind,
        "state": "ready",
        "device": "cpu",
        "bytes_on_device": 20_000_000,
        "leases": 0,
        "waiting": 0,
        "seconds_since_use": 130.0,
        "load_seconds": 0.42,
        "uses": 3,
        "credit": 0.0,
        "pinned": False,
        "error": None,
        "retry_in_seconds": None,
    }
    return Row(**(facts | changes))


class FakeCache:
    def __init__(self, *rows):
        self._rows = list(rows)

    def rows(self):
        return self._rows

    def budgets(self):
        return {"cpu": 100_000_000}


def shown(ctx, *rows, is_operator=False, language="en"):
    with_rows = dataclasses.replace(ctx, cache=FakeCache(*rows))
    return table_html(with_rows, FakeRequest(language), is_operator=is_operator)


@pytest.mark.parametrize(
    ("known", "is_here", "state"),
    [
        (None, False, "absent"),
        (None, True, "disk"),
        (row(state="cold"), True, "disk"),
        (row(state="cold"), False, "absent"),
        (row(state="home"), True, "memory"),
        (row(state="loading"), True, "loading"),
        (row(state="ready"), True, "device"),
        (row(state="cold", error="OSError: gone"), True, "failed"),
    ],
)
def test_states(known, is_here, state):
    assert state_of(known, is_here) == state


def test_all_facts_are_told(ctx):
    text = shown(ctx, row(), row("mini-clip/text", "part", bytes_on_device=25_000_000))
    for words in ("on the device", "device 20 MB", "2 min ago", "420 ms", ENTRY.licence.name):
        assert words in text
    assert "cpu: 25 MB of 100 MB used by models" in text
    assert 'aria-valuenow="25"' in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "not yet"), (3, "just now"), (3599, "59 min ago"), (7300, "2 h ago")],
)
def test_last_use(ctx, seconds, words):
    assert words in shown(ctx, row(seconds_since_use=seconds))


def test_nobody_but_the_operator_gets_buttons(ctx):
    assert "data-act" not in shown(ctx, row())
    acts = re.findall(r'data-act="(\w+)"', shown(ctx, row(), is_operator=True))
    assert acts == ["unload", "pin"]
    resting = row(state="cold", error="PersonError: mistake.model.missing", pinned=True)
    acts = re.findall(r'data-act="(\w+)"', shown(ctx, resting, is_operator=True))
    assert acts == ["retry", "unpin"]


def test_a_trouble_with_a_sentence_is_told_in_both_languages(ctx):
    failed = row(error="PersonError: mistake.model.broken", retry_in_seconds=12.4)
    english, chinese = shown(ctx, failed), shown(ctx, failed, language="zh-Hant")
    assert f"A file of {ENTRY.title} is damaged" in english
    assert "tried again in 12 s" in english
    assert "damaged" not in chinese and "mistake." not in chinese


def test_a_librarys_own_words_are_for_the_operator_alone(ctx):
    assert "/home/ada" not in shown(ctx, row(error=PATH))
    assert EN["mistake.model.failed"].split("{")[0] in shown(ctx, row(error=PATH))
    assert "/home/ada" in shown(ctx, row(error=PATH), is_operator=True)


def test_nothing_in_the_catalogue_is_markup(ctx):
    evil = dataclasses.replace(
        ENTRY, title="<img src=x>", licence=Licence("<b>", 'javascript:alert(1)"><b>')
    )
    text = shown(dataclasses.replace(ctx, catalog=(evil,)), row())
    assert "<img" not in text
    assert "<b>&lt;img" in text
    assert 'alert(1)"' not in text
