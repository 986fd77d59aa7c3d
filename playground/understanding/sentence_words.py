"""Cutting a sentence into words that can be left out, along the model's own tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

IN_WORDS = re.compile(r"\w")
# Chinese is written without spaces: there each token counts as a word.
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]")


@dataclass(frozen=True)
class Word:
    """One word of a sentence.

    Attributes:
        text: As it is written.
        pieces: Which tokens it is made of.
        start: Where it begins in the sentence, in characters.
        end: Where it ends.
    """

    text: str
    pieces: tuple[int, ...]
    start: int
    end: int


def words_of(sentence: str, pieces: Sequence[str]) -> tuple[Word, ...]:
    """Joins tokens to words.

    Args:
        sentence: What was read.
        pieces: The text of each token in order, as `clip.count_tokens` gives them; a piece that is
            not found again, such as the second half of a character, joins the word before it.

    Returns:
        The words in order. Marks between them belong to none.
    """
    words: list[Word] = []
    at, is_joined = 0, False
    for place, raw in enumerate(pieces):
        piece = raw.strip()
        start = sentence.find(piece, at) if piece else -1
        if start < 0:
            if words:
                words[-1] = _longer(words[-1], place, words[-1].end, sentence)
            continue
        end = start + len(piece)
        if not IN_WORDS.search(piece):
            at, is_joined = end, False
            continue
        follows = bool(words) and start == words[-1].end and raw == raw.lstrip()
        if follows and is_joined and not UNSPACED.search(piece):
            words[-1] = _longer(words[-1], place, end, sentence)
        else:
            words.append(Word(piece, (place,), start, end))
        is_joined = not UNSPACED.search(piece)
        at = end
    return tuple(words)


def _longer(word: Word, piece: int, end: int, sentence: str) -> Word:
    return Word(sentence[word.start : end], (*word.pieces, piece), word.start, end)


def without(sentence: str, words: Sequence[Word], gone: np.ndarray) -> str:
    """Leaves words out of a sentence.

    Args:
        sentence: The sentence.
        words: Its words.
        gone: bool (W,), which words to leave out.

    Returns:
        What is left, with single spaces.
    """
    kept, at = [], 0
    for word, is_gone in zip(words, gone, strict=True):
        if is_gone:
            kept.append(sentence[at : word.start])
            at = word.end
    return " ".join("".join([*kept, sentence[at:]]).split())


def heat_of_words(heat: np.ndarray, words: Sequence[Word]) -> np.ndarray:
    """Adds up the heat of each word's tokens.

    Args:
        heat: float (P,), by token; tokens that were not read have none.
        words: W words.

    Returns:
        float64 (W,).
    """
    return np.array(
        [sum(float(heat[piece]) for piece in word.pieces if piece < len(heat)) for word in words]
    )
