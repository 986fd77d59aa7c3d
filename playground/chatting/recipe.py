"""A talk as a recipe: what is needed to have the same talk again, and to see if it is the same.

It holds no picture, only the digest of its pixels: what a visitor shows does not leave with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.chatting.conversation import MOST_TURNS, History, Reply, Settings, Talk, TalkTurn
from playground.chatting.parts_of_picture import read_part
from playground.chatting.plain import plain_part
from playground.chatting.questions import language_of_question, read_question
from playground.visitors.errors import PersonError
from playground.visitors.words import read_optional_words

FORMAT = "multimodal-playground/blip2_chat"
VERSION = 1
MOST_BYTES = 12_000_000
MOST_MODELS = 2
MOST_TEXT = 4000
MOST_FORCED = 1000
MOST_TOKEN = 10_000_000
ReadSettings = Callable[[object, object, object], Settings]


@dataclass(frozen=True)
class UsedModel:
    """A model as a recipe names it.

    Attributes:
        key: Its key in the catalogue.
        revision: The commit of its files; "" for one that ships.
        fingerprint: Which files exactly.
    """

    key: str
    revision: str
    fingerprint: str


@dataclass(frozen=True)
class Recipe:
    """What a file said, checked.

    Attributes:
        content_id: Of the picture's pixels.
        name: Name of the picture's file.
        models: The models that answered.
        caption: Captions as they were; each still to be made again.
        turns: Questions as they were; each answer still to be made again.
        texts: What was answered, by place: a question's id or "caption", and which model.
    """

    content_id: str
    name: str
    models: tuple[UsedModel, ...]
    caption: tuple[Reply, ...]
    turns: tuple[TalkTurn, ...]
    texts: Mapping[tuple[str, int], str]


def write_recipe(talk: Talk, models: Mapping[str, UsedModel]) -> str:
    """Writes a talk as JSON.

    Args:
        talk: The talk.
        models: What each model's files are, by key.
    """
    size_hw = talk.picture.pixels.shape[:2]
    turns = [
        {
            "question": turn.question,
            "part": plain_part(turn.part, size_hw),
            "answers": [
                _plain_reply(reply, talk.history(turn.id, reply.model)) for reply in turn.replies
            ],
        }
        for turn in talk.turns
    ]
    told = {
        "format": FORMAT,
        "version": VERSION,
        "picture": {
            "sha256": talk.picture.content_id,
            "name": Path(talk.name).name,
            "height": size_hw[0],
            "width": size_hw[1],
        },
        "models": [
            {"key": used.key, "revision": used.revision, "fingerprint": used.fingerprint}
            for used in models.values()
        ],
        "caption": [_plain_reply(reply, ()) for reply in talk.caption],
        "turns": turns,
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def read_recipe(data: bytes, read_settings: ReadSettings) -> Recipe:
    """Reads what `write_recipe` wrote; anyone may have changed it.

    Args:
        data: The file.
        read_settings: Checks temperature, seed and most tokens.

    Raises:
        PersonError: `chat.mistake.recipe`, `chat.mistake.recipe_version`, or what is wrong with a
            question, a part or a number in it.
    """
    try:
        told = json.loads(data.decode("utf-8"))
        if told["format"] != FORMAT:
            raise PersonError("chat.mistake.recipe")
        if told["version"] != VERSION:
            raise PersonError("chat.mistake.recipe_version", {"version": VERSION})
        return _recipe(told, read_settings)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise PersonError("chat.mistake.recipe") from error


def _recipe(told: Mapping[str, Any], read_settings: ReadSettings) -> Recipe:
    picture = told["picture"]
    size_hw = (int(picture["height"]), int(picture["width"]))
    rows = told["turns"]
    if len(rows) > MOST_TURNS:
        raise PersonError("chat.mistake.too_many_turns", {"most": MOST_TURNS})
    texts: dict[tuple[str, int], str] = {}
    caption, said = _replies(told["caption"], "en", read_settings)
    texts |= {("caption", index): text for index, text in enumerate(said)}
    turns = []
    for place, row in enumerate(rows):
        question = read_question(row["question"]).text
        language = language_of_question(question)
        replies, said = _replies(row["answers"], language, read_settings)
        turn_id = f"again-{place}"
        texts |= {(turn_id, index): text for index, text in enumerate(said)}
        part = read_part(row["part"], size_hw)
        turns.append(TalkTurn(turn_id, question, language, part, replies))
    return Recipe(
        content_id=_text(picture["sha256"]),
        name=_text(picture["name"]),
        models=tuple(
            UsedModel(_text(row["key"]), _text(row["revision"]), _text(row["fingerprint"]))
            for row in told["models"]
        ),
        caption=caption,
        turns=tuple(turns),
        texts=texts,
    )


def _replies(
    rows: Any, language: str, read_settings: ReadSettings
) -> tuple[tuple[Reply, ...], list[str]]:
    if not isinstance(rows, list) or len(rows) > MOST_MODELS:
        raise PersonError("chat.mistake.recipe")
    replies = tuple(_reply(row, language, read_settings) for row in rows)
    return replies, [_text(row["text"]) for row in rows]


def _plain_reply(reply: Reply, history: History) -> dict[str, Any]:
    told: dict[str, Any] = {
        "model": reply.model,
        "language": reply.language,
        "temperature": reply.settings.temperature,
        "seed": reply.settings.seed,
        "most_tokens": reply.settings.most_tokens,
        "forced": list(reply.forced),
        "state": reply.state,
        "text": reply.text,
    }
    # What a model remembered is told only where it was not the talk as it stands now.
    if reply.history and reply.history != history:
        told["history"] = [list(pair) for pair in reply.history]
    return told


def _reply(told: Mapping[str, Any], language: str, read_settings: ReadSettings) -> Reply:
    forced = told["forced"]
    if not isinstance(forced, list) or len(forced) > MOST_FORCED:
        raise PersonError("chat.mistake.recipe")
    if not all(type(token) is int and 0 <= token < MOST_TOKEN for token in forced):
        raise PersonError("chat.mistake.recipe")
    history: History | None = None
    if "history" in told:
        pairs = [(_text(question), _text(answer)) for question, answer in told["history"]]
        history = tuple(pairs[-MOST_TURNS:])
    return Reply(
        model=_text(told["model"]),
        language=told["language"] if told["language"] in ("en", "zh-Hant") else language,
        settings=read_settings(told["temperature"], told["seed"], told["most_tokens"]),
        forced=tuple(forced),
        history=history,
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise PersonError("chat.mistake.recipe")
    return read_optional_words(value, most_characters=MOST_TEXT).text
