"""How a pipeline lies on the disk: `model_index.json`, and a folder for each component.

Only names and that one file are looked at. A component's folder may hold its weights several
times, in numbers of 32 and of 16 bits; one of them, whole, is enough.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

INDEX = "model_index.json"
# The first that is whole is taken: 16 bits are half the way, and what accelerators run in.
VARIANTS = ("fp16", "bf16", "")
# A shard's number comes before the variant in older files and after it in newer ones.
WEIGHTS = re.compile(
    r"(?:diffusion_pytorch_model|model)"
    r"(?P<old>-\d{5}-of-(?P<old_count>\d{5}))?"
    r"(?:\.(?P<variant>[a-z0-9_]+))?"
    r"(?P<new>-\d{5}-of-(?P<new_count>\d{5}))?"
    r"\.safetensors"
)


def is_pipeline(folder: Path) -> bool:
    """Tells whether a folder holds a pipeline of several components."""
    return (folder / INDEX).is_file()


def component_names(index: Mapping[str, Any]) -> list[str]:
    """Returns which components a pipeline names and has.

    Args:
        index: What its `model_index.json` says.

    Returns:
        Plain names of folders; what would lead elsewhere is left out.
    """
    return [
        name
        for name, told in index.items()
        if name.isidentifier() and isinstance(told, list) and len(told) == 2 and told[1]
    ]


def components_of(folder: Path) -> list[Path]:
    """Returns the folders of a pipeline's components that are there, in the order it names them.

    Args:
        folder: Where the pipeline lies.

    Raises:
        OSError: `model_index.json` cannot be read.
        ValueError: It is no JSON object.
    """
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    if not isinstance(index, dict):
        raise ValueError(f"{INDEX} is no object")
    return [folder / name for name in component_names(index) if (folder / name).is_dir()]


def names_code(index: Mapping[str, Any], files: Iterable[str]) -> bool:
    """Tells whether a pipeline wants to run code that lies beside its weights.

    Args:
        index: What its `model_index.json` says.
        files: All files of its repository, with forward slashes.

    Returns:
        Whether the pipeline's class, or that of a component, is one of its own: the library then
        looks for a file of Python named like the component's first word.
    """
    if not isinstance(index.get("_class_name"), str):
        return True
    there = set(files)
    own = (
        f"{name}/{told[0]}.py" for name, told in index.items() if isinstance(told, list) and told
    )
    return any(name in there for name in own)


def one_variant(names: Iterable[str]) -> list[str]:
    """Chooses, of each folder, the weights of one variant.

    Args:
        names: Files of a repository, with forward slashes.

    Returns:
        The names without the other variants' weights and without the indexes of their shards;
        safetensors by other names are left out too.
    """
    names = list(names)
    by_folder: dict[PurePosixPath, list[str]] = defaultdict(list)
    for name in names:
        by_folder[PurePosixPath(name).parent].append(PurePosixPath(name).name)
    chosen = {
        str(folder / file)
        for folder, files in by_folder.items()
        for file in (*weights_of(files), index_of(files))
    }
    return [
        name
        for name in names
        if name in chosen or not (name.endswith(".safetensors") or ".safetensors.index" in name)
    ]


def weights_of(names: Iterable[str]) -> list[str]:
    """Chooses the weights of one variant among the files of one component's folder.

    Args:
        names: Names without folders.

    Returns:
        Those of the first of `VARIANTS` that is whole, sorted; none if none is.
    """
    return _chosen(names)[1]


def index_of(names: Iterable[str]) -> str:
    """Returns the name of the file that tells which shard holds what, "" for weights in one file.

    Args:
        names: Names without folders.
    """
    variant, files = _chosen(names)
    if len(files) < 2:
        return ""
    base = files[0].split("-", 1)[0].split(".", 1)[0]
    return f"{base}.safetensors.index{'.' if variant else ''}{variant}.json"


def variant_of(folder: Path) -> str | None:
    """Returns the variant of a component's weights that the library should read.

    Args:
        folder: A component's folder.

    Returns:
        For `from_pretrained(variant=)`: None where the files name no variant.
    """
    return _chosen(file.name for file in folder.iterdir())[0] or None


def _chosen(names: Iterable[str]) -> tuple[str, list[str]]:
    """The variant that is read, and its files: one file before shards of the same weights."""
    found: dict[tuple[str, int], list[str]] = defaultdict(list)
    for name in sorted(set(names)):
        match = WEIGHTS.fullmatch(name)
        if match and not (match["old"] and match["new"]):
            count = int(match["old_count"] or match["new_count"] or 1)
            found[match["variant"] or "", count].append(name)
    for variant in VARIANTS:
        for (named, count), files in sorted(found.items()):
            if named == variant and len(files) == count:
                return variant, files
    return "", []
