"""The chat trusts nothing that comes back from a browser."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.page.canvas import MOST_RUNS_CHARACTERS
from playground.page.chat_canvas import (
    ICONS,
    MOST_HISTORY,
    MOST_QUESTION,
    MOST_TEXT,
    Asked,
    BoxPart,
    ChatCanvas,
    MaskPart,
    chat_tools,
    chat_words,
)
from playground.page.languages import LANGUAGES, Languages
from playground.visitors.guard_rules import GuardRules
from tests.sources import ROOT

WORDS = Languages.read()
EVENTS = ("open", "again", "ask", "retry", "go_on", "caption", "take", "reopen", "forget", "stop")
MASK = {"runs": "3,2", "width": 5, "height": 1, "name": "cat"}
FIELDS = ["picture_id", "hash", "question", "turn", "part", "index", "word", "token", "format"]
FIELDS += ["file", "history", "box", "runs", "width", "height", "name", "path"]


def canvas():
    return ChatCanvas(elem_id="chat")


def read(**payload):
    return canvas().preprocess(payload)


def context(language):
    return SimpleNamespace(
        languages=WORDS, say=lambda _request, key, **values: WORDS.say(key, language, **values)
    )


def test_what_is_asked_is_read():
    asked = read(
        picture_id="a",
        hash="b",
        question="What is it?",
        turn="c",
        part={"box": [1, 2, 3.5, 4]},
        index=1,
        word=3,
        token=7,
        format="recipe",
        file={"path": "/tmp/d.png", "meta": {}},
        history=[["q", "a"], ["r", "b"]],
        is_fresh=True,
    )
    assert asked == Asked(
        "a",
        "b",
        "What is it?",
        "c",
        BoxPart((1.0, 2.0, 3.5, 4.0)),
        1,
        3,
        7,
        "recipe",
        "/tmp/d.png",
        (("q", "a"), ("r", "b")),
        is_fresh=True,
    )


def test_a_mask_is_read():
    assert read(part=MASK).part == MaskPart("3,2", 5, 1, "cat")


@pytest.mark.parametrize(
    "payload",
    [
        None,
        "a",
        3,
        [],
        {},
        {"picture_id": 3, "question": ["a"], "file": "x", "turn": 2, "part": "whole"},
        {"index": 2, "word": -1, "token": True, "format": "exe", "history": "ab"},
        {"index": 0.0, "word": "1", "token": None, "history": [["a"]]},
        {"history": [["a", "b"], 3], "is_fresh": "yes"},
    ],
)
def test_what_is_not_of_its_kind_was_not_said(payload):
    assert canvas().preprocess(payload) == Asked()


@pytest.mark.parametrize(
    "part",
    [
        {"box": [1, 2, 3]},
        {"box": [1, 2, 3, float("nan")]},
        {"box": [1, 2, 3, True]},
        {"box": "1234"},
        MASK | {"runs": [3, 2]},
        MASK | {"runs": "1" * (MOST_RUNS_CHARACTERS + 1)},
        MASK | {"width": 0},
        MASK | {"height": 1.5},
        MASK | {"height": 10**9},
    ],
)
def test_a_forged_part_is_none(part):
    assert read(part=part).part is None


def test_a_question_that_is_far_too_long_arrives_as_long_as_it_is():
    assert len(read(question="a" * 100_000).question) == 100_000
    assert len(read(question="a" * (MOST_QUESTION + 1)).question) == MOST_QUESTION
    assert GuardRules().most_body_bytes <= MOST_QUESTION


def test_of_a_long_history_the_last_is_kept():
    history = [[str(number), "a"] for number in range(MOST_HISTORY + 5)]
    assert read(history=history).history[-1] == (str(MOST_HISTORY + 4), "a")
    assert len(read(history=history).history) == MOST_HISTORY


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(FIELDS), inner),
        max_leaves=12,
    )
)
def test_nothing_that_is_sent_breaks_the_reading(payload):
    component = canvas()
    for sent in (payload, dict.fromkeys(FIELDS, payload)):
        asked = component.preprocess(sent)
        assert len(asked.picture_id) <= MOST_TEXT and len(asked.question) <= MOST_QUESTION
        assert asked.index in (None, 0, 1)


def test_events_exist_and_no_others():
    component = canvas()
    assert all(callable(getattr(component, event)) for event in EVENTS)
    with pytest.raises(AttributeError):
        component.aks  # noqa: B018


def test_a_copy_of_the_component_can_be_made():
    """Gradio makes one from the configuration when a handler skips its output."""

    def segment(asked):
        return asked

    component = ChatCanvas(elem_id="chat", functions=[segment])
    copy = ChatCanvas(elem_id="chat", server_functions=[segment])
    assert copy.html_template == component.html_template
    assert copy.server_fns == component.server_fns != []


@pytest.mark.parametrize("make", [canvas, lambda: chat_tools("x")])
def test_the_template_is_no_program(make):
    component = make()
    text = component.html_template + str(component.value or "")
    assert not any(sign in text for sign in ("`", "{{", "\\"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_script_is_there(language):
    words = chat_words(context(language), None)
    assert len(words) > 20
    assert all(words.values())


def test_every_icon_of_the_script_is_there():
    scripts = "".join(path.read_text("utf-8") for path in ROOT.glob("assets/js/chat/*.js"))
    template = canvas().html_template
    assert all(f'data-icon="{name}"' in template for name in ICONS)
    assert all(f"'{name}'" in scripts for name in ICONS)
