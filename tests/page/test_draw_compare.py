"""Compare without a browser, with the real mini-diffusion: what the stage is told, and programs."""

from __future__ import annotations

import base64
import io
import json
import threading
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from playground.catalog import entry
from playground.collection import read_collection
from playground.drawing.orders import read_order
from playground.drawing.recipe import recipe_in
from playground.hub.store import Store as Hub
from playground.page.context import Context
from playground.page.draw_compare_api import GridApi, read_axis
from playground.page.draw_compare_canvas import Asked, CompareCanvas, compare_words
from playground.page.draw_compare_functions import CompareFunctions
from playground.page.draw_compare_handlers import CompareHandlers
from playground.page.draw_compare_kept import CompareKept
from playground.page.draw_compare_run import DONE, Cell
from playground.page.draw_compare_values import cell_value
from playground.page.draw_service import DrawService
from playground.page.languages import Languages
from playground.page.sends import Sends
from playground.search import Asker
from playground.settings import read_settings
from playground.visitors.errors import PersonError
from playground.visitors.sessions import Sessions, visitor_of
from playground.visitors.turns import Turns
from tests.drawing.drawings import drawn_of
from tests.drawing.mini_artist import MINI, STEPS, mini_cache
from tests.loops import run_in_own_thread
from tests.page.test_segment_functions import Request

LANGUAGES = ["en", "zh-Hant"]
GRID = {
    "mode": "grid",
    "kind": "seed_guidance",
    "model": "mini-diffusion",
    "words": "an apple on a wooden table",
    "rows": [1, 2],
    "columns": [1, 4],
    "steps": STEPS,
}
CHANGE = {
    "mode": "change",
    "model": "mini-diffusion",
    "words": "an apple",
    "second": "a lemon",
    "seed": 3,
    "steps": STEPS,
}


def request_of(session="ada", language="en"):
    query = {"lang": language}
    return SimpleNamespace(query_params=query, headers={}, session_hash=session)


ADA, BOB = request_of(), request_of("bob", "zh-Hant")


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


@pytest.fixture
def handlers(service):
    """As of a page that was just begun: nobody has drawn anything."""
    service.compared = CompareKept()
    return CompareHandlers(service)


@pytest.fixture
def functions(service, handlers):
    return CompareFunctions(handlers.service)


def values_of(steps):
    """All values that the stage was told."""
    return [value for value, _, _ in steps if "stamp" in value]


def whole(values):
    """The cells as a stage holds them in the end."""
    cells = {}
    for value in values:
        for cell in value.get("cells", []):
            cells[cell["index"]] = cells.get(cell["index"], {}) | cell
    return [cells[index] for index in sorted(cells)]


def pixels_of(address):
    data = base64.b64decode(address.split(",")[1])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_a_grid_is_planned_then_filled_and_told_once(handlers):
    values = values_of(handlers.draw(Asked(GRID, seq=4), ADA))
    assert {value["seq"] for value in values} == {4}
    plan = values[0]["plan"]
    assert (plan["axes"], plan["rows"], plan["columns"]) == (["seed", "guidance"], [1, 2], [1, 4])
    assert plan["count"] == 4 and plan["size"] == [128, 128]
    assert values[-1]["busy"] is False
    cells = whole(values)
    assert [cell["state"] for cell in cells] == ["done"] * 4
    told = [c["index"] for value in values for c in value.get("cells", []) if "src" in c]
    assert sorted(told) == [0, 1, 2, 3]
    visitor = visitor_of("ada")
    for cell in cells:
        kept = handlers.kept.drawn_of(cell["id"], visitor).picture.pixels
        assert (pixels_of(cell["src"]) == kept).all()


def test_a_picture_of_a_grid_is_the_one_that_is_drawn_alone(service, handlers):
    cells = whole(values_of(handlers.draw(Asked(GRID), ADA)))
    order, _ = read_order(MINI, {**cells[3]["about"]["fields"]})
    alone = service.artist.draw(MINI, order, Asker("x"), lambda preview: None)
    far = np.abs(pixels_of(cells[3]["src"]).astype(int) - alone.picture.pixels.astype(int))
    assert far.max() <= 1


