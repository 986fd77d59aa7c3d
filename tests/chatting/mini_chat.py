"""The chat's service as the page has it: the built-in models behind a real cache."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import numpy as np

from demos.blip2_chat import Handlers
from playground.cache import Cache
from playground.catalog import cache_items, entry
from playground.collection import read_collection
from playground.hub.store import Store as Hub
from playground.models import blip2
from playground.models.blip2 import Answer, Choice, Word
from playground.page.chat_canvas import Asked
from playground.page.chat_service import ChatService
from playground.page.context import Context
from playground.page.languages import Languages
from playground.page.sends import Sends
from playground.visitors.pictures import Picture
from playground.visitors.sessions import Sessions
from playground.visitors.turns import Turns
from tests.tiny_world import tiny_settings

MODEL = "mini-blip2"
EXAMPLE = "scene-002"
PATIENCE_SECONDS = 20
LOOK_SECONDS = 0.05
# Model, second model, temperature, seed, most tokens: as the page sends them.
USUAL = (MODEL, "", 0, 0, 40)


def make_service(folder, *items):
    items = items or (entry(MODEL), entry("mini-sam"))
    settings = tiny_settings(folder)
    ctx = Context(
        cache=Cache(cache_items(items, settings)),
        catalog=items,
        languages=Languages.read(),
        sessions=Sessions(),
        turns=Turns(),
        settings=settings,
        sends=Sends(),
        store=Hub(settings),
    )
    return ChatService(ctx, read_collection())


def request_of(language="en", session_hash="ada"):
    return SimpleNamespace(query_params={"lang": language}, headers={}, session_hash=session_hash)


class Visitor:
    """Does what a browser does, and sees what it sees."""

    def __init__(self, service, name="ada", language="en"):
        self.handlers = Handlers(service)
        self.service = service
        self.request = request_of(language, name)
        self.picture_id = ""

    def steps(self, does, settings=USUAL, **asked):
        asked = {"picture_id": self.picture_id} | asked
        event = self.handlers.event(getattr(self.handlers, does))
        return event(Asked(**asked), *settings, self.request)

    def does(self, does, settings=USUAL, **asked):
        """The last whole value after an event, or the mistake."""
        return self.values(self.steps(does, settings, **asked))[-1]

    def values(self, steps):
        values = [step[0] for step in steps if "stamp" in step[0]]
        for value in values:
            self.picture_id = (value.get("picture") or {}).get("id", self.picture_id)
        return values

    def opens(self, example=EXAMPLE, settings=USUAL):
        steps = self.handlers.open_example(example, *settings, self.request)
        return self.values(steps)[-1]

    def fresh(self, example=EXAMPLE, settings=USUAL):
        """An example about which nothing was said yet."""
        collection = self.service.collection
        picture = collection.read(collection.place_of(example))
        picture_hash = picture.content_id[:16]
        return self.does("open_again", settings, picture_hash=picture_hash, is_fresh=True)

    def shows(self, picture, settings=USUAL):
        chosen = self.handlers.asking.chosen(*settings)
        return self.values(self.handlers.opening.picture(self.request, picture, "a.png", chosen))

    def asks(self, question, settings=USUAL, **asked):
        return self.does("ask", settings, question=question, **asked)

    def talk(self):
        visitor = self.service.ctx.visitor(self.request)
        return self.service.store.talk_of(self.picture_id, visitor)


def some_picture(seed=0, size_hw=(64, 80)):
    return Picture(np.random.default_rng(seed).integers(0, 255, (*size_hw, 3), dtype=np.uint8))


def texts(value):
    return [answer["text"] for turn in value["turns"] for answer in turn["answers"]]


def count_calls(monkeypatch, name):
    """Counts what a batch function of the models is really called with."""
    calls, real = [], getattr(blip2, name)

    def counted(part, items, *more):
        calls.append(len(items))
        return real(part, items, *more)

    monkeypatch.setattr(blip2, name, counted)
    return calls


class SlowModel:
    """Answers "w0 w1 w2 ..." one word at a time, each when the test lets it; else as a model does:
    it looks whether anybody still waits before each word, and lets others go between two."""

    def __init__(self, monkeypatch):
        self.words = threading.Semaphore(0)
        self.written = []
        self.began = threading.Event()
        monkeypatch.setattr(blip2, "answer", self.answer)

    def answer(self, _language, asks, turn):
        self.began.set()
        told = [[] for _ in asks]
        for place in range(max(ask.most_tokens for ask in asks)):
            turn.step()
            if not self._next_word(asks):
                break
            self.written.append(place)
            for ask, words in zip(asks, told, strict=True):
                if not ask.is_left():
                    words.append(slow_word(place))
                    ask.tell(tuple(words))
        return [slow_answer(ask, words) for ask, words in zip(asks, told, strict=True)]

    def _next_word(self, asks):
        """Waits until the test lets a word come; False if nobody waits for one any more."""
        for _ in range(int(PATIENCE_SECONDS / LOOK_SECONDS)):
            if all(ask.is_left() for ask in asks):
                return False
            if self.words.acquire(timeout=LOOK_SECONDS):
                return True
        raise AssertionError("the test let no word come")


def slow_word(place):
    text = f" w{place}"
    return Word(place, text, 0.5, (Choice(place, text, 0.5), Choice(900 + place, " v", 0.3)))


def slow_answer(ask, words):
    ended = "left" if ask.is_left() else "length"
    text = "".join(word.text for word in words)
    return Answer(tuple(words), text, ended, "prompt", len(ask.turns))
