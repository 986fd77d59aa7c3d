"""Which kinds of model answer about pictures, and who builds and runs each.

Adding a kind is writing its functions in a file beside this one and adding one row to `KINDS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from playground.models import (
    blip2_blip,
    blip2_eyes,
    blip2_instruct,
    blip2_language,
    blip2_look,
    blip2_match,
    blip2_options,
    blip2_qwen,
    blip2_smolvlm,
    blip2_vilt,
)
from playground.models.blip2_asks import Answer, Ask, Looks, Matched, Scored, Seen, Steps
from playground.visitors.errors import PersonError


@dataclass(frozen=True)
class Kind:
    """One kind of model.

    Attributes:
        build: By part ("eyes", "language", "match" or "model"): builds it from a checked folder.
            What builds eyes, or a whole model, gives it an attribute `kind`: the key in `KINDS`.
        see: `see(eyes, pictures)` encodes pictures, uint8 (H, W, 3); one `Seen` each.
        answer: `answer(language, asks, turn)`; None where it only matches.
        score: `score(language, asks with their options, turn)`; None where it cannot.
        look: `look(eyes, seen)`; None where no queries look.
        match: `match(matcher, pairs)`; None where no sentence can be matched.
        remembers_turns: See `Facts`.
        is_free_text: See `Facts`.
        is_captioner: See `Facts`.
        also_named: What `architectures` may say in place of the key.
    """

    build: Mapping[str, Callable[[Path], Any]]
    see: Callable[[Any, Sequence[np.ndarray]], list[Seen]]
    answer: Callable[[Any, Sequence[Ask], Steps], list[Answer]] | None = None
    score: Callable[[Any, Sequence[tuple[Ask, tuple[str, ...]]], Steps], list[Scored]] | None = None
    look: Callable[[Any, Seen], Looks] | None = None
    match: Callable[[Any, Sequence[tuple[Seen, str]]], list[Matched]] | None = None
    remembers_turns: bool = True
    is_free_text: bool = True
    is_captioner: bool = False
    also_named: tuple[str, ...] = ()


def kind_name(folder: Path) -> str:
    """Reads which kind a folder belongs to.

    Args:
        folder: A checked model folder.

    Returns:
        A key of `KINDS`.

    Raises:
        PersonError: `mistake.model.mismatch` for one that is not known here.
    """
    told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    for named in told.get("architectures") or ():
        for name, kind in KINDS.items():
            if named == name or named in kind.also_named:
                return name
    raise PersonError("mistake.model.mismatch", {"model": folder.name})


# By class of the library: `architectures` of a folder's `config.json`, `class_name` of an entry.
KINDS: Mapping[str, Kind] = {
    blip2_eyes.KIND: Kind(
        build={
            "eyes": blip2_eyes.build_eyes,
            "language": blip2_language.build_language,
            "match": blip2_match.build_match,
        },
        see=blip2_eyes.see,
        answer=blip2_language.answer,
        score=blip2_options.score,
        look=blip2_look.look,
        match=blip2_match.match,
    ),
    # Without a language model: it tells whether sentences fit.
    blip2_match.KIND: Kind(
        build={
            "eyes": partial(blip2_eyes.build_eyes, kind=blip2_match.KIND, has_language=False),
            "match": blip2_match.build_match,
        },
        see=blip2_eyes.see,
        look=blip2_look.look,
        match=blip2_match.match,
        remembers_turns=False,
    ),
    blip2_instruct.KIND: Kind(
        build={
            "eyes": blip2_instruct.build_eyes,
            "language": blip2_instruct.build_language,
        },
        see=blip2_instruct.see,
        answer=blip2_instruct.answer,
        score=blip2_instruct.score,
        remembers_turns=False,
    ),
    blip2_blip.ASKER: Kind(
        build={
            "eyes": partial(blip2_blip.build_eyes, blip2_blip.ASKER),
            "language": partial(blip2_blip.build_language, blip2_blip.ASKER),
        },
        see=blip2_blip.see,
        answer=blip2_blip.answer_questions,
        remembers_turns=False,
    ),
    blip2_blip.CAPTIONER: Kind(
        build={
            "eyes": partial(blip2_blip.build_eyes, blip2_blip.CAPTIONER),
            "language": partial(blip2_blip.build_language, blip2_blip.CAPTIONER),
        },
        see=blip2_blip.see,
        answer=blip2_blip.go_on_with_captions,
        remembers_turns=False,
        is_captioner=True,
    ),
    blip2_vilt.KIND: Kind(
        build={"model": blip2_vilt.build_model},
        see=blip2_vilt.see,
        answer=blip2_vilt.answer,
        remembers_turns=False,
        is_free_text=False,
    ),
    blip2_smolvlm.KIND: Kind(
        build={
            "eyes": blip2_smolvlm.build_eyes,
            "language": blip2_smolvlm.build_language,
        },
        see=blip2_smolvlm.see,
        answer=blip2_smolvlm.answer,
    ),
    blip2_qwen.KIND: Kind(
        build={"eyes": blip2_qwen.build_eyes, "language": blip2_qwen.build_language},
        see=blip2_qwen.see,
        answer=blip2_qwen.answer,
    ),
}
