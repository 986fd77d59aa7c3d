"""What the header's chip says of the models that are loaded."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from playground.catalog import entry
from playground.page.languages import Languages
from playground.page.routes import loaded_words, routes
from tests.loops import run_in_own_thread


def row(key, state="ready", kind="part", size=1_000_000):
    return SimpleNamespace(key=key, state=state, kind=kind, bytes_on_device=size)


CLIP, SAM = entry("mini-clip"), entry("mini-sam")
BORROWER = replace(SAM, key="borrower", parts=("mini-clip/text", "borrower/own"))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "No model loaded yet"),
        ([row("mini-sam/decoder")], "mini-sam · 1 MB"),
        ([row("mini-clip/text"), row("borrower/own", "cold", size=0)], "mini-clip · 1 MB"),
        ([row("mini-clip/text"), row("mini-sam/decoder")], "2"),
    ],
)
def test_whoever_has_a_part_of_its_own_there_is_named(rows, said):
    cache = SimpleNamespace(rows=lambda: rows)
    ctx = SimpleNamespace(cache=cache, catalog=(CLIP, SAM, BORROWER), languages=Languages.read())
    assert said in loaded_words(ctx, "en")


@pytest.mark.parametrize("lost", [(), ("cuda:0",)])
def test_row_81_health_is_red_when_a_device_is_lost(lost):
    ctx = SimpleNamespace(cache=SimpleNamespace(lost_devices=lambda: lost))
    [health] = [route for route in routes(ctx) if getattr(route, "path", "") == "/health"]
    answer = run_in_own_thread(health.endpoint(None))
    assert answer.status_code == (503 if lost else 200)
    told = {"status": "device lost", "devices": ["cuda:0"]} if lost else {"status": "ok"}
    assert json.loads(answer.body) == told
