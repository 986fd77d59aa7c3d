"""Questions as rows of a batch, for kinds whose text model takes tokens alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from playground.models.blip2_asks import Ask
from playground.models.blip2_language import Prompt, prompt_of
from playground.models.language_model import Frame, Language

if TYPE_CHECKING:
    import torch

# What was taught to read a question as it is.
BARE = {"en": Frame(before="", after="", space=" ", stop=" ")}


def single_question(language: Language, ask: Ask, *, instead: str) -> Prompt:
    """Reads a question alone, for a model that was not taught to read earlier ones.

    Args:
        language: Its text model; its frame is `BARE`.
        ask: The question.
        instead: What stands in its place where nothing is asked.

    Returns:
        The prompt, as much of it as there is room for.
    """
    alone = replace(ask, turns=(), question=ask.question or instead)
    if alone.question:
        return prompt_of(language, alone)
    return Prompt("", tuple(language.tokens_of("")), 0, "")


def stacked(
    rows: Sequence[Sequence[int]], *, fill: int, side: Literal["left", "right"], device: Any
) -> tuple[torch.Tensor, torch.Tensor]:
    """Makes one batch of rows of different lengths.

    Args:
        rows: N times tokens.
        fill: Token that stands where a row has none.
        side: Where it is filled up: what writes on begins at the right, so it is filled up left.
        device: Where the batch goes.

    Returns:
        Tokens, int64 (N, T), and what of them is real, int64 (N, T) of 0 and 1.
    """
    import torch

    longest = max(len(row) for row in rows)
    ids = torch.full((len(rows), longest), fill, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for number, row in enumerate(rows):
        places = slice(longest - len(row), None) if side == "left" else slice(len(row))
        ids[number, places] = torch.tensor(row, dtype=torch.long)
        mask[number, places] = 1
    return ids.to(device), mask.to(device)


def states_of(asks: Sequence[Ask], like: torch.Tensor) -> torch.Tensor:
    """Puts what the vision tower made of each row's picture into one batch.

    Args:
        asks: N questions whose `states` have one shape.
        like: Tells device and dtype.

    Returns:
        (N, P, D).
    """
    import torch

    rows = [torch.from_numpy(ask.seen.states) for ask in asks]
    return torch.stack(rows).to(like.device, like.dtype)


def without_marks(text: str, tokenizer: Any) -> str:
    """Breaks the names of marks that a person typed, such as `<image>`, so that they are text.

    Args:
        text: What was typed.
        tokenizer: Knows the marks.

    Returns:
        The text with a space inside each of them.
    """
    for mark in sorted({*tokenizer.all_special_tokens, *tokenizer.get_added_vocab()}, key=len):
        if len(mark) > 1:
            text = text.replace(mark, f"{mark[0]} {mark[1:]}")
    return text
