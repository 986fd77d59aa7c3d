"""A drawing as a recipe, alone or inside its PNG: all that is needed to draw the same again.

A picture that it started from is named by the digest of its pixels only: what a visitor brings
along does not leave with it. Whatever comes back may have been changed by anyone.
"""

from __future__ import annotations

import base64
import io
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from playground.drawing.drawn import Drawn
from playground.drawing.orders import MOST_CHANGES, MOST_SIDE, add_change, read_order
from playground.drawing.png_text import PNG_SIGNATURE, read_png_text
from playground.entries import Entry
from playground.models.diffusion_asks import Order
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.pictures import Picture

FORMAT, VERSION = "multimodal-playground/text_to_image", 1
KEYWORD = "multimodal-playground"
MOST_BYTES = 12_000_000
MOST_TEXT_BYTES = 400_000
MOST_NAME = 200
LIBRARIES = ("torch", "diffusers", "transformers")
SIGNATURE_SIDE = 16
ALMOST_LEVELS = 2
"""Two pictures whose coarse colours differ by no more are called almost the same."""
Likeness = Literal["bit-equal", "almost", "different"]
# No mask of a picture that is drawn is larger.
MOST_MASK_PIXELS = 2048**2
# What a forged file can end in; JSON knows an infinity, which no whole number is.
_UNREADABLE = (
    *(KeyError, ValueError, TypeError, AttributeError, OverflowError, RecursionError),
    zlib.error,
)
_ORDER_FIELDS = ("words", "without", "steps", "guidance", "scheduler", "seed")


@dataclass(frozen=True, eq=False)
class Recipe:
    """What a file said. Only sizes were checked: the rest is checked as every order is.

    Attributes:
        model: Key of the model.
        revision: The commit of its files; "" for one that ships.
        fingerprint: Which files exactly.
        fields: For `read_order`.
        changes: For `add_change`, in order.
        start_sha256: Of the pixels that it started from, at the size that was drawn; "" for none.
        mask: float32 (H, W), where it was drawn anew; None: everywhere.
        stopped_after: Steps after which it was stopped; 0 where it was not.
        picture_sha256: `content_id` of the picture.
        signature: uint8 (16, 16, 3), its coarse colours.
        versions: Of the libraries, by name.
    """

    model: str
    revision: str
    fingerprint: str
    fields: Mapping[str, object]
    changes: Sequence[Mapping[str, object]]
    start_sha256: str
    mask: np.ndarray | None
    stopped_after: int
    picture_sha256: str
    signature: np.ndarray
    versions: Mapping[str, str]


def recipe_of(drawn: Drawn, item: Entry, revision: str = "") -> dict[str, Any]:
    """Writes down how a drawing was made, as plain objects for JSON.

    Args:
        drawn: The drawing.
        item: The model that drew it.
        revision: The commit of its files, where it is known better than the catalogue does.
    """
    order = drawn.order
    height, width = order.size_hw
    told = {name: getattr(order, name) for name in _ORDER_FIELDS}
    if order.blend_words:
        told |= {"blend_words": order.blend_words, "blend": order.blend}
    if order.start is not None:
        told["strength"] = order.strength
    return {
        "format": FORMAT,
        "version": VERSION,
        "model": {
            "key": item.key,
            "title": item.title,
            "source": item.source,
            "class": item.class_name,
            "revision": revision or item.revision or "",
            "fingerprint": drawn.revision,
        },
        "order": told | {"height": height, "width": width},
        "start": None if order.start is None else {"sha256": Picture(order.start).content_id},
        "mask": None if order.mask is None else _packed(order.mask),
        "changes": [_without_none(asdict(change)) for change in order.changes],
        "stopped_after": len(drawn.frames) if drawn.is_stopped else 0,
        "picture": {
            "sha256": drawn.picture.content_id,
            "signature": base64.b64encode(signature(drawn.picture.pixels).tobytes()).decode(),
        },
        "versions": {name: _version(name) for name in LIBRARIES},
    }


def png_with_recipe(picture: Picture, recipe: Mapping[str, Any]) -> bytes:
    """Writes a picture as PNG with its recipe inside.

    Args:
        picture: The picture.
        recipe: From `recipe_of`.

    Returns:
        The file. Its pixels are those of the picture, bit by bit.
    """
    told = PngInfo()
    told.add_itxt(KEYWORD, json.dumps(recipe, ensure_ascii=False, separators=(",", ":")))
    file = io.BytesIO()
    Image.fromarray(picture.pixels).save(file, "PNG", pnginfo=told)
    return file.getvalue()


def recipe_in(data: bytes) -> Recipe:
    """Reads a recipe from a PNG that has one inside, or from JSON.

    Args:
        data: The file.

    Raises:
        PersonError: `draw.mistake.recipe` when there is none in it that can be read,
            `draw.mistake.recipe_version`.
    """
    if len(data) > MOST_BYTES:
        raise PersonError("draw.mistake.recipe")
    try:
        is_png = data.startswith(PNG_SIGNATURE)
        text = read_png_text(data, KEYWORD, MOST_TEXT_BYTES) if is_png else data
        if text is None or len(text) > MOST_TEXT_BYTES:
            raise PersonError("draw.mistake.recipe")
        told = json.loads(text.decode("utf-8"))
        if told["format"] != FORMAT:
            raise PersonError("draw.mistake.recipe")
        if told["version"] != VERSION:
            raise PersonError("draw.mistake.recipe_version", {"version": VERSION})
        return _recipe(told)
    except _UNREADABLE as error:
        raise PersonError("draw.mistake.recipe") from error


