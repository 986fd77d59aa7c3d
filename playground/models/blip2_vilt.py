"""ViLT: one tower reads words and patches together and chooses among fixed answers.

Kim et al. 2021 (arXiv:2102.03334). Its towers cannot be parted: what is kept of a picture are
pixels, and every question runs the whole model. An answer is one "word": a class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from playground.models.blip2_asks import Answer, Ask, Seen, Steps
from playground.models.blip2_eyes import half
from playground.models.blip2_rows import BARE, single_question
from playground.models.blip2_words import Prompted, write
from playground.models.language_model import Language
from playground.models.precision import load_part, precision_for
from playground.models.thin_pictures import widened

KIND = "ViltForQuestionAnswering"
CAPTION_QUESTION = "what is in the picture?"


@dataclass(eq=False)
class Vilt(Language):
    """The whole model.

    Attributes:
        kind: Key in `blip2_kinds.KINDS`.
        processor: The library's own preparation of pictures.
    """

    kind: str = KIND
    processor: Any = None


class Labels:
    """What the classes say, as `TokenTexts` tells it of tokens; one class more is the end.

    Args:
        labels: Text of each class.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.ends = frozenset({len(labels)})
        self._labels = labels

    def joined(self, tokens: Sequence[int]) -> str:
        """The text of an answer: that of its one class."""
        return "".join(map(self.alone, tokens))

    def alone(self, token: int) -> str:
        """What a class says; "" for the end."""
        return "" if token in self.ends else self._labels[token]


def build_model(folder: Path) -> Vilt:
    """Builds the model.

    Args:
        folder: A checked model folder.

    Returns:
        The only part, on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    from transformers import AutoImageProcessor, AutoTokenizer, ViltForQuestionAnswering

    precision = precision_for(folder)
    module = load_part(ViltForQuestionAnswering, folder, precision)
    config = module.config
    texts: Any = Labels([config.id2label[number] for number in range(config.num_labels)])
    return Vilt(
        module=module,
        tokenizer=AutoTokenizer.from_pretrained(folder, local_files_only=True),
        texts=texts,
        frames=BARE,
        context_tokens=config.max_position_embeddings,
        is_encoder_decoder=True,
        precision=precision,
        processor=AutoImageProcessor.from_pretrained(folder, local_files_only=True),
    )


def see(model: Vilt, pictures: Sequence[np.ndarray]) -> list[Seen]:
    """Resizes pictures, which is all that can be done beforehand; see `blip2.see`."""
    found = []
    for picture in pictures:
        # One by one: pictures of other shapes would be padded to one.
        read = model.processor(images=Image.fromarray(widened(picture)), return_tensors="pt")
        size_hw = (picture.shape[0], picture.shape[1])
        found.append(Seen(model.kind, size_hw, half(read["pixel_values"][0])))
    return found


def answer(model: Vilt, asks: Sequence[Ask], turn: Steps) -> list[Answer]:
    """Chooses the answer to each question by itself; see `playground.models.blip2.answer`.

    The shares are a softmax over all classes; in training each was judged by itself.
    """
    prompts = [
        single_question(model, replace(ask, most_tokens=0), instead=CAPTION_QUESTION)
        for ask in asks
    ]
    prompted = Prompted(
        generate=partial(_choose, model, asks, [prompt.tokens for prompt in prompts]),
        prompts=tuple(prompt.text for prompt in prompts),
        turns_used=(0,) * len(asks),
        unread=tuple(prompt.unread for prompt in prompts),
        openings=((),) * len(asks),
        precision=model.precision,
    )
    # Room for the one word and its end.
    single = [replace(ask, most_tokens=2, forced=ask.forced[:1]) for ask in asks]
    return write(model.texts, prompted, single, turn)


def _choose(
    model: Vilt,
    asks: Sequence[Ask],
    rows: Sequence[Sequence[int]],
    logits_processor: Any,
    **_: Any,
) -> None:
    """The two steps that a `generate` would take: the class, then the end."""
    import torch

    first = next(model.module.parameters())
    ids = [torch.tensor([row], device=first.device) for row in rows]
    # The library takes the patches in an order that it draws: drawn alike, sums round alike.
    with torch.inference_mode(), torch.random.fork_rng(devices=[]):
        scores = []
        for words, ask in zip(ids, asks, strict=True):
            torch.default_generator.manual_seed(0)
            pixels = torch.from_numpy(ask.seen.states)[None].to(first.device, first.dtype)
            scores.append(model.module(input_ids=words, pixel_values=pixels).logits.float())
        logits = torch.cat(scores)
    never = torch.full_like(logits, -torch.inf)
    logits_processor(None, torch.cat([logits, never[:, :1]], dim=1))
    logits_processor(None, torch.cat([never, torch.zeros_like(never[:, :1])], dim=1))
