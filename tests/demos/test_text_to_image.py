"""The drawing tab without a browser: its handlers with mini-diffusion, its events for programs."""

from __future__ import annotations

import base64
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from playground.cache import Cancelled, Row
from playground.catalog import entry
from playground.drawing.artist import Artist
from playground.drawing.guard import GREY
from playground.drawing.several import draw_several
from playground.models import diffusion
from playground.page import draw_asking
from playground.page.canvas import Runs
from playground.page.draw_api import DrawApi
from playground.page.draw_canvas import Asked
from playground.page.draw_visits import START_EXPIRED
from playground.segmenting.run_lengths import to_runs
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture, read_picture
from tests.demos.test_clip_search import over_mcp
from tests.drawing.mini_artist import Watcher, a_picture
from tests.drawing.mini_service import (
    MODEL,
    USUAL,
    WORDS,
    Visitor,
    a_mask,
    make_service,
    request_of,
    told,
)
from tests.faults import bad_pictures

LARGE = 2**32 - 1
PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    return make_service(tmp_path_factory.mktemp("world"))


@pytest.fixture
def ada(service):
    visitor = Visitor(service, "ada")
    yield visitor
    visitor.forget()


def runs_of(mask):
    return Runs(to_runs(mask), mask.shape[1], mask.shape[0])


