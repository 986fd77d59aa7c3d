"""The stage trusts nothing that comes back from a browser; its modules are served as they are."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from playground.page.canvas import MOST_RUNS_CHARACTERS
from playground.page.languages import LANGUAGES, Languages
from playground.page.script_files import SCRIPTS, script_files
from playground.page.segment_canvas import (
    ICONS,
    MOST_TEXT,
    Asked,
    ChosenObject,
    SegmentCanvas,
    canvas_words,
    segment_inside,
    segment_tools,
)
from tests.sources import ROOT

WORDS = Languages.read()
CHOSEN = {"name": "cat", "box_xyxy": [1, 2, 3.5, 4], "runs": "3,2", "width": 5, "height": 1}


def canvas():
    return SegmentCanvas(elem_id="stage")


def context(language):
    return SimpleNamespace(
        languages=WORDS, say=lambda _request, key, **values: WORDS.say(key, language, **values)
    )


def test_what_is_asked_is_read():
    asked = canvas().preprocess(
        {
            "id": "a",
            "hash": "b",
            "words": "c",
            "file": {"path": "/tmp/d.png", "meta": {}},
            "chosen": CHOSEN,
        }
    )
    chosen = ChosenObject("cat", (1.0, 2.0, 3.5, 4.0), "3,2", 5, 1)
    assert asked == Asked("a", "b", "c", "/tmp/d.png", chosen)


@pytest.mark.parametrize("payload", [None, "a", 3, [], {}, {"id": 3, "words": ["a"], "file": "x"}])
def test_what_is_not_of_its_kind_was_not_said(payload):
    assert canvas().preprocess(payload) == Asked()


@pytest.mark.parametrize(
    "change",
    [
        {"box_xyxy": [1, 2, 3]},
        {"box_xyxy": [1, 2, 3, float("nan")]},
        {"box_xyxy": [1, 2, 3, True]},
        {"box_xyxy": "1234"},
        {"runs": [3, 2]},
        {"runs": "1" * (MOST_RUNS_CHARACTERS + 1)},
        {"width": 0},
        {"height": 1.5},
        {"height": 10**9},
        {"width": True},
    ],
)
def test_a_forged_object_is_none(change):
    assert canvas().preprocess({"chosen": CHOSEN | change}).chosen is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*CHOSEN, "id"]), inner),
        max_leaves=12,
    )
)
def test_nothing_that_is_sent_breaks_the_reading(payload):
    component = canvas()
    for sent in (payload, {"id": payload, "file": payload, "chosen": payload, "words": payload}):
        asked = component.preprocess(sent)
        assert len(asked.picture_id) <= MOST_TEXT and len(asked.words) <= MOST_TEXT


def test_events_exist_and_no_others():
    component = canvas()
    assert all(callable(event) for event in (component.open, component.again, component.rank))
    with pytest.raises(AttributeError):
        component.opne  # noqa: B018


def test_a_copy_of_the_component_can_be_made():
    """Gradio makes one from the configuration when a handler skips its output."""

    def decode(asked):
        return asked

    component = SegmentCanvas(elem_id="stage", functions=[decode])
    copy = SegmentCanvas(elem_id="stage", server_functions=[decode])
    assert copy.html_template == component.html_template
    assert copy.server_fns == component.server_fns != []


@pytest.mark.parametrize("make", [canvas, lambda: segment_tools("x"), lambda: segment_inside("x")])
def test_the_template_is_no_program(make):
    component = make()
    text = component.html_template + str(component.value or "")
    assert not any(sign in text for sign in ("`", "{{", "\\"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_script_is_there(language):
    words = canvas_words(context(language), None)
    modules = (ROOT / "assets/js/segment").glob("*.js")
    script = "".join(path.read_text("utf-8") for path in modules)
    said = {part.split("'")[0] for part in script.split(".say('")[1:]}
    assert len(said) > 40 and said <= set(words)
    assert "{number}" in words["object"]
    assert all(words.values())


def test_every_drawing_of_the_script_is_there():
    modules = (ROOT / "assets/js/segment").glob("*.js")
    script = "".join(path.read_text("utf-8") for path in modules)
    asked = {part.split("'")[0] for part in script.split("icon: '")[1:]}
    assert asked and asked <= set(ICONS)


def test_modules_are_served_fresh_and_nothing_else_is():
    client = TestClient(Starlette(routes=[script_files()]))
    answer = client.get("/scripts/segment/stage.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.text == (SCRIPTS / "segment" / "stage.js").read_text("utf-8")
    for path in ("/scripts/", "/scripts/../css/page.css", "/scripts/%2e%2e/css/page.css"):
        assert client.get(path).status_code == 404
