"""Shares, colours and recipes in the browser, beside numpy and the other side's own."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from playground.explain.open_set import open_set_shares
from playground.explain.similarity import own_probabilities, probabilities
from playground.page.understand_canvas import PLACES
from playground.understanding.asked import VIEWS
from playground.understanding.recipe import MATRIX_VIEWS, PANELS
from playground.understanding.where import METHODS
from tests.js.conftest import SCRIPTS
from tests.sources import ROOT

OWN, BIAS = 100.0, -12.0
SCALES = (1.0, 33.4, 200.0)


def matrix(*, others=0, bias=None, seed=0):
    generator = np.random.default_rng(seed)
    return {
        "cosines": generator.uniform(-0.6, 0.9, (4, 5)).tolist(),
        "others": generator.uniform(-0.6, 0.9, (4, others)).tolist(),
        "own": OWN,
        "bias": bias,
    }


def shown(call_all, told, show):
    answers = call_all("understand/shares", "shown", [[told, show, scale] for scale in SCALES])
    return [np.array(answer) for answer in answers]


@pytest.mark.parametrize(("show", "across"), [("row", "texts"), ("column", "pictures")])
def test_shares_are_those_of_the_softmax(call_all, show, across):
    told = matrix()
    for scale, found in zip(SCALES, shown(call_all, told, show), strict=True):
        expected = probabilities(np.array(told["cosines"]), logit_scale=scale, across=across)
        assert found == pytest.approx(expected, abs=1e-9)


def test_none_of_these_takes_the_share_of_the_bank(call_all):
    told = matrix(others=7)
    for scale, found in zip(SCALES, shown(call_all, told, "row"), strict=True):
        expected = open_set_shares(
            np.array(told["cosines"]), np.array(told["others"]), logit_scale=scale
        )
        assert found == pytest.approx(expected, abs=1e-9)


def test_each_pair_by_itself_is_the_sigmoid_with_its_bias(call_all):
    told = matrix(bias=BIAS)
    for scale, found in zip(SCALES, shown(call_all, told, "each"), strict=True):
        expected = own_probabilities(
            np.array(told["cosines"]), logit_scale=scale, own_scale=OWN, logit_bias=BIAS
        )
        assert found == pytest.approx(expected, abs=1e-9)


def test_cosines_stay_and_logits_are_scaled(call_all):
    told = matrix()
    for scale, found in zip(SCALES, shown(call_all, told, "logit"), strict=True):
        assert found == pytest.approx(scale * np.array(told["cosines"]))
    for found in shown(call_all, told, "cosine"):
        assert found.tolist() == told["cosines"]


def luminance(colour):
    parts = np.array(colour) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_more_is_lighter_and_the_ink_is_readable_on_every_colour(call_all):
    colours = call_all("shared/scale", "colourOf", [[share] for share in np.linspace(0, 1, 60)])
    light = [luminance(colour) for colour in colours]
    # Lightness alone tells the amount, to every eye.
    assert (np.diff(light) > 0).all()
    inks = call_all("shared/scale", "inkOn", [[colour] for colour in colours])
    for ground, ink in zip(light, inks, strict=True):
        over = luminance([int(ink[start : start + 2], 16) for start in (1, 3, 5)])
        high, low = max(ground, over), min(ground, over)
        # WCAG 2.2, success criterion 1.4.3.
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_a_recipe_comes_back_from_its_link(call_all):
    recipe = {"texts": ["一隻貓 🐈", "50 % <b>", "a/b+c=?#"], "scale": 12.5, "none": True}
    place = {"href": "http://127.0.0.1/x/?lang=en#old"}
    (link,) = call_all("shared/recipe", "linkOf", [[place, "tab", "mode", recipe]])
    assert link.startswith("http://127.0.0.1/x/?lang=en#tab/mode?recipe=")
    mark = link[link.index("#") :]
    assert re.fullmatch(r"#tab/mode\?recipe=[\w-]+", mark)
    found = call_all(
        "shared/recipe", "recipeIn", [[mark, "mode"], [mark, "other"], ["#tab", "mode"]]
    )
    assert found == [recipe, None, None]


def test_a_damaged_link_is_told_and_not_taken(call_all):
    marks = ["#tab/mode?recipe=", "#tab/mode?recipe=abc", "#tab/mode?recipe=eyJh"]
    assert call_all("shared/recipe", "recipeIn", [[mark, "mode"] for mark in marks]) == [""] * 3


def words(language, prefix):
    file = ROOT / "assets" / "languages" / f"{language}.json"
    told = json.loads(file.read_text("utf-8"))
    return {key.removeprefix(prefix): text for key, text in told.items() if key.startswith(prefix)}


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_the_words_that_are_put_together_are_there(language):
    kinds = {
        "show_{}": MATRIX_VIEWS,
        "show_{}_help": MATRIX_VIEWS,
        "sum_{}": MATRIX_VIEWS[2:],
        "view_{}": VIEWS,
        "view_{}_help": VIEWS,
        "panel_{}": PANELS,
        "method_{}": METHODS,
        "method_{}_help": METHODS,
        "words_{}": (*METHODS, "more", "same"),
        "parts_{}": ("more", "same"),
        "verdict_{}": ("proven", "few", "pretty", "none", "alone"),
        "place_{}": [f"{row}{column}" for row in range(3) for column in range(3)],
        "gap_{}": ("pictures", "texts", "alt_pictures", "alt_texts", "cosines", "help"),
        "column_{}": ("point", "kind", "x", "y", "nearest"),
        "bars_{}": ("template", "cosine", "best"),
    }
    wanted = {name.format(one) for name, ones in kinds.items() for one in ones}
    assert wanted - set(words(language, "understand.ui.")) == set()
    recipe = (SCRIPTS / "recipe" / "bar.js").read_text("utf-8")
    asked = set(re.findall(r"\bsay\((?:\w+ \? )?'(\w+)'", recipe))
    assert asked and asked - set(words(language, "recipe.ui.")) == set()


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_the_places_of_the_words_are_known(language):
    found = {
        place
        for text in words(language, "understand.ui.").values()
        for place in re.findall(r"(?<!\{)\{(\w+)\}", text)
    }
    assert found <= set(PLACES)
