"""The language model of a BLIP-2: prompts, and answers from what stands for the picture.

Li et al. 2023 (arXiv:2301.12597), section 3.2 and figure 3: the queries stand before the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.models import language_model
from playground.models.blip2_asks import Answer, Ask, Steps
from playground.models.blip2_words import Prompted, write
from playground.models.language_model import Frame, Language

if TYPE_CHECKING:
    import torch

# These models were taught with single captions and questions: longer talks confuse them.
MOST_TURNS = 4

build_language = language_model.build_language


@dataclass(frozen=True)
class Prompt:
    """One question as the model reads it.

    Attributes:
        text: The prompt.
        tokens: Its tokens, with the marks around it.
        turns_used: See `Answer`.
        unread: See `Answer`.
    """

    text: str
    tokens: tuple[int, ...]
    turns_used: int
    unread: str


def answer(language: Language, asks: Sequence[Ask], turn: Steps) -> list[Answer]:
    """Answers questions together; see `playground.models.blip2.answer`."""
    prompts = [prompt_of(language, ask) for ask in asks]
    inputs = batch_inputs(language, asks, [prompt.tokens for prompt in prompts])
    prompted = Prompted(
        generate=partial(language.module.generate, **inputs),
        prompts=tuple(prompt.text for prompt in prompts),
        turns_used=tuple(prompt.turns_used for prompt in prompts),
        unread=tuple(prompt.unread for prompt in prompts),
        openings=tuple(_opening(language, ask) for ask in asks),
        precision=language.precision,
    )
    return write(language.texts, prompted, asks, turn)


def prompt_of(language: Language, ask: Ask, *, room_for: int | None = None) -> Prompt:
    """Writes the prompt of a question, as much of it as the model has room for.

    Args:
        language: The language model.
        ask: The question. Old turns are left out first, then the end of the question.
        room_for: Tokens kept free for the answer; `ask.most_tokens` if left out.

    Returns:
        The prompt.

    Source: Li 2023, section 4.1 and figure 4.
    """
    if ask.is_caption:
        return Prompt("", tuple(_caption_tokens(language)), 0, "")
    frame = language.frame(ask.language)
    queries = 0 if ask.seen.queries is None else len(ask.seen.queries)
    room = language.context_tokens - queries - (room_for or ask.most_tokens)
    turns, question = ask.turns[-MOST_TURNS:], ask.question
    while True:
        text = talk_text(frame, turns, question)
        tokens = language.tokens_of(text)
        if len(tokens) <= room or not (turns or question):
            return Prompt(text, tuple(tokens), len(turns), ask.question[len(question) :])
        if turns:
            turns = turns[1:]
        else:
            # What is too long by a half loses a half, and at least one character.
            kept = len(question) * max(room, 0) // len(tokens)
            question = question[: min(kept, len(question) - 1)]


def talk_text(frame: Frame, turns: Sequence[tuple[str, str]], question: str) -> str:
    """Writes a talk and the question that comes next.

    Args:
        frame: What stands around questions and answers.
        turns: Questions and answers before it, oldest first.
        question: The question.

    Returns:
        The text behind which the answer begins.
    """
    told = "".join(
        f"{frame.before}{asked}{frame.after}{frame.space}{answered.rstrip('. ')}{frame.stop}"
        for asked, answered in turns
    )
    return f"{told}{frame.before}{question}{frame.after}"


def batch_inputs(
    language: Language, asks: Sequence[Ask], tokens: Sequence[Sequence[int]]
) -> dict[str, torch.Tensor]:
    """Puts the queries before the words, and rows of different lengths into one batch.

    What only reads before it writes is padded on the left, an encoder on the right: so each row's
    words stand where they would stand alone.

    Args:
        language: The language model.
        asks: N questions.
        tokens: N times the tokens of the prompt.

    Returns:
        `inputs_embeds` (N, T, H), `attention_mask` (N, T) and, but for an encoder, `position_ids`
        (N, T). A silenced query keeps its position: only nothing looks at it.
    """
    import torch
    from torch.nn.functional import pad

    embed = language.module.get_input_embeddings()
    device, dtype = embed.weight.device, embed.weight.dtype
    rows: list[torch.Tensor] = []
    masks: list[torch.Tensor] = []
    for ask, ids in zip(asks, tokens, strict=True):
        words = embed(torch.tensor(ids, dtype=torch.long, device=device))
        queries = torch.from_numpy(shown_queries(ask)).to(device, dtype)
        rows.append(torch.cat([queries, words]))
        mask = torch.ones(len(rows[-1]), dtype=torch.long, device=device)
        mask[[query for query in ask.silenced if query < len(queries)]] = 0
        masks.append(mask)
    longest = max(len(row) for row in rows)

    def padded(row: torch.Tensor) -> torch.Tensor:
        missing = longest - len(row)
        sides = (0, missing) if language.is_encoder_decoder else (missing, 0)
        return pad(row, (0, 0, *sides) if row.ndim == 2 else sides)

    inputs = {
        "inputs_embeds": torch.stack([padded(row) for row in rows]),
        "attention_mask": torch.stack([padded(mask) for mask in masks]),
    }
    if not language.is_encoder_decoder:
        # Told, because the library would count only what may be looked at.
        places = [torch.arange(len(row), device=device) for row in rows]
        inputs["position_ids"] = torch.stack([padded(row) for row in places])
    return inputs


def shown_queries(ask: Ask) -> np.ndarray:
    """The queries with those of other pictures in their places; float32 (Q, H)."""
    kept = ask.seen.queries
    assert kept is not None, "this picture was encoded without queries"
    queries = kept.astype(np.float32)
    for query, row in ask.replaced.items():
        queries[query] = row
    return queries


def _opening(language: Language, ask: Ask) -> tuple[int, ...]:
    """What a caption begins with, so that the model goes on in that language."""
    caption = language.frame(ask.language).caption if ask.is_caption else ""
    if not caption:
        return ()
    return tuple(language.tokenizer(caption, add_special_tokens=False)["input_ids"])


def _caption_tokens(language: Language) -> list[int]:
    """What the library reads where there are no words: the mark of a beginning."""
    begin: Any = getattr(language.module.config, "bos_token_id", None)
    return language.tokens_of("") if begin is None else [int(begin)]
