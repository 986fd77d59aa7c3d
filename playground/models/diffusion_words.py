"""How prompts are read by the text towers of CLIP: tokens, which word each is part of, what is cut.

Radford et al. 2021 (arXiv:2103.00020), section 2.4: the words are heard as the tower's last states.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.models.diffusion_asks import Reading, Token
from playground.models.diffusion_loading import load_encoder, load_tokenizer
from playground.models.diffusion_parts import Words
from playground.models.diffusion_unet import HEARD, POOLED, SD, SDXL
from playground.models.typed_text import as_text

if TYPE_CHECKING:
    import torch

MOST_AT_ONCE = 32
_IN_WORDS = re.compile(r"\w")
# Written without spaces: there each token counts as a word.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def build_words(folder: Path) -> Words:
    """Builds what reads the prompts of Stable Diffusion, from the folder of a whole model.

    Args:
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    import torch

    encoder = load_encoder(folder, "text_encoder", "CLIPTextModel")
    return Words(SD, torch.nn.ModuleList([encoder]), (load_tokenizer(folder, "tokenizer"),))


def build_words_xl(folder: Path) -> Words:
    """Builds what reads the prompts of SDXL: two towers.

    Args:
        folder: A checked model folder.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    import torch

    encoders = [
        load_encoder(folder, "text_encoder", "CLIPTextModel"),
        load_encoder(folder, "text_encoder_2", "CLIPTextModelWithProjection"),
    ]
    tokenizers = [load_tokenizer(folder, name) for name in ("tokenizer", "tokenizer_2")]
    return Words(SDXL, torch.nn.ModuleList(encoders), tokenizers)


def words_of_tower(tower: Any) -> Words:
    """Reads prompts with the text tower that a CLIP shares.

    Args:
        tower: What `clip.build("text", folder)` made, with its `tokenizer`.
    """
    return Words(SD, (tower,), (tower.tokenizer,))


def read(words: Words, texts: Sequence[str]) -> list[Reading]:
    """Reads prompts with one tower; see `diffusion.read`."""
    [encoder], [tokenizer] = words.encoders, words.tokenizers
    states = [output.last_hidden_state for output in _outputs(encoder, tokenizer, texts)]
    return [
        reading_of(tokenizer, text, {HEARD: row})
        for text, row in zip(texts, _rows(states), strict=True)
    ]


def read_xl(words: Words, texts: Sequence[str]) -> list[Reading]:
    """Reads prompts with two towers, each at its last layer but one (Podell 2023, section 2.1)."""
    import torch

    heard, pooled = read_towers(words, texts)
    joined = [torch.cat(states, dim=-1) for states in zip(*heard, strict=True)]
    return [
        reading_of(words.tokenizers[0], text, {HEARD: states, POOLED: whole})
        # Only the whole sentence of the second one is heard.
        for text, states, whole in zip(texts, joined, pooled[1], strict=True)
    ]


def read_towers(
    words: Words, texts: Sequence[str]
) -> tuple[list[list[torch.Tensor]], list[list[torch.Tensor]]]:
    """Reads prompts with several towers.

    Args:
        words: The words part.
        texts: The prompts.

    Returns:
        By tower and prompt: the states of its last layer but one, and its first output, which is
        the projected whole of the sentence where it has one.
    """
    heard, pooled = [], []
    for encoder, tokenizer in zip(words.encoders, words.tokenizers, strict=True):
        outputs = _outputs(encoder, tokenizer, texts, output_hidden_states=True)
        heard.append(_rows([output.hidden_states[-2] for output in outputs]))
        pooled.append(_rows([output[0] for output in outputs]))
    return heard, pooled


def cut(tokenizers: Sequence[Any], text: str) -> Reading:
    """Tells how the first tower's tokenizer cuts a prompt; see `diffusion_kinds.Kind.cut`."""
    return reading_of(tokenizers[0], text, {})


def reading_of(tokenizer: Any, text: str, tensors: dict[str, torch.Tensor]) -> Reading:
    """Tells how a prompt was cut.

    Args:
        tokenizer: Of the library; a fast one, padded to `model_max_length`.
        text: The prompt.
        tensors: What the denoiser is given.
    """
    typed = as_text(tokenizer, text)
    most = int(tokenizer.model_max_length)
    found = tokenizer(
        typed,
        add_special_tokens=False,
        split_special_tokens=True,
        return_offsets_mapping=True,
        truncation=False,
        verbose=False,
    )
    spans = [tuple(span) for span in found["offset_mapping"]]
    marks = tokenizer.num_special_tokens_to_add()
    kept = min(len(spans), most - marks)
    words, owners = split_words(typed, spans[:kept])
    special = Token("", -1, is_special=True)
    tokens = [
        Token(typed[start:end], owner, is_special=False)
        for (start, end), owner in zip(spans[:kept], owners, strict=True)
    ]
    return Reading(
        text=text,
        tokens=(special, *tokens, *[special] * (most - 1 - kept)),
        words=words,
        count=len(spans) + marks,
        most=most,
        unread=typed[spans[kept][0] :] if kept < len(spans) else "",
        tensors=tensors,
    )


def split_words(
    text: str, spans: Sequence[tuple[int, int]]
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Joins tokens to words.

    Args:
        text: The prompt.
        spans: Where each token begins and ends in it; the same span twice is one character.

    Returns:
        The words, and for each token the number of its word. In Chinese, written without spaces,
        each token is a word; so is each run of marks between words.
    """
    starts: list[tuple[int, int]] = []
    owners: list[int] = []
    for number, (start, end) in enumerate(spans):
        before = spans[number - 1] if number else None
        if before is None or not _is_same_word(text, before, (start, end)):
            starts.append((start, end))
        else:
            starts[-1] = (starts[-1][0], max(end, starts[-1][1]))
        owners.append(len(starts) - 1)
    return tuple(text[start:end].strip() for start, end in starts), tuple(owners)


def _is_same_word(text: str, before: tuple[int, int], now: tuple[int, int]) -> bool:
    if before == now:
        return True
    first, second = text[before[0] : before[1]], text[now[0] : now[1]]
    if before[1] < now[0] or second[:1].isspace():
        return False
    if _UNSPACED.search(first) or _UNSPACED.search(second):
        return False
    return bool(_IN_WORDS.search(first)) == bool(_IN_WORDS.search(second))


def _outputs(encoder: Any, tokenizer: Any, texts: Sequence[str], **options: Any) -> list[Any]:
    import torch

    outputs = []
    for start in range(0, len(texts), MOST_AT_ONCE):
        found = tokenizer(
            [as_text(tokenizer, text) for text in texts[start : start + MOST_AT_ONCE]],
            padding="max_length",
            max_length=tokenizer.model_max_length,
            truncation=True,
            split_special_tokens=True,
            return_tensors="pt",
        )
        with torch.inference_mode():
            # Without a mask, as the pipelines do: the denoiser was trained to hear the padding.
            outputs.append(encoder(found["input_ids"].to(encoder.device), **options))
    return outputs


def _rows(states: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    return [row.clone() for part in states for row in part.cpu()]
