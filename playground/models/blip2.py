"""Models that answer about pictures: a picture is encoded once, all questions read what was kept.

Li et al. 2023 (arXiv:2301.12597) and its kin; what they do differently stands in
`blip2_kinds.py`. The parts are built apart: "eyes" (vision tower, Q-Former, projection) run once a
picture, "language" answers, "match" tells whether a sentence fits.

`see`, `answer`, `match` and `score` are made for `cache.batch`; `answer` and `score` with `steps`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from playground.entries import Entry
from playground.models.blip2_asks import (
    Answer,
    Ask,
    Choice,
    Facts,
    Looks,
    Matched,
    Scored,
    Seen,
    Steps,
    Word,
)
from playground.models.blip2_kinds import KINDS, kind_name

__all__ = [
    "Answer",
    "Ask",
    "Choice",
    "Facts",
    "Looks",
    "Matched",
    "Scored",
    "Seen",
    "Word",
    "answer",
    "build",
    "facts",
    "join",
    "look",
    "match",
    "part_of",
    "score",
    "see",
]


def build(part: str, folder: Path) -> Any:
    """Builds one part from the folder of a whole model.

    Args:
        part: `"eyes"`, `"language"`, `"match"`, or `"model"` where it cannot be parted.
        folder: A checked model folder.

    Returns:
        The part on the CPU, without the weights of the others.

    Raises:
        PersonError: `mistake.model.mismatch` for a kind or part that is not known or missing
            weights.
    """
    return KINDS[kind_name(folder)].build[part](folder)


def join(folder: Path, *parts: Any) -> tuple[Any, ...]:
    """Keeps the parts together; every function here takes the one it needs."""
    return parts


def part_of(item: Entry, name: str) -> str:
    """Returns the key of a part in the cache.

    Args:
        item: The entry.
        name: `"eyes"`, `"language"` or `"match"`.

    Returns:
        The key; that of the only part where the model cannot be parted.

    Raises:
        KeyError: It has several parts and none of this name.
    """
    for key in item.parts:
        if key.rpartition("/")[2] == name:
            return key
    if len(item.parts) == 1:
        return item.parts[0]
    raise KeyError(name)


def facts(item: Entry) -> Facts:
    """Returns what is known of a model before any of its weights is read.

    Args:
        item: The entry.

    Raises:
        KeyError: Its class is not one of `KINDS`.
    """
    kind = KINDS[item.class_name]
    names = {key.rpartition("/")[2] for key in item.parts}
    return Facts(
        has_queries=item.queries > 0,
        query_count=item.queries,
        can_match="match" in names,
        answers=kind.answer is not None,
        remembers_turns=kind.remembers_turns,
        languages=item.languages,
        is_free_text=kind.is_free_text,
        is_captioner=kind.is_captioner,
    )


def see(eyes: Any, pictures: Sequence[np.ndarray]) -> list[Seen]:
    """Encodes pictures.

    Args:
        eyes: The part "eyes", or the only part.
        pictures: N pictures, each uint8 (H, W, 3), RGB, of any size.

    Returns:
        N encoded pictures.

    Source: Li 2023, section 3.1.
    """
    return KINDS[eyes.kind].see(eyes, pictures)


def answer(language: Any, asks: Sequence[Ask], turn: Steps) -> list[Answer]:
    """Answers questions together, word by word.

    Args:
        language: The part "language", or the only part.
        asks: N questions, one or more.
        turn: Is told between two words.

    Returns:
        N answers; each is what it would be alone.

    Raises:
        FloatingPointError: The model gave numbers that are none.

    Source: Li 2023, section 3.2 and figure 3.
    """
    run = KINDS[asks[0].seen.kind].answer
    assert run is not None, "this kind gives no answers"
    return run(language, asks, turn)


def score(language: Any, items: Sequence[tuple[Ask, tuple[str, ...]]], turn: Steps) -> list[Scored]:
    """Tells how likely each option would be as the answer, without writing one.

    Args:
        language: The part "language", or the only part.
        items: N questions with one or more options each.
        turn: Is told between two passes.

    Returns:
        N scores.
    """
    run = KINDS[items[0][0].seen.kind].score
    assert run is not None, "this kind gives no scores"
    return run(language, items, turn)


def look(eyes: Any, seen: Seen) -> Looks:
    """Tells where the queries look.

    Args:
        eyes: The part "eyes".
        seen: What `see` made of the picture; the vision tower does not run again.

    Returns:
        The weights of all layers and heads.

    Source: Li 2023, section 3.1 (cross-attention of the Q-Former).
    """
    run = KINDS[seen.kind].look
    assert run is not None, "this kind has no queries"
    return run(eyes, seen)


def match(matcher: Any, pairs: Sequence[tuple[Seen, str]]) -> list[Matched]:
    """Tells how well sentences fit pictures.

    Args:
        matcher: The part "match".
        pairs: N encoded pictures, each with a sentence; the vision tower does not run again.

    Returns:
        N answers.

    Source: Li 2023, section 3.1 (image-text contrastive learning, image-text matching).
    """
    run = KINDS[pairs[0][0].kind].match
    assert run is not None, "this kind matches nothing"
    return run(matcher, pairs)
