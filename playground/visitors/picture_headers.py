"""What the first bytes of a picture file say, before any decoder sees them."""

import struct
import zlib
from collections.abc import Iterator

from playground.visitors.errors import PersonError

_PNG = b"\x89PNG\r\n\x1a\n"
# Brands of the HEIF family that iPhones write; AVIF has the same box but other brands.
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
# Pillow inflates each text chunk up to 1 MiB; real files carry a handful.
_MOST_TEXT_CHUNKS = 32
_MOST_CHUNKS = 20_000


def refuse_by_bytes(data: bytes) -> None:
    """Refuses what the bytes alone show to be no usable picture.

    PNG is walked chunk by chunk, because Pillow checks no CRC of pixel data, inflates every text
    chunk and takes a file without its end.

    Args:
        data: The whole file.

    Raises:
        PersonError: "mistake.picture.empty", "mistake.picture.heic", "mistake.picture.broken",
            "mistake.picture.incomplete".
    """
    if not data:
        raise PersonError("mistake.picture.empty")
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS and b"avif" not in data[8:64]:
        raise PersonError("mistake.picture.heic")
    if data.startswith(_PNG):
        _refuse_bad_png(data)


def webp_size_wh(data: bytes) -> tuple[int, int] | None:
    """Returns width and height of a WebP file in pixels, None if it is none.

    Asked before Pillow, whose WebP reader reserves two whole canvases while it opens the file.

    Source: WebP Container Specification, "Extended File Format"; RFC 6386 section 9.1 for VP8;
    WebP Lossless Bitstream Specification section 2 for VP8L.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    if data[12:16] == b"VP8X":
        return _uint24(data[24:27]) + 1, _uint24(data[27:30]) + 1
    if data[12:16] == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def _refuse_bad_png(data: bytes) -> None:
    text_chunks = 0
    for count, (kind, body, crc) in enumerate(_png_chunks(data)):
        text_chunks += kind in (b"tEXt", b"zTXt", b"iTXt")
        if count > _MOST_CHUNKS or text_chunks > _MOST_TEXT_CHUNKS:
            raise PersonError("mistake.picture.broken")
        if zlib.crc32(body, zlib.crc32(kind)) != crc:
            raise PersonError("mistake.picture.broken")
        if kind == b"IEND":
            return
    raise PersonError("mistake.picture.incomplete")


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview, int]]:
    # Source: PNG Specification (Third Edition), section 5.3 "Chunk layout".
    view = memoryview(data)
    at = len(_PNG)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            return
        yield kind, view[at + 8 : end], struct.unpack_from(">I", data, end)[0]
        at = end + 4


def _uint24(three_bytes: bytes) -> int:
    return int.from_bytes(three_bytes, "little")
