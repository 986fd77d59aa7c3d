"""What the canvas is told: the whole talk, or only the answer that has grown."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from playground.chatting.conversation import CAPTION
from playground.page.chat_values import (
    answer_value,
    changed_value,
    empty_value,
    mistake_value,
    talk_value,
)
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from tests.chatting.mini_chat import MODEL, make_service, request_of
from tests.chatting.talks import reply_of, talk_of, turn_of, words_of


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    return make_service(tmp_path_factory.mktemp("world"))


def mini_talk():
    turn = replace(turn_of("1", "what?"), replies=(reply_of("a cat", MODEL), reply_of("", MODEL)))
    talk = talk_of(turn, models=(MODEL,), caption=(reply_of("a cat", MODEL),))
    return replace(talk, id="the id")


ASKED = request_of()


def test_the_whole_value_is_plain_and_says_who_answers(service):
    value = talk_value(service, ASKED, mini_talk(), with_picture=True)
    assert json.loads(json.dumps(value)) == value
    assert value["picture"]["id"] == "the id" and value["picture"]["name"] == "my cat.png"
    model = value["models"][0]
    assert (model["key"], model["languages"]) == (MODEL, ["en", "zh-Hant"])
    assert model["remembers"] and model["can_match"] and model["queries"] == 16 and model["note"]
    assert value["busy"] and [a["state"] for a in value["turns"][0]["answers"]] == [
        "done",
        "waiting",
    ]
    assert "src" not in talk_value(service, ASKED, mini_talk(), with_picture=False)["picture"]


def test_one_that_has_grown_is_told_alone(service):
    before = mini_talk()
    grown = replace(reply_of("", MODEL), words=words_of("x"), state="writing")
    after = before.with_reply("1", 1, grown)
    told = changed_value(service, ASKED, before, after)["changed"]
    assert (told["picture_id"], told["turn"], told["index"]) == ("the id", "1", 1)
    assert told["answer"]["text"] == "x" and told["answer"]["state"] == "writing"
    captioned = after.with_reply(CAPTION, 0, grown)
    assert changed_value(service, ASKED, after, captioned)["changed"]["turn"] == CAPTION
    # Two at once are told with everything; nothing new is not told at all.
    assert changed_value(service, ASKED, before, captioned) is None
    assert changed_value(service, ASKED, before, before) is None


def test_small_values_stay_small(service):
    before = mini_talk()
    long = replace(reply_of("", MODEL), words=words_of("word " * 40), state="writing")
    small = changed_value(service, ASKED, before, before.with_reply("1", 1, long))
    assert len(json.dumps(small)) < 8_000 and "words" not in small


def test_an_answer_tells_notes_and_mistakes_in_the_visitors_language(service):
    reply = replace(
        reply_of("x", MODEL),
        notes=(Note("chat.note.language", {"model": "M"}), Note("chat.note.same")),
        mistake=PersonError("mistake.unexpected"),
        first_seconds=0.12345,
        all_seconds=None,
    )
    value = answer_value(service, ASKED, reply)
    assert value["note"] == "M reads English only. The same answer as in the recipe."
    assert value["error"] and value["seconds"] == {"first": 0.123, "all": None}
    assert "只讀英文" in answer_value(service, request_of("zh-Hant"), reply)["note"]


def test_mistakes_are_sentences_and_the_expired_one_is_marked(service):
    told = mistake_value(service, ASKED, PersonError("chat.mistake.expired"))
    assert told["expired"] and told["words"] and "picture" not in told
    other = mistake_value(service, ASKED, ValueError("secret"))
    assert "expired" not in other and "secret" not in other["error"]
    assert empty_value(service, ASKED, picture=None)["picture"] is None


def test_a_word_that_a_person_put_in_is_not_passed_off_as_the_models(service):
    led = replace(reply_of("a cat", MODEL), forced=(7, 8))
    told = answer_value(service, ASKED, led)
    assert told["forced"] == 2 and "Word 2 was chosen by hand" in told["note"]
    assert answer_value(service, ASKED, reply_of("a cat", MODEL))["note"] == ""