def pixels_in(address):
    """The pixels of a data address."""
    head, _, data = address.partition(",")
    assert head.startswith("data:image/")
    return np.array(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


# Opening.


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_it_opens_on_a_stored_drawing_before_any_model(tmp_path, language):
    visitor = Visitor(make_service(tmp_path), language=language)
    ((value, status, _),) = list(visitor.handlers.first(visitor.request))
    assert value["words"]["draw"] and [model["key"] for model in value["models"]] == [MODEL]
    assert len(value["examples"]) >= 3
    first = value["examples"][0]
    assert value["drawn"] == [first] and first["is_example"] and first["steps"] == 20
    assert pixels_in(first["src"]).shape == (128, 128, 3)
    # Pressing Draw at once is not to give the very same picture.
    assert value["fields"]["words"] == first["words"] and value["fields"]["seed"] is None
    assert MODEL in status and "busy" not in status
    assert {row.state for row in visitor.service.ctx.cache.rows()} == {"cold"}
    is_chinese = any("\u4e00" <= letter <= "\u9fff" for letter in first["words"])
    assert is_chinese == (language == "zh-Hant")


def test_without_stored_drawings_it_opens_empty(tmp_path):
    service = make_service(tmp_path)
    service.stored = {}
    visitor = Visitor(service)
    ((value, status, _),) = list(visitor.handlers.first(visitor.request))
    assert value["examples"] == [] and "drawn" not in value and value["words"]
    assert "press Draw" in status


def test_what_ships_can_be_looked_into_and_taken_by_all(service, ada):
    drawing_id, stored = next(iter(service.stored.items()))
    assert service.drawn_of(drawing_id, "") is stored.drawn
    value = ada.does("take", drawing_id=drawing_id, take="recipe")
    assert json.loads(value["download"]["text"])["order"]["seed"] == stored.drawn.order.seed


# Drawing.


def test_a_picture_comes_out_of_the_noise(ada):
    values = ada.values("draw", fields=USUAL)
    assert all(value["busy"] for value in values[:-1]) and values[-1]["busy"] is False
    assert values[0]["going"][0] | {"src": ""} == {
        "seed": 7,
        "step": 0,
        "steps": 4,
        "together": 1,
        "src": "",
    }
    seen = [value["going"][0] for value in values if "going" in value][1:]
    assert seen and all(1 <= one["step"] <= 4 and one["src"] for one in seen)
    assert [one["step"] for one in seen] == sorted(one["step"] for one in seen)
    (drawn,) = values[-1]["drawn"]
    kept = ada.service.drawn_of(drawn["id"], ada.name)
    assert (pixels_in(drawn["src"]) == kept.picture.pixels).all()
    assert (drawn["seed"], drawn["words"], drawn["steps"]) == (7, WORDS, 4)
    assert WORDS in drawn["alt"] and not drawn["is_example"]
    facts = dict(drawn["facts"])
    assert (facts["Seed"], facts["Steps"], facts["Sampler"]) == ("7", "4", "DDIM")
    assert drawn["fields"]["words"] == WORDS and drawn["fields"]["seed"] == 7


def test_the_same_seed_draws_the_same_picture(ada):
    first, again, other = (ada.drawn(seed=seed)[0] for seed in (7, 7, 8))
    assert first.picture.content_id == again.picture.content_id != other.picture.content_id


def test_several_pictures_differ_by_their_seeds_alone(ada):
    value = ada.draws(count=3, seed=LARGE)
    assert [one["seed"] for one in value["drawn"]] == [LARGE, 0, 1]
    (alone,) = ada.drawn(seed=0)
    together = ada.service.drawn_of(value["drawn"][1]["id"], ada.name)
    apart = np.abs(alone.picture.pixels.astype(int) - together.picture.pixels)
    assert apart.max() <= 1


def test_without_a_seed_one_is_drawn_and_shown(ada):
    value = ada.draws(seed=None)
    assert 0 <= value["drawn"][0]["seed"] <= LARGE
    # It stands among the facts, so no sentence says it again.
    assert value["drawn"][0]["notes"] == []


WRONG = [
    ({"words": ""}, "."),
    ({"words": "cat " * 2000}, "."),
    ({"words": None}, "."),
    ({"words": 7}, "."),
    ({"model": "gpt"}, "."),
    ({"model": None}, "."),
    ({"steps": 0}, "Steps"),
    ({"steps": 10**6}, "Steps"),
    ({"steps": 2.5}, "Steps"),
    ({"steps": True}, "Steps"),
    ({"steps": "7"}, "Steps"),
    ({"guidance": float("nan")}, "Guidance"),
    ({"guidance": float("inf")}, "Guidance"),
    ({"guidance": -1}, "Guidance"),
    ({"seed": -1}, "Seed"),
    ({"seed": 2**32}, "Seed"),
    ({"seed": 1.5}, "Seed"),
    ({"scheduler": "magic"}, "Sampler"),
    ({"width": float("nan")}, "Width"),
    ({"count": 0}, "Pictures"),
    ({"count": 5}, "Pictures"),
    ({"count": None}, "Pictures"),
]


@pytest.mark.parametrize(("fields", "said"), WRONG)
def test_a_wrong_order_is_told_and_nothing_is_drawn(ada, fields, said):
    (value,) = ada.values("draw", fields=USUAL | fields)
    assert said in value["error"] and value["of"] == "draw" and "drawn" not in value
    assert ada.service.gallery.ids_of(ada.name) == []
    assert ada.service.visits.census()[2] == 0


def test_a_huge_size_is_brought_to_one_that_suits(ada):
    steps = list(ada.steps("draw", fields=USUAL | {"width": 6000, "height": 128}))
    (drawn,) = steps[-1][0]["drawn"]
    assert max(drawn["width"], drawn["height"]) <= 192
    assert any("do not suit" in note for note in drawn["notes"])
    # It is told once: under the picture while it comes, then beside it.
    assert "do not suit" in steps[0][2] and steps[-1][2] == ""


def test_mistakes_are_told_in_the_visitors_language(service):
    visitor = Visitor(service, "bo", "zh-Hant")
    assert "\u7a2e\u5b50" in visitor.draws(seed=-1)["error"]


# Stop, leaving, and one drawing after another.


class Paced(Artist):
    """Draws on only as far as a test lets it."""

    def __init__(self, service):
        super().__init__(service.ctx.cache, service.fingerprints)
        self.reached, self.go_on = threading.Event(), threading.Event()

    def draw(self, item, order, asker, heard, **more):
        def slowly(preview):
            heard(preview)
            if preview.step == 2 and not self.go_on.is_set():
                self.reached.set()
                assert self.go_on.wait(PATIENCE_SECONDS)

        return super().draw(item, order, asker, slowly, **more)


def begun(visitor, paced):
    """A drawing that has done two steps and waits."""
    steps = visitor.steps("draw", fields=USUAL | {"steps": 30})
    # The work begins with the second value.
    next(steps), next(steps)
    assert paced.reached.wait(PATIENCE_SECONDS)
    return steps


@pytest.fixture
def paced(service):
    service.artist = Paced(service)
    yield service.artist
    service.artist.go_on.set()
    del service.artist


def test_stop_keeps_what_was_foreseen(ada, paced):
    steps = begun(ada, paced)
    # Told by the drawing alone: what Stop said might come after its end, and stay.
    assert ada.handlers.stop(ada.request) == gr.skip()
    paced.go_on.set()
    rest = list(steps)
    (drawn,) = rest[-1][0]["drawn"]
    assert drawn["is_stopped"] and drawn["steps"] < 30
    assert dict(drawn["facts"])["Steps"] == f"{drawn['steps']} of 30"
    assert f"step {drawn['steps']} of 30" in rest[-1][1]
    assert ada.service.visits.census()[2] == 0


def test_stop_before_anything_runs_is_no_mistake(ada):
    assert "Ready" in ada.handlers.stop(ada.request)


def test_stop_before_the_first_step_says_so(ada, monkeypatch):
    def stopped_at_once(artist, item, orders, asker, heard, *, stopped, notes):
        ada.handlers.stop(ada.request)
        return draw_several(artist, item, orders, asker, heard, stopped=stopped, notes=notes)

    monkeypatch.setattr(draw_asking, "draw_several", stopped_at_once)
    *_, (value, status, _) = list(ada.steps("draw", fields=USUAL))
    assert value["busy"] is False and "drawn" not in value and "error" not in value
    assert "Stopped before" in status


def test_who_leaves_frees_the_place(ada, paced):
    steps = begun(ada, paced)
    steps.close()
    assert ada.service.visits.census()[2] == 0
    paced.go_on.set()
    wait_until(lambda: not ada.service.artist.ensemble.census())
    assert ada.service.gallery.ids_of(ada.name) == []


def test_another_drawing_takes_the_place_of_the_first(ada, paced):
    first = begun(ada, paced)
    paced.go_on.set()
    assert ada.draws(seed=3)["drawn"]
    *_, (value, _, _) = list(first)
    assert value["busy"] is False and "drawn" not in value


def wait_until(is_so):
    looks = threading.Event()
    for _ in range(int(PATIENCE_SECONDS / 0.02)):
        if is_so():
            return
        looks.wait(0.02)
    raise AssertionError("it never came to that")


def test_a_failing_step_is_a_sentence_and_the_next_drawing_works(ada, monkeypatch):
    def broken(*_):
        raise RuntimeError("secret words of the visitor")

    with monkeypatch.context() as patch:
        patch.setattr(diffusion, "read", broken)
        value = ada.draws(words="never read before")
    assert value["error"].endswith(".") and "secret" not in value["error"]
    assert ada.draws()["drawn"]


def test_forgetting_lets_go_of_all(ada):
    (drawn,) = ada.draws()["drawn"]
    start = opens(ada, a_picture())
    value, status, _ = ada.handlers.forget(ada.request)
    assert value["forgotten"] and "press Draw" in status
    with pytest.raises(PersonError):
        ada.service.drawn_of(drawn["id"], ada.name)
    with pytest.raises(PersonError):
        ada.service.visits.start_of(start["id"], ada.name)


def test_nobody_has_the_drawing_of_another(service, ada):
    (drawn,) = ada.draws()["drawn"]
    bob = Visitor(service, "bob")
    value = bob.does("take", drawing_id=drawn["id"], take="png")
    assert value["expired"] == "drawing" and "download" not in value
    assert bob.does("open", drawing_id=drawn["id"])["error"]


# Starting from a picture.


def opens(visitor, picture):
    value, _, _ = visitor.handlers.opening.start_from(visitor.request, picture)
    return value["start"]


def test_a_file_becomes_the_start(ada, tmp_path):
    path = tmp_path / "mine.png"
    Image.fromarray(a_picture(200).pixels).save(path)
    value = ada.does("open", file=str(path))
    start = value["start"]
    assert (start["width"], start["height"]) == (200, 200)
    assert (pixels_in(start["src"]) == a_picture(200).pixels).all()
    drawn = ada.draws(start_id=start["id"], strength=0.5)["drawn"][0]
    assert dict(drawn["facts"])["Changed by"] == "50 %"
    assert any("200" in note for note in drawn["notes"])
    assert drawn["steps"] == 2


@pytest.mark.parametrize("data", [b"", bad_pictures.valid("JPEG")[:200], b"<html>"])
def test_a_bad_file_is_told(ada, tmp_path, data):
    path = tmp_path / "x.png"
    path.write_bytes(data)
    value = ada.does("open", file=str(path))
    assert value["error"].endswith(".") and value["of"] == "open" and "start" not in value


def test_nothing_to_start_from_is_told(ada):
    assert ada.does("open")["error"].endswith(".")


def test_what_lies_outside_the_mask_and_its_soft_edge_stays_bit_by_bit(ada):
    start, mask = a_picture(), a_mask()
    start_id = opens(ada, start)["id"]
    (drawn,) = ada.drawn(start_id=start_id, mask=runs_of(mask), strength=1.0, feather=6)
    kept = drawn.order.mask == 0
    assert kept.sum() > 8000
    assert (drawn.picture.pixels[kept] == start.pixels[kept]).all()
    assert (drawn.picture.pixels[mask] != start.pixels[mask]).any()


def test_the_share_that_is_drawn_anew_is_told(ada):
    start_id = opens(ada, a_picture())["id"]
    value = ada.draws(start_id=start_id, mask=runs_of(a_mask()), strength=1.0, feather=0)
    share = round(100 * a_mask().mean())
    assert f"{share} % of the picture" in dict(value["drawn"][0]["facts"])["Drawn anew"]


MASKS = [
    Runs("1,2", 128, 128),
    Runs("16384", 128, 128),
    Runs("", 128, 128),
    Runs("-5,16389", 128, 128),
    Runs("x", 128, 128),
    Runs("1", 20_000, 20_000),
]


@pytest.mark.parametrize("mask", MASKS, ids=lambda mask: mask.runs or "none")
def test_forged_and_empty_masks_are_refused(ada, mask):
    start_id = opens(ada, a_picture())["id"]
    value = ada.draws(start_id=start_id, mask=mask)
    assert value["error"].endswith(".") and "drawn" not in value


def test_a_mask_of_another_size_is_laid_over_the_whole(ada):
    start_id = opens(ada, a_picture())["id"]
    mask = runs_of(a_mask((64, 64), (0, 0, 32, 64)))
    (drawn,) = ada.drawn(start_id=start_id, mask=mask, strength=1.0, feather=0)
    assert drawn.order.mask[:, :64].all() and not drawn.order.mask[:, 64:].any()


def test_a_start_that_was_forgotten_is_told_apart(ada):
    value = ada.draws(start_id="nobody knows")
    assert value["expired"] == "start"
    assert value["error"] == ada.service.ctx.say(ada.request, START_EXPIRED)


def test_a_drawing_can_be_the_start_of_the_next(ada):
    (drawn,) = ada.draws()["drawn"]
    start = ada.does("open", drawing_id=drawn["id"])["start"]
    assert (pixels_in(start["src"]) == pixels_in(drawn["src"])).all()


def test_a_picture_that_is_sent_becomes_the_start_and_a_drawing_is_sent_on(ada, monkeypatch):
    ((value, status, _),) = list(ada.handlers.receive(a_picture(), ada.request))
    assert value["start"]["id"] and "starts from this picture" in status
    (drawn,) = ada.draws()["drawn"]
    monkeypatch.setattr("demos.text_to_image.current_request", lambda: ada.request)
    asked = Asked(drawing_id=drawn["id"])
    sent = ada.handlers.shown_picture(ada.service.ctx.session(ada.request), asked)
    assert (sent.pixels == pixels_in(drawn["src"])).all()


# Taking away and opening again.


def file_of(folder, download):
    path = folder / download["name"]
    if "text" in download:
        path.write_text(download["text"], encoding="utf-8")
    else:
        path.write_bytes(base64.b64decode(download["data"]))
    return str(path)


@pytest.mark.parametrize("kind", ["png", "recipe"])
def test_a_drawing_comes_back_bit_by_bit(ada, tmp_path, kind):
    (drawn,) = ada.draws(words="a fish in the sea", guidance=3, without="night")["drawn"]
    download = ada.does("take", drawing_id=drawn["id"], take=kind)["download"]
    value = ada.does("reopen", file=file_of(tmp_path, download))
    (again,) = value["drawn"]
    assert (pixels_in(again["src"]) == pixels_in(drawn["src"])).all()
    assert any("bit for bit" in note for note in again["notes"])
    assert value["fields"]["words"] == "a fish in the sea" and value["fields"]["seed"] == 7


def test_the_png_is_the_picture(ada, tmp_path):
    (drawn,) = ada.draws()["drawn"]
    download = ada.does("take", drawing_id=drawn["id"], take="png")["download"]
    assert download["name"].endswith(".png") and download["kind"] == "image/png"
    with Image.open(file_of(tmp_path, download)) as image:
        assert (np.array(image.convert("RGB")) == pixels_in(drawn["src"])).all()


def test_a_stopped_drawing_comes_back_too(ada, paced, tmp_path):
    steps = begun(ada, paced)
    ada.handlers.stop(ada.request)
    paced.go_on.set()
    (drawn,) = told(steps)[-1]["drawn"]
    download = ada.does("take", drawing_id=drawn["id"], take="recipe")["download"]
    (again,) = ada.does("reopen", file=file_of(tmp_path, download))["drawn"]
    assert again["is_stopped"] and again["steps"] == drawn["steps"]
    assert any("bit for bit" in note for note in again["notes"])


def test_a_picture_of_other_files_and_versions_says_so(ada, tmp_path):
    (drawn,) = ada.draws()["drawn"]
    download = ada.does("take", drawing_id=drawn["id"], take="recipe")["download"]
    recipe = json.loads(download["text"])
    recipe["model"]["fingerprint"] = "0" * 64
    recipe["versions"]["torch"] = "1.0.0"
    recipe["order"]["seed"] = 99
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(recipe), encoding="utf-8")
    (again,) = ada.does("reopen", file=str(path))["drawn"]
    said = " ".join(again["notes"])
    assert "Not the picture of the recipe" in said and "other files" in said
    assert "torch 1.0.0" in said


