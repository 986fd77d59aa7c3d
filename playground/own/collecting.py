"""An operator's folder becomes one portable file; stopped at any moment, it goes on from there.

Beside the file to come stands a folder of parts: a journal with one line for each file that is
done, and the vectors and small copies so far.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from playground.cache import Cache
from playground.entries import Entry
from playground.own.graph import SUFFIX as GRAPH_SUFFIX
from playground.own.graph import build_graph, needs_graph
from playground.own.indexing import Read, reading, see
from playground.own.names import clean_name
from playground.own.portable import DIGEST_BYTES, About, header_of
from playground.own.shelf import Fault, Waiting

COPY_BYTES = 1 << 20


@dataclass
class Collected:
    """What became of a folder.

    Attributes:
        pictures: Pictures in the file.
        duplicates: Files whose pixels were there already.
        faults: Files that were passed over, and why.
        files: Files of the folder.
    """

    pictures: int = 0
    duplicates: int = 0
    faults: list[Fault] = field(default_factory=list)
    files: int = 0

    @property
    def done(self) -> int:
        """Files that were dealt with."""
        return self.pictures + self.duplicates + len(self.faults)


@dataclass
class FolderFeed:
    """The files of a folder, one after the other.

    Attributes:
        folder: Names are told relative to it.
        files: What is left.
    """

    folder: Path
    files: list[Path]

    def take(self, count: int) -> list[Waiting]:
        """Hands out the next files."""
        taken, self.files = self.files[:count], self.files[count:]
        return [Waiting(_name(file, self.folder), path=file) for file in taken]

    def put_back(self, taken: Sequence[Waiting]) -> None:
        """Takes files back."""
        self.files = [item.path for item in taken if item.path is not None] + self.files

    def wait_for_more(self, _seconds: float) -> bool:
        """No more come than are there."""
        return bool(self.files)


class Parts:
    """What is done so far, on disk.

    Args:
        folder: Where it lies; what another model left there is thrown away.
        mark: The model and its files.
    """

    def __init__(self, folder: Path, mark: str) -> None:
        self.folder = folder
        self.rows: list[dict[str, Any]] = []
        self.done: set[str] = set()
        self._places: dict[str, int] = {}
        if not (self._read_journal(mark) and self._cut()):
            self.rows, self.done, self._places = [], set(), {}
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            self._append("journal", _line({"mark": mark}))

    @property
    def pictures(self) -> list[dict[str, Any]]:
        """The journal's lines of pictures, in the order of their vectors."""
        return [row for row in self.rows if "digest" in row]

    def add(self, read: Sequence[Read | Fault], marks: Sequence[str], embed: Any) -> Collected:
        """Writes a batch: first what it holds, then that it is done.

        Args:
            read: What was read.
            marks: What tells each file and its state.
            embed: Gives float32 (M, D) of M pictures' pixels.

        Returns:
            What became of it.
        """
        new: dict[str, Read] = {}
        rows: list[dict[str, Any]] = []
        for each, mark in zip(read, marks, strict=True):
            if isinstance(each, Fault):
                about = {"name": each.name, "fault": each.key, "values": dict(each.values)}
                rows.append({"file": mark, **about})
            elif each.picture.content_id in self._places or each.picture.content_id in new:
                rows.append({"file": mark, "duplicate": each.picture.content_id})
            else:
                new[each.picture.content_id] = each
                about = {"name": each.picture.name, "digest": each.picture.content_id}
                rows.append({"file": mark, **about, "bytes": len(each.picture.preview)})
        if new:
            vectors = embed([each.pixels for each in new.values()])
            for row in rows:
                if "digest" in row:
                    row["width"] = vectors.shape[1]
            self._append("vectors", np.ascontiguousarray(vectors, "<f4").tobytes())
            self._append("previews", b"".join(each.picture.preview for each in new.values()))
        self._append("journal", b"".join(map(_line, rows)))
        for row in rows:
            self._note(row)
        faults = [each for each in read if isinstance(each, Fault)]
        return Collected(len(new), len(read) - len(new) - len(faults), faults, len(read))

    def vectors(self, width: int) -> np.ndarray:
        """Returns what was embedded: float32 (N, D), memory-mapped."""
        shape = (len(self.pictures), width)
        return np.memmap(self.folder / "vectors", "<f4", "r", shape=shape)

    def pieces(self, name: str) -> Iterator[bytes]:
        """Gives the bytes of a part's file."""
        with (self.folder / name).open("rb") as stream:
            while data := stream.read(COPY_BYTES):
                yield data

    def _read_journal(self, mark: str) -> bool:
        try:
            lines = (self.folder / "journal").read_bytes().split(b"\n")
            first, *rows = [json.loads(line) for line in lines[:-1]]
        except (OSError, ValueError):
            return False
        if first != {"mark": mark}:
            return False
        for row in rows:
            self._note(row)
        return True

    def _cut(self) -> bool:
        """A stop may have come between the parts: what the journal does not know goes.

        Returns:
            Whether all is there that the journal knows; a power cut may have taken some.
        """
        pictures = self.pictures
        sizes = {
            "vectors": sum(4 * row["width"] for row in pictures),
            "previews": sum(row["bytes"] for row in pictures),
        }
        files = {self.folder / name: size for name, size in sizes.items()}
        if any(
            size > (file.stat().st_size if file.exists() else 0) for file, size in files.items()
        ):
            return False
        whole = (self.folder / "journal").read_bytes().rpartition(b"\n")[0]
        files[self.folder / "journal"] = len(whole) + 1
        for file, size in files.items():
            if file.exists():
                os.truncate(file, size)
        return True

    def _note(self, row: dict[str, Any]) -> None:
        self.rows.append(row)
        self.done.add(row["file"])
        if "digest" in row:
            self._places[row["digest"]] = len(self._places)

    def _append(self, name: str, data: bytes) -> None:
        with (self.folder / name).open("ab") as stream:
            stream.write(data)


