"""BLIP: one model for questions, one for captions (Li et al. 2022, arXiv:2201.12086).

A vision tower, and text towers that look at what it made with cross-attention; nothing is
projected into a language model. The captioner takes what is typed as the beginning of a caption.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from playground.models.blip2_asks import Answer, Ask, Seen, Steps
from playground.models.blip2_eyes import half, read_pixels
from playground.models.blip2_language import Prompt
from playground.models.blip2_rows import BARE, single_question, stacked, states_of
from playground.models.blip2_words import Prompted, TokenTexts, write
from playground.models.language_model import Language
from playground.models.precision import Precision, load_part, precision_for

ASKER, CAPTIONER = "BlipForQuestionAnswering", "BlipForConditionalGeneration"
TEXT_TOWERS = {ASKER: ("text_encoder", "text_decoder"), CAPTIONER: ("text_decoder",)}
# The model for questions was not made for captions.
CAPTION_QUESTION = "what is in the picture?"
MOST_PICTURES_AT_ONCE = 8


@dataclass(eq=False)
class BlipEyes:
    """Looks at the picture.

    Attributes:
        kind: Key in `blip2_kinds.KINDS`.
        vision: The vision tower.
        processor: The library's own preparation of pictures.
        precision: What its weights are kept in.
    """

    kind: str
    vision: Any
    processor: Any
    precision: Precision


def build_eyes(class_name: str, folder: Path) -> BlipEyes:
    """Builds what looks at pictures.

    Args:
        class_name: `ASKER` or `CAPTIONER`.
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    import transformers

    precision = precision_for(folder)
    whole = getattr(transformers, class_name)
    vision = load_part(whole, folder, precision, drops=TEXT_TOWERS[class_name]).vision_model
    processor = transformers.AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    return BlipEyes(class_name, vision, processor, precision)


def build_language(class_name: str, folder: Path) -> Language:
    """Builds what answers.

    Args:
        class_name: `ASKER` or `CAPTIONER`.
        folder: A checked model folder.

    Returns:
        The part on the CPU; its module has the text towers.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    import transformers

    towers = tuple(f"{name}." for name in TEXT_TOWERS[class_name])
    precision = precision_for(folder, only=towers)
    whole = getattr(transformers, class_name)
    module = load_part(whole, folder, precision, drops=("vision_model",))
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    text = module.config.text_config
    return Language(
        module=module,
        tokenizer=tokenizer,
        texts=TokenTexts(tokenizer, frozenset({text.sep_token_id})),
        frames=BARE,
        context_tokens=text.max_position_embeddings,
        is_encoder_decoder=class_name == ASKER,
        precision=precision,
    )


def see(eyes: BlipEyes, pictures: Sequence[np.ndarray]) -> list[Seen]:
    """Encodes pictures; see `playground.models.blip2.see`."""
    import torch

    found: list[Seen] = []
    for start in range(0, len(pictures), MOST_PICTURES_AT_ONCE):
        some = pictures[start : start + MOST_PICTURES_AT_ONCE]
        with torch.inference_mode():
            states = eyes.vision(pixel_values=read_pixels(eyes, some)).last_hidden_state
            kept = half(states)
        found += [
            Seen(eyes.kind, (picture.shape[0], picture.shape[1]), kept[number].copy())
            for number, picture in enumerate(some)
        ]
    return found


def answer_questions(language: Language, asks: Sequence[Ask], turn: Steps) -> list[Answer]:
    """Answers each question by itself; see `playground.models.blip2.answer`.

    Those of one length go together: the library's decoder looks at padding too (transformers 5.23
    drops the mask of its cross-attention), so that an answer would depend on who else asks.
    """
    prompts = [single_question(language, ask, instead=CAPTION_QUESTION) for ask in asks]
    found: dict[int, Answer] = {}
    for length in sorted({len(prompt.tokens) for prompt in prompts}):
        members = [n for n, prompt in enumerate(prompts) if len(prompt.tokens) == length]
        some, read = [asks[n] for n in members], [prompts[n] for n in members]
        generate = partial(_answer, language, some, [prompt.tokens for prompt in read])
        found |= zip(members, _write(language, some, read, generate, turn), strict=True)
    return [found[number] for number in range(len(asks))]


def go_on_with_captions(language: Language, asks: Sequence[Ask], turn: Steps) -> list[Answer]:
    """Writes captions that begin with what was typed; see `playground.models.blip2.answer`."""
    prompts = [single_question(language, ask, instead="") for ask in asks]
    begin: int = language.module.config.text_config.bos_token_id
    # As the library does: a mark of its own before the text, none behind it.
    rows = [(begin, *prompt.tokens[1:-1]) for prompt in prompts]
    return _write(language, asks, prompts, partial(_go_on, language, asks, rows), turn)


def _write(
    language: Language,
    asks: Sequence[Ask],
    prompts: Sequence[Prompt],
    generate: Any,
    turn: Steps,
) -> list[Answer]:
    prompted = Prompted(
        generate=generate,
        prompts=tuple(prompt.text for prompt in prompts),
        turns_used=(0,) * len(asks),
        unread=tuple(prompt.unread for prompt in prompts),
        openings=((),) * len(asks),
        precision=language.precision,
    )
    return write(language.texts, prompted, asks, turn)


def _answer(
    language: Language, asks: Sequence[Ask], rows: Sequence[Sequence[int]], **options: Any
) -> None:
    """Reads the questions once with the pictures, then writes from what was read."""
    import torch

    model, text = language.module, language.module.config.text_config
    first = next(model.parameters())
    ids = torch.tensor(rows, dtype=torch.long, device=first.device)
    with torch.inference_mode():
        read = model.text_encoder(
            input_ids=ids, encoder_hidden_states=states_of(asks, first)
        ).last_hidden_state
    model.text_decoder.generate(
        input_ids=torch.full_like(ids[:, :1], text.bos_token_id),
        encoder_hidden_states=read,
        eos_token_id=text.sep_token_id,
        pad_token_id=text.pad_token_id,
        **options,
    )


def _go_on(
    language: Language, asks: Sequence[Ask], rows: Sequence[Sequence[int]], **options: Any
) -> None:
    model, text = language.module, language.module.config.text_config
    first = next(model.parameters())
    ids, mask = stacked(rows, fill=text.pad_token_id, side="left", device=first.device)
    model.text_decoder.generate(
        input_ids=ids,
        attention_mask=mask,
        encoder_hidden_states=states_of(asks, first),
        eos_token_id=text.sep_token_id,
        pad_token_id=text.pad_token_id,
        **options,
    )