def order_again(
    item: Entry, recipe: Recipe, start: Picture | None = None
) -> tuple[Order, tuple[Note, ...]]:
    """Makes the order of a recipe, checked as every order is.

    Args:
        item: The model of this recipe, or another one.
        recipe: The recipe.
        start: The picture that it starts from, where it does.

    Returns:
        The order, and what was done to it; `draw.note.recipe_start` when the picture is not the
        one that the recipe knows.

    Raises:
        PersonError: `draw.mistake.recipe_start` without a picture that is needed;
            `draw.mistake.recipe` for a mask of another size; those of `read_order` and
            `add_change`.
    """
    needs_start = bool(recipe.start_sha256)
    if needs_start and start is None:
        raise PersonError("draw.mistake.recipe_start")
    order, notes = read_order(item, recipe.fields, start if needs_start else None)
    if needs_start:
        if recipe.mask is not None and recipe.mask.shape != order.size_hw:
            # Without it all of the picture would be drawn anew.
            raise PersonError("draw.mistake.recipe")
        order = replace(order, mask=recipe.mask)
        if order.start is not None and Picture(order.start).content_id != recipe.start_sha256:
            notes = (*notes, Note("draw.note.recipe_start"))
    for change in recipe.changes:
        order, more = add_change(item, order, change)
        notes = (*notes, *more)
    return order, notes


def compare(drawn: Drawn, recipe: Recipe) -> Likeness:
    """Tells how like a drawing is to the one that a recipe tells of.

    Args:
        drawn: The new drawing.
        recipe: The recipe.

    Returns:
        `"bit-equal"`; `"almost"` when no cell of a coarse grid differs by more than
        `ALMOST_LEVELS` of 255, as other machines and versions make it; else `"different"`.
    """
    if drawn.picture.content_id == recipe.picture_sha256:
        return "bit-equal"
    apart = np.abs(signature(drawn.picture.pixels).astype(int) - recipe.signature)
    return "almost" if apart.max() <= ALMOST_LEVELS else "different"


def signature(pixels: np.ndarray) -> np.ndarray:
    """Returns the coarse colours of a picture, uint8 (16, 16, 3), from uint8 (H, W, 3)."""
    size = (SIGNATURE_SIDE, SIGNATURE_SIDE)
    return np.array(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


def _recipe(told: Mapping[str, Any]) -> Recipe:
    model, picture, mask = told["model"], told["picture"], told.get("mask")
    packed = base64.b64decode(_short(picture["signature"], 4096), validate=True)
    cells = np.frombuffer(packed, np.uint8).reshape(SIGNATURE_SIDE, SIGNATURE_SIDE, 3)
    changes = told.get("changes") or []
    if not isinstance(changes, list) or len(changes) > MOST_CHANGES:
        raise ValueError("changes")
    names = ("step", "words", "guidance", "noise_seed")
    start = told.get("start")
    return Recipe(
        model=_short(model["key"]),
        revision=_short(model.get("revision") or ""),
        fingerprint=_short(model.get("fingerprint") or ""),
        fields=dict(told["order"]),
        changes=[{name: change.get(name) for name in names} for change in changes],
        start_sha256="" if start is None else _short(start["sha256"]),
        mask=None if mask is None else _unpacked(mask),
        stopped_after=min(max(int(told.get("stopped_after") or 0), 0), MOST_SIDE),
        picture_sha256=_short(picture["sha256"]),
        signature=cells,
        versions={name: _short(told["versions"][name]) for name in LIBRARIES},
    )


def _packed(mask: np.ndarray) -> dict[str, Any]:
    levels = np.rint(mask * 255).astype(np.uint8)
    data = base64.b64encode(zlib.compress(levels.tobytes(), 9)).decode()
    return {"height": mask.shape[0], "width": mask.shape[1], "zlib": data}


def _unpacked(told: Mapping[str, Any]) -> np.ndarray:
    height, width = told["height"], told["width"]
    for side in (height, width):
        if type(side) is not int or not 1 <= side <= MOST_SIDE:
            raise ValueError("mask")
    if height * width > MOST_MASK_PIXELS:
        raise ValueError("mask")
    packed = base64.b64decode(_short(told["zlib"], MOST_TEXT_BYTES), validate=True)
    # A few bytes can unpack to gigabytes: no more is unpacked than the mask needs.
    data = zlib.decompressobj().decompress(packed, height * width)
    levels = np.frombuffer(data, np.uint8).reshape(height, width)
    if not levels.any():
        raise ValueError("mask")
    return levels.astype(np.float32) / np.float32(255)


def _short(value: object, most: int = MOST_NAME) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise ValueError("not a short text")
    return value


def _without_none(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