def test_a_recipe_with_a_start_needs_it(ada, tmp_path):
    start_id = opens(ada, a_picture())["id"]
    asked = {"start_id": start_id, "mask": runs_of(a_mask()), "strength": 1.0}
    (drawn,) = ada.draws(**asked)["drawn"]
    download = ada.does("take", drawing_id=drawn["id"], take="recipe")["download"]
    path = file_of(tmp_path, download)
    assert "picture" in ada.does("reopen", file=path)["error"]
    (again,) = ada.does("reopen", file=path, start_id=start_id)["drawn"]
    assert (pixels_in(again["src"]) == pixels_in(drawn["src"])).all()


RECIPES = [b"", b"{}", b"[]", b"\x89PNG\r\n\x1a\n", bad_pictures.valid("PNG"), b"x" * 200]


@pytest.mark.parametrize("data", RECIPES)
def test_what_is_no_recipe_is_told(ada, tmp_path, data):
    path = tmp_path / "x.json"
    path.write_bytes(data)
    value = ada.does("reopen", file=str(path))
    assert value["error"].endswith(".") and value["of"] == "reopen"


def test_a_recipe_of_an_unknown_model_is_told(ada, tmp_path):
    (drawn,) = ada.draws()["drawn"]
    download = ada.does("take", drawing_id=drawn["id"], take="recipe")["download"]
    recipe = json.loads(download["text"])
    recipe["model"]["key"] = "gpt"
    path = tmp_path / "x.json"
    path.write_text(json.dumps(recipe), encoding="utf-8")
    assert ada.does("reopen", file=str(path))["error"].endswith(".")