def collect(
    folder: Path,
    output: Path,
    cache: Cache,
    item: Entry,
    *,
    fingerprint: str,
    tell: Callable[[Collected], None],
) -> Collected:
    """Makes the portable file of a folder.

    Args:
        folder: With pictures, at any depth; links are not followed, hidden files passed over.
        output: The file to come.
        cache: Where the model is.
        item: The model.
        fingerprint: Of the model's files.
        tell: Told after each batch.

    Returns:
        What became of the files.

    Raises:
        OSError: Something cannot be read or written.
        CacheError: The model cannot be had.
        ValueError: There is no picture in the folder.
    """
    parts = Parts(output.with_name(output.name + ".part"), f"{item.key} {fingerprint}")
    files = [file for file in files_of(folder) if not file.is_relative_to(parts.folder)]
    marks = {file: _mark(file, folder) for file in files if file != output}
    left = [file for file, mark in marks.items() if mark not in parts.done]
    told = Collected(
        pictures=len(parts.pictures),
        duplicates=sum("duplicate" in row for row in parts.rows),
        faults=[
            Fault(row["name"], row["fault"], row["values"]) for row in parts.rows if "fault" in row
        ],
        files=len(marks),
    )
    scale: list[tuple[float, float | None]] = []

    def embed(pixels: list[np.ndarray]) -> np.ndarray:
        rows = see(cache, item, pixels, visitor="", tell=lambda _: None, is_left=lambda: False)
        scale.append((rows.logit_scale, rows.logit_bias))
        return rows.vectors

    queue = [marks[file] for file in left]
    with reading(FolderFeed(folder, left), lambda: False) as batches:
        for batch in batches:
            now, queue = queue[: len(batch)], queue[len(batch) :]
            added = parts.add(batch, now, embed)
            told.pictures += added.pictures
            told.duplicates += added.duplicates
            told.faults += added.faults
            tell(told)
    if not parts.pictures:
        raise ValueError("no picture")
    if not scale:
        # Everything was done in an earlier run: the model is asked for its scale alone.
        embed([np.zeros((32, 32, 3), np.uint8)])
    _assemble(parts, output, About(item.key, fingerprint, *scale[0]))
    return told


def files_of(folder: Path) -> list[Path]:
    """Lists the files of a folder in a fixed order."""
    found = []
    for top, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(top) / name for name in sorted(names) if not name.startswith(".")]
    return [file for file in found if file.is_file() and not file.is_symlink()]


def _assemble(parts: Parts, output: Path, about: About) -> None:
    pictures = parts.pictures
    count, width = len(pictures), pictures[0]["width"]
    if needs_graph(count, width):
        # Beside the parts first: an older graph may be in use.
        graph = parts.folder / "graph"
        digest = build_graph(parts.vectors(width), graph)
        about = About(
            about.model_key, about.fingerprint, about.logit_scale, about.logit_bias, digest
        )
    names = [row["name"].encode() for row in pictures]
    ends = [
        np.cumsum(sizes, dtype="<i8").tobytes()
        for sizes in ([len(name) for name in names], [row["bytes"] for row in pictures])
    ]
    digests = b"".join(bytes.fromhex(row["digest"]) for row in pictures)
    previews = sum(row["bytes"] for row in pictures)
    head = header_of(
        about,
        {
            "vectors": ("F32", (count, width), 4 * count * width),
            "name_ends": ("I64", (count,), 8 * count),
            "preview_ends": ("I64", (count,), 8 * count),
            "digests": ("U8", (count, DIGEST_BYTES), DIGEST_BYTES * count),
            "names": ("U8", (sum(map(len, names)),), sum(map(len, names))),
            "previews": ("U8", (previews,), previews),
        },
    )
    unfinished = parts.folder / "whole"
    with unfinished.open("wb") as stream:
        stream.write(head)
        stream.writelines(parts.pieces("vectors"))
        stream.writelines([*ends, digests, *names])
        stream.writelines(parts.pieces("previews"))
    if about.graph_sha256:
        (parts.folder / "graph").replace(output.with_suffix(GRAPH_SUFFIX))
    unfinished.replace(output)
    shutil.rmtree(parts.folder)


def _name(file: Path, folder: Path) -> str:
    return clean_name(os.fsencode(file.relative_to(folder)).decode("utf-8", "replace"))


def _mark(file: Path, folder: Path) -> str:
    """Tells a file and its state from any other."""
    about = file.stat()
    name = os.fsencode(file.relative_to(folder)).decode("utf-8", "surrogateescape")
    return f"{name!a} {about.st_size} {about.st_mtime_ns}"


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row).encode() + b"\n"
