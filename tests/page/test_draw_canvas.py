"""The drawing tab trusts nothing that comes back from a browser."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.page.canvas import Runs
from playground.page.draw_canvas import (
    FIELDS,
    ICONS,
    MOST_TEXT,
    MOST_WORDS,
    Asked,
    DrawCanvas,
    draw_strips,
    draw_tools,
    draw_words,
)
from playground.page.languages import LANGUAGES, Languages
from playground.page.script_files import SCRIPTS

WORDS = Languages.read()
EVENTS = ("draw", "stop", "open", "take", "reopen", "forget")
MASK = {"runs": "3,2", "width": 5, "height": 1}
NAMES = [*FIELDS, "drawing_id", "start_id", "mask", "format", "file", "path", "runs"]


def read(**payload):
    return DrawCanvas(elem_id="draw").preprocess(payload)


def context(language):
    return SimpleNamespace(
        languages=WORDS, say=lambda _request, key, **values: WORDS.say(key, language, **values)
    )


def test_what_is_asked_is_read():
    asked = read(
        drawing_id="a",
        words="a cat",
        steps=20,
        guidance=4.5,
        seed=None,
        start_id="b",
        mask=MASK,
        format="png",
        file={"path": "/tmp/d.png", "meta": {}},
    )
    fields = {"words": "a cat", "steps": 20, "guidance": 4.5, "seed": None}
    assert asked == Asked("a", fields, "b", Runs("3,2", 5, 1), "png", "/tmp/d.png")


@pytest.mark.parametrize(
    "payload",
    [
        None,
        "a",
        3,
        [],
        {},
        {"drawing_id": 3, "start_id": ["a"], "mask": "x", "format": "exe", "file": "x"},
        {"words": ["a"], "steps": {"a": 1}, "seed": [1], "unknown": 7},
        {"mask": MASK | {"width": 0}},
        {"mask": MASK | {"height": 10**9}},
        {"mask": MASK | {"runs": [3, 2]}},
    ],
)
def test_what_is_not_of_its_kind_was_not_said(payload):
    assert DrawCanvas(elem_id="draw").preprocess(payload) == Asked()


def test_words_of_any_length_are_cut_far_beyond_what_is_taken():
    assert len(read(words="a" * 100_000).fields["words"]) == MOST_WORDS


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(NAMES), inner),
        max_leaves=12,
    )
)
def test_nothing_that_is_sent_breaks_the_reading(payload):
    component = DrawCanvas(elem_id="draw")
    for sent in (payload, dict.fromkeys(NAMES, payload)):
        asked = component.preprocess(sent)
        assert len(asked.drawing_id) <= MOST_TEXT and set(asked.fields) <= set(FIELDS)
        plain = (str, int, float, bool, type(None))
        assert all(isinstance(value, plain) for value in asked.fields.values())


@pytest.mark.parametrize("event", EVENTS)
def test_the_script_says_its_events(event):
    assert hasattr(DrawCanvas(elem_id="draw"), event)
    assert f"'{event}'" in (SCRIPTS / DrawCanvas.script).read_text("utf-8")


def test_the_places_that_the_script_fills_are_named_alike():
    canvas = DrawCanvas(elem_id="here")
    assert 'data-canvas="here"' in canvas.html_template
    assert all(f'data-icon="{name}"' in canvas.html_template for name in ICONS)
    assert 'data-tools-of="here"' in str(draw_tools("here").value)
    assert 'data-strips-of="here"' in str(draw_strips("here").value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_keep_the_places_that_the_script_fills(language):
    words = draw_words(context(language), None)
    assert "{count}" in words["tokens"] and "{most}" in words["tokens"]
    assert "{step}" in words["step"] and "{steps}" in words["step"]
    # The script asks for these by names that it puts together.
    for name in ("steps", "guidance", "without", "size", "sampler"):
        assert words[name] and words[f"{name}_help"]
    for name in ("take_png", "take_recipe", "take_python", "reopen", "forget"):
        assert words[name] and words[f"{name}_help"]
    for name in ("brush", "eraser", "point", "undo", "invert", "clear", "tip_empty"):
        assert words[f"mask_{name}"]
    assert all("{" not in words[name] for name in ("draw", "stop", "prompt"))
