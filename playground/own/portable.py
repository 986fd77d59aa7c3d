"""One portable file of pictures: vectors, names and small copies, as safetensors.

Written by a visitor who wants to take the pictures along, or by an operator who serves them.
Nothing in it is believed: it may be truncated, forged, or of another model.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from playground.own.names import clean_name
from playground.own.shelf import OwnPicture
from playground.visitors.errors import PersonError

FORMAT = "playground-pictures-1"
SUFFIX = ".safetensors"
MOST_HEADER_BYTES = 1_000_000
MOST_NAME_BYTES = 1_000
MOST_PREVIEW_BYTES = 400_000
DIGEST_BYTES = 32
JPEG_START = b"\xff\xd8\xff"
LENGTH_TOLERANCE = 1e-3
CHECKED_ROWS = 4096
TYPES: Mapping[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "I64": np.dtype("<i8"),
    "U8": np.dtype("u1"),
}
# A head of a million brackets is too deep for the reader of JSON.
_FORGED = (SafetensorError, LookupError, ValueError, TypeError, ArithmeticError, RecursionError)
TENSORS = {
    **{"vectors": ("F32", 2), "digests": ("U8", 2)},
    **{
        "names": ("U8", 1),
        "previews": ("U8", 1),
        "name_ends": ("I64", 1),
        "preview_ends": ("I64", 1),
    },
}


@dataclass(frozen=True)
class About:
    """Which model saw the pictures, and how its cosines are read.

    Attributes:
        model_key: Key of the catalogue entry.
        fingerprint: Which files of the model it was.
        logit_scale: 1 / the model's temperature.
        logit_bias: What it adds before a sigmoid, or None.
        graph_sha256: Digest of the graph beside the file; "" without one.
    """

    model_key: str
    fingerprint: str
    logit_scale: float
    logit_bias: float | None = None
    graph_sha256: str = ""


@dataclass(frozen=True)
class Portable:
    """An opened file of N pictures. Its arrays lie on disk until they are read.

    Attributes:
        about: The model.
        vectors: float32 (N, D), rows of length 1.
        digests: uint8 (N, 32), the content ids.
        names: uint8 (B,), UTF-8 without separators.
        name_ends: int64 (N,), where each name ends.
        previews: uint8 (C,), JPEG files one behind the other.
        preview_ends: int64 (N,), where each ends.
    """

    about: About
    vectors: np.ndarray
    digests: np.ndarray
    names: np.ndarray
    name_ends: np.ndarray
    previews: np.ndarray
    preview_ends: np.ndarray

    def __len__(self) -> int:
        return len(self.vectors)

    def picture(self, place: int) -> OwnPicture:
        """Returns a picture.

        Args:
            place: 0 to N - 1.
        """
        name = _piece(self.names, self.name_ends, place).decode("utf-8", "replace")
        return OwnPicture(
            name=clean_name(name),
            preview=_piece(self.previews, self.preview_ends, place),
            content_id=self.digests[place].tobytes().hex(),
        )


def pack(about: About, vectors: np.ndarray, pictures: Sequence[OwnPicture]) -> Iterator[bytes]:
    """Writes a file piece by piece; nothing goes to disk.

    Args:
        about: The model.
        vectors: float32 (N, D), rows of length 1.
        pictures: N pictures.

    Yields:
        The bytes of the file in order.
    """
    names = [item.name.encode() for item in pictures]
    digests = b"".join(bytes.fromhex(item.content_id) for item in pictures)
    parts: dict[str, tuple[str, tuple[int, ...], Sequence[bytes]]] = {
        # The vectors first: their place in the file is then a multiple of their alignment.
        "vectors": ("F32", vectors.shape, [np.ascontiguousarray(vectors, "<f4").tobytes()]),
        "name_ends": ("I64", (len(names),), [_ends(names)]),
        "preview_ends": ("I64", (len(names),), [_ends([item.preview for item in pictures])]),
        "digests": ("U8", (len(names), DIGEST_BYTES), [digests]),
        "names": ("U8", (sum(map(len, names)),), names),
        "previews": (
            "U8",
            (sum(len(item.preview) for item in pictures),),
            [item.preview for item in pictures],
        ),
    }
    sizes = {
        name: (kind, shape, sum(map(len, pieces))) for name, (kind, shape, pieces) in parts.items()
    }
    yield header_of(about, sizes)
    for _, _, pieces in parts.values():
        yield from pieces


def header_of(about: About, sizes: Mapping[str, tuple[str, tuple[int, ...], int]]) -> bytes:
    """Writes the head of a safetensors file.

    Args:
        about: The model.
        sizes: By name, in the order of the file: dtype, shape and bytes.

    Source:
        The safetensors format: eight bytes of length, JSON, then the tensors without gaps.
    """
    head: dict[str, Any] = {
        "__metadata__": {
            "format": FORMAT,
            "model": about.model_key,
            "fingerprint": about.fingerprint,
            "logit_scale": repr(about.logit_scale),
            "logit_bias": "" if about.logit_bias is None else repr(about.logit_bias),
            "graph": about.graph_sha256,
        }
    }
    begin = 0
    for name, (kind, shape, size) in sizes.items():
        head[name] = {"dtype": kind, "shape": shape, "data_offsets": [begin, begin + size]}
        begin += size
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def open_portable(file: Path) -> Portable:
    """Opens a file and checks everything but the pictures themselves.

    Args:
        file: Somebody's file; may be anything.

    Returns:
        The pictures, memory-mapped.

    Raises:
        PersonError: `mistake.own.file_broken`.
        OSError: The disk cannot be read.
    """
    try:
        head_bytes, head = _read_head(file)
        # The library checks offsets, overlaps and sizes against the length of the file.
        with safe_open(file, framework="np") as stored:
            about = _about(stored.metadata() or {})
        arrays = {
            name: _mapped(file, head_bytes, head[name], *expected)
            for name, expected in TENSORS.items()
        }
        found = Portable(about, **arrays)
        _check(found)
    except _FORGED as error:
        raise PersonError("mistake.own.file_broken") from error
    return found


def about_of(file: Path) -> About:
    """Reads which model saw the pictures of a file; the pictures themselves are not looked at.

    Args:
        file: Somebody's file; may be anything.

    Raises:
        PersonError: `mistake.own.file_broken`.
        OSError: The disk cannot be read.
    """
    try:
        _read_head(file)
        with safe_open(file, framework="np") as stored:
            return _about(stored.metadata() or {})
    except _FORGED as error:
        raise PersonError("mistake.own.file_broken") from error


def _read_head(file: Path) -> tuple[int, dict[str, Any]]:
    with file.open("rb") as stream:
        size = stream.read(8)
        if len(size) < 8:
            raise ValueError("no head")
        length = struct.unpack("<Q", size)[0]
        if length > MOST_HEADER_BYTES:
            raise ValueError("too long a head")
        head = json.loads(stream.read(length))
    if not isinstance(head, dict):
        raise ValueError("the head is no object")
    return 8 + length, head


def _about(said: Mapping[str, str]) -> About:
    if said["format"] != FORMAT:
        raise ValueError("another format")
    bias = said["logit_bias"]
    numbers = [float(said["logit_scale"]), float(bias or 0)]
    if not np.isfinite(numbers).all() or not 0 < numbers[0] < 1e6:
        raise ValueError("no logit scale")
    return About(
        model_key=said["model"][:200],
        fingerprint=said["fingerprint"][:200],
        logit_scale=numbers[0],
        logit_bias=numbers[1] if bias else None,
        graph_sha256=said.get("graph", "")[:64],
    )


def _mapped(
    file: Path, head_bytes: int, told: Mapping[str, Any], kind: str, dimensions: int
) -> np.ndarray:
    shape = tuple(int(side) for side in told["shape"])
    if told["dtype"] != kind or len(shape) != dimensions or min(shape) < 0:
        raise ValueError("another kind of tensor")
    if 0 in shape:
        return np.zeros(shape, TYPES[kind])
    begin = head_bytes + int(told["data_offsets"][0])
    return np.memmap(file, TYPES[kind], "r", begin, shape)


def _check(found: Portable) -> None:
    count, width = found.vectors.shape
    if not 1 <= width <= 65_536 or found.digests.shape != (count, DIGEST_BYTES):
        raise ValueError("the tensors do not fit together")
    for ends, data, most in (
        (found.name_ends, found.names, MOST_NAME_BYTES),
        (found.preview_ends, found.previews, MOST_PREVIEW_BYTES),
    ):
        lengths = np.diff(ends, prepend=0)
        if ends.shape != (count,) or (count and ends[-1] != len(data)):
            raise ValueError("the tensors do not fit together")
        if count and not (lengths.min() >= 0 and lengths.max() <= most):
            raise ValueError("a length that cannot be")
    for start in range(0, count, CHECKED_ROWS):
        rows = found.vectors[start : start + CHECKED_ROWS]
        lengths = np.sqrt(np.einsum("nd,nd->n", rows, rows))
        # Written so that not-a-number fails too.
        if not (np.abs(lengths - 1) <= LENGTH_TOLERANCE).all():
            raise ValueError("a vector without length 1")


def _piece(data: np.ndarray, ends: np.ndarray, place: int) -> bytes:
    begin = int(ends[place - 1]) if place else 0
    return data[begin : int(ends[place])].tobytes()


def _ends(pieces: Sequence[bytes]) -> bytes:
    return np.cumsum([len(piece) for piece in pieces], dtype="<i8").tobytes()
