"""Server functions: never an exception, in the visitor's language, for the session that calls."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from playground.page.languages import Languages
from playground.page.server_functions import ServerFunctions, session_of
from playground.visitors.errors import PersonError
from playground.visitors.sessions import visitor_of
from tests.loops import run_in_own_thread

LANGUAGES = {visitor_of("bao"): "zh-Hant"}


class Request:
    """What Gradio gives a server function, with its body read already."""

    def __init__(self, body=None, language="en"):
        self.query_params = {}
        self.headers = {"accept-language": language}
        self._body = {"session_hash": "ada"} if body is None else body

    async def json(self):
        return self._body


@pytest.fixture(scope="module")
def functions():
    return ServerFunctions(
        Languages.read(), LANGUAGES.get, "chat.mistake.form", "chat.mistake.expired"
    )


def call(functions, function, asked=None, request=None):
    plain = functions.plain(function)
    assert plain.__name__ == function.__name__
    return run_in_own_thread(plain({} if asked is None else asked, request or Request()))


def test_the_function_hears_what_is_asked_and_who_asks(functions):
    def echo(asked, visitor):
        return {"asked": asked, "visitor": visitor}

    assert call(functions, echo, {"a": 1}) == {"asked": {"a": 1}, "visitor": visitor_of("ada")}


def raising(error):
    def fails(asked, visitor):
        raise error

    return fails


def test_mistakes_are_sentences_in_the_visitors_language(functions):
    mistake = raising(PersonError("chat.mistake.no_picture"))
    assert call(functions, mistake) == {"error": "Open a picture first."}
    assert call(functions, mistake, request=Request(language="zh-TW"))["error"].endswith("。")
    bao = Request({"session_hash": "bao"})
    assert call(functions, mistake, request=bao) == {"error": "請先開啟圖片。"}


def test_what_is_gone_is_told_apart(functions):
    told = call(functions, raising(PersonError("chat.mistake.expired")))
    assert told["expired"] is True and told["error"]


def test_nothing_of_an_unexpected_error_is_passed_on(functions, caplog):
    told = call(functions, raising(ValueError("secret")))
    assert told["error"].endswith(".") and "secret" not in told["error"] + caplog.text
    assert "ValueError in fails" in caplog.text


@pytest.mark.parametrize("asked", [[], "x", 7])
def test_what_is_no_object_reaches_no_function(functions, asked):
    assert "cannot be read" in call(functions, raising(AssertionError), asked)["error"]


@pytest.mark.parametrize("body", [[], "x", {"session_hash": 7}, {"session_hash": None}, 7])
def test_a_body_without_a_session_is_nobody(body):
    assert run_in_own_thread(session_of(Request(body))) == ""


def test_a_request_without_a_body_is_nobody():
    assert run_in_own_thread(session_of(SimpleNamespace())) == ""
