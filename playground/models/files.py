"""Is this folder a model that may be loaded? Looked at before any library touches it.

Reads names, JSON and the head of each safetensors file; never the weights, and no heavy library.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playground.models.pipeline_folders import (
    INDEX,
    components_of,
    index_of,
    is_pipeline,
    names_code,
    weights_of,
)
from playground.visitors.errors import PersonError

# Formats that run code when they are opened.
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
# One of them says what the weights are; the second is OpenCLIP's.
CONFIGURATIONS = ("config.json", "open_clip_config.json")
# A header of the safetensors format may not be larger (its own specification).
MOST_HEADER_BYTES = 100_000_000


def check_folder(
    folder: Path,
    *,
    title: str,
    sha256: Mapping[str, str] | None = None,
    components: Sequence[str] = (),
) -> None:
    """Refuses a model folder that is incomplete, damaged or wants to run code.

    Args:
        folder: Where the model lies.
        title: Its name, for the sentence.
        components: Of a pipeline, which are going to be read; if left out, all that are there.
        sha256: Expected digest by path in the folder, hexadecimal; files not named are not hashed.

    Raises:
        PersonError: `mistake.model.missing`, `mistake.model.pickle`, `mistake.model.wants_code` or
            `mistake.model.broken` (with the file's name).
    """
    if not is_pipeline(folder) and not any((folder / name).is_file() for name in CONFIGURATIONS):
        raise PersonError("mistake.model.missing", {"model": title})
    for place in (folder, *_components(folder, title, components)):
        for file in sorted(place.glob("*.json")):
            if wants_code(_read_json(file, title)):
                raise PersonError("mistake.model.wants_code", {"model": title})
    if is_pipeline(folder) and names_code(_read_json(folder / INDEX, title), _python_of(folder)):
        raise PersonError("mistake.model.wants_code", {"model": title})
    for file in weight_files(folder, title=title, components=components):
        _check_weights(file, title)
        expected = (sha256 or {}).get(file.relative_to(folder).as_posix())
        if expected is not None and sha256_of(file) != expected:
            raise _broken(title, file)


def weight_files(folder: Path, *, title: str, components: Sequence[str] = ()) -> list[Path]:
    """Lists the safetensors files of a model, following the indexes of a sharded one.

    Args:
        folder: Where the model lies. Of a pipeline's components those count that are there and
            say how they are built; of the variants of their weights, the one to read.
        title: Its name, for the sentence.
        components: Of a pipeline, which count; all if left out.

    Returns:
        At least one file; they need not exist when an index names them.

    Raises:
        PersonError: `mistake.model.pickle` when only formats that run code are there,
            `mistake.model.missing` when no weights are, `mistake.model.broken` for a bad index.
    """
    if is_pipeline(folder):
        parts = _components(folder, title, components)
        built = [part for part in parts if (part / "config.json").is_file()]
        if not built:
            raise PersonError("mistake.model.missing", {"model": title})
        return [file for part in built for file in _component_weights(part, title)]
    # A folder that holds the weights of two classes has an index for each.
    indexes = sorted(folder.glob("model.safetensors.index*.json"))
    if indexes:
        named = {name for index in indexes for name in _named_in(index, title)}
        # Only plain names: an index must not lead out of its folder.
        return [folder / Path(name).name for name in sorted(named)]
    files = sorted(folder.glob("*.safetensors"))
    if files:
        return files
    raise _no_weights(folder, title)


def sha256_of(file: Path) -> str:
    """Returns the SHA-256 of a file's bytes, hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def wants_code(value: Any) -> bool:
    """Tells whether parsed JSON, at any depth, asks to run code of its own."""
    if isinstance(value, dict):
        return (
            "auto_map" in value
            or bool(value.get("trust_remote_code"))
            or any(wants_code(item) for item in value.values())
        )
    return isinstance(value, list) and any(wants_code(item) for item in value)


def _components(folder: Path, title: str, wanted: Sequence[str]) -> list[Path]:
    if not is_pipeline(folder):
        return []
    try:
        return [place for place in components_of(folder) if not wanted or place.name in wanted]
    except (OSError, ValueError, RecursionError) as error:
        raise _broken(title, folder / INDEX) from error


def _component_weights(folder: Path, title: str) -> list[Path]:
    there = [file.name for file in folder.iterdir()]
    names, index = weights_of(there), index_of(there)
    if not names:
        raise _no_weights(folder, title)
    # The library follows the index: it must not lead out of its folder.
    if index and _named_in(folder / index, title) != set(names):
        raise _broken(title, folder / index)
    return [folder / name for name in names]


def _python_of(folder: Path) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in folder.glob("*/*.py")]


def _no_weights(folder: Path, title: str) -> PersonError:
    if any(file.suffix in PICKLES for file in folder.iterdir()):
        return PersonError("mistake.model.pickle", {"model": title})
    return PersonError("mistake.model.missing", {"model": title})


def _named_in(index: Path, title: str) -> set[str]:
    names = _read_json(index, title).get("weight_map")
    if not isinstance(names, dict) or not names:
        raise _broken(title, index)
    return {str(name) for name in names.values()}


def _check_weights(file: Path, title: str) -> None:
    """A safetensors file is: 8 bytes length, a JSON header, and exactly the bytes it names."""
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            header_bytes = int.from_bytes(stream.read(8), "little")
            if not 2 <= header_bytes <= min(size - 8, MOST_HEADER_BYTES):
                raise _broken(title, file)
            header = json.loads(stream.read(header_bytes))
        ends = [
            tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"
        ]
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise _broken(title, file) from error
    if size != 8 + header_bytes + max(ends, default=0):
        raise _broken(title, file)


def _read_json(file: Path, title: str) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _broken(title, file) from error
    return value if isinstance(value, dict) else {}


def _broken(title: str, file: Path) -> PersonError:
    return PersonError("mistake.model.broken", {"model": title, "file": file.name})
