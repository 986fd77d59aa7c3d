"""Talks that ship, so that the tab opens on answers that a model really gave, before it is loaded.

`python -m playground.stored_talks` makes the files again, after mini-blip2 or a picture changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.chatting.conversation import Reply, Settings, Talk, TalkTurn
from playground.chatting.plain import plain_words, word_of

STORED = Path(__file__).parents[2] / "assets" / "examples" / "blip2_chat"
# Ids of the collection. The tab opens on the first.
EXAMPLES = ("scene-002", "scene-046", "scene-018", "scene-010", "scene-013", "scene-024")


@dataclass(frozen=True)
class StoredTalk:
    """A talk about one picture in one language.

    Attributes:
        fingerprint: Which files of the model gave the answers.
        content_id: About which pixels.
        caption: What it says of the picture.
        turns: What was asked and answered.
    """

    fingerprint: str
    content_id: str
    caption: tuple[Reply, ...]
    turns: tuple[TalkTurn, ...]


@dataclass(frozen=True)
class Questions:
    """What goes with one example, in one language.

    Attributes:
        asked: What the stored talk asks.
        tries: What else a person may ask, offered beside the field.
    """

    asked: tuple[str, ...]
    tries: tuple[str, ...]


def read_questions(folder: Path = STORED) -> dict[str, dict[str, Questions]]:
    """Reads the questions about each example, by its id and the language."""
    told = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    return {
        picture_id: {
            language: Questions(tuple(row["asked"]), tuple(row["tries"]))
            for language, row in by_language.items()
        }
        for picture_id, by_language in told.items()
    }


def stored_file(folder: Path, model_key: str, picture_id: str) -> Path:
    """Returns the file of one picture for one model, whether or not it exists."""
    return folder / f"{model_key}-{picture_id}.json"


def write_stored(talks: Sequence[Talk], model_fingerprint: str, file: Path) -> None:
    """Writes talks about one picture, one for each language.

    Args:
        talks: The talks; all have the same picture and one model.
        model_fingerprint: Which files of the model gave the answers.
        file: Where to.

    Raises:
        OSError: It cannot be written.
    """
    told = {
        "fingerprint": model_fingerprint,
        "content_id": talks[0].picture.content_id,
        "talks": {talk.language: _plain_talk(talk) for talk in talks},
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    file.write_text(text + "\n", encoding="utf-8")


def read_stored(file: Path, language: str) -> StoredTalk | None:
    """Reads what `write_stored` wrote; None when there is no such talk or it is damaged."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        talk = told["talks"][language]
        return StoredTalk(
            fingerprint=str(told["fingerprint"]),
            content_id=str(told["content_id"]),
            caption=tuple(_reply(row) for row in talk["caption"]),
            turns=tuple(_turn(row, place) for place, row in enumerate(talk["turns"])),
        )
    except (OSError, KeyError, ValueError, TypeError, AttributeError):
        return None


def _plain_talk(talk: Talk) -> dict[str, Any]:
    turns = [
        {
            "question": turn.question,
            "language": turn.language,
            "replies": [_plain_reply(reply) for reply in turn.replies],
        }
        for turn in talk.turns
    ]
    return {"caption": [_plain_reply(reply) for reply in talk.caption], "turns": turns}


def _plain_reply(reply: Reply) -> dict[str, Any]:
    return {
        "model": reply.model,
        "language": reply.language,
        "most_tokens": reply.settings.most_tokens,
        "words": plain_words(reply.words),
        "ended": reply.ended,
        "prompt": reply.prompt,
        "history": [list(pair) for pair in reply.history or ()],
    }


def _reply(told: Mapping[str, Any]) -> Reply:
    return Reply(
        model=str(told["model"]),
        language=str(told["language"]),
        settings=Settings(most_tokens=int(told["most_tokens"])),
        words=tuple(word_of(row) for row in told["words"]),
        state="done",
        ended=str(told["ended"]),
        prompt=str(told["prompt"]),
        history=tuple((str(question), str(answer)) for question, answer in told["history"]),
    )


def _turn(told: Mapping[str, Any], place: int) -> TalkTurn:
    replies = tuple(_reply(row) for row in told["replies"])
    return TalkTurn(f"stored-{place}", str(told["question"]), str(told["language"]), None, replies)
