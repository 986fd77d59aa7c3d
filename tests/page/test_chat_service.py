"""The chat's service: looks once, answers those who wait together, asks again as it was asked."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from playground.cache import Cancelled
from playground.catalog import entry
from playground.chatting.conversation import CAPTION, Settings
from playground.models import blip2
from playground.page.chat_api import read_history, read_sentences
from playground.page.chat_asking import is_offered, read_settings
from playground.page.chat_opening import rebuilt
from playground.page.chat_settings import speakers, usual
from playground.search import Asker
from playground.visitors.errors import PersonError
from tests.chatting.mini_chat import (
    MODEL,
    PATIENCE_SECONDS,
    SlowModel,
    Visitor,
    count_calls,
    make_service,
    some_picture,
)
from tests.chatting.talks import reply_of

WHAT = "What is in the picture?"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    return make_service(tmp_path_factory.mktemp("world"))


def test_the_same_pixels_are_looked_at_once_by_whoever_asks(service, monkeypatch):
    looked, item = count_calls(monkeypatch, "see"), service.item(MODEL)
    picture, got = some_picture(1), []

    def look(name):
        got.append(service.see(item, picture, Asker(name)))

    threads = [threading.Thread(target=look, args=(name,)) for name in "abcde"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert looked == [1] and len({id(seen) for seen in got}) == 1 and len(got) == 5


def test_what_was_seen_fits_the_files_that_came_with_it(service, monkeypatch):
    """A published model's files have their name only once they are here."""
    looked, item, picture = count_calls(monkeypatch, "see"), service.item(MODEL), some_picture(2)
    names = iter(["not here", "commit", "commit", "commit"])
    monkeypatch.setattr(service.fingerprints, "of", lambda _: next(names))
    first = service.see(item, picture, Asker("a"))
    assert service.see(item, picture, Asker("a")) is first and looked == [1]


def test_who_has_left_gets_nothing(service, monkeypatch):
    free, began = threading.Event(), threading.Event()
    item, picture, real = service.item(MODEL), some_picture(3), blip2.see

    def see(eyes, pictures):
        began.set()
        assert free.wait(PATIENCE_SECONDS)
        return real(eyes, pictures)

    monkeypatch.setattr(blip2, "see", see)
    maker = threading.Thread(target=lambda: service.see(item, picture, Asker("a")))
    maker.start()
    assert began.wait(PATIENCE_SECONDS)
    with pytest.raises(Cancelled):
        service.see(item, picture, Asker("b", cancel=lambda: True))
    free.set()
    maker.join(PATIENCE_SECONDS)


def test_those_who_wait_are_answered_together_each_with_their_own(service, monkeypatch):
    asked, item = count_calls(monkeypatch, "answer"), service.item(MODEL)
    seens = [service.see(item, some_picture(n), Asker("x")) for n in range(6)]
    alone = [service.say(item, ask_about(seen), Asker("x")).text for seen in seens]
    del asked[:]
    got = {}

    def ask(name, seen):
        got[name] = service.say(item, ask_about(seen), Asker(f"visitor {name}")).text

    with service.ctx.cache.turn():
        threads = [threading.Thread(target=ask, args=each) for each in enumerate(seens)]
        for thread in threads:
            thread.start()
        waiting = lambda: sum(device_line(service))  # noqa: E731
        while waiting() < 6:
            pass
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert asked == [6] and [got[n] for n in range(6)] == alone


def device_line(service):
    devices = service.ctx.cache._gate.scheduler.devices.values()
    return [len(device.line.tickets) for device in devices]


def ask_about(seen):
    return blip2.Ask(seen, question=WHAT)


def test_one_who_leaves_a_shared_batch_takes_nobody_along(service, monkeypatch):
    slow, item = SlowModel(monkeypatch), service.item(MODEL)
    seen, left = service.see(item, some_picture(9), Asker("x")), threading.Event()
    got = {}

    def ask(name, is_left):
        mine = replace(ask_about(seen), most_tokens=3, is_left=is_left)
        got[name] = service.say(item, mine, Asker(name))

    with service.ctx.cache.turn():
        wishes = {"leaves": left.is_set, "stays": lambda: False}
        threads = [threading.Thread(target=ask, args=wish) for wish in wishes.items()]
        for thread in threads:
            thread.start()
        while sum(device_line(service)) < 2:
            pass
    slow.words.release(1)
    while not slow.written:
        pass
    left.set()
    slow.words.release(2)
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert got["stays"].text == " w0 w1 w2" and got["leaves"].ended == "left"
    assert got["leaves"].text in (" w0", " w0 w1")


