"""Understand without a browser: its handlers, forged values, two visitors."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from playground.page.own_pictures import OWN, PLAYGROUND
from playground.page.recipe_bar import RecipeBar
from playground.page.search_recipe import SearchRecipes
from playground.page.understand_canvas import Asked, UnderstandCanvas
from playground.page.understand_handlers import UnderstandHandlers
from playground.understanding.added import AddedPictures
from playground.visitors.errors import PersonError
from tests.demos.test_clip_search import MODEL, make_asking, own_of


def request_of(language="en", session_hash="ada"):
    return SimpleNamespace(query_params={"lang": language}, headers={}, session_hash=session_hash)


ADA, BAO = request_of(), request_of("zh-Hant", "bao")
FIELDS = {
    "pictures": ["red", "blue"],
    "texts": ["cat", "dog"],
    "templates": ["a {}"],
    "none": False,
    "view": "apart",
    "sentence": "a cat",
}


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    return make_asking(tmp_path_factory.mktemp("world"))


@pytest.fixture
def handlers(asking, tmp_path):
    return UnderstandHandlers(asking, AddedPictures(asking.collection), stored=tmp_path)


def asked(seq=1, picture="red", file=None, **changes):
    return Asked(fields=FIELDS | changes, seq=seq, picture=picture, file=file)


def last(steps):
    """The last values, skips left out."""
    return [value for value in list(steps)[-1] if not is_skip(value)]


def is_skip(value):
    return isinstance(value, dict) and value.get("__type__") == "update" and len(value) == 1


def chart_in(handlers, where):
    """Draws the pictures of a place."""
    return lambda asked, model, request: handlers.chart(asked, model, where, request)


def mistake_of(steps):
    """What the stage is told, and what is raised at the end."""
    shown = []
    with pytest.raises(gr.Error) as raised:
        shown.extend(steps)
    return shown[-1][0], raised.value


def png(shade):
    stream = io.BytesIO()
    Image.fromarray(np.full((24, 30, 3), shade, np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def test_a_look_gives_a_matrix_and_answers_its_question(handlers):
    value, status, notes = last(handlers.look(asked(seq=7), MODEL, ADA))
    assert value["seq"] == 7 and value["model"] == MODEL
    assert np.shape(value["matrix"]["cosines"]) == (2, 2)
    assert value["matter"]["texts"] == ["cat", "dog"]
    assert MODEL in status and notes == ""


def test_a_chart_gives_points(handlers):
    value = last(chart_in(handlers, PLAYGROUND)(asked(), MODEL, ADA))[0]
    assert value["map"]["ids"] == [item.id for item in handlers.asking.collection.pictures]
    assert len(value["map"]["points"]) == 6 + 2
    assert value["known"] == [] and "of" not in value["map"]


def test_the_map_shows_the_pictures_that_are_searched(asking, handlers):
    shelf = own_of(asking, ADA, "one", "two", "three")
    value = last(chart_in(handlers, OWN)(asked(), MODEL, ADA))[0]
    ids = [shelf.at(place).content_id for place in range(3)]
    # The playground's pictures that were compared lie among them.
    assert value["map"]["ids"] == [*ids, "red", "blue"]
    assert [name for _, _, name in value["known"]] == ["one", "two", "three"]
    assert all(address.startswith(f"own/{shelf.address_id}/") for _, address, _ in value["known"])
    assert value["map"]["of"] == "Your own pictures"
    told, error = mistake_of(chart_in(handlers, OWN)(asked(), MODEL, BAO))
    assert told["error"] == error.message and "map" not in told


def test_a_found_picture_is_looked_into(asking, handlers):
    value, *_, model = last(handlers.why("red", "a cat", MODEL, PLAYGROUND, ADA))
    assert model == MODEL and value["known"] == []
    settings = value["settings"]
    assert (settings["panel"], settings["picture"], settings["sentence"]) == (
        "where",
        "red",
        "a cat",
    )
    assert settings["pictures"][0] == "red" and settings["texts"][0] == "a cat"
    assert len(set(settings["pictures"])) == len(settings["pictures"])
    assert value["matter"]["pictures"] == settings["pictures"] and value["offered"]
    assert (
        last(handlers.why("blue", "", MODEL, PLAYGROUND, ADA))[0]["settings"]["panel"] == "matrix"
    )


def test_an_own_picture_is_looked_into_by_its_owner_alone(asking, handlers):
    dan = request_of(session_hash="dan")
    shelf = own_of(asking, dan, "one", "two")
    chosen = shelf.at(1).content_id
    value = last(handlers.why(chosen, "a cat", MODEL, OWN, dan))[0]
    ((added, address, name),) = value["known"]
    assert name == "two" and address.startswith("data:image/webp")
    assert value["settings"]["pictures"][0] == added
    assert last(handlers.where(asked(picture=added), MODEL, dan))[0]["where"]["picture"] == added
    for where in (OWN, PLAYGROUND):
        with pytest.raises(PersonError):
            list(handlers.why(chosen, "a cat", MODEL, where, BAO))
    assert mistake_of(handlers.where(asked(picture=added), MODEL, BAO))[0]["error"]


def test_where_gives_maps_with_verdicts(handlers):
    value = last(handlers.where(asked(), MODEL, ADA))[0]["where"]
    assert value["picture"] == "red" and value["sentence"] == "a cat"
    assert value["shown"].startswith("data:image/webp;base64,")
    patches = value["grid"][0] * value["grid"][1]
    for heat in value["places"]:
        assert len(heat["heat"]) == patches and max(heat["heat"]) in (0, 1)
        assert set(heat["verdict"]) >= {"drop", "random", "luck", "agreement", "proven"}


@pytest.mark.parametrize(
    ("handler", "changes"),
    [
        ("look", {"pictures": []}),
        ("look", {"texts": None}),
        ("look", {"texts": "\n".join(f"t{n}" for n in range(13))}),
        ("look", {"none": "yes"}),
        ("look", {"pictures": ["no-such"]}),
        ("look", {"pictures": ["own-guess"]}),
        ("chart", {"view": "sideways"}),
        ("chart", {"view": "own", "ends": ["cat", "cat"]}),
        ("where", {"sentence": "  "}),
        ("where", {"sentence": ["cat"]}),
    ],
)
def test_what_cannot_be_used_is_told_on_the_stage_and_aside(handlers, handler, changes):
    run = chart_in(handlers, PLAYGROUND) if handler == "chart" else getattr(handlers, handler)
    value, error = mistake_of(run(asked(seq=3, **changes), MODEL, ADA))
    assert value["seq"] == 3
    assert value["error"] and value["error"] == error.message


def test_an_unknown_model_is_told(handlers):
    for run in (handlers.look, chart_in(handlers, PLAYGROUND), handlers.where):
        value, _ = mistake_of(run(asked(), "no-such-model", ADA))
        assert value["error"]


def test_an_own_picture_is_its_owners_alone(handlers, tmp_path):
    file = tmp_path / "own.png"
    file.write_bytes(png(77))
    value = last(handlers.bring(asked(file=str(file)), MODEL, ADA))[0]
    own = value["added"]["id"]
    assert value["added"]["src"].startswith("data:image/webp")
    assert value["added"]["alt"] == "Your own picture own.png"
    mine = last(handlers.look(asked(pictures=["red", own]), MODEL, ADA))[0]
    assert mine["matter"]["pictures"] == ["red", own]
    for run in (handlers.look, chart_in(handlers, PLAYGROUND), chart_in(handlers, OWN)):
        told, _ = mistake_of(run(asked(pictures=["red", own]), MODEL, BAO))
        assert "matrix" not in told and "map" not in told
    told, _ = mistake_of(handlers.where(asked(picture=own), MODEL, BAO))
    assert "where" not in told
    handlers.forget(ADA)
    told, _ = mistake_of(handlers.look(asked(pictures=["red", own]), MODEL, ADA))
    assert told["error"]


@pytest.mark.parametrize("content", [b"", b"<html>", png(3)[:40]])
def test_a_file_that_is_no_picture_is_told(handlers, tmp_path, content):
    file = tmp_path / "bad.png"
    file.write_bytes(content)
    value, _ = mistake_of(handlers.bring(asked(file=str(file)), MODEL, ADA))
    assert value["error"]
    value, _ = mistake_of(handlers.bring(asked(), MODEL, ADA))
    assert value["error"]


def test_it_opens_without_a_model(handlers):
    ((value, status, notes, bar),) = handlers.first(ADA)
    assert "matrix" not in value and "where" not in value
    assert len(value["offered"]) == 6
    assert value["matter"]["pictures"] and value["matter"]["texts"]
    assert status and notes == "" and bar["words"]["copy_link"]


def test_a_recipe_is_shown_again(handlers):
    recipe = FIELDS | {"model": MODEL, "panel": "map", "show": "row", "scale": None}
    steps = list(handlers.reopen(recipe, ADA))
    value, _, _, model = steps[-1]
    assert model == MODEL
    assert value["settings"]["panel"] == "map" and value["matrix"]
    # The stage may not have been open: it is told everything it needs.
    assert {name for name, *_ in value["offered"]} >= set(value["settings"]["pictures"])
    assert value["note"] == "" and not value["waits"]
    with pytest.raises(PersonError, match=r"recipe\.mistake\.form"):
        list(handlers.reopen("nothing", ADA))


def test_a_recipe_of_own_pictures_tells_what_is_missing(handlers, tmp_path):
    file = tmp_path / "own.png"
    file.write_bytes(png(70))
    own = last(handlers.bring(asked(file=str(file)), MODEL, ADA))[0]["added"]["id"]
    view = {"model": MODEL, "panel": "where", "picture": own}
    recipe = FIELDS | view | {"pictures": [own, "red"]}
    # In the same visit the picture is still there.
    kept = list(handlers.reopen(recipe, ADA))[-1][0]
    assert kept["settings"]["pictures"] == [own, "red"] and kept["settings"]["picture"] == own
    assert kept["note"] == "" and not kept["waits"]
    for pictures, left in ([own, "red"], ["red"]), ([own], ["red", "blue"]):
        value = list(handlers.reopen(recipe | {"pictures": pictures}, BAO))[-1][0]
        assert set(left) <= set(value["settings"]["pictures"]) and own not in str(value["settings"])
        # A picture that was not meant is not looked into by itself.
        assert "1" in value["note"] and value["waits"]


def test_the_recipe_of_a_search_comes_back_as_fields(asking):
    recipes = SearchRecipes(asking)
    fields = ("two cats", "a dog", 0.25, 0.75, 9, MODEL)
    bar = recipes.make(*fields, PLAYGROUND, None, "", MODEL, "", ADA)
    found = recipes.reopen(bar["recipe"], ADA)
    assert tuple(found[:6]) == fields and not bar["has_own"]
    assert found[6] == {"where": PLAYGROUND, "moved": True} and not found[8].open
    assert recipes.missing(bar["recipe"], "", ADA) == ""
    gone = bar["recipe"] | {"model": "gone"}
    assert recipes.reopen(gone, ADA)[5] == MODEL
    # Which model answers is told, not which one does not.
    title = asking.ctx.entries("clip")[0].title
    assert recipes.missing(gone, "Cut.", ADA).startswith("Cut. ")
    assert f"{title} answers" in recipes.missing(gone, "Cut.", ADA)
    with pytest.raises(PersonError) as told:
        recipes.make(" ", *fields[1:], PLAYGROUND, None, "", MODEL, "", ADA)
    assert told.value.key == "recipe.mistake.no_words"
    for forged in (None, {}, bar["recipe"] | {"count": 1e9}, bar["recipe"] | {"words": 3}):
        with pytest.raises(PersonError):
            recipes.reopen(forged, ADA)


def test_the_recipe_of_a_search_tells_of_a_picture_that_is_not_in_it(asking):
    recipes = SearchRecipes(asking)
    fields = ("two cats", "", 0.5, 0.5, 9, MODEL, PLAYGROUND)
    bar = recipes.make(*fields, asking.collection.read(0), "", MODEL, "", ADA)
    assert bar["has_own"] and "without_own" in bar["words"]
    json.dumps(bar)
    # What lies in the field of the one who opens it would make it another question.
    assert recipes.reopen(bar["recipe"], ADA)[7] is None
    assert "a picture" in recipes.missing(bar["recipe"], "", ADA)
    assert recipes.missing(bar["recipe"] | {"picture": "yes"}, "", ADA) == ""


def test_the_recipe_of_a_search_knows_places_and_comparisons(asking):
    recipes, carol = SearchRecipes(asking), request_of(session_hash="carol")
    fields = ("two cats", "", 0.5, 0.5, 9, MODEL)
    bar = recipes.make(*fields, OWN, None, "3 of 9", MODEL, "\u8c93", carol)
    recipe = bar["recipe"]
    assert bar["has_own"]
    assert recipe["compare"] == {"model": MODEL, "words": "\u8c93"}
    # Nobody's own pictures are in a recipe: whoever has none is told.
    found = recipes.reopen(recipe, carol)
    assert found[6]["where"] == PLAYGROUND and "not here" in recipes.missing(recipe, "", carol)
    assert found[8].open and found[9:] == (MODEL, "\u8c93")
    own_of(asking, carol, "a")
    assert recipes.reopen(recipe, carol)[6]["where"] == OWN
    for forged in ("/etc/passwd", 3, ["own"], None):
        assert recipes.reopen(recipe | {"where": forged}, carol)[6]["where"] == PLAYGROUND
    assert not recipes.reopen(recipe | {"compare": "yes"}, carol)[8].open


def test_stop_tells_the_stage_that_nobody_answers(handlers):
    value, status, _ = handlers.stopped(asked(seq=5), ADA)
    assert value["seq"] == 5 and value["stopped"] and status


@pytest.mark.parametrize(
    "payload", [None, "text", [], {"seq": -1}, {"seq": "1", "picture": 3, "file": {"path": 4}}]
)
def test_a_forged_value_counts_as_not_said(payload):
    found = UnderstandCanvas(elem_id="canvas").preprocess(payload)
    assert (found.seq, found.picture, found.file) == (0, "", None)
    assert RecipeBar(elem_id="bar", tab="t", mode="m").preprocess(payload) is None


def test_the_chosen_picture_is_sent_on(handlers, tmp_path, monkeypatch):
    monkeypatch.setattr("playground.page.understand_handlers.current_request", lambda: ADA)
    file = tmp_path / "own.png"
    file.write_bytes(png(140))
    own = last(handlers.bring(asked(file=str(file)), MODEL, ADA))[0]["added"]["id"]
    assert (handlers.chosen_picture(None, asked(chosen=own)).pixels == 140).all()
    red = handlers.chosen_picture(None, asked(chosen="red"))
    assert (red.pixels == handlers.asking.collection.pixels(0)).all()
    for forged in (None, "", "own-guess", 3):
        with pytest.raises(PersonError):
            handlers.chosen_picture(None, asked(chosen=forged))
