"""Failures become sentences in the visitor's language; what is in them stays out of the log."""

import inspect
import logging

import gradio as gr
import pytest
from gradio.context import LocalContext

from playground.cache import Cache
from playground.catalog import CATALOG
from playground.hub.store import Store
from playground.page.context import Context
from playground.page.languages import Languages
from playground.page.sends import Sends
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.sessions import Sessions
from playground.visitors.turns import Turns
from tests.conftest import settings_for_tests

SECRET = "my name is Ada"


class FakeRequest:
    def __init__(self, language="en", session_hash="abc"):
        self.query_params, self.headers, self.session_hash = {"lang": language}, {}, session_hash


@pytest.fixture
def ctx():
    return Context(
        cache=Cache((), budget={"cpu": 10**9}),
        catalog=CATALOG,
        languages=Languages.read(),
        sessions=Sessions(),
        turns=Turns(),
        settings=settings_for_tests(),
        sends=Sends(),
        store=Store(settings_for_tests()),
    )


@pytest.fixture
def chinese():
    token = LocalContext.request.set(FakeRequest("zh-Hant"))
    yield
    LocalContext.request.reset(token)


def failing(error):
    def fail(words: str, request: gr.Request) -> str:
        """Says what it does."""
        raise error

    return fail


def test_a_mistake_is_told_in_the_language_of_the_request(ctx, chinese):
    with pytest.raises(gr.Error) as told:
        ctx.handler(failing(PersonError("mistake.operator.only")))("x", FakeRequest())
    assert told.value.message == ctx.languages.say("mistake.operator.only", "zh-Hant")
    assert told.value.print_exception is False


def test_anything_else_is_a_plain_sentence_and_the_log_tells_only_where(ctx, caplog):
    with caplog.at_level(logging.DEBUG), pytest.raises(gr.Error) as told:
        ctx.handler(failing(ValueError(SECRET)))(SECRET, FakeRequest())
    assert told.value.message == ctx.languages.say("mistake.unexpected", "en")
    assert "ValueError" in caplog.text and "fail" in caplog.text
    assert SECRET not in caplog.text


def test_a_value_of_a_visitor_cannot_be_markup(ctx, monkeypatch):
    sentences = {"en": {"mistake.it": "Not {what}, at most {most:.1f}"}, "zh-Hant": {}}
    object.__setattr__(ctx, "languages", Languages(sentences))
    told = ctx.mistake(PersonError("mistake.it", {"what": "<img src=x>", "most": 2.0}))
    assert told.message == "Not &lt;img src=x&gt;, at most 2.0"


def test_generators_fail_in_the_same_way_and_close_cleanly(ctx):
    closed = []

    def steps(words: str):
        """Says what it does."""
        try:
            yield "first"
            raise ValueError(SECRET)
        finally:
            closed.append(True)

    wrapped = ctx.handler(steps)
    assert inspect.isgeneratorfunction(wrapped)
    running = wrapped("x")
    assert next(running) == "first"
    with pytest.raises(gr.Error):
        next(running)
    leaving = wrapped("x")
    next(leaving)
    leaving.close()
    assert closed == [True, True]


def test_name_signature_and_docstring_stay(ctx):
    wrapped = ctx.handler(failing(ValueError()))
    assert wrapped.__name__ == "fail"
    assert wrapped.__doc__ == "Says what it does."
    assert list(inspect.signature(wrapped).parameters) == ["words", "request"]


def test_visitors_have_names_that_are_no_secrets(ctx):
    first, second = FakeRequest(session_hash="one"), FakeRequest(session_hash="two")
    assert ctx.visitor(first) != ctx.visitor(second)
    assert "one" not in ctx.visitor(first)
    assert ctx.visitor(None) == ""
    ctx.session(first).put("a", 1)
    assert ctx.session(first).get("a") == 1
    assert ctx.session(second).get("a") is None


def test_notes_make_one_line(ctx):
    notes = (Note("page.stop"), Note("page.model"))
    assert ctx.say_notes(FakeRequest(), notes) == "Stop Model"
    assert ctx.say_notes(FakeRequest(), ()) == ""


def test_budgets_are_read_from_the_cache(ctx):
    assert ctx.budgets() == {"cpu": 10**9}
