"""The table of models: states, facts, troubles in words, and who gets buttons."""

import dataclasses
import re

import pytest

from playground.cache import Row
from playground.catalog import CATALOG, Licence
from playground.hub.faults import fault
from playground.hub.plan import Plan
from playground.hub.store import Status
from playground.page.models_table import state_of, table_html
from playground.sentences import read_sentences
from playground.visitors.notes import Note
from tests.hub.tiny_entry import published
from tests.page.test_context import FakeRequest, ctx

__all__ = ["ctx"]
EN = read_sentences("en")
PATH = "RuntimeError: /home/ada/models/clip.safetensors is short"
SHORT = "OutOfMemory: OutOfMemory mini-clip/text device=cuda:0 where=run"
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
    def __init__(self, *rows, lost=()):
        self._rows = list(rows)
        self.lost = lost

    def rows(self):
        return self._rows

    def budgets(self):
        return {"cpu": 100_000_000}

    def lost_devices(self):
        return self.lost


def shown(ctx, *rows, is_operator=False, language="en", catalog=(), lost=()):
    cache = FakeCache(*rows, lost=lost)
    with_rows = dataclasses.replace(ctx, cache=cache, catalog=catalog or (ENTRY,))
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
        (row(state="ready", error=SHORT, retry_in_seconds=20.0), True, "resting"),
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


def test_row_80_the_teacher_sees_which_model_rests_and_may_end_it(ctx):
    resting = row(error=SHORT, retry_in_seconds=19.6)
    for is_operator in (False, True):
        text = shown(ctx, resting, is_operator=is_operator)
        assert EN["models.rests"] in text and EN["models.state.resting"] in text
        assert "tried again in 20 s" in text and "cuda:0" not in text
    acts = re.findall(r'data-act="(\w+)"', shown(ctx, resting, is_operator=True))
    assert acts == ["retry", "pin"]


def test_row_81_a_lost_device_is_told_to_everybody(ctx):
    assert "stopped answering" not in shown(ctx, row())
    for is_operator in (False, True):
        told = shown(ctx, row(), is_operator=is_operator, lost=("cuda:0",))
        assert "cuda:0 stopped answering" in told and 'role="alert"' in told


def test_a_librarys_own_words_are_for_the_operator_alone(ctx):
    assert "/home/ada" not in shown(ctx, row(error=PATH))
    assert EN["mistake.model.failed"].split("{")[0] in shown(ctx, row(error=PATH))
    assert "/home/ada" in shown(ctx, row(error=PATH), is_operator=True)


def test_nothing_in_the_catalogue_is_markup(ctx):
    evil = dataclasses.replace(
        ENTRY, title="<img src=x>", licence=Licence("<b>", 'javascript:alert(1)"><b>')
    )
    text = shown(ctx, row(), catalog=(evil,))
    assert "<img" not in text
    assert "<b>&lt;img" in text
    assert 'alert(1)"' not in text


AWAY = published(least_memory_bytes=2_000_000_000)
PLAN = Plan(AWAY, "c0ffee00" * 5, (), False, 605_000_000, 605_000_000)


class FakeStore:
    def __init__(self, status, key):
        self._status, self._key = status, key

    def status(self, key):
        return self._status if key == self._key else None


def away(ctx, status=None, item=AWAY, **options):
    asked = dataclasses.replace(ctx, store=FakeStore(status, item.key))
    return shown(asked, catalog=(ENTRY, item), **options)


def acts_in(text, key="tiny"):
    return re.findall(rf'data-act="(\w+)" data-key="{re.escape(key)}"', text)


def test_a_model_that_is_not_here_tells_what_it_takes(ctx):
    text = away(ctx)
    for words in ("not here", "disk 11 MB", "memory 2 GB", AWAY.licence.name):
        assert words in text
    assert EN["models.ask_operator"] in text and "data-act" not in text
    assert acts_in(away(ctx, is_operator=True)) == ["ask"]
    assert EN["models.ask_operator"] not in away(ctx, is_operator=True)
    gated = away(ctx, item=dataclasses.replace(AWAY, is_gated=True))
    assert EN["models.gated"] in gated and "huggingface.co/org/tiny" in gated


