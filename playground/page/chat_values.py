"""What the chat tells its canvas: plain objects, with every word that the canvas needs."""

from __future__ import annotations

import logging
import secrets
from pathlib import Path
from typing import Any

import gradio as gr

from playground.chatting.conversation import CAPTION, Reply, Talk
from playground.chatting.plain import plain_part, plain_words
from playground.chatting.store import EXPIRED
from playground.models import blip2
from playground.page.chat_canvas import chat_words
from playground.page.chat_service import ChatService
from playground.page.shown_picture import HASH_DIGITS, data_address
from playground.visitors.errors import PersonError, explain
from playground.visitors.notes import Note

LOG = logging.getLogger("playground")
Value = dict[str, Any]


def empty_value(service: ChatService, request: gr.Request | None, **more: Any) -> Value:
    """Makes a value without news of a talk.

    Args:
        service: The chat.
        request: Whose page it is.
        **more: `picture=None` where there is none yet, `error=` with a sentence, `download=`.
    """
    words = chat_words(service.ctx, request)
    return {"stamp": secrets.token_hex(4), "words": words, **more}


def talk_value(
    service: ChatService, request: gr.Request | None, talk: Talk, *, with_picture: bool
) -> Value:
    """Makes the whole value of a talk.

    Args:
        service: The chat.
        request: Whose page it is.
        talk: The talk as it is now.
        with_picture: Whether the browser does not have the picture yet.
    """
    size_hw = talk.picture.pixels.shape[:2]
    turns = [
        {
            "id": turn.id,
            "question": turn.question,
            "language": turn.language,
            "part": plain_part(turn.part, size_hw),
            "answers": [answer_value(service, request, reply) for reply in turn.replies],
        }
        for turn in talk.turns
    ]
    return empty_value(service, request) | {
        "picture": _picture(service, talk, with_picture),
        "models": [_model(service, request, key) for key in talk.models],
        "busy": talk.is_going,
        "caption": [answer_value(service, request, reply) for reply in talk.caption],
        "turns": turns,
    }


def changed_value(
    service: ChatService, request: gr.Request | None, before: Talk, talk: Talk
) -> Value | None:
    """Makes the small value that tells which answer has grown; None if none or more than one has.

    Args:
        service: The chat.
        request: Whose page it is.
        before: The talk as it was told last.
        talk: The talk as it is now.
    """
    known = _by_place(before)
    news = [(place, reply) for place, reply in _by_place(talk).items() if known.get(place) != reply]
    if len(news) != 1:
        return None
    ((turn_id, index), reply) = news[0]
    return {
        "stamp": secrets.token_hex(4),
        "changed": {
            "picture_id": talk.id,
            "turn": turn_id,
            "index": index,
            "answer": answer_value(service, request, reply),
        },
    }


def answer_value(service: ChatService, request: gr.Request | None, reply: Reply) -> Value:
    """Writes an answer as the browser reads it."""
    ctx, mistake = service.ctx, reply.mistake
    first, whole = reply.first_seconds, reply.all_seconds
    return {
        "model": reply.model,
        "text": reply.text,
        "words": plain_words(reply.words),
        "state": reply.state,
        "ended": reply.ended,
        "seconds": {
            "first": None if first is None else round(first, 3),
            "all": None if whole is None else round(whole, 3),
        },
        "prompt": reply.prompt,
        "seed": reply.settings.seed,
        "forced": len(reply.forced),
        "note": ctx.say_notes(request, (*reply.notes, *_put_in(reply))),
        "error": "" if mistake is None else ctx.say(request, mistake.key, **mistake.values),
    }


def _put_in(reply: Reply) -> tuple[Note, ...]:
    """What a person chose is never passed off as the model's own."""
    return (Note("chat.note.put_in", {"number": len(reply.forced)}),) if reply.forced else ()


def _by_place(talk: Talk) -> dict[tuple[str, int], Reply]:
    places = {(CAPTION, index): reply for index, reply in enumerate(talk.caption)}
    for turn in talk.turns:
        places |= {(turn.id, index): reply for index, reply in enumerate(turn.replies)}
    return places


def _picture(service: ChatService, talk: Talk, with_source: bool) -> Value:
    height, width = talk.picture.pixels.shape[:2]
    example = service.example_of(talk.picture.content_id)
    questions = service.questions.get(example or "", {}).get(talk.language)
    told: Value = {
        "id": talk.id,
        "width": width,
        "height": height,
        "alt": talk.alt,
        "hash": talk.picture.content_id[:HASH_DIGITS],
        "name": Path(talk.name).name,
        "is_example": example is not None,
        "tries": list(questions.tries) if questions else [],
    }
    return told | ({"src": data_address(talk.picture)} if with_source else {})


def _model(service: ChatService, request: gr.Request | None, key: str) -> Value:
    item = service.item(key)
    facts = blip2.facts(item)
    return {
        "key": item.key,
        "title": item.title,
        "revision": service.fingerprints.revision(item),
        "languages": list(facts.languages),
        "remembers": facts.remembers_turns,
        "queries": facts.query_count,
        "can_match": facts.can_match,
        "note": service.ctx.say(request, item.note_key),
    }


def mistake_value(service: ChatService, request: gr.Request | None, error: Exception) -> Value:
    """Makes the value that tells a mistake, in a sentence; the log gets no word of a visitor."""
    told = explain(error)
    if not isinstance(error, PersonError):
        LOG.warning("%s in the chat", type(error).__name__)
    sentence = service.ctx.say(request, told.key, **told.values)
    is_expired = {"expired": True} if told.key == EXPIRED else {}
    return empty_value(service, request, error=sentence, **is_expired)
