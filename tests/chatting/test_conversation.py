"""A talk: what is remembered, what an edit takes away, what stopping leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.chatting.conversation import CAPTION, MOST_TURNS
from playground.chatting.parts_of_picture import Part
from playground.visitors.errors import PersonError
from tests.chatting.talks import picture_of, reply_of, talk_of, turn_of, word_of


def test_an_answer_is_its_words_joined():
    reply = replace(reply_of(), words=(word_of(" a"), word_of(" cat"), word_of("s")))
    assert reply.text == "a cats"
    assert replace(reply_of(), told="from the browser").text == "from the browser"


def test_each_model_remembers_its_own_answers():
    talk = talk_of(turn_of("1", "q1", "from a", "from b"), turn_of("2", "q2", "again a"))
    talk = talk.asking(turn_of("3", "q3"), instead_of=None)
    assert talk.history("3", "a") == (("q1", "from a"), ("q2", "again a"))
    assert talk.history("3", "b") == (("q1", "from b"), ("q2", "again a"))
    assert talk.history("1", "a") == talk.history(CAPTION, "a") == ()


def test_questions_without_an_answer_are_not_remembered():
    talk = talk_of(turn_of("1", "q1", ""), turn_of("2", "q2", "yes"), turn_of("3", "q3"))
    assert talk.history("3", "a") == (("q2", "yes"),)


def test_only_what_was_said_of_the_same_pixels_is_remembered():
    left, right = Part((0, 0, 20, 20)), Part((30, 0, 60, 20))
    talk = talk_of(
        turn_of("1", "all?", "two cats"),
        turn_of("2", "left?", "a cat", part=left),
        turn_of("3", "right?", "a dog", part=right),
        turn_of("4", "its colour?", "red", part=left),
        turn_of("5", "all again?", "two"),
    )
    assert talk.history("3", "a") == ()
    assert talk.history("4", "a") == (("left?", "a cat"),)
    assert talk.history("5", "a") == (("all?", "two cats"),)


@given(st.integers(1, 8), st.data())
def test_an_edit_takes_the_question_and_all_after_it(count, data):
    talk = talk_of(*(turn_of(str(n), f"q{n}", "x") for n in range(count)))
    edited = data.draw(st.integers(0, count - 1))
    after = talk.asking(turn_of("new", "q"), instead_of=str(edited))
    assert [turn.id for turn in after.turns] == [*map(str, range(edited)), "new"]
    assert [turn.id for turn in talk.turns] == list(map(str, range(count)))


def test_a_question_that_is_gone_cannot_be_edited():
    with pytest.raises(PersonError) as caught:
        talk_of(turn_of("1", "q")).asking(turn_of("2", "q"), instead_of="gone")
    assert caught.value.key == "chat.mistake.no_turn"


def test_a_talk_does_not_grow_for_ever():
    talk = talk_of(*(turn_of(str(n), "q", "x") for n in range(MOST_TURNS)))
    with pytest.raises(PersonError) as caught:
        talk.asking(turn_of("one more", "q"), instead_of=None)
    assert caught.value.key == "chat.mistake.too_many_turns"
    assert len(talk.asking(turn_of("other", "q"), instead_of="59").turns) == MOST_TURNS


def test_stopping_keeps_the_words_and_touches_nothing_that_is_done():
    writing = replace(reply_of("half an"), state="writing")
    turn = replace(turn_of("1", "q", "done"), replies=(reply_of("done"), writing))
    talk = talk_of(turn, caption=(reply_of(),))
    assert talk.is_going
    stopped = talk.stopped()
    assert [reply.state for reply in stopped.replies("1")] == ["done", "stopped"]
    assert stopped.replies("1")[1].text == "half an" and not stopped.is_going
    assert stopped.caption[0].state == "stopped" and stopped.stopped() is stopped
    failed = talk.failed(PersonError("mistake.unexpected"))
    assert failed.replies("1")[1].mistake.key == "mistake.unexpected"
    assert failed.replies("1")[0].mistake is None


def test_answers_of_a_question_that_is_gone_stay_gone():
    talk = talk_of(turn_of("1", "q", "x"))
    assert talk.with_replies("gone", [reply_of("y")]) == talk
    with pytest.raises(PersonError):
        talk.with_reply("gone", 0, reply_of("y"))


def test_what_it_holds_grows_with_picture_and_words():
    small = talk_of(turn_of("1", "q", "x"))
    more_words = talk_of(turn_of("1", "q", "x y z"))
    larger = talk_of(turn_of("1", "q", "x"), picture=picture_of(size_hw=(480, 640)))
    assert small.bytes_held < more_words.bytes_held < larger.bytes_held
