"""How likely each of several options is as the answer: read off, not written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playground.models.blip2_asks import Ask, Scored, Steps
from playground.models.blip2_language import batch_inputs, prompt_of
from playground.models.language_model import Language
from playground.models.typed_text import as_text

# Bounds the logits of one forward pass: rows times places times the vocabulary.
MOST_ROWS_AT_ONCE = 16

Row = tuple[Ask, tuple[int, ...], tuple[int, ...]]


def score(
    language: Language, items: Sequence[tuple[Ask, tuple[str, ...]]], turn: Steps
) -> list[Scored]:
    """Scores options; see `playground.models.blip2.score`."""
    rows = [row for ask, options in items for row in _rows(language, ask, options)]
    totals: list[float] = []
    for start in range(0, len(rows), MOST_ROWS_AT_ONCE):
        turn.step()
        totals += _totals(language, rows[start : start + MOST_ROWS_AT_ONCE])
    lengths = [max(1, len(option)) for _, _, option in rows]
    found: list[Scored] = []
    for _, options in items:
        own, counts = totals[: len(options)], lengths[: len(options)]
        totals, lengths = totals[len(options) :], lengths[len(options) :]
        means = (total / count for total, count in zip(own, counts, strict=True))
        found.append(Scored(tuple(own), tuple(means)))
    return found


def _rows(language: Language, ask: Ask, options: Sequence[str]) -> list[Row]:
    """A question once for each option: prompt and option as tokens."""
    tokenizer, frame = language.tokenizer, language.frame(ask.language)
    space = "" if language.is_encoder_decoder else frame.space
    texts = [as_text(tokenizer, f"{space}{option}") for option in options]
    tokens: list[tuple[int, ...]] = [
        tuple(tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])
        for text in texts
    ]
    prompt = prompt_of(language, ask, room_for=max(len(option) for option in tokens))
    return [(ask, prompt.tokens, option) for option in tokens]


def _totals(language: Language, rows: Sequence[Row]) -> list[float]:
    """Log-probability of each row's option behind its prompt."""
    import torch

    asks, prompts, options = zip(*rows, strict=True)
    with torch.inference_mode():
        if language.is_encoder_decoder:
            logits = _decoder_logits(language, asks, prompts, options)
        else:
            # The last token of an option is read by nobody.
            together = [(*p, *o[:-1]) for p, o in zip(prompts, options, strict=True)]
            inputs = batch_inputs(language, asks, together)
            logits = language.module(**inputs).logits
        return [_total(language, logits[number], option) for number, option in enumerate(options)]


def _decoder_logits(
    language: Language, asks: Sequence[Ask], prompts: Sequence[Any], options: Sequence[Any]
) -> Any:
    import torch

    inputs = batch_inputs(language, asks, prompts)
    device = inputs["attention_mask"].device
    longest = max(len(option) for option in options)
    # What stands behind an option changes nothing before it.
    labels = torch.zeros((len(options), longest), dtype=torch.long, device=device)
    for number, option in enumerate(options):
        labels[number, : len(option)] = torch.tensor(option, device=device)
    return language.module(**inputs, labels=labels).logits


def _total(language: Language, logits: Any, option: Sequence[int]) -> float:
    import torch

    count = len(option)
    if not count:
        return 0.0
    part = logits[:count] if language.is_encoder_decoder else logits[-count:]
    shares = torch.log_softmax(part.float(), dim=-1)
    chosen = torch.tensor(option, device=shares.device)[:, None]
    return float(shares.gather(1, chosen).sum())
