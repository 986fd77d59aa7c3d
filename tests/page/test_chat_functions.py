"""The outline of a clicked thing: encoded once, and every forged click answered in a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from playground.models import sam
from playground.page.chat_functions import ChatFunctions
from playground.segmenting.run_lengths import from_runs
from playground.visitors.sessions import visitor_of
from tests.chatting.mini_chat import Visitor, make_service
from tests.loops import run_in_own_thread
from tests.page.test_server_functions import Request


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    visitor = Visitor(make_service(tmp_path_factory.mktemp("world")))
    visitor.opens()
    return visitor


@pytest.fixture(scope="module")
def functions(visitor):
    return ChatFunctions(visitor.service)


def call(functions, visitor, **asked):
    (segment,) = functions.all
    asked = {"picture_id": visitor.picture_id, "x": 60, "y": 70} | asked
    return run_in_own_thread(segment(asked, Request()))


def test_a_click_outlines_the_thing_under_it(functions, visitor):
    told = call(functions, visitor)
    mask = from_runs(told["runs"], (told["height"], told["width"]))
    assert mask.shape == (256, 256) and mask[70, 60]
    rows, columns = np.nonzero(mask)
    edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert told["box"] == [int(edge) for edge in edges]


def test_the_picture_is_encoded_once(functions, visitor, monkeypatch):
    call(functions, visitor)
    encoded = []
    real = sam.encode
    monkeypatch.setattr(sam, "encode", lambda *a: encoded.append(1) or real(*a))
    assert call(functions, visitor, x=140, y=180)["runs"] and encoded == []


@pytest.mark.parametrize(
    "changes",
    [{"x": -5}, {"x": 900}, {"x": "5"}, {"x": None}, {"y": float("nan")}, {"y": True}, {"y": []}],
)
def test_clicks_that_are_none(functions, visitor, changes):
    told = call(functions, visitor, **changes)
    assert told["error"].endswith(".") and "runs" not in told


def test_talks_that_are_none_or_anothers(functions, visitor):
    assert "expired" not in call(functions, visitor, picture_id=None)
    assert call(functions, visitor, picture_id="forged")["expired"]
    assert visitor.service.ctx.visitor(visitor.request) == visitor_of("ada")
    (segment,) = functions.all
    asked = {"picture_id": visitor.picture_id, "x": 5, "y": 5}
    assert run_in_own_thread(segment(asked, Request({"session_hash": "bao"})))["expired"]
