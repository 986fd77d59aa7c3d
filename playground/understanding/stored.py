"""What "Understand" opens on, made beforehand: `python -m playground.stored_index` makes it.

A file of safetensors holds the maps of one picture and one sentence for each language.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from playground.explain.referee import Verdict
from playground.understanding.sentence_words import Word
from playground.understanding.where import Heat, Where

# What the matrix opens on: five things, one that is none of the texts, and a photograph.
PICTURES = (
    *("scene-000", "scene-001", "scene-009", "scene-249", "scene-064", "scene-122", "photo-cat"),
)
# What "Where" opens on.
PICTURE = "scene-160"


def where_file(key: str) -> str:
    """Returns the name of the file with the example maps of a model."""
    return f"where-{key}.safetensors"


def write_where(found: dict[str, Where], file: Path, *, fingerprint: str) -> None:
    """Writes maps.

    Args:
        found: By language.
        file: The file.
        fingerprint: Which files of the model made them.

    Raises:
        OSError: It cannot be written.
    """
    tensors: dict[str, np.ndarray] = {}
    about: dict[str, Any] = {}
    for language, where in found.items():
        tensors[f"{language}/shown"] = where.shown
        about[language] = {
            "grid": list(where.grid_hw),
            "sentence": where.sentence,
            "cosine": where.cosine,
            "words": [asdict(word) for word in where.words],
        }
        for kind, heats in (("places", where.places), ("weights", where.weights)):
            about[language][kind] = [heat.method for heat in heats]
            for heat in heats:
                _put_heat(tensors, f"{language}/{kind}/{heat.method}", heat)
    metadata = {"fingerprint": fingerprint, "about": json.dumps(about, ensure_ascii=False)}
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, file, metadata=metadata)


def read_where(file: Path, language: str, *, fingerprint: str) -> Where | None:
    """Reads the maps of one language; None where there are none, or another model made them."""
    try:
        with safe_open(file, framework="np") as stored:
            metadata = stored.metadata() or {}
            if metadata["fingerprint"] != fingerprint:
                return None
            about = json.loads(metadata["about"])[language]
            tensors = {
                name.removeprefix(f"{language}/"): stored.get_tensor(name)
                for name in stored.keys()  # noqa: SIM118 - not a mapping
                if name.startswith(f"{language}/")
            }
        return Where(
            shown=tensors["shown"],
            grid_hw=tuple(about["grid"]),
            sentence=about["sentence"],
            cosine=float(about["cosine"]),
            places=_heats(tensors, "places", about["places"]),
            words=tuple(
                Word(word["text"], tuple(word["pieces"]), word["start"], word["end"])
                for word in about["words"]
            ),
            weights=_heats(tensors, "weights", about["weights"]),
            is_from_store=True,
        )
    except (OSError, SafetensorError, KeyError, ValueError, TypeError):
        return None


def _put_heat(tensors: dict[str, np.ndarray], name: str, heat: Heat) -> None:
    tensors[f"{name}/heat"] = heat.heat.astype(np.float32)
    tensors[f"{name}/hot"] = heat.hot
    if heat.verdict is None:
        return
    agreement = np.nan if heat.verdict.agreement is None else heat.verdict.agreement
    tensors[f"{name}/random"] = heat.verdict.random_drops.astype(np.float32)
    tensors[f"{name}/verdict"] = np.array([heat.verdict.drop, heat.verdict.luck, agreement])


def _heats(tensors: dict[str, np.ndarray], kind: str, methods: list[str]) -> tuple[Heat, ...]:
    return tuple(
        Heat(
            method,
            tensors[f"{kind}/{method}/heat"].astype(np.float64),
            _verdict(tensors, f"{kind}/{method}"),
            tensors[f"{kind}/{method}/hot"],
        )
        for method in methods
    )


def _verdict(tensors: dict[str, np.ndarray], name: str) -> Verdict | None:
    if f"{name}/verdict" not in tensors:
        return None
    drop, luck, agreement = tensors[f"{name}/verdict"].tolist()
    random_drops = tensors[f"{name}/random"].astype(np.float64)
    return Verdict(drop, random_drops, luck, None if np.isnan(agreement) else agreement)
