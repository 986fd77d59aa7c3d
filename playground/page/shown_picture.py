"""How a visitor's picture and its name go to the browser, in every tab with a stage."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from PIL import Image

from playground.visitors.pictures import Picture

# Up to here a picture goes to the browser without any loss: larger ones would take too long.
MOST_LOSSLESS_PIXELS = 1_300_000
JPEG_QUALITY = 95
HASH_DIGITS = 16
MOST_NAME = 80


def data_address(picture: Picture) -> str:
    """Returns a picture as a data address: no file is written for it."""
    height, width = picture.pixels.shape[:2]
    if height * width <= MOST_LOSSLESS_PIXELS:
        return f"data:image/webp;base64,{base64.b64encode(picture.webp()).decode()}"
    file = io.BytesIO()
    # Full colour resolution: the edges of cut-outs come from this.
    Image.fromarray(picture.pixels).save(file, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def plain_name(path: str | None) -> str:
    """Returns the name of an uploaded file: no folder, nothing that ends a line, not long."""
    name = Path((path or "").replace("\\", "/")).name
    plain = "".join(letter for letter in name if letter.isprintable())
    # A lone surrogate cannot be written into a program.
    plain = plain.encode("utf-8", "ignore").decode()
    return plain[-MOST_NAME:] or "picture.png"
