"""What is asked outside the queue: tokens, outlines, and what CLIP and BLIP-2 see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from playground.catalog import entry
from playground.drawing.orders import add_change
from playground.models import diffusion, sam
from playground.page.draw_functions import DrawFunctions
from playground.page.draw_judging import Judging
from playground.search import Asker
from playground.segmenting.run_lengths import from_runs
from playground.visitors.sessions import visitor_of
from tests.drawing.drawings import drawn_of
from tests.drawing.mini_artist import mini_order
from tests.drawing.mini_service import MODEL, Visitor, make_service
from tests.loops import run_in_own_thread
from tests.page.test_server_functions import Request

ADA = visitor_of("ada")
SCENE = "scene-002"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    return make_service(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def functions(service):
    return DrawFunctions(service)


@pytest.fixture(scope="module")
def start_id(service):
    picture = service.collection.read(service.collection.place_of(SCENE))
    return service.visits.add_start(picture, visitor_of("ada"))


def call(functions, name, **asked):
    (function,) = [one for one in functions.all if one.__name__ == name]
    return run_in_own_thread(function(asked, Request()))


def test_tokens_are_counted_as_the_model_reads_them(functions):
    told = call(functions, "tokens", model=MODEL, words="a cat on the grass")
    assert told == {"count": 7, "most": 32, "unread": ""}


def test_the_end_that_is_not_read_is_told(functions):
    words = " ".join(["cat"] * 40)
    told = call(functions, "tokens", model=MODEL, words=words)
    assert told["count"] > told["most"] == 32
    assert told["unread"] and words.endswith(told["unread"].strip())


def test_words_are_counted_without_being_read(functions, monkeypatch):
    def fails(*_):
        raise AssertionError("the text encoder ran")

    monkeypatch.setattr(diffusion, "read", fails)
    told = call(functions, "tokens", model=MODEL, words="a dog on the grass")
    assert told == {"count": 7, "most": 32, "unread": ""}


@pytest.mark.parametrize("words", ["", "   ", None])
def test_no_words_have_no_tokens(functions, words):
    assert call(functions, "tokens", model=MODEL, words=words) == {}


@pytest.mark.parametrize("asked", [{"model": "gpt", "words": "a"}, {"model": MODEL, "words": 7}])
def test_forged_questions_are_answered_in_a_sentence(functions, asked):
    assert call(functions, "tokens", **asked)["error"].endswith(".")


def test_nobody_waits_for_gigabytes_to_have_tokens_counted(functions, service, monkeypatch):
    item = replace(entry(MODEL), is_built_in=False, parts=(f"{MODEL}/words",))
    monkeypatch.setattr(service, "item", lambda _: item)
    assert call(functions, "tokens", model=MODEL, words="a cat") == {}


def test_a_thing_in_the_start_picture_is_outlined_and_encoded_once(
    functions, start_id, monkeypatch
):
    told = call(functions, "outline", start_id=start_id, x=60, y=70)
    mask = from_runs(told["runs"], (told["height"], told["width"]))
    assert mask.shape == (256, 256) and mask[70, 60]
    encoded, real = [], sam.encode
    monkeypatch.setattr(sam, "encode", lambda *a: encoded.append(1) or real(*a))
    assert call(functions, "outline", start_id=start_id, x=140, y=180)["runs"] and encoded == []


@pytest.mark.parametrize(
    "changes",
    [{"x": -5}, {"x": "5"}, {"y": float("nan")}, {"y": None}, {"start_id": "x"}, {"start_id": 3}],
)
def test_clicks_that_are_none(functions, start_id, changes):
    asked = {"start_id": start_id, "x": 60, "y": 70} | changes
    told = call(functions, "outline", **asked)
    assert told["error"].endswith(".") and "runs" not in told


# What the others see.


def test_the_others_see_what_a_picture_shows(service):
    """A painted scene, about which both judges are sure."""
    picture = service.collection.read(service.collection.place_of(SCENE))
    words = service.collection.pictures[service.collection.place_of(SCENE)].alt["en"]
    told = Judging(service).judge(picture.pixels, words, Asker(ADA))
    rows = told["clip"]["rows"]
    assert sum(row["share"] for row in rows) == pytest.approx(1, abs=0.01)
    assert [row["share"] for row in rows] == sorted((r["share"] for r in rows), reverse=True)
    assert rows[0]["is_asked"] and sum(row["is_asked"] for row in rows) == 1
    assert told["clip"]["title"] == "mini-clip" and told["caption"]["title"] == "mini-blip2"
    assert told["caption"]["text"] and 0 <= told["caption"]["match"] <= 1


def test_words_that_do_not_fit_are_not_found(service):
    picture = service.collection.read(service.collection.place_of(SCENE))
    grey = np.full_like(picture.pixels, 128)
    told = Judging(service).judge(grey, "seven penguins", Asker(ADA))
    assert told["caption"]["match"] < 0.5


@pytest.mark.parametrize(
    ("words", "is_chinese"), [("a cat at the beach", False), ("\u4e00\u96bb\u8c93", True)]
)
def test_rivals_speak_the_language_of_the_words(service, words, is_chinese):
    asked, *rivals = Judging(service).sentences(words)
    assert asked == words and len(rivals) == 5 and words not in rivals
    for rival in rivals:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in rival) == is_chinese


def test_a_drawing_is_judged_once_it_is_there(functions, service):
    visitor = Visitor(service)
    drawing_id = next(iter(service.stored))
    told = call(functions, "judge", drawing_id=drawing_id)
    assert told["clip"]["rows"] and told["caption"]["text"]
    assert call(functions, "judge", drawing_id="nobody")["expired"]
    visitor.forget()


def test_a_branch_is_judged_by_the_words_that_it_ended_with(functions, service):
    order, _ = add_change(entry(MODEL), mini_order("a cat"), {"step": 1, "words": "a lemon"})
    drawing_id = service.gallery.add(ADA, drawn_of(order, model=MODEL))
    rows = call(functions, "judge", drawing_id=drawing_id)["clip"]["rows"]
    assert [row["text"] for row in rows if row["is_asked"]] == ["a lemon"]
    service.forget(ADA)


def test_without_the_models_nobody_judges(tmp_path):
    service = make_service(tmp_path, (entry("mini-clip"), entry(MODEL)))
    judging = Judging(service)
    pixels = np.zeros((64, 64, 3), np.uint8)
    assert judging.judge(pixels, "a cat", Asker(ADA))["caption"] is None
