"""A talk as text."""

from __future__ import annotations

from dataclasses import replace

from playground.chatting.conversation import Settings
from playground.chatting.parts_of_picture import Part
from playground.chatting.transcript import transcript
from playground.page.languages import Languages
from tests.chatting.talks import reply_of, talk_of, turn_of


def written(talk, language="en"):
    languages = Languages.read()
    titles = {"a": "Model A", "b": "Model B"}
    return transcript(talk, titles, lambda key, **more: languages.say(key, language, **more))


def test_it_says_who_answered_what_about_which_picture():
    stopped = replace(reply_of("half an", "b"), state="stopped")
    drawn = reply_of("<b>bold</b> {name} %s", settings=Settings(0.5, 9))
    turn = turn_of("1", "is it <i>{real}</i>?", part=Part((1, 2, 30, 40)))
    talk = talk_of(replace(turn, replies=(drawn, stopped)), caption=(reply_of("a cat"),))
    lines = written(talk).splitlines()
    assert "my cat.png" in lines[0] and talk.picture.content_id in lines[0]
    assert lines[2] == "Caption by Model A: a cat"
    assert lines[4:] == [
        "Question: is it <i>{real}</i>?",
        "About the part from (1, 2) to (30, 40)",
        "Model A: <b>bold</b> {name} %s (temperature 0.5, seed 9)",
        "Model B: half an (stopped)",
    ]


def test_it_is_in_the_visitors_language():
    lines = written(talk_of(turn_of("1", "這是什麼？", "貓")), "zh-Hant").splitlines()
    assert lines[0].startswith("圖片：") and lines[-2:] == ["問題：這是什麼？", "Model A：貓"]


def test_what_a_person_chose_and_what_never_came_are_said():
    led = replace(reply_of("a cat"), forced=(1, 2))
    failed = replace(reply_of("", "b"), state="failed")
    talk = talk_of(replace(turn_of("1", "what?"), replies=(led, failed)))
    assert written(talk).splitlines()[-2:] == [
        "Model A: a cat (word 2 was chosen by hand)",
        "Model B: (no answer)",
    ]
