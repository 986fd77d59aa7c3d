"""Talks and words made up for tests of what is done with them."""

from __future__ import annotations

import numpy as np

from playground.chatting.conversation import Reply, Talk, TalkTurn
from playground.models.blip2 import Choice, Word
from playground.visitors.pictures import Picture


def picture_of(value=7, size_hw=(48, 64)):
    return Picture(np.full((*size_hw, 3), value, np.uint8))


def word_of(text, token=1, probability=0.5):
    others = (Choice(token, text, probability), Choice(token + 1, " other", 0.25))
    return Word(token, text, probability, others)


def words_of(text):
    return tuple(word_of(f" {piece}", place) for place, piece in enumerate(text.split()))


def reply_of(text="", model="a", **more):
    return Reply(model, words=words_of(text), state="done" if text else "waiting", **more)


def turn_of(turn_id, question, *texts, part=None):
    replies = tuple(reply_of(text, model) for text, model in zip(texts, "ab", strict=False))
    return TalkTurn(turn_id, question, "en", part, replies)


def talk_of(*turns, visitor="ada", picture=None, models=("a",), **more):
    picture = picture or picture_of()
    return Talk("", visitor, "en", "my cat.png", picture, models, turns=tuple(turns), **more)
