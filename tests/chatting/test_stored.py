"""The talks that ship are those of the models and pictures that ship."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from playground.catalog import entry
from playground.chatting.stored import (
    EXAMPLES,
    STORED,
    read_questions,
    read_stored,
    stored_file,
    write_stored,
)
from playground.collection import read_collection
from playground.index import fingerprint
from tests.chatting.talks import reply_of, talk_of, turn_of

MODEL = "mini-blip2"
QUESTIONS = read_questions()
LANGUAGES = ("en", "zh-Hant")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("picture_id", EXAMPLES)
def test_every_example_has_its_talk_of_this_model_and_these_pixels(picture_id, language):
    stored = read_stored(stored_file(STORED, MODEL, picture_id), language)
    collection = read_collection()
    assert stored.fingerprint == fingerprint(entry(MODEL))
    assert stored.content_id == collection.read(collection.place_of(picture_id)).content_id
    assert tuple(turn.question for turn in stored.turns) == QUESTIONS[picture_id][language].asked
    replies = [*stored.caption, *(reply for turn in stored.turns for reply in turn.replies)]
    for reply in replies:
        assert reply.model == MODEL and reply.state == "done" and reply.text
        assert all(len(word.others) == 10 for word in reply.words)
    for turn in stored.turns:
        assert turn.question in turn.replies[0].prompt


def test_they_are_small():
    assert sum(file.stat().st_size for file in STORED.iterdir()) < 200_000


def test_a_talk_comes_back_in_each_language(tmp_path):
    talks = [
        replace(talk_of(turn_of("1", question, "x y"), caption=(reply_of("z"),)), language=language)
        for question, language in (("what?", "en"), ("什麼？", "zh-Hant"))
    ]
    file = stored_file(tmp_path / "deep", "m", "p")
    write_stored(talks, "print", file)
    for talk in talks:
        stored = read_stored(file, talk.language)
        assert (stored.fingerprint, stored.content_id) == ("print", talk.picture.content_id)
        assert stored.caption[0].text == "z" and stored.turns[0].replies[0].text == "x y"
        assert stored.turns[0].question == talk.turns[0].question


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"talks": {"en": {}}}', "\x00"])
def test_a_damaged_file_is_no_talk(tmp_path, text):
    file = tmp_path / "x.json"
    file.write_text(text)
    assert read_stored(file, "en") is None
    assert read_stored(tmp_path / "none.json", "en") is None


def test_a_word_that_is_missing_a_number_is_no_talk(tmp_path):
    file = tmp_path / "x.json"
    write_stored([talk_of(turn_of("1", "q", "x"))], "print", file)
    told = json.loads(file.read_text())
    del told["talks"]["en"]["turns"][0]["replies"][0]["words"][0]["p"]
    file.write_text(json.dumps(told))
    assert read_stored(file, "en") is None