def test_an_offer_shows_size_licence_and_gate_to_the_operator_alone(ctx):
    status = Status("asked", PLAN)
    text = away(ctx, status, is_operator=True)
    for words in (
        "605 MB",
        AWAY.licence.url,
        "open to everybody",
        "version c0ffee00",
        "needs 2 GB",
    ):
        assert words in text
    assert acts_in(text) == ["agree", "cancel"]
    assert "Agree" not in away(ctx, status)
    rest = dataclasses.replace(PLAN, bytes_missing=5_000_000, is_gated=True)
    text = away(ctx, Status("asked", rest), is_operator=True)
    assert "5 MB, the rest of 605 MB" in text and EN["models.offer.gated"] in text


def test_too_little_memory_is_told_before_the_download(ctx, monkeypatch):
    monkeypatch.setattr("playground.page.consent.available_bytes", lambda: 1_000_000_000)
    text = away(ctx, Status("asked", PLAN), is_operator=True)
    assert '<span class="failed-words">' in text and "1 GB free now" in text


def test_everybody_sees_how_far_a_download_is(ctx):
    status = Status("fetching", PLAN, 121_000_000, 605_000_000, 200.0)
    text = away(ctx, status)
    assert "Downloading Tiny tiny: 121 MB of 605 MB, about 3 min" in text
    assert 'aria-valuenow="20"' in text and "downloading" in text and acts_in(text) == []
    assert acts_in(away(ctx, status, is_operator=True)) == ["cancel"]
    asking = away(ctx, Status("asking"), is_operator=True)
    assert "Asking the hub" in asking and acts_in(asking) == ["cancel"]
    stopping = away(ctx, dataclasses.replace(status, stage="stopping"), is_operator=True)
    assert EN["models.offer.stopping"] in stopping and acts_in(stopping) == []


@pytest.mark.parametrize(
    ("name", "facts", "acts"),
    [("too_many", {"seconds": 17}, ["ask", "cancel"]), ("moved", {}, ["newest", "cancel"])],
)
def test_a_download_that_failed_says_why_and_what_to_do(ctx, name, facts, acts):
    status = Status("failed", error=fault(name, AWAY, **facts))
    text = away(ctx, status, is_operator=True)
    assert acts_in(text) == acts and 'role="alert"' in text
    assert ("17 seconds" in text) == (name == "too_many")
    assert "mistake." not in text and "data-act" not in away(ctx, status)


def test_row_89_libraries_that_do_not_fit_are_named_to_the_operator(ctx):
    values = {"torch": "2.14.1", "reason": "RuntimeError: /opt/lib/libtorch.so is another"}
    ctx.troubles.append(Note("start.torchvision", values))
    operator, visitor = shown(ctx, row(), is_operator=True), shown(ctx, row(), language="zh-Hant")
    assert "torchvision does not fit torch 2.14.1" in operator and "/opt/lib" in operator
    assert "/opt/lib" not in visitor and 'role="alert"' in visitor and "start." not in visitor


DRAWERS = [item for item in CATALOG if item.family in ("diffusion", "safety")]


@pytest.mark.parametrize("item", DRAWERS, ids=lambda item: item.key)
def test_models_that_draw_are_listed_and_offered(ctx, monkeypatch, item):
    if item.is_built_in:
        assert item.title in shown(ctx, catalog=(item,))
        return
    monkeypatch.setattr("playground.page.consent.available_bytes", lambda: 500_000_000)
    text = away(ctx, is_operator=True, item=item)
    assert acts_in(text, item.key) == ["ask"] and item.licence.url in text
    assert item.paper.url in text and (EN["models.gated"] in text) == item.is_gated
    plan = Plan(item, "c0ffee" + 34 * "0", (), item.is_gated, item.bytes_on_disk, 1_000_000)
    for language in ("en", "zh-Hant"):
        status = Status("asked", plan)
        offer = away(ctx, status, is_operator=True, item=item, language=language)
        assert acts_in(offer, item.key) == ["agree", "cancel"]
        # Too little memory for any of them: told before the download.
        assert '<span class="failed-words">' in offer and item.source in offer
        assert "models.offer" not in offer
