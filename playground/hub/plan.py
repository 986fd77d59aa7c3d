"""What a download would take, and whether it may begin: asked from the hub, no weights fetched."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from playground.entries import Entry
from playground.hub.faults import endpoint, fault, hub_fault
from playground.hub.places import COMMIT, kept_commit, repository_folder
from playground.models.files import PICKLES, wants_code
from playground.models.pipeline_folders import INDEX, names_code, one_variant

if TYPE_CHECKING:
    from huggingface_hub.hf_api import DatasetInfo, ModelInfo, RepoSibling

ASK_SECONDS = 10.0
USUAL_FILES = ("*.json", "*.txt", "*.safetensors")
WEIGHTS = ".safetensors"
# The first that is there says of which class the model is.
CONFIGURATIONS = (INDEX, "config.json", "open_clip_config.json")
DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class PlannedFile:
    """One file of a download.

    Attributes:
        name: Path in the repository.
        size: Bytes.
        digest: Hexadecimal; it also names the file in the library's cache.
        is_sha256: Whether the digest is the SHA-256 of the content; else it is git's SHA-1.
    """

    name: str
    size: int
    digest: str
    is_sha256: bool


@dataclass(frozen=True)
class Plan:
    """A download that may begin.

    Attributes:
        item: The model.
        commit: Its version, 40 hexadecimal digits.
        files: Small ones first, weights last: whole weights mean that all is here.
        is_gated: Whether the hub asks for consent; it was given, for the token that is set.
        bytes_total: Bytes of all files.
        bytes_missing: Bytes that are not on this machine yet.
    """

    item: Entry
    commit: str
    files: tuple[PlannedFile, ...]
    is_gated: bool
    bytes_total: int
    bytes_missing: int


def make_plan(item: Entry, models_folder: str = "", *, newest: bool = False) -> Plan:
    """Asks the hub for sizes, digests, gate and configuration of a model.

    Args:
        item: A published model.
        models_folder: The setting of this name.
        newest: Take the newest version in place of the remembered or pinned one.

    Returns:
        What the download would take.

    Raises:
        PersonError: One of `mistake.hub.*`: the hub does not answer or does not let us in, or the
            repository holds no safetensors, wants to run code or is of another class.
    """
    commit = "" if newest else kept_commit(item, models_folder)
    try:
        info = _ask(item, commit)
        siblings = {sibling.rfilename: sibling for sibling in info.siblings or ()}
        wanted = wanted_files(item, siblings)
        if item.repository == "model":
            _check_weights(item, wanted, siblings)
        elif not wanted:
            raise fault("not_found", item)
        found = str(info.sha)
        if not COMMIT.fullmatch(found):
            raise ValueError("the hub did not tell the version")
        if item.repository == "model":
            _check_config(item, found, wanted, siblings)
        files = sorted((_planned(siblings[name]) for name in wanted), key=_weights_last)
    except Exception as error:
        raise hub_fault(error, item) from error
    blobs = repository_folder(item, models_folder) / "blobs"
    return Plan(
        item=item,
        commit=found,
        files=tuple(files),
        is_gated=bool(info.gated),
        bytes_total=sum(file.size for file in files),
        bytes_missing=sum(file.size - bytes_here(blobs, file) for file in files),
    )


def wanted_files(item: Entry, names: Iterable[str]) -> list[str]:
    """Returns which files of a repository a model needs.

    Args:
        item: Its `files` are patterns; one without a slash means the top folder only. Where they
            name `model_index.json`, the repository is a pipeline's.
        names: All files of the repository.

    Returns:
        Names that match, without any format that runs code when it is opened; of a pipeline's
        weights one variant.
    """
    patterns = item.files or USUAL_FILES
    matching = [
        name
        for name in sorted(names)
        if not name.endswith(PICKLES)
        and any(fnmatchcase(name, p) and name.count("/") == p.count("/") for p in patterns)
    ]
    return one_variant(matching) if INDEX in patterns else matching


def bytes_here(blobs: Path, file: PlannedFile) -> int:
    """Returns how many bytes of a file are on this machine, whole or in part."""
    for name in (file.digest, f"{file.digest}.incomplete"):
        try:
            return min(file.size, (blobs / name).stat().st_size)
        except OSError:
            continue
    return 0


def _ask(item: Entry, commit: str) -> ModelInfo | DatasetInfo:
    hub = HfApi(endpoint=endpoint())
    ask = hub.dataset_info if item.repository == "dataset" else hub.model_info
    return ask(
        item.source, revision=commit or item.branch, files_metadata=True, timeout=ASK_SECONDS
    )


def _check_weights(item: Entry, wanted: list[str], everything: Iterable[str]) -> None:
    """Every folder that weights are wanted from must have some: a pipeline's has several."""
    folders = {p.rpartition("/")[0] for p in item.files or USUAL_FILES if p.endswith(WEIGHTS)}
    missing = folders - {name.rpartition("/")[0] for name in wanted if name.endswith(WEIGHTS)}
    if not missing:
        return
    pickled = {name.rpartition("/")[0] for name in everything if name.endswith(PICKLES)}
    raise fault("pickle" if missing & pickled else "not_found", item)


def _check_config(item: Entry, commit: str, wanted: list[str], everything: Iterable[str]) -> None:
    """Looks at the configuration before a gigabyte is fetched; a gate shows itself here too."""
    name = next((name for name in CONFIGURATIONS if name in wanted), None)
    if name is None:
        raise fault("not_found", item)
    config = _read_config(item, commit, name)
    if wants_code(config) or (name == INDEX and names_code(config, everything)):
        raise fault("wants_code", item)
    named: Any = [config.get("_class_name")] if name == INDEX else config.get("architectures")
    accepted = {item.class_name, *item.also_named}
    is_told = name != "open_clip_config.json" and isinstance(named, list)
    if is_told and not accepted & set(map(str, named)):
        found = ", ".join(map(str, named))[:80]
        raise fault("wrong_class", item, found=found, wanted=item.class_name)


def _read_config(item: Entry, commit: str, name: str) -> dict[str, Any]:
    url = hf_hub_url(item.source, name, revision=commit, endpoint=endpoint())
    answer = get_session().get(url, headers=build_hf_headers(), timeout=ASK_SECONDS)
    hf_raise_for_status(answer)
    config = json.loads(answer.content)
    if not isinstance(config, dict):
        raise ValueError("a configuration is an object")
    return config


def _planned(sibling: RepoSibling) -> PlannedFile:
    """Names and digests become paths here: a hub must not choose where files are written."""
    name, lfs = sibling.rfilename, sibling.lfs
    size, digest = (sibling.size, sibling.blob_id) if lfs is None else (lfs.size, lfs.sha256)
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise ValueError("the hub names a file outside of its repository")
    if not isinstance(size, int) or size < 0 or not DIGEST.fullmatch(str(digest)):
        raise ValueError("the hub did not tell sizes and digests")
    return PlannedFile(name, size, str(digest), lfs is not None)


def _weights_last(file: PlannedFile) -> tuple[bool, str]:
    return (file.name.endswith(WEIGHTS), file.name)
