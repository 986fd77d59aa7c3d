"""A language model of its own or inside a bigger one, as a part that several models may share.

It knows nothing of pictures: whoever puts something before the words brings it along.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.models.blip2_words import TokenTexts
from playground.models.loading import load_pretrained
from playground.models.precision import (
    Precision,
    convert,
    precision_for,
    stored_torch_dtype,
)
from playground.models.typed_text import as_text

# Where a folder says how its model was taught to be asked; ours, no library reads it.
FRAMES_FILE = "prompt_frames.json"
# Where neither the model nor its tokenizer has a limit (T5 counts distances only).
USUAL_CONTEXT_TOKENS = 512


@dataclass(frozen=True)
class Frame:
    """What is written around questions and answers.

    Attributes:
        before: Before a question.
        after: Behind it, where the answer begins.
        space: Before the answers of earlier turns.
        stop: Behind them.
        caption: What a caption in this language begins with; "" where the model chooses.
    """

    before: str
    after: str
    space: str
    stop: str
    caption: str = ""


# Li 2023, section 4.1 and figure 4.
ENGLISH = Frame(before="Question: ", after=" Answer:", space=" ", stop=". ")


@dataclass(eq=False)
class Language:
    """A language model with its tokenizer.

    Attributes:
        module: The weights, of a class of the library that can `generate`.
        tokenizer: Its tokenizer.
        texts: What its tokens say.
        frames: By language, how it was taught to be asked.
        context_tokens: The most it reads and writes together.
        is_encoder_decoder: Whether what it reads and what it writes are apart.
        precision: What its weights are kept in.
    """

    module: Any
    tokenizer: Any
    texts: TokenTexts
    frames: Mapping[str, Frame]
    context_tokens: int
    is_encoder_decoder: bool
    precision: Precision

    def tokens_of(self, text: str) -> list[int]:
        """Cuts a text into tokens, with the marks that the model wants around it.

        What a person types is text: the name of a mark is cut into letters.
        """
        typed = as_text(self.tokenizer, text)
        ids: list[int] = self.tokenizer(typed, split_special_tokens=True)["input_ids"]
        return ids

    def frame(self, language: str) -> Frame:
        """How to ask in a language; in English where the model was not taught that one."""
        return self.frames.get(language, self.frames["en"])


def build_language(folder: Path, *, prefix: str = "language_model.", **options: Any) -> Language:
    """Builds the language model of a folder.

    Args:
        folder: A checked model folder, of a language model or of one that holds one.
        prefix: What the names of its weights begin with; "" in a folder of its own.
        options: Further arguments of `load_pretrained`.

    Returns:
        The part on the CPU, without any other weights of the folder.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING as DECODERS
    from transformers import MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING as ENCODER_DECODERS
    from transformers import AutoConfig, AutoTokenizer, GenerationConfig

    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    config = getattr(config, "text_config", config)
    is_encoder_decoder = bool(config.is_encoder_decoder)
    classes = ENCODER_DECODERS if is_encoder_decoder else DECODERS
    module = load_pretrained(
        classes[type(config)],
        folder,
        config=config,
        key_mapping={f"^{re.escape(prefix)}": ""} if prefix else None,
        **({"dtype": stored_torch_dtype(folder)} | options),
    )
    precision = precision_for(folder, only=(prefix,) if prefix else ())
    convert(module, precision)
    # The folder's own generation settings are those of the model around it; the library, too,
    # lets the inner model go by its configuration.
    module.generation_config = GenerationConfig.from_model_config(config)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return Language(
        module=module,
        tokenizer=tokenizer,
        texts=TokenTexts(tokenizer, end_tokens(module)),
        frames=read_frames(folder),
        context_tokens=_context_tokens(config, tokenizer),
        is_encoder_decoder=is_encoder_decoder,
        precision=precision,
    )


def end_tokens(module: Any) -> frozenset[int]:
    """Returns the tokens with which a model ends what it writes."""
    ends = module.generation_config.eos_token_id
    if ends is None:
        return frozenset()
    return frozenset([ends] if isinstance(ends, int) else ends)


def read_frames(folder: Path) -> Mapping[str, Frame]:
    """Reads how a model was taught to be asked; by the paper's frame where it does not say."""
    file = folder / FRAMES_FILE
    told = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {"en": ENGLISH} | {language: Frame(**frame) for language, frame in told.items()}


def _context_tokens(config: Any, tokenizer: Any) -> int:
    limits = (getattr(config, "max_position_embeddings", None), tokenizer.model_max_length)
    # A tokenizer without a limit says 10 to the power of 30.
    known = [limit for limit in limits if limit and limit < 10**9]
    return min(known, default=USUAL_CONTEXT_TOKENS)