def test_what_is_kept_back_is_a_card_with_a_reason_and_cannot_be_taken(service, ada):
    service.artist = Artist(service.ctx.cache, service.fingerprints, Watcher(lambda number: False))
    try:
        values = ada.values("draw", fields=USUAL)
    finally:
        del service.artist
    previews = [one for value in values for one in value.get("going", ())]
    assert not any(one["src"] for one in previews)
    (drawn,) = values[-1]["drawn"]
    assert drawn["is_withheld"] and drawn["note"].endswith(".")
    assert len(np.unique(pixels_in(drawn["src"]))) == 1
    assert ada.does("take", drawing_id=drawn["id"], take="png")["error"].endswith(".")


# Models.


def cold_row(key):
    return Row(key, "part", "cold", None, 0, 0, 0, None, None, 0, 0.0, False, None, None)


def test_a_model_that_cannot_fit_says_why(service, monkeypatch):
    monkeypatch.setattr("playground.page.draw_service.available_bytes", lambda: 2_000_000_000)
    item = replace(entry(MODEL), least_memory_bytes=8_000_000_000)
    monkeypatch.setattr(type(service.ctx.cache), "rows", lambda _: [cold_row(item.parts[-1])])
    reason = service.reason_against(None, item)
    assert "8" in reason and "2" in reason
    assert service.reason_against(None, entry(MODEL)) == ""
    # What is in memory already needs no room again.
    monkeypatch.setattr(type(service.ctx.cache), "rows", lambda _: [])
    assert service.reason_against(None, item) == ""