def test_one_changed_word_and_the_facts_of_both(handlers):
    cells = whole(values_of(handlers.draw(Asked(CHANGE), BOB)))
    assert [cell["about"]["words"] for cell in cells] == ["an apple", "a lemon"]
    for cell in cells:
        facts = dict(map(tuple, cell["about"]["facts"]))
        assert facts["種子"] == "3" and facts["步數"] == str(STEPS)
    assert (pixels_of(cells[0]["src"]) != pixels_of(cells[1]["src"])).any()


def test_a_blend_takes_the_ends_from_what_is_there(handlers):
    whole(values_of(handlers.draw(Asked(CHANGE), ADA)))
    steps = list(handlers.draw(Asked({**CHANGE, "mode": "blend", "count": 3}), ADA))
    cells = whole(values_of(steps))
    assert [cell["about"]["fields"] is None for cell in cells] == [False, True, False]
    assert cells[1]["about"]["words"] == "an apple → a lemon"
    status = steps[-1][1]
    assert "drew 1 of 3" in status and "2 were there already" in status


def test_what_cannot_be_drawn_is_told_on_the_stage_and_aside(handlers):
    for changes in ({"rows": []}, {"model": "none"}, {"columns": ["x"]}, {"words": ""}):
        told = []
        with pytest.raises(gr.Error) as raised:
            told.extend(handlers.draw(Asked({**GRID, **changes}, seq=2), ADA))
        value = told[-1][0]
        assert value["error"] == raised.value.message and value["seq"] == 2


def test_where_every_picture_fails_for_one_reason_it_is_told_once(service, handlers, monkeypatch):
    def refuse(*_, **__):
        raise PersonError("draw.mistake.not_finite", {"model": "mini"})

    monkeypatch.setattr(service.artist, "draw", refuse)
    told = []
    with pytest.raises(gr.Error) as raised:
        told.extend(handlers.draw(Asked(GRID | {"rows": [77, 78]}), ADA))
    values = values_of(told)
    assert values[-1]["error"] == raised.value.message
    cells = whole(values)
    assert {cell["mistake"] for cell in cells} == {raised.value.message}


def test_leaving(service, handlers):
    cells = whole(values_of(handlers.draw(Asked(CHANGE), ADA)))
    service.forget(visitor_of("ada"))
    with pytest.raises(PersonError):
        handlers.kept.drawn_of(cells[0]["id"], visitor_of("ada"))


def test_what_is_compared_while_all_is_forgotten_is_not_kept(service, handlers):
    steps, told = handlers.draw(Asked({**GRID, "rows": list(range(40, 50))}), ADA), []
    for step in steps:
        told.append(step)
        if any(cell["state"] == "done" for cell in whole(values_of(told))):
            service.forget(visitor_of("ada"))
    assert values_of(told)[-1]["busy"] is False
    assert {cell["state"] for cell in whole(values_of(told))} == {"done", "stopped"}
    assert handlers.kept.gallery.ids_of(visitor_of("ada")) == []


def test_words_of_comparisons_are_forgotten_with_them(service, handlers):
    list(handlers.draw(Asked(CHANGE), ADA))
    reading = service.artist.reading(MINI, "a lemon", Asker())
    service.forget(visitor_of("ada"))
    assert service.artist.reading(MINI, "a lemon", Asker()) is not reading


def test_stop_is_told_by_the_drawing_as_it_ends(handlers):
    steps, told = handlers.draw(Asked({**GRID, "rows": list(range(20, 30))}, seq=3), ADA), []
    for step in steps:
        told.append(step)
        if any(cell["state"] == "done" for cell in whole(values_of(told))):
            assert not values_of([handlers.stop(Asked({}, seq=3), ADA)])
            # Another visitor stops nothing of this one.
            handlers.stop(Asked({}, seq=3), BOB)
    values = values_of(told)
    assert (values[-1]["busy"], values[-1]["stopped"]) == (False, True)
    assert {cell["state"] for cell in whole(values)} == {"done", "stopped"}
    assert "Stopped" in told[-1][1] and "busy" not in told[-1][1]


