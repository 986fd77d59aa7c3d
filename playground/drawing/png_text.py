"""Reads one text from a PNG without decoding its pixels, in bounded time and memory."""

from __future__ import annotations

import zlib

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS = 2000
_HEADER_BYTES, _CRC_BYTES = 8, 4


def read_png_text(data: bytes, keyword: str, most_bytes: int) -> bytes | None:
    """Returns the uncompressed international text under a keyword; None if there is none.

    Args:
        data: The file.
        keyword: Latin-1, as PNG wants it.
        most_bytes: A longer text is passed over.

    Source: PNG specification, third edition, sections 5.3 and 11.3.3.4 (iTXt).
    """
    wanted = keyword.encode("latin-1") + b"\x00"
    place = len(PNG_SIGNATURE)
    for _ in range(MOST_CHUNKS):
        header = data[place : place + _HEADER_BYTES]
        if len(header) < _HEADER_BYTES:
            return None
        length = int.from_bytes(header[:4], "big")
        start = place + _HEADER_BYTES
        place = start + length + _CRC_BYTES
        if header[4:] != b"iTXt" or length > most_bytes + len(wanted) + 200:
            continue
        body = data[start : start + length]
        if not body.startswith(wanted):
            continue
        if zlib.crc32(header[4:] + body) != int.from_bytes(data[place - _CRC_BYTES : place], "big"):
            return None
        # Compression flag and method, then language and translated keyword, each ended by a zero.
        flags, rest = body[len(wanted) : len(wanted) + 2], body[len(wanted) + 2 :]
        fields = rest.split(b"\x00", 2)
        if flags[:1] != b"\x00" or len(fields) < 3 or len(fields[2]) > most_bytes:
            return None
        return fields[2]
    return None