# For programs.


def test_programs_watch_a_picture_come(address):
    client = Client(address, verbose=False)
    job = client.submit(
        words=WORDS, seed=7, steps=4, guidance=4, api_name="/text_to_image_generate"
    )
    shown, facts = job.result()
    assert facts["step"] == facts["steps"] == 4 and facts["recipe"]["order"]["seed"] == 7
    picture = read_picture(handle_path(shown))
    assert picture.content_id == facts["recipe"]["picture"]["sha256"]
    told_steps = [outputs[1]["step"] for outputs in job.outputs()]
    assert told_steps == sorted(told_steps) and told_steps[-1] == 4


def test_a_program_that_waits_is_told_so_and_may_leave(service, monkeypatch):
    """Between two values is the only time at which Gradio notices that nobody listens any more."""
    left = threading.Event()

    def draw(item, order, asker, heard, **more):
        while not asker.cancel():
            pass
        left.set()
        raise Cancelled(item.key)

    monkeypatch.setattr(service.artist, "draw", draw)
    steps = DrawApi(service).text_to_image_generate(
        WORDS, "", -1, 3, 0, "", 0, 0, MODEL, request_of(session_hash="a program")
    )
    assert next(steps) == (None, {"step": 0, "steps": 3})
    steps.close()
    assert left.wait(20)


