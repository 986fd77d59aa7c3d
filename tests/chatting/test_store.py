"""Talks are bounded; ids cannot be guessed or shared; what is over writes no word."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from playground.chatting.store import TalkStore
from playground.visitors.errors import PersonError
from tests.chatting.talks import picture_of, reply_of, talk_of, turn_of, words_of


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def key_of(store, talk_id, visitor):
    with pytest.raises(PersonError) as caught:
        store.talk_of(talk_id, visitor)
    return caught.value.key.removeprefix("chat.mistake.")


def test_an_id_is_its_visitors_alone():
    store = TalkStore()
    ada, bao = store.add(talk_of()), store.add(talk_of(visitor="bao"))
    assert ada.id != bao.id and len(ada.id) >= 22
    assert store.talk_of(ada.id, "ada") == ada
    assert key_of(store, ada.id, "bao") == key_of(store, bao.id, "ada") == "expired"
    assert key_of(store, ada.id, "") == "expired"
    nobody = store.add(talk_of(visitor=""))
    assert key_of(store, nobody.id, "") == "expired" and store.census()[0] == 2


@pytest.mark.parametrize("forged", ["x", "../..", "0" * 22, "\ud800"])
def test_forged_ids(forged):
    store = TalkStore()
    assert key_of(store, forged, "ada") == "expired"
    with pytest.raises(PersonError):
        store.change(forged, "ada", lambda talk: talk)
    with pytest.raises(PersonError):
        store.stop(forged, "ada")


@pytest.mark.parametrize("nothing", [None, "", 7, ["a"], {"id": "a"}])
def test_no_id_at_all(nothing):
    assert key_of(TalkStore(), nothing, "ada") == "no_picture"


def test_talks_make_room_and_grow_old():
    clock = Clock()
    store = TalkStore(most_bytes=25_000, most_talks=3, most_seconds=100, clock=clock)
    first, second, third = (store.add(talk_of()) for _ in range(3))
    assert key_of(store, first.id, "ada") == "expired"
    clock.now = 90
    store.talk_of(third.id, "ada")
    clock.now = 150
    assert key_of(store, second.id, "ada") == "expired"
    assert store.talk_of(third.id, "ada") == third


def going_talk(store, visitor="ada"):
    turn = replace(turn_of("1", "q"), replies=(reply_of(),))
    return store.add(talk_of(turn, visitor=visitor))


def writes(text):
    reply = replace(reply_of(), words=words_of(text), state="writing")
    return lambda talk: talk.with_reply("1", 0, reply)


def test_who_is_over_writes_no_word():
    store = TalkStore()
    talk = going_talk(store)
    run = store.begin(talk)
    run.change(writes("one"))
    assert store.stop(talk.id, "ada") and run.is_over()
    assert run.change(writes("one two")).replies("1")[0].text == "one"
    assert store.talk_of(talk.id, "ada").replies("1")[0].state == "stopped"
    assert not store.stop(talk.id, "ada") and store.census()[2] == 0


def test_the_newest_answering_ends_the_one_before():
    store = TalkStore()
    talk = going_talk(store)
    first = store.begin(talk)
    second = store.begin(talk)
    assert first.is_over() and not second.is_over()
    # The answers of the first are stopped; those that the second plans are not touched.
    second.change(lambda talk: talk.with_replies("1", [reply_of()]))
    store.finish(first)
    assert store.talk_of(talk.id, "ada").is_going
    store.finish(second)
    assert not store.talk_of(talk.id, "ada").is_going and store.census()[2] == 0


def test_forgetting_a_visitor_ends_what_is_answered():
    store = TalkStore()
    mine, other = going_talk(store), going_talk(store, "bao")
    run, others = store.begin(mine), store.begin(other)
    assert store.forget("ada") == [mine]
    assert run.is_over() and not others.is_over()
    assert key_of(store, mine.id, "ada") == "expired" and store.talk_of(other.id, "bao")
    with pytest.raises(PersonError):
        run.change(writes("late"))
    store.finish(run)


def test_only_the_visitors_own_answering_can_be_stopped():
    store = TalkStore()
    talk = going_talk(store)
    run = store.begin(talk)
    with pytest.raises(PersonError):
        store.stop(talk.id, "bao")
    assert not run.is_over()


def test_what_a_visitor_reads_and_which_pictures_others_show():
    store = TalkStore()
    store.add(talk_of())
    store.add(replace(talk_of(visitor="bao", picture=picture_of(9)), language="zh-Hant"))
    assert store.language_of("bao") == "zh-Hant" and store.language_of("nobody") is None
    assert store.language_of("") is None
    assert store.hashes(but_of="ada") == {picture_of(9).content_id}


def test_words_come_and_stops_come_from_many_threads():
    store = TalkStore()
    talk = going_talk(store)
    run = store.begin(talk)

    def write():
        for count in range(200):
            run.change(writes("word " * (count % 7 + 1)))

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    store.stop(talk.id, "ada")
    stopped = store.talk_of(talk.id, "ada")
    for thread in threads:
        thread.join()
    assert store.talk_of(talk.id, "ada") == stopped and not stopped.is_going
