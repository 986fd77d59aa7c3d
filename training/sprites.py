"""Emoji as small pictures: read once from the font, kept at several sizes, warped into place."""

import math
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from training.scenes import SceneObject

FONT_VARIABLE = "PLAYGROUND_EMOJI_FONT"
FONT_FILE = "NotoColorEmoji.ttf"
_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
)
# The font holds bitmaps of one size only; FreeType refuses any other.
_BITMAP_SIZE = 109
_SPRITE_SIDE = 128
_SHADOW_SIDE = 32
_SHADOW_MARGIN = 1.5


class FontMissing(RuntimeError):
    """Noto Color Emoji was not found on this machine."""


@cache
def font_path() -> Path:
    """Find Noto Color Emoji.

    Looks at the environment variable ``PLAYGROUND_EMOJI_FONT``, asks fontconfig, then searches
    the usual font folders.

    Returns:
        Path of the font file.

    Raises:
        FontMissing: If it is nowhere.
    """
    named = os.environ.get(FONT_VARIABLE)
    if named:
        if Path(named).is_file():
            return Path(named)
        raise FontMissing(f"{FONT_VARIABLE} names {named}, which is not a file.")
    found = _ask_fontconfig() or _search_folders()
    if found is None:
        raise FontMissing(
            f"{FONT_FILE} was not found. Install it (Debian, Ubuntu: "
            f"apt install fonts-noto-color-emoji) or set {FONT_VARIABLE} to its path."
        )
    return found


def _ask_fontconfig() -> Path | None:
    if shutil.which("fc-match") is None:
        return None
    answer = subprocess.run(
        ["fc-match", "--format=%{file}", "Noto Color Emoji"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return Path(answer) if answer.endswith(FONT_FILE) else None


def _search_folders() -> Path | None:
    for folder in _FOLDERS:
        for path in Path(folder).expanduser().glob(f"**/{FONT_FILE}"):
            return path
    return None


@dataclass(frozen=True)
class Sprite:
    """One emoji, cut to its drawn part and centred on a square.

    Attributes:
        levels: Premultiplied pictures (mode RGBa) with sides 128, 64, 32 and 16, sharpest first.
        shadow: Blurred coverage (mode L), 32 pixels for 1.5 times the sprite's side.
    """

    levels: tuple[Image.Image, ...]
    shadow: Image.Image


@cache
def sprite(emoji: str) -> Sprite:
    """Read one emoji from the font.

    Args:
        emoji: The characters.

    Returns:
        The sprite, kept for the life of the process.

    Raises:
        FontMissing: If the font is not on this machine.
        ValueError: If the font has no colour picture for it.
    """
    font = ImageFont.truetype(str(font_path()), _BITMAP_SIZE)
    sheet = Image.new("RGBA", (300, 160))
    ImageDraw.Draw(sheet).text((0, 0), emoji, font=font, embedded_color=True)
    box = sheet.getbbox()
    if box is None or box[2] > 140:
        raise ValueError(f"the font has no single picture for {emoji!r}")
    drawn = sheet.crop(box)
    side = max(drawn.size)
    square = Image.new("RGBA", (side, side))
    square.paste(drawn, ((side - drawn.width) // 2, (side - drawn.height) // 2))
    # RGBa is premultiplied: resizing plain RGBA would bleed the black of clear pixels in.
    clear = square.convert("RGBa")
    levels = tuple(
        clear.resize((n, n), Image.Resampling.LANCZOS if n > side else Image.Resampling.BOX)
        for n in (_SPRITE_SIDE, 64, 32, 16)
    )
    return Sprite(levels, _blurred_coverage(square))


def _blurred_coverage(square: Image.Image) -> Image.Image:
    inner = round(_SHADOW_SIDE / _SHADOW_MARGIN)
    margin = (_SHADOW_SIDE - inner) // 2
    coverage = Image.new("L", (_SHADOW_SIDE, _SHADOW_SIDE))
    coverage.paste(square.getchannel("A").resize((inner, inner)), (margin, margin))
    return coverage.filter(ImageFilter.GaussianBlur(2.0))


@dataclass(frozen=True)
class Patch:
    """A warped sprite and where it goes.

    Attributes:
        top: Row of its first pixel in the picture.
        left: Column of its first pixel in the picture.
        pixels: (H, W, C) float32, 0..1; C is 4 (premultiplied RGB, alpha) or 1 (shadow).
    """

    top: int
    left: int
    pixels: np.ndarray

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the picture that it covers."""
        height, width = self.pixels.shape[:2]
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


def place_sprite(thing: SceneObject, side_px: int) -> Patch | None:
    """Scale, turn and mirror an object's sprite to where it stands.

    Args:
        thing: The object.
        side_px: Side of the square picture, in pixels.

    Returns:
        The patch inside the picture, (H, W, 4), or ``None`` if nothing of it is inside.
    """
    levels = sprite(thing.concept.emoji).levels
    wanted = thing.size * side_px
    sharp_enough = [level for level in levels if level.width >= wanted]
    source = sharp_enough[-1] if sharp_enough else levels[0]
    resample = Image.Resampling.BILINEAR if sharp_enough else Image.Resampling.BICUBIC
    return _warp(source, thing, side_px, 1.0, 0.0, resample)


def place_shadow(thing: SceneObject, side_px: int) -> Patch | None:
    """Warp the soft shadow that an object throws down and to the right.

    Args:
        thing: The object.
        side_px: Side of the square picture, in pixels.

    Returns:
        The patch inside the picture, (H, W, 1), or ``None`` if nothing of it is inside.
    """
    source = sprite(thing.concept.emoji).shadow
    shift = 0.06 * thing.size
    return _warp(source, thing, side_px, _SHADOW_MARGIN, shift, Image.Resampling.BILINEAR)


def _warp(
    source: Image.Image,
    thing: SceneObject,
    side_px: int,
    margin: float,
    shift: float,
    resample: Image.Resampling,
) -> Patch | None:
    extent = thing.size * side_px * margin
    angle = math.radians(thing.turn_degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    reach = 0.5 * extent * (abs(cos) + abs(sin)) + 1.0
    centre_x, centre_y = (thing.x + shift) * side_px, (thing.y + shift) * side_px
    left, right = max(0, math.floor(centre_x - reach)), min(side_px, math.ceil(centre_x + reach))
    top, bottom = max(0, math.floor(centre_y - reach)), min(side_px, math.ceil(centre_y + reach))
    if left >= right or top >= bottom:
        return None
    # Pillow asks for the map from the patch back to the sprite.
    zoom = source.width / extent
    mirror = -1.0 if thing.flipped else 1.0
    a, b = mirror * zoom * cos, -mirror * zoom * sin
    d, e = zoom * sin, zoom * cos
    offset_x, offset_y = left - centre_x, top - centre_y
    half = source.width / 2
    data = (
        a, b, a * offset_x + b * offset_y + half,
        d, e, d * offset_x + e * offset_y + half,
    )  # fmt: skip
    size = (right - left, bottom - top)
    warped = source.transform(size, Image.Transform.AFFINE, data, resample)
    channels = 1 if source.mode == "L" else 4
    flat = np.frombuffer(warped.tobytes(), np.uint8).reshape(size[1], size[0], channels)
    return Patch(top, left, flat.astype(np.float32) * np.float32(1 / 255))
