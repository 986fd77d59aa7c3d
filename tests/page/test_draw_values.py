"""What the drawing tab tells its canvas: plain, whole, and in the words of the visitor."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from playground.catalog import CATALOG, entry
from playground.drawing.drawn import Preview
from playground.drawing.orders import add_change, read_order
from playground.page.draw_asking import MOST_AT_ONCE, series
from playground.page.draw_values import (
    SAMPLER_TITLES,
    Going,
    drawn_value,
    fields_of,
    first_value,
    going_value,
    mistake_value,
    preview_address,
    sampler_title,
)
from playground.page.draw_visits import START_EXPIRED
from playground.visitors.errors import PersonError
from tests.drawing.drawings import drawn_of
from tests.drawing.mini_artist import MINI, mini_order
from tests.drawing.mini_service import MODEL, make_service, request_of

SECRET = "what somebody wrote"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    return make_service(tmp_path_factory.mktemp("world"))


def test_every_sampler_of_the_catalogue_has_a_name_for_people():
    offered = {name for item in CATALOG if item.drawing for name in item.drawing.schedulers}
    assert offered - set(SAMPLER_TITLES) == set()
    assert sampler_title("unheard of") == "unheard of"


@pytest.mark.parametrize("shape", [(16, 16, 3), (128, 128, 3), (24, 16, 3)])
def test_a_preview_goes_to_the_browser_at_its_own_size(shape):
    pixels = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    data = preview_address(pixels).partition(",")[2]
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        assert image.size == (shape[1], shape[0])
    assert preview_address(None) == ""


def test_pictures_in_the_making_tell_how_far_they_are():
    pixels = np.zeros((16, 16, 3), np.uint8)
    value = going_value([Going(3, 20), Going(4, 20, Preview(7, 10, pixels, 5))])
    first, second = value["going"]
    assert (first["step"], first["steps"], first["together"], first["src"]) == (0, 20, 1, "")
    assert (second["step"], second["steps"], second["together"]) == (7, 10, 5)
    assert value["busy"] and value["stamp"] != going_value([])["stamp"]


def test_the_fields_of_an_order_ask_for_the_same_again():
    order = mini_order("a cat", guidance=3.0, without="night", width=192, scheduler="euler")
    again, notes = read_order(MINI, fields_of(order, MODEL))
    assert vars(again) == vars(order)
    assert notes == ()


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_a_page_begins_with_words_and_models(service, language):
    value = first_value(service, request_of(language), examples=[])
    json.dumps(value)
    (model,) = value["models"]
    assert model["key"] == MODEL and model["reason"] == "" and model["steps"] == [20, 50]
    assert model["sizes"][0] == [128, 128] and model["schedulers"][0] == ["ddim", "DDIM"]
    assert model["note"] and value["words"]["draw"]


def test_a_model_that_is_not_here_says_so(service, tmp_path):
    other = make_service(tmp_path, (entry("mini-clip"), entry("sd-turbo"), entry(MODEL)))
    here, far = first_value(other, None)["models"]
    assert here["key"] == MODEL and far["key"] == "sd-turbo"
    assert "Models panel" in far["note"] and "Models panel" not in here["note"]
    assert here["is_here"] and not far["is_here"]


def test_a_drawing_is_plain_and_whole(service):
    drawing_id, stored = next(iter(service.stored.items()))
    value = drawn_value(service, None, drawing_id, stored.drawn, is_example=True)
    json.dumps(value)
    assert value["src"].startswith("data:image/") and value["is_example"]
    names = [name for name, _ in value["facts"]]
    # How long it took elsewhere says nothing of this machine.
    assert "Time" not in names and names[0] == "Model"
    mine = drawn_value(service, None, "x", stored.drawn)
    assert "Time" in [name for name, _ in mine["facts"]]
    assert value["tokens"]["count"] == stored.drawn.reading.count


@pytest.mark.parametrize(
    ("changes", "words", "told"),
    [
        ({"step": 3, "words": "a dog"}, "a cat → a dog", "“a dog” from step 3 on"),
        ({"step": 2, "guidance": 8}, "a cat", "guidance 8 from step 2 on"),
        ({"step": 1, "noise_seed": 5}, "a cat", "other noise (5) from step 1 on"),
    ],
)
def test_a_branch_tells_what_was_changed_on_the_way(service, changes, words, told):
    order, _ = add_change(MINI, mini_order("a cat"), changes)
    value = drawn_value(service, None, "x", drawn_of(order, model=MODEL))
    assert value["words"] == words and words in value["alt"]
    assert dict(value["facts"])["Changed on the way"] == told
    # What is asked for next is a picture of its own, not the branch.
    assert value["fields"]["words"] == "a cat"


def test_a_mixture_tells_both_of_its_prompts(service):
    order = mini_order("a cat", blend_words="a dog", blend=0.5)
    assert drawn_value(service, None, "x", drawn_of(order, model=MODEL))["words"] == "a cat → a dog"
    alone = replace(order, blend=0.0)
    assert drawn_value(service, None, "x", drawn_of(alone, model=MODEL))["words"] == "a cat"


def test_mistakes_hold_no_word_of_the_visitor(service, caplog):
    value = mistake_value(service, None, RuntimeError(SECRET), "draw")
    assert value["error"].endswith(".") and SECRET not in value["error"] + caplog.text
    assert (value["of"], value["expired"]) == ("draw", "")


@pytest.mark.parametrize(
    ("key", "expired"),
    [(START_EXPIRED, "start"), ("draw.mistake.expired", "drawing"), ("mistake.flag", "")],
)
def test_what_was_forgotten_is_told_apart(service, key, expired):
    error = PersonError(key, {"name_key": "draw.fact.seed"})
    assert mistake_value(service, None, error, "draw")["expired"] == expired


def test_a_series_has_each_seed_once():
    order = mini_order(seed=2**32 - 2)
    seeds = [one.seed for one in series(order, MOST_AT_ONCE)]
    assert seeds == [2**32 - 2, 2**32 - 1, 0, 1]
    assert [one.seed for one in series(order, 1)] == [order.seed]
