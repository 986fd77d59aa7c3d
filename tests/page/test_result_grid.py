"""The grid and the bars trust nothing that comes back from a browser, and hold names only."""

from types import SimpleNamespace

import numpy as np
import pytest

from playground.collection import StoredPicture
from playground.models.clip import TokenCount
from playground.page.label_bars import LabelBars, bars_value
from playground.page.languages import Languages
from playground.page.result_grid import ResultGrid, Shown, grid_value
from playground.page.search_view import cut_notes
from playground.zero_shot import Naming

LANGUAGES = Languages.read()
CTX = SimpleNamespace(
    languages=LANGUAGES, say=lambda _request, key, **values: LANGUAGES.say(key, "zh-Hant", **values)
)
PICTURE = StoredPicture("a", "scenes/a.webp", "scene", {"en": "A", "zh-Hant": "甲"}, "CC0", "us")


@pytest.mark.parametrize(
    "payload", [None, "a", 3, [], {}, {"chosen": 3}, {"chosen": ["a"]}, {"chosen": {"id": "a"}}]
)
def test_what_is_no_choice_is_none(payload):
    assert ResultGrid(elem_id="grid").preprocess(payload) is None


def test_a_choice_is_its_id():
    assert ResultGrid(elem_id="grid").preprocess({"chosen": "a", "items": []}) == "a"


def test_the_value_is_plain_and_in_the_visitors_language():
    value = grid_value(CTX, None, "zh-Hant", [Shown(PICTURE, 0.1234567, 0.5), Shown(PICTURE)])
    assert value["items"][0]["alt"] == "甲" and value["items"][0]["cosine"] == 0.123457
    assert value["items"][1]["cosine"] is None
    assert value["chosen"] is None and value["words"]["close"] == "關閉"
    assert ResultGrid(elem_id="grid").postprocess(value) is value


def test_events_exist_and_no_others():
    grid = ResultGrid(elem_id="grid")
    assert callable(grid.more) and callable(grid.choose)
    with pytest.raises(AttributeError):
        grid.mroe  # noqa: B018


def test_the_template_is_no_program():
    for component in (ResultGrid(elem_id="grid", sends="bar"), LabelBars(elem_id="bars")):
        assert not any(sign in component.html_template for sign in ("`", "${", "{{", "\\"))


def test_bars_carry_cosines_and_no_probabilities():
    naming = Naming(
        labels=("貓", "<b>"),
        cosines=np.array([0.25, 0.5], np.float32),
        template_cosines=np.array([[0.25, 0.5]], np.float32),
        templates=("{}",),
        logit_scale=20.0,
        tokens=(),
        is_from_store=True,
    )
    value = bars_value(CTX, None, naming)
    assert value["cosines"] == [0.25, 0.5] and value["own"] == 20.0
    assert value["words"]["label"] == "標籤" and value["english"]["label"] == "Label"
    assert np.isclose(naming.probabilities(20.0).sum(), 1)


def test_only_texts_that_were_cut_are_told():
    whole, cut = TokenCount(("a",), 1, 30, ""), TokenCount(("a", "b"), 1, 1, "b")
    assert [note.values for note in cut_notes([whole, cut])] == [{"limit": 1, "unread": "b"}]