def test_an_answer_is_asked_again_as_it_was(service):
    ada = Visitor(service)
    ada.opens()
    ada.asks("What is the background?")
    talk = ada.talk()
    turn = talk.turns[-1]
    item, ask = service.ask_again(talk, turn.id, 0, Asker("ada"))
    assert item.key == MODEL and ask.question == "What is the background?"
    assert len(ask.turns) == 3 and ask.turns == turn.replies[0].history
    answer = service.say(item, ask, Asker("ada"))
    assert answer.words == turn.replies[0].words and answer.prompt == turn.replies[0].prompt
    _, captioned = service.ask_again(talk, CAPTION, 0, Asker("ada"))
    assert captioned.is_caption
    for forged in ((turn.id, 1), (turn.id, -1), ("gone", 0)):
        with pytest.raises(PersonError):
            service.ask_again(talk, *forged, Asker("ada"))


def test_a_model_without_a_matching_head_says_so(service, monkeypatch):
    item = replace(entry(MODEL), parts=entry(MODEL).parts[:2])
    seen = service.see(service.item(MODEL), some_picture(4), Asker("x"))
    with pytest.raises(PersonError) as caught:
        service.match(item, seen, ("a cat",), Asker("x"))
    assert caught.value.key == "chat.mistake.cannot_match"
    (matched,) = service.match(service.item(MODEL), seen, ("a cat",), Asker("x"))
    assert 0 <= matched.probability <= 1 and np.isfinite(matched.cosine)


def test_a_model_is_asked_in_a_language_that_it_reads(service, monkeypatch):
    assert service.planned(MODEL, "zh-Hant", Settings(seed=3)).language == "zh-Hant"
    english = replace(entry(MODEL), languages=("en",))
    monkeypatch.setattr(service, "item", lambda _: english)
    planned = service.planned(MODEL, "zh-Hant", Settings(seed=3))
    assert planned.language == "en" and planned.notes[0].key == "chat.note.language"
    assert planned.settings.seed == 3
    assert service.planned_caption(MODEL, "zh-Hant", Settings()).notes == ()


def test_a_model_that_only_answers_makes_no_caption(service, monkeypatch):
    vilt = replace(entry(MODEL), class_name="ViltForQuestionAnswering", parts=(f"{MODEL}/model",))
    monkeypatch.setattr(service, "item", lambda _: vilt)
    planned = service.planned_caption(MODEL, "en", Settings())
    assert planned.state == "done" and planned.notes[0].key == "chat.note.no_caption"


def test_only_models_that_answer_are_offered(service):
    assert [item.key for item in speakers(service.ctx)] == [MODEL]
    assert usual(service.ctx).models == (MODEL,)


@pytest.mark.parametrize(
    "told", [7, "x", [["a"]], [["a", "b", "c"]], [["", "b"]], [["a", ""]], [["a", "b"]] * 61, [7]]
)
def test_histories_of_programs_that_cannot_be(told):
    with pytest.raises(PersonError):
        read_history(told)


def test_histories_of_programs():
    assert read_history(None) == read_history([]) == ()
    assert read_history([["what?", "a cat"]]) == (("what?", "a cat"),)
    with pytest.raises(PersonError):
        read_sentences(None)


def test_settings_are_numbers_in_range():
    assert read_settings(0.5, 7.0, 12) == Settings(0.5, 7, 12)
    for forged in ((-1, 0, 1), (0, 0.5, 1), (0, 0, 101), (None, 0, 1), (0, True, 1)):
        with pytest.raises(PersonError):
            read_settings(*forged)


def test_only_words_that_were_shown_can_be_put_in():
    reply = reply_of("a cat")
    assert is_offered(reply, 1, 1) and is_offered(reply, 1, 2)
    assert not is_offered(reply, 1, 3) and not is_offered(reply, 2, 1)


def test_a_talk_that_the_browser_brings_back_has_what_can_be_read():
    history = (("what?", "a cat"), ("", "x"), ("q", ""), ("q\x00", "x"), ("a" * 600, "x"))
    turns = rebuilt(history, (MODEL,))
    assert [(turn.question, turn.replies[0].text) for turn in turns] == [("what?", "a cat")]
