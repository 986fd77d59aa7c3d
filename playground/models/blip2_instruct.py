"""InstructBLIP: a BLIP-2 whose queries read the question before they look.

Dai et al. 2023 (arXiv:2305.06500), section 2.3 and figure 3. What stands for the picture depends on
the question, so only the vision tower runs beforehand; the Q-Former runs with the language model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from playground.models import blip2_options
from playground.models.blip2_asks import Answer, Ask, Scored, Steps
from playground.models.blip2_blip import BlipEyes, see
from playground.models.blip2_eyes import half
from playground.models.blip2_language import batch_inputs, prompt_of
from playground.models.blip2_rows import BARE, stacked, states_of
from playground.models.blip2_words import Prompted, write
from playground.models.language_model import Language
from playground.models.language_model import build_language as build_inner
from playground.models.precision import load_part, precision_for
from playground.models.typed_text import as_text

KIND = "InstructBlipForConditionalGeneration"
# One of the instructions it was taught for captions: Dai 2023, appendix, table 5.
CAPTION_QUESTION = "Write a short description for the image."
READER_FOLDER = "qformer_tokenizer"
LANGUAGE_SIDE = ("language_model", "qformer", "query_tokens", "language_projection")

__all__ = ["KIND", "answer", "build_eyes", "build_language", "score", "see"]


@dataclass(eq=False)
class InstructLanguage(Language):
    """The language model and the Q-Former before it.

    Attributes:
        asker: The library's class without vision tower and language model: Q-Former, queries,
            projection; in float32.
        reader: Tokenizer of the Q-Former.
    """

    asker: Any
    reader: Any


def build_eyes(folder: Path) -> BlipEyes:
    """Builds the vision tower.

    Args:
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    from transformers import AutoImageProcessor, InstructBlipForConditionalGeneration

    precision = precision_for(folder)
    whole = load_part(InstructBlipForConditionalGeneration, folder, precision, drops=LANGUAGE_SIDE)
    processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    return BlipEyes(KIND, whole.vision_model, processor, precision)


def build_language(folder: Path) -> InstructLanguage:
    """Builds what answers.

    Args:
        folder: A checked model folder, with a tokenizer of the Q-Former in a folder of its own.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    from transformers import AutoTokenizer, InstructBlipForConditionalGeneration

    inner = build_inner(folder)
    asker = load_part(
        InstructBlipForConditionalGeneration,
        folder,
        inner.precision,
        drops=("vision_model", "language_model"),
    )
    reader = AutoTokenizer.from_pretrained(folder / READER_FOLDER, local_files_only=True)
    shared = {field.name: getattr(inner, field.name) for field in fields(inner)}
    return InstructLanguage(**(shared | {"frames": BARE}), asker=asker, reader=reader)


def answer(language: InstructLanguage, asks: Sequence[Ask], turn: Steps) -> list[Answer]:
    """Answers each question by itself; see `playground.models.blip2.answer`."""
    asks = looked_at(language, asks)
    prompts = [prompt_of(language, ask) for ask in asks]
    inputs = batch_inputs(language, asks, [prompt.tokens for prompt in prompts])
    prompted = Prompted(
        generate=partial(language.module.generate, **inputs),
        prompts=tuple(prompt.text for prompt in prompts),
        turns_used=(0,) * len(asks),
        unread=tuple(prompt.unread for prompt in prompts),
        openings=((),) * len(asks),
        precision=language.precision,
    )
    return write(language.texts, prompted, asks, turn)


def score(
    language: InstructLanguage, items: Sequence[tuple[Ask, tuple[str, ...]]], turn: Steps
) -> list[Scored]:
    """Scores options; see `playground.models.blip2.score`."""
    asks = looked_at(language, [ask for ask, _ in items])
    options = [options for _, options in items]
    return blip2_options.score(language, list(zip(asks, options, strict=True)), turn)


def looked_at(language: InstructLanguage, asks: Sequence[Ask]) -> list[Ask]:
    """Lets the queries read each question and look at its picture.

    Args:
        language: The part.
        asks: N questions about encoded pictures.

    Returns:
        The same without earlier turns, with what stands for the picture in `queries`.

    Source: Dai 2023, section 2.3 ("Instruction-aware Visual Feature Extraction").
    """
    import torch

    model, reader = language.asker, language.reader
    alone = [replace(ask, turns=(), question=ask.question or CAPTION_QUESTION) for ask in asks]
    limit = model.config.qformer_config.max_position_embeddings
    rows = [
        reader(
            as_text(reader, ask.question),
            split_special_tokens=True,
            truncation=True,
            max_length=limit,
        )["input_ids"]
        for ask in alone
    ]
    first = model.query_tokens
    ids, mask = stacked(rows, fill=reader.pad_token_id, side="right", device=first.device)
    queries = first.expand(len(rows), -1, -1)
    shown = torch.ones(queries.shape[:2], dtype=mask.dtype, device=mask.device)
    with torch.inference_mode():
        found = model.qformer(
            input_ids=ids,
            attention_mask=torch.cat([shown, mask], dim=1),
            query_embeds=queries,
            encoder_hidden_states=states_of(asks, first),
        ).last_hidden_state[:, : queries.shape[1]]
        kept = half(model.language_projection(found))
    return [
        replace(ask, seen=replace(ask.seen, queries=kept[number]))
        for number, ask in enumerate(alone)
    ]
