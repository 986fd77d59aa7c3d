"""Vectors of a collection for one model: made once through the cache, kept in memory and in a file.

`python -m playground.stored_index` makes the files again, after a model or a picture has changed.
`python -m playground.index FOLDER` is another way in: it makes a file of an operator's pictures.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from playground.cache import Cache, Cancelled, Progress
from playground.catalog import Entry, folder_of
from playground.collection import Collection
from playground.models import clip
from playground.models.pipeline_folders import is_pipeline
from playground.visitors.notes import Note

if TYPE_CHECKING:
    from playground.own.graph import Graph

STORED = Path(__file__).parents[1] / "assets" / "examples" / "clip_search"
# Pictures decoded and embedded in one turn of the device: others come in between.
BATCH_PICTURES = 16
# How soon somebody who waits for another's indexing is let go after leaving.
LOOK_SECONDS = 0.1
# The hub library names the folder of a version by its commit.
COMMIT = re.compile(r"[0-9a-f]{40}")
HASHED_FILES = ("*.safetensors", "*.json", "*.txt", "*.model")

Tell = Callable[[Progress | Note], None]
Asked = Callable[[], bool]


@dataclass(frozen=True)
class Index:
    """What one model sees in a collection.

    Attributes:
        model_key: Key of the catalogue entry.
        fingerprint: Which files of the model made it.
        digest: Which pictures it was made of.
        vectors: float32 (N, D), rows of length 1, in the order of the collection.
        logit_scale: The model's own: 1 / its temperature.
        logit_bias: What it adds before a sigmoid; None where a softmax makes texts compete.
        texts: float32 (D,) of length 1 by text: example queries embedded beforehand.
        tokens: How those texts were cut into tokens.
        graph: Finds near vectors where they are too many to compare with all; None else.
    """

    model_key: str
    fingerprint: str
    digest: str
    vectors: np.ndarray
    logit_scale: float
    texts: Mapping[str, np.ndarray]
    tokens: Mapping[str, clip.TokenCount]
    logit_bias: float | None = None
    graph: Graph | None = None


class Indexes:
    """The indexes of one collection, one per model; safe to use from many threads.

    Args:
        collection: The pictures.
        cache: Where the models are.
        models_folder: The setting of this name.
        stored: Folder of the indexes that were made beforehand.
    """

    def __init__(
        self,
        collection: Collection,
        cache: Cache,
        *,
        models_folder: str = "",
        stored: Path = STORED,
    ) -> None:
        self.collection = collection
        self._cache = cache
        self._models_folder = models_folder
        self._stored = stored
        self._kept: dict[str, Index] = {}
        self._making: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def at_hand(self, item: Entry) -> Index | None:
        """Returns the index of a model if it need not be made: from memory, or from a file whose
        model and pictures are the present ones."""
        with self._lock:
            kept = self._kept.get(item.key)
        if kept is not None:
            return kept
        found = read_index(self._stored / f"{item.key}.safetensors")
        if found is None or found.fingerprint != fingerprint(item, self._models_folder):
            return None
        if found.digest != self.collection.digest or len(found.vectors) != len(
            self.collection.pictures
        ):
            return None
        return self._keep(found)

    def ensure(
        self,
        item: Entry,
        *,
        visitor: str = "",
        progress: Tell | None = None,
        cancel: Asked | None = None,
    ) -> Index:
        """Returns the index of a model, making it first if need be; one maker per model.

        Args:
            item: The model.
            visitor: Who asks, for fairness.
            progress: Told how many pictures are done.
            cancel: Asked between batches.

        Raises:
            CacheError: The model cannot be had, or `cancel` said so.
        """
        found = self.at_hand(item)
        if found is not None:
            return found
        with self._lock:
            making = self._making.setdefault(item.key, threading.Lock())
        while not making.acquire(timeout=LOOK_SECONDS):
            if cancel is not None and cancel():
                raise Cancelled(item.key)
        try:
            found = self.at_hand(item)
            return found or self._keep(
                make_index(
                    self.collection,
                    self._cache,
                    item,
                    models_folder=self._models_folder,
                    visitor=visitor,
                    progress=progress,
                    cancel=cancel,
                )
            )
        finally:
            making.release()

    def _keep(self, index: Index) -> Index:
        with self._lock:
            return self._kept.setdefault(index.model_key, index)


def make_index(
    collection: Collection,
    cache: Cache,
    item: Entry,
    *,
    texts: Iterable[str] = (),
    models_folder: str = "",
    visitor: str = "",
    progress: Tell | None = None,
    cancel: Asked | None = None,
) -> Index:
    """Embeds every picture of a collection, batch by batch, giving the device away in between.

    Args:
        collection: The pictures.
        cache: Where the model is.
        item: The model.
        texts: Texts to embed as well.
        models_folder: The setting of this name.
        visitor: Who asks, for fairness.
        progress: Told after each batch.
        cancel: Asked between batches.

    Returns:
        The index.

    Raises:
        PersonError: A picture cannot be read.
        CacheError: The model cannot be had, or `cancel` said so.
    """
    count = len(collection.pictures)
    wait: dict[str, Any] = {"visitor": visitor, "cancel": cancel}
    rows: list[np.ndarray] = []
    for start in range(0, count, BATCH_PICTURES):
        if cancel is not None and cancel():
            raise Cancelled(item.key)
        end = min(start + BATCH_PICTURES, count)
        pixels = [collection.pixels(place) for place in range(start, end)]
        # The cache has news in the first batch only, while the model is loaded.
        rows.append(
            cache.run(item.key, _embed(pixels), progress=None if rows else progress, **wait)
        )
        if progress is not None:
            progress(Note("note.clip_search.indexed", {"done": end, "total": count}))
    texts = tuple(dict.fromkeys(texts))
    scale, bias, text_rows, tokens = cache.run(
        item.key,
        lambda model: (
            clip.logit_scale(model),
            clip.logit_bias(model),
            clip.embed_texts(model, texts),
            [clip.count_tokens(model, text) for text in texts],
        ),
        **wait,
    )
    return Index(
        model_key=item.key,
        fingerprint=fingerprint(item, models_folder),
        digest=collection.digest,
        vectors=np.concatenate(rows) if rows else np.zeros((0, text_rows.shape[1]), np.float32),
        logit_scale=scale,
        logit_bias=bias,
        texts=MappingProxyType(dict(zip(texts, text_rows, strict=True))),
        tokens=MappingProxyType(dict(zip(texts, tokens, strict=True))),
    )


def _embed(pixels: list[np.ndarray]) -> Callable[[clip.Clip], np.ndarray]:
    return lambda model: clip.embed_pictures(model, pixels)


def fingerprint(item: Entry, models_folder: str = "") -> str:
    """Tells one state of a model's files from another.

    Args:
        item: The model.
        models_folder: The setting of this name.

    Returns:
        The commit where the files have one, or a SHA-256 over names and contents of the files that
        decide what the model answers; of a folder that is not there, that of nothing.
    """
    folder = folder_of(item, models_folder)
    if COMMIT.fullmatch(folder.name):
        return folder.name
    if item.revision is not None:
        return item.revision
    total = hashlib.sha256()
    # A pipeline's weights lie in its components' folders.
    depths = ("", "*/") if is_pipeline(folder) else ("",)
    patterns = [depth + pattern for depth in depths for pattern in HASHED_FILES]
    for file in sorted(file for pattern in patterns for file in folder.glob(pattern)):
        name = file.relative_to(folder).as_posix()
        with file.open("rb") as stream:
            total.update(f"{name} {hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def write_index(index: Index, file: Path) -> None:
    """Writes an index as safetensors: arrays as tensors, the rest as its text header.

    Raises:
        OSError: It cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    texts = list(index.texts)
    tokens = [
        [list(count.pieces), count.kept, count.limit, count.unread]
        for count in map(index.tokens.__getitem__, texts)
    ]
    text_rows = [index.texts[text] for text in texts]
    save_file(
        {
            "pictures": index.vectors,
            "texts": np.stack(text_rows) if texts else index.vectors[:0],
        },
        file,
        metadata={
            "model": index.model_key,
            "fingerprint": index.fingerprint,
            "digest": index.digest,
            "logit_scale": repr(index.logit_scale),
            "logit_bias": "" if index.logit_bias is None else repr(index.logit_bias),
            "texts": json.dumps(texts, ensure_ascii=False),
            "tokens": json.dumps(tokens, ensure_ascii=False),
        },
    )


def read_index(file: Path) -> Index | None:
    """Reads an index; None when there is none or the file is damaged."""
    try:
        with safe_open(file, framework="np") as stored:
            about = stored.metadata() or {}
            vectors, text_rows = stored.get_tensor("pictures"), stored.get_tensor("texts")
        texts, tokens = json.loads(about["texts"]), json.loads(about["tokens"])
        return Index(
            model_key=about["model"],
            fingerprint=about["fingerprint"],
            digest=about["digest"],
            vectors=vectors,
            logit_scale=float(about["logit_scale"]),
            logit_bias=float(about["logit_bias"]) if about.get("logit_bias") else None,
            texts=MappingProxyType(dict(zip(texts, text_rows, strict=True))),
            tokens=MappingProxyType(
                {
                    text: clip.TokenCount(tuple(pieces), kept, limit, unread)
                    for text, (pieces, kept, limit, unread) in zip(texts, tokens, strict=True)
                }
            ),
        )
    except (OSError, SafetensorError, KeyError, ValueError, TypeError):
        return None


if __name__ == "__main__":
    # Late: what it needs is built on this very module.
    from playground.own.command import main

    main()