def handle_path(shown):

    return Path(shown["path"] if isinstance(shown, dict) else shown)


def test_programs_draw_into_a_part_of_a_picture(address, tmp_path):
    start, mask = a_picture(), a_mask()
    Image.fromarray(start.pixels).save(tmp_path / "start.png")
    Image.fromarray(mask.astype(np.uint8) * 255).save(tmp_path / "mask.png")
    client = Client(address, verbose=False)
    shown, facts = client.predict(
        picture=handle_file(str(tmp_path / "start.png")),
        mask=handle_file(str(tmp_path / "mask.png")),
        words="a cat",
        seed=1,
        steps=4,
        feather=0,
        api_name="/text_to_image_inpaint",
    )
    drawn = read_picture(handle_path(shown))
    assert (drawn.pixels[~mask] == start.pixels[~mask]).all()
    assert facts["recipe"]["start"]["sha256"] == Picture(start.pixels).content_id


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"words": ""}, "words"),
        ({"seed": -2}, "Seed"),
        ({"seed": 2**32}, "Seed"),
        ({"seed": "seven"}, "Seed"),
        ({"seed": [1]}, "Seed"),
        ({"steps": 10**9}, "Steps"),
        ({"steps": 2.5}, "Steps"),
        ({"guidance": -3}, "Guidance"),
        ({"width": 100_000}, "Width"),
        ({"scheduler": "magic"}, "Sampler"),
    ],
)
def test_programs_are_told_what_is_wrong(address, asked, named):
    client = Client(address, verbose=False)
    with pytest.raises(AppError) as caught:
        client.predict(**{"words": "a cat"} | asked, api_name="/text_to_image_generate")
    assert named in str(caught.value) and str(caught.value).endswith(".")