def test_stop_answers_where_nothing_is_drawn(handlers):
    value, status, _ = handlers.stop(Asked({}, seq=9), ADA)
    assert value["stopped"] is True and value["seq"] == 9 and "Stopped" in status


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_opens_with_words_and_models(service, handlers, language):
    value, status, _ = handlers.first(request_of("eve", language))
    assert value["offered"][0]["key"] == "mini-diffusion"
    assert "{A}" in value["settings"]["pattern"] and "{B}" in value["settings"]["pattern"]
    assert status
    json.dumps(value)
    words = compare_words(service.ctx, request_of("eve", language))
    assert all(words.values()) and "{count}" in words["go"]


def test_taking_away_gives_exactly_the_picture_with_its_recipe(handlers, functions):
    cell = whole(values_of(handlers.draw(Asked(CHANGE), ADA)))[0]
    visitor = visitor_of("ada")
    taken = functions.compare_take({"id": cell["id"], "format": "png"}, visitor)
    data = base64.b64decode(taken["data"])
    kept = handlers.kept.drawn_of(cell["id"], visitor)
    assert (np.asarray(Image.open(io.BytesIO(data))) == kept.picture.pixels).all()
    recipe = recipe_in(data)
    assert recipe.fields["words"] == "an apple" and recipe.fields["seed"] == 3
    text = functions.compare_take({"id": cell["id"], "format": "recipe"}, visitor)
    assert recipe_in(text["text"].encode()).picture_sha256 == kept.picture.content_id
    again = functions.compare_pictures({"ids": [cell["id"], "gone", 7]}, visitor)
    assert again["pictures"] == {cell["id"]: cell["src"]}


def test_a_recipe_tells_the_commit_of_its_model(service, handlers, functions, monkeypatch):
    cell = whole(values_of(handlers.draw(Asked(CHANGE), ADA)))[0]
    monkeypatch.setattr(service.fingerprints, "revision", lambda item: f"commit of {item.key}")
    for form in ("png", "recipe"):
        taken = functions.compare_take({"id": cell["id"], "format": form}, visitor_of("ada"))
        data = base64.b64decode(taken["data"]) if "data" in taken else taken["text"].encode()
        assert recipe_in(data).revision == "commit of mini-diffusion"


def test_server_functions_never_raise_and_give_nothing_of_others(handlers, functions):
    cell = whole(values_of(handlers.draw(Asked(CHANGE), ADA)))[0]
    pictures, take = functions.all
    for asked in (None, 7, {}, {"id": []}, {"id": "guess"}, {"id": cell["id"]}):
        answer = run_in_own_thread(take(asked, Request("bob")))
        assert set(answer) <= {"error", "expired"} and answer["error"]
    for asked in (None, {}, {"ids": cell["id"]}, {"ids": [cell["id"]] * 37}):
        assert run_in_own_thread(pictures(asked, Request("bob"))).keys() == {"error"}
    for asked in ([cell["id"]], [None, [], {}]):
        assert run_in_own_thread(pictures({"ids": asked}, Request("bob"))) == {"pictures": {}}


def test_what_is_kept_back_is_shown_but_not_given_away(handlers, functions):
    hidden = drawn_of(is_withheld=True, model="mini-diffusion")
    drawing_id = handlers.kept.add("ada", hidden)
    with pytest.raises(PersonError) as raised:
        functions.compare_take({"id": drawing_id}, "ada")
    assert raised.value.key == "draw.mistake.withheld"


def test_of_what_is_kept_back_the_stage_hears_why(service, handlers):
    plan = handlers.plan(CHANGE)
    hidden = drawn_of(plan.orders[0], is_withheld=True, model="mini-diffusion")
    told = cell_value(service, ADA, plan, Cell(0, DONE, drawing_id="x", drawn=hidden))
    assert told["withheld"] and "safety checker" in told["notes"][0]


