"""The drawer of text to image with the real mini-diffusion: what it tells, and its branches."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest

from playground.cache import Cancelled
from playground.catalog import entry
from playground.collection import read_collection
from playground.drawing.drawn import Preview
from playground.hub.store import Store as Hub
from playground.models import diffusion
from playground.page.context import Context
from playground.page.draw_inside import DrawInside, DrawInsideCanvas, inside_words
from playground.page.draw_inside_branch import Branching
from playground.page.draw_service import DrawService
from playground.page.languages import Languages
from playground.page.sends import Sends
from playground.search import Asker
from playground.settings import read_settings
from playground.visitors.errors import PersonError
from playground.visitors.sessions import Sessions, visitor_of
from playground.visitors.turns import Turns
from tests.drawing.mini_artist import MINI, Watcher, mini_artist, mini_cache, mini_order
from tests.loops import run_in_own_thread
from tests.page.test_draw_inside_values import cells_of, maps_of
from tests.page.test_segment_functions import Request

ADA, BOB = visitor_of("ada"), visitor_of("bob")
STEPS = 6
# The linear colours of half-precision latents, in steps of 255.
ROUNDING = 2


@pytest.fixture(scope="module")
def service():
    settings = read_settings([], {})
    ctx = Context(
        cache=mini_cache(),
        catalog=(entry("mini-clip"), MINI),
        languages=Languages.read(),
        sessions=Sessions(),
        turns=Turns(),
        settings=settings,
        sends=Sends(),
        store=Hub(settings),
    )
    return DrawService(ctx, read_collection())


@pytest.fixture(scope="module")
def cat(service):
    order = mini_order("a cat on the grass", steps=STEPS, seed=3)
    return service.artist.draw(MINI, order, Asker(ADA), lambda preview: None)


@pytest.fixture
def cat_id(service, cat):
    return service.gallery.add(ADA, cat)


@pytest.fixture
def inside(service):
    return DrawInside(service)


def request_of(session="ada", language="en"):
    return SimpleNamespace(
        session_hash=session,
        query_params={},
        headers={"accept-language": language},
        client=None,
    )


def branch(service, asked, session="ada"):
    """All that a branch tells, in order."""
    return list(Branching(service).branch(asked, request_of(session)))


def test_all_is_told_and_fits_into_json(inside, cat, cat_id):
    told = inside.inside({"id": cat_id}, ADA)
    json.dumps(told, allow_nan=False)
    assert told["id"] == cat_id and told["model"] == MINI.title and told["most_guidance"] > 4
    assert told["done"] == told["steps"] == STEPS and told["words"] == "a cat on the grass"
    (part,) = told["parts"]
    texts = [name["text"] for name in part["names"] if name["kind"] == "word"]
    assert texts == ["a", "cat", "on", "the", "grass"]
    assert {name["kind"] for name in part["names"]} == {"start", "word", "end", "padding"}
    maps = maps_of(part["maps"]).reshape(STEPS, len(part["names"]), *part["maps"]["grid"])
    assert np.allclose(maps.sum(1), 1, atol=0.02)
    assert len(told["guided"]["means"]) == STEPS and min(told["guided"]["means"]) > 0
    assert told["noise"] == sorted(told["noise"], reverse=True)


def test_the_last_sharp_picture_is_the_picture(inside, cat, cat_id):
    cells = cells_of(inside.sharp({"id": cat_id}, ADA))
    assert cells[0].shape == (128, 128, 3)
    far = np.abs(cells[STEPS - 1].astype(int) - cat.picture.pixels.astype(int))
    # What was foreseen at the last step is the last latent, kept in half precision.
    assert far.max() <= 3


def test_the_film_shows_what_each_step_foresaw(inside, cat, cat_id):
    cells = cells_of(inside.inside({"id": cat_id}, ADA)["predicted"])
    for frame, cell in zip(cat.frames, cells, strict=False):
        assert np.array_equal(cell, diffusion.preview(cat.colours, frame.predicted))


def test_a_model_that_is_watched_shows_no_step_that_may_not_be_shown(service, cat, cat_id):
    """The third picture that is looked at may not be shown; rough colours would show it too."""
    watched = replace(service)
    watched.artist = mini_artist(Watcher(lambda number: number != 2))
    told = DrawInside(watched).inside({"id": cat_id}, ADA)
    assert told["is_sharp"]
    # The next step was given the same picture with a little noise.
    for name, hidden in (("noisy", {2, 3}), ("predicted", {2})):
        plain = [len(np.unique(cell)) == 1 for cell in cells_of(told[name])[:STEPS]]
        assert plain == [number in hidden for number in range(STEPS)]


@pytest.mark.parametrize("asked", [{}, {"id": None}, {"id": 7}, {"id": ["x"]}, {"id": "x" * 9000}])
def test_forged_ids_are_mistakes(inside, asked):
    for function in (inside.inside, inside.sharp):
        with pytest.raises(PersonError):
            function(asked, ADA)


def test_nobody_looks_into_the_drawing_of_another(inside, service, cat_id):
    with pytest.raises(PersonError) as told:
        inside.inside({"id": cat_id}, BOB)
    assert told.value.key == "draw.mistake.expired"
    news = branch(service, {"id": cat_id, "kind": "words", "step": 2, "words": "x"}, "bob")
    assert [set(one) - {"stamp", "run"} for one in news] == [{"error"}]


def test_a_mistake_is_a_sentence_in_the_language_of_the_visitor(inside, service):
    service.visits.note_language(ADA, "zh-Hant")
    plain = inside.all[0]
    told = run_in_own_thread(plain({"id": "gone"}, Request("ada")))
    said = service.ctx.languages.say("draw.mistake.expired", "zh-Hant")
    assert told == {"error": said, "expired": True}


# ---- branches ----


def test_a_branch_is_alike_up_to_its_step_and_then_goes_its_own_way(inside, service, cat, cat_id):
    news = branch(service, {"id": cat_id, "run": "7", "step": 2, "words": "a dog on the grass"})
    assert {one["run"] for one in news} == {"7"}
    assert len({one["stamp"] for one in news}) == len(news)
    drawn = service.drawn_of(news[-1]["id"], ADA)
    assert [change.words for change in drawn.order.changes] == ["a dog on the grass"]
    for before, after in zip(cat.frames[:2], drawn.frames[:2], strict=True):
        assert np.array_equal(before.predicted, after.predicted)
    differences = [
        float(np.abs(a.predicted.astype(float) - b.predicted.astype(float)).max())
        for a, b in zip(cat.frames[2:], drawn.frames[2:], strict=True)
    ]
    assert min(differences) > 0.01
    parts = inside.inside({"id": news[-1]["id"]}, ADA)["parts"]
    assert [(part["first"], part["last"]) for part in parts] == [(1, 2), (3, STEPS)]
    assert "dog" in [name["text"] for name in parts[1]["names"]]


def test_previews_come_on_the_way(service, cat_id):
    news = branch(service, {"id": cat_id, "step": 3, "noise_seed": 11})
    previews = [one for one in news if "src" in one]
    assert previews and all(one["steps"] == STEPS for one in previews)
    assert all(one["src"].startswith("data:image/") for one in previews if one["src"])
    assert [one["step"] for one in previews] == sorted(one["step"] for one in previews)


@pytest.mark.parametrize(
    "changes",
    [
        {"step": 0, "words": "a dog"},
        {"step": STEPS, "words": "a dog"},
        {"step": 2.5, "words": "a dog"},
        {"step": None, "words": "a dog"},
        {"step": True, "words": "a dog"},
        {"step": 2},
        {"step": 2, "words": ""},
        {"step": 2, "words": 7},
        {"step": 2, "words": "x" * 100_000},
        {"step": 2, "guidance": float("nan")},
        {"step": 2, "guidance": 1e9},
        {"step": 2, "guidance": "4"},
        {"step": 2, "noise_seed": -1},
        {"step": 2, "noise_seed": 2**32},
        {"step": 2, "noise_seed": 1.5},
    ],
)
def test_forged_changes_are_told_and_nothing_is_drawn(service, cat_id, changes):
    count = len(service.gallery.ids_of(ADA))
    news = branch(service, {"id": cat_id, **changes})
    assert len(news) == 1 and news[0]["error"].strip()
    assert "draw." not in news[0]["error"] and "{" not in news[0]["error"]
    assert len(service.gallery.ids_of(ADA)) == count


def test_a_branch_is_not_kept_where_all_was_forgotten_meanwhile(service):
    visitor = visitor_of("eve")
    order = mini_order("a cat on the grass", steps=STEPS, seed=4)
    drawn = service.artist.draw(MINI, order, Asker(visitor), lambda preview: None)
    drawing_id, news = service.gallery.add(visitor, drawn), []
    asked = {"id": drawing_id, "step": 1, "guidance": 9}
    for told in Branching(service).branch(asked, request_of("eve")):
        news.append(told)
        service.forget(visitor)
    assert "error" in news[-1] and not any("id" in told for told in news)
    assert service.gallery.ids_of(visitor) == []


def test_a_branch_that_is_left_is_not_kept_and_frees_its_place(service, cat_id):
    count = len(service.gallery.ids_of(ADA))
    steps = Branching(service).branch({"id": cat_id, "step": 1, "guidance": 9}, request_of())
    next(steps)
    steps.close()
    # One visitor draws one thing at a time: this one comes only when the other has ended.
    assert "id" in branch(service, {"id": cat_id, "step": 4, "guidance": 9})[-1]
    assert len(service.gallery.ids_of(ADA)) == count + 1


# ---- the component ----


def test_what_is_no_object_counts_as_nothing():
    canvas = DrawInsideCanvas(elem_id="stage-inside")
    assert [canvas.preprocess(one) for one in (None, [], "x", 3)] == [{}] * 4
    assert 'data-inside-of="stage"' in canvas.html_template
    assert isinstance(canvas, gr.HTML) and callable(canvas.branch) and callable(canvas.stop)


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_every_sentence_is_there_with_its_places(service, language):
    words = inside_words(service.ctx, request_of(language=language))
    assert len(words) > 80
    keys = {key for key in service.ctx.languages.keys("en") if key.startswith("draw.inside.")}
    assert {f"draw.inside.{name}" for name in words} == keys


def test_stop_gives_up_the_branch_that_is_named_and_no_other(service, cat_id, monkeypatch):
    def draw_until_stopped(item, order, asker, heard, **_):
        heard(Preview(1, order.steps, None))
        while not asker.cancel():
            threading.Event().wait(0.01)
        raise Cancelled(item.key)

    monkeypatch.setattr(service.artist, "draw", draw_until_stopped)
    branching = Branching(service)
    asked = {"id": cat_id, "step": 1, "guidance": 9, "run": "4"}
    steps = branching.branch(asked, request_of())
    next(steps)
    for run, visitor in (("3", ADA), ("4", visitor_of("bob")), (None, ADA)):
        branching.stop_branch({"run": run}, visitor)
    assert not branching.runs[ADA, "4"].is_over()
    branching.stop_branch({"run": "4"}, ADA)
    *_, last = steps
    assert last["run"] == "4" and last["error"]
    assert branching.runs == {}