def test_mcp_draws(address):
    tools, (answer,) = over_mcp(
        address, ("text_to_image_generate", {"words": WORDS, "seed": 7, "steps": 2})
    )
    assert "text_to_image_inpaint" in tools and "text_to_image_grid" in tools
    assert any(getattr(part, "type", "") == "image" for part in answer.content) or "recipe" in str(
        answer.content
    )


def test_programs_see_nothing_of_a_picture_that_is_kept_back(service):
    watched = replace(service)
    watched.artist = Artist(service.ctx.cache, service.fingerprints, Watcher(lambda number: False))
    told_values = list(
        DrawApi(watched).text_to_image_generate(
            WORDS, "", 7, 3, 0, "", 0, 0, MODEL, request_of(session_hash="a program")
        )
    )
    *before, (shown, facts) = told_values
    assert all(picture is None for picture, _ in before)
    assert (shown.pixels == GREY).all() and facts["is_withheld"]
    assert facts["step"] == facts["steps"] == 3


def test_programs_draw_a_grid(address):
    asked = {"words": WORDS, "rows": ["1", "2"], "columns": ["1", "4"], "steps": 2}
    job = Client(address, verbose=False).submit(**asked, api_name="/text_to_image_grid")
    sheet, pictures, told_grid = job.result()
    assert read_picture(handle_path(sheet)).pixels.shape == (260, 260, 3)
    assert len(pictures) == 4
    assert [cell["state"] for cell in told_grid["cells"]] == ["done"] * 4
    assert [cell["picture"] for cell in told_grid["cells"]] == [0, 1, 2, 3]
    for sheet, pictures, so_far in job.outputs()[:-1]:
        assert not sheet and not pictures and len(so_far["cells"]) == 4
    _, (answer,) = over_mcp(address, ("text_to_image_grid", asked))
    assert not answer.isError and str(answer.content).count("'done'") == 4


def test_without_a_mask_all_of_a_picture_is_drawn_anew(address, tmp_path):
    Image.fromarray(a_picture(300).pixels).save(tmp_path / "start.png")
    client = Client(address, verbose=False)
    asked = {"picture": handle_file(str(tmp_path / "start.png")), "words": "a cat", "steps": 4}
    shown, facts = client.predict(**asked, strength=0.5, api_name="/text_to_image_inpaint")
    assert read_picture(handle_path(shown)).pixels.shape == (128, 128, 3)
    assert facts["steps"] == 2 and facts["recipe"]["mask"] is None
    assert any("300" in note for note in facts["notes"])
    with pytest.raises(AppError, match="picture"):
        client.predict(picture=None, words="a cat", api_name="/text_to_image_inpaint")


def test_what_one_tells_a_program_of_each_argument_is_one_line(address):
    tools, _ = over_mcp(address)
    for name in ("text_to_image_generate", "text_to_image_inpaint"):
        told = tools[name].inputSchema["properties"]
        assert set(told) >= {"words", "seed", "steps", "guidance", "model"}
        assert all(about.get("description", "").strip() for about in told.values())


def test_visitors_draw_in_company_and_each_has_the_own_picture(service, ada):
    alone = [ada.drawn(seed=seed)[0].picture.pixels for seed in range(4)]
    visitors = [Visitor(service, f"guest-{seed}") for seed in range(4)]
    with ThreadPoolExecutor(len(visitors)) as pool:
        tasks = [
            pool.submit(visitor.values, "draw", fields=USUAL | {"seed": seed, "steps": 4})
            for seed, visitor in enumerate(visitors)
        ]
        values = [task.result() for task in tasks]
    for visitor, told_values, expected in zip(visitors, values, alone, strict=True):
        (drawn,) = told_values[-1]["drawn"]
        pixels = service.drawn_of(drawn["id"], visitor.name).picture.pixels
        assert np.abs(pixels.astype(int) - expected).max() <= 1
        assert len(service.gallery.ids_of(visitor.name)) == 1
        visitor.forget()
