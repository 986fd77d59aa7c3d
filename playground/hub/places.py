"""Where published models lie on this machine, and what is remembered of each.

The folder is the hub library's own cache, shared with every other program that uses it, or the
one that the setting `models_folder` names. Nothing here asks the network.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from huggingface_hub import constants

from playground.entries import Entry
from playground.models.pipeline_folders import INDEX, index_of, is_pipeline, weights_of

COMMIT = re.compile(r"[0-9a-f]{40}")
# Beside the repositories; the library looks only at folders that begin with "models--" and such.
NOTES_FOLDER = ".playground"


@dataclass(frozen=True)
class Note:
    """What is remembered of one model between two starts.

    Attributes:
        commit: The version that was first resolved, 40 hexadecimal digits; "" before that.
        is_agreed: Whether somebody who may has seen size, licence and gate and agreed.
        files: Bytes of each file of the whole download by name; empty until it was complete.
    """

    commit: str = ""
    is_agreed: bool = False
    files: dict[str, int] = field(default_factory=dict)


def cache_folder(models_folder: str = "") -> Path:
    """Returns the folder that holds all published models, whether or not it exists.

    Args:
        models_folder: The setting of this name; "" for the library's own, which follows `HF_HOME`
            and `HF_HUB_CACHE`.
    """
    return Path(models_folder or constants.HF_HUB_CACHE).expanduser()


def repository_folder(item: Entry, models_folder: str = "") -> Path:
    """Returns the folder of one repository in the library's layout."""
    return cache_folder(models_folder) / f"{item.repository}s--{item.source.replace('/', '--')}"


def read_note(item: Entry, models_folder: str = "") -> Note:
    """Returns what is remembered of a model; nothing if the note is absent or damaged."""
    with suppress(OSError, ValueError, TypeError, AttributeError):
        told = json.loads(_note_file(item, models_folder).read_text(encoding="utf-8"))
        commit = told["commit"] if COMMIT.fullmatch(told.get("commit", "")) else ""
        files = {str(name): int(size) for name, size in told.get("files", {}).items()}
        return Note(commit, told.get("is_agreed") is True, files)
    return Note()


def write_note(item: Entry, note: Note, models_folder: str = "") -> None:
    """Remembers a note, whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    file = _note_file(item, models_folder)
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(asdict(note), stream, indent=1)
        os.replace(name, file)
    except OSError:
        with suppress(OSError):
            os.unlink(name)
        raise


def keep(item: Entry, models_folder: str = "", **changes: object) -> Note:
    """Changes some of what is remembered and returns the whole.

    Raises:
        OSError: It cannot be written.
    """
    note = replace(read_note(item, models_folder), **changes)  # type: ignore[arg-type]
    write_note(item, note, models_folder)
    return note


def kept_commit(item: Entry, models_folder: str = "") -> str:
    """Returns the version to use: the remembered one, else the catalogue's, else ""."""
    return read_note(item, models_folder).commit or item.revision or ""


def snapshot_of(item: Entry, models_folder: str = "") -> Path | None:
    """Returns the folder with a model's files if all of them are here.

    A plain folder named like the repository, below `models_folder`, counts first: so does a school
    carry models on a stick. Else it is the snapshot of the version to use.

    Args:
        item: A published model.
        models_folder: The setting of this name.
    """
    if models_folder:
        plain = Path(models_folder).expanduser() / item.source
        if _is_whole(item, plain):
            return plain
    repository = repository_folder(item, models_folder)
    note = read_note(item, models_folder)
    commit = note.commit or item.revision or _branch_commit(repository, item.branch)
    if not commit:
        return None
    folder = repository / "snapshots" / commit
    if note.files and commit == note.commit:
        return folder if _has_all(folder, note.files) else None
    return folder if _is_whole(item, folder) else None


def component_names(item: Entry) -> tuple[str, ...]:
    """Returns the components of a pipeline that a model needs, as the patterns of its files do.

    Args:
        item: The entry; () where it is no pipeline or was trained here.
    """
    if INDEX not in item.files:
        return ()
    return tuple(dict.fromkeys(p.partition("/")[0] for p in item.files if "/" in p))


def _note_file(item: Entry, models_folder: str) -> Path:
    return cache_folder(models_folder) / NOTES_FOLDER / f"{item.key}.json"


def _branch_commit(repository: Path, branch: str) -> str:
    """The version that another program fetched."""
    with suppress(OSError, UnicodeDecodeError):
        text = (repository / "refs" / branch).read_text(encoding="ascii").strip()
        return text if COMMIT.fullmatch(text) else ""
    return ""


def _has_all(folder: Path, files: dict[str, int]) -> bool:
    try:
        return all((folder / name).stat().st_size == size for name, size in files.items())
    except OSError:
        return False


def _is_whole(item: Entry, folder: Path) -> bool:
    """Without a note: a configuration, and every weight file that it or its index names."""
    if item.repository == "dataset":
        return all(any(folder.glob(pattern)) for pattern in item.files)
    if INDEX in item.files:
        return is_pipeline(folder) and all(
            _is_component(item, folder, name) for name in component_names(item)
        )
    if not any(folder.glob("*config.json")):
        return False
    names: Iterable[str] = [file.name for file in folder.glob("*.safetensors") if file.is_file()]
    for index in folder.glob("*.safetensors.index.json"):
        try:
            wanted = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False
        if not {str(name) for name in wanted} <= set(names):
            return False
    return bool(names)


def _is_component(item: Entry, folder: Path, name: str) -> bool:
    patterns = [pattern for pattern in item.files if pattern.startswith(f"{name}/")]
    there = {file.name for file in folder.glob(f"{name}/*")}
    if any(pattern.endswith(".safetensors") for pattern in patterns):
        index = index_of(there)
        if not weights_of(there) or (index and index not in there):
            return False
    return any(any(folder.glob(p)) for p in patterns if not p.endswith(".safetensors"))