@pytest.mark.parametrize("payload", [None, 3, "x", [], {"seq": "1", "chosen": 4}, {"seq": -1}])
def test_a_forged_value_counts_as_not_said(payload):
    asked = CompareCanvas(elem_id="x").preprocess(payload)
    assert (asked.seq, asked.chosen) == (0, "")


def test_programs_get_pictures_and_what_they_are(handlers):
    api = GridApi(handlers)
    *_, (sheet, pictures, told) = api.text_to_image_grid(
        "an apple", "seed_guidance", ["1", "2"], ["1", "4.5"], "", -1, STEPS, 0, "", 0, 0,
        "mini-diffusion", ADA,
    )  # fmt: skip
    assert told["axes"] == ["seed", "guidance"] and told["columns"] == [1, 4.5]
    assert [cell["picture"] for cell in told["cells"]] == [0, 1, 2, 3]
    assert told["cells"][3]["seed"] == 2 and told["cells"][3]["guidance"] == 4.5
    assert [pixels.shape for pixels, _ in pictures] == [(128, 128, 3)] * 4
    assert (sheet[-128:, -128:] == pictures[3][0]).all()
    json.dumps(told)


def test_words_of_programs_stay_words(handlers):
    api = GridApi(handlers)
    *_, (_, _, told) = api.text_to_image_grid(
        "{A} {B}", "words_words", ["1"], ["2"], "", 5, STEPS, 0, "", 0, 0, "mini-diffusion", ADA
    )
    assert told["cells"][0]["words"] == "1 2"


def test_a_program_that_leaves_takes_its_grid_along(service, handlers):
    """A class shares one denoiser: nobody draws 36 pictures for a program that is gone."""
    steps = GridApi(handlers).text_to_image_grid(
        "a boat", "seed_guidance", [str(seed) for seed in range(36)], ["4"], "", -1, 50, 0, "",
        0, 0, "mini-diffusion", request_of("a program"),
    )  # fmt: skip
    sheet, pictures, told = next(steps)
    assert sheet is None and pictures == [] and len(told["cells"]) == 36
    assert {cell["state"] for cell in told["cells"]} <= {"waiting", "drawing"}
    json.dumps(told)
    steps.close()
    for thread in threading.enumerate():
        if thread.name.startswith("comparing"):
            thread.join(20)
            assert not thread.is_alive()
    assert not any(service.artist.ensemble.census().values())


@pytest.mark.parametrize("texts", [None, "1", [1], [["1"]], {}])
def test_an_axis_of_programs_is_a_list_of_texts(texts):
    with pytest.raises(PersonError):
        read_axis(texts)


def test_numbers_of_an_axis_are_finite():
    assert read_axis(["1", "2.5", "ddim", "nan", "inf", "1e999"]) == [
        *(1.0, 2.5, "ddim", "nan", "inf", "1e999"),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_opens_on_comparisons_whose_pictures_are_asked_for_when_seen(
    handlers, functions, language
):
    value, _, _ = handlers.first(request_of("eve", language))
    assert [one["plan"]["mode"] for one in value["openings"]] == ["grid", "blend", "change"]
    for one in value["openings"]:
        assert all("src" not in cell and cell["state"] == "done" for cell in one["cells"])
        ids = [cell["id"] for cell in one["cells"]]
        pictures = functions.compare_pictures({"ids": ids}, "")["pictures"]
        assert list(pictures) == ids
        assert all(pixels_of(src).shape == (128, 128, 3) for src in pictures.values())


def test_the_end_of_a_prompt_that_is_not_read_is_told(handlers):
    words = " ".join(["a cat on the grass"] * 12)
    fields = {**CHANGE, "words": words, "second": f"{words} and more"}
    cells = whole(values_of(handlers.draw(Asked(fields), ADA)))
    assert "Not read" in cells[0]["notes"][0]
