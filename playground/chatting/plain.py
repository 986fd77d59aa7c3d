"""Answers as plain objects: the browser, the talks that ship and the recipes read the same form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from playground.chatting.parts_of_picture import Part
from playground.models.blip2 import Choice, Word

DIGITS = 5
MOST_CHOICES = 10


def plain_word(word: Word) -> dict[str, Any]:
    """Writes a word: `t` text, `p` probability, `id` token, `o` up to ten [text, p, id]."""
    others = [
        [choice.text, round(choice.probability, DIGITS), choice.token]
        for choice in word.others[:MOST_CHOICES]
    ]
    return {
        "t": word.text,
        "p": round(word.probability, DIGITS),
        "id": word.token,
        "o": others,
    }


def word_of(told: Mapping[str, Any]) -> Word:
    """Reads what `plain_word` wrote.

    Raises:
        KeyError, TypeError, ValueError: It is not that.
    """
    others = tuple(Choice(int(token), str(text), float(p)) for text, p, token in told["o"])
    return Word(int(told["id"]), str(told["t"]), float(told["p"]), others)


def plain_part(part: Part | None, size_hw: tuple[int, int]) -> dict[str, Any] | None:
    """Writes a part as the browser and `read_part` take it."""
    if part is None:
        return None
    name = {"name": part.name} if part.name else {}
    if part.runs:
        return {"runs": part.runs, "width": size_hw[1], "height": size_hw[0], **name}
    return {"box": list(part.box_xyxy), **name}


def plain_words(words: Sequence[Word]) -> list[dict[str, Any]]:
    """Writes words, the first first."""
    return [plain_word(word) for word in words]
