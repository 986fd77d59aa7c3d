"""How prompts are read by language models: inside a frame, of which most of the places are padding.

The frame is what the model's pipeline writes around a prompt: the marks of a talk, or instructions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playground.models.diffusion_asks import Reading, Token
from playground.models.diffusion_words import split_words
from playground.models.typed_text import without_marks

if TYPE_CHECKING:
    import torch

# No prompt has it: a character for private use.
HERE = "\ue000"
# Hundreds of places each, in a model of billions of weights.
MOST_AT_ONCE = 4
SPECIAL = Token("", -1, is_special=True)


@dataclass(frozen=True)
class Frame:
    """What stands around a prompt.

    Attributes:
        before: Text before it.
        after: Text behind it.
        places: Tokens that are read in all, padding included.
    """

    before: str
    after: str
    places: int


def chat_frame(tokenizer: Any, places: int, *, thinks: bool) -> Frame:
    """Returns the frame of a talk whose one sentence is the prompt.

    Args:
        tokenizer: Of the library, with a template for talks.
        places: Tokens that are read in all.
        thinks: Whether the answer would begin with thoughts, as the pipeline has it.
    """
    whole: str = tokenizer.apply_chat_template(
        [{"role": "user", "content": HERE}],
        tokenize=False,
        add_generation_prompt=True,
        enable_thinking=thinks,
    )
    before, _, after = whole.partition(HERE)
    return Frame(before, after, places)


def encode(
    tokenizer: Any, frame: Frame, texts: Sequence[str]
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Turns prompts into tokens, a few at once.

    Args:
        tokenizer: Of the library.
        frame: What stands around each.
        texts: The prompts.

    Returns:
        Batches of at most `MOST_AT_ONCE`: ids and mask, int64 (B, places) each.
    """
    batches = []
    for start in range(0, len(texts), MOST_AT_ONCE):
        found = tokenizer(
            [_framed(tokenizer, frame, text) for text in texts[start : start + MOST_AT_ONCE]],
            padding="max_length",
            max_length=frame.places,
            truncation=True,
            return_tensors="pt",
        )
        batches.append((found["input_ids"], found["attention_mask"]))
    return batches


def reading_of(
    tokenizer: Any, frame: Frame, text: str, tensors: dict[str, torch.Tensor]
) -> Reading:
    """Tells how a prompt was cut.

    Args:
        tokenizer: Of the library; a fast one that pads and cuts at the end.
        frame: What stands around it.
        text: The prompt.
        tensors: What the denoiser is given.
    """
    typed = without_marks(tokenizer, text)
    found = tokenizer(
        frame.before + typed + frame.after,
        return_offsets_mapping=True,
        truncation=False,
        verbose=False,
    )
    first = len(frame.before)
    # Of tokens across the edge, what belongs to the prompt; space alone is no word.
    spans = [
        (max(0, start - first), min(len(typed), end - first))
        for start, end in found["offset_mapping"]
    ]
    is_own = [start < end and not typed[start:end].isspace() for start, end in spans]
    kept = min(len(spans), frame.places)
    words, owners = split_words(typed, [spans[n] for n in range(kept) if is_own[n]])
    numbers = iter(owners)
    tokens = [
        Token(typed[start:end], next(numbers), is_special=False) if own else SPECIAL
        for (start, end), own in zip(spans[:kept], is_own, strict=False)
    ]
    cut = [spans[n][0] for n in range(kept, len(spans)) if is_own[n]]
    return Reading(
        text=text,
        tokens=(*tokens, *[SPECIAL] * (frame.places - kept)),
        words=words,
        count=len(spans),
        most=frame.places,
        unread=typed[cut[0] :] if cut else "",
        tensors=tensors,
    )


def _framed(tokenizer: Any, frame: Frame, text: str) -> str:
    return frame.before + without_marks(tokenizer, text) + frame.after
