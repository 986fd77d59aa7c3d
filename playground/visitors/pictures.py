"""The one door for pictures: whatever comes in, plain sRGB pixels without metadata come out.

Nothing else in the playground decodes a file that a person sent.
"""

import hashlib
import io
import os
import stat
import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# Named one by one: a plugin that is never asked cannot be attacked, and Pillow would otherwise
# import all forty of them to look for AVIF.
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageChops,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.picture_headers import refuse_by_bytes, webp_size_wh

_PLUGINS = (
    JpegImagePlugin.JpegImageFile,
    PngImagePlugin.PngImageFile,
    WebPImagePlugin.WebPImageFile,
    GifImagePlugin.GifImageFile,
    BmpImagePlugin.BmpImageFile,
    *((AvifImagePlugin.AvifImageFile,) if AvifImagePlugin.SUPPORTED else ()),
)
FORMATS: tuple[str, ...] = tuple(str(plugin.format) for plugin in _PLUGINS)
# A photo with a preview or a depth map behind it: JPEG to everybody but Pillow.
_JPEG_WITH_MORE = "MPO"
# Black and white writing on a transparent ground both stay readable on it.
NEUTRAL_RGB = (128, 128, 128)
_MOST_ICC_BYTES = 4_000_000
_EXIF_ORIENTATION = 0x0112
# Source: EXIF 2.32, tag 274 "Orientation"; the turn that undoes each value.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# One decoding may hold 160 MB (40 megapixels, four bytes each); a class uploads together.
_DECODERS = threading.BoundedSemaphore(4)


@dataclass(frozen=True)
class PictureLimits:
    """What a picture may be, and how large its pixels are handed on.

    Attributes:
        most_bytes: Largest file.
        smallest_side: Shortest side in pixels.
        largest_side: Longest side in pixels.
        most_pixels: Most pixels in all.
        most_aspect: Longest side divided by shortest.
        scaled_side: Pictures with a longer side are scaled down to it.
    """

    most_bytes: int = 12_000_000
    smallest_side: int = 16
    largest_side: int = 12_000
    most_pixels: int = 40_000_000
    most_aspect: float = 20.0
    scaled_side: int = 2048


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that was let in.

    Attributes:
        pixels: uint8 array (H, W, 3), RGB in sRGB, 0 to 255, read-only.
        notes: What the person is told about it.
        content_id: SHA-256 of size and pixels, in hexadecimal: the same for the same pixels.
    """

    pixels: NDArray[np.uint8]
    notes: tuple[Note, ...] = ()
    content_id: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(repr(self.pixels.shape).encode())
        digest.update(np.ascontiguousarray(self.pixels).data)
        object.__setattr__(self, "content_id", digest.hexdigest())

    def webp(self) -> bytes:
        """Returns the picture as a WebP file without metadata.

        Lossless, so that reading it again gives the same pixels and the same `content_id`.
        """
        file = io.BytesIO()
        Image.fromarray(self.pixels).save(file, "WEBP", lossless=True, method=0, quality=0)
        return file.getvalue()


def read_picture(
    source: bytes | Path | Image.Image | np.ndarray,
    *,
    limits: PictureLimits = PictureLimits(),
) -> Picture:
    """Returns the picture in `source`, ready for a model.

    Only the formats of `FORMATS` are tried, by content, whatever the name says. Size is judged
    from the header before any pixel is decoded. Then: the first frame; 16-bit grey scaled to 8;
    scaled down to `limits.scaled_side`; turned upright by its EXIF; colours brought to sRGB by its
    ICC profile (a broken profile or EXIF is passed over); transparency laid on `NEUTRAL_RGB`.
    Scaling comes early so that the later steps work on a small picture. Scaling, dropped frames
    and transparency are told in the notes.

    Args:
        source: A file's bytes or path; or pixels: a PIL image, or an array (H, W), (H, W, 3) or
            (H, W, 4) of bool, uint8, uint16, or float from 0 to 1.
        limits: What is let in.

    Raises:
        PersonError: "mistake.picture." and one of missing, empty, too_many_bytes, heic, format,
            too_small, too_large, shape, incomplete, broken; "mistake.file_gone";
            "mistake.memory_full".
        OSError: The disk cannot be read; `explain` knows it.
        TypeError: `source` is of another kind.
    """
    if source is None:
        raise PersonError("mistake.picture.missing")
    with _DECODERS:
        if isinstance(source, Path):
            source = _bytes_of_file(source, limits)
        try:
            return _read(source, limits)
        except (PersonError, TypeError):
            raise
        except MemoryError as error:
            raise PersonError("mistake.memory_full") from error


def _read(source: bytes | Image.Image | np.ndarray, limits: PictureLimits) -> Picture:
    if isinstance(source, bytes):
        return _read_image(_open(source, limits), limits)
    if isinstance(source, np.ndarray):
        return _read_image(Image.fromarray(_eight_bit_array(source)), limits)
    if isinstance(source, Image.Image):
        return _read_image(source, limits)
    raise TypeError(f"a picture cannot be read from a {type(source).__name__}")


def _bytes_of_file(path: Path, limits: PictureLimits) -> bytes:
    try:
        # Non-blocking, so that a pipe in the place of a file holds nobody up.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _O_BINARY)
    except FileNotFoundError as error:
        raise PersonError("mistake.file_gone") from error
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise PersonError("mistake.file_gone")
        return file.read(limits.most_bytes + 1)


_O_BINARY = getattr(os, "O_BINARY", 0)


def _open(data: bytes, limits: PictureLimits) -> Image.Image:
    if len(data) > limits.most_bytes:
        most = limits.most_bytes // 1_000_000
        raise PersonError("mistake.picture.too_many_bytes", {"most": most})
    refuse_by_bytes(data)
    size_wh = webp_size_wh(data)
    if size_wh:
        _refuse_size(size_wh, limits)
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_large(limits) from error
    except MemoryError:
        raise
    except Exception as error:
        # Decoders raise whatever they like on foreign bytes; the file is at fault, whatever it is.
        raise PersonError("mistake.picture.format", {"formats": ", ".join(FORMATS)}) from error


def _read_image(image: Image.Image, limits: PictureLimits) -> Picture:
    if isinstance(image, ImageFile.ImageFile) and image.format not in (*FORMATS, _JPEG_WITH_MORE):
        raise PersonError("mistake.picture.format", {"formats": ", ".join(FORMATS)})
    _refuse_size(image.size, limits)
    notes: list[Note] = []
    try:
        if _is_animated(image):
            notes.append(Note("note.picture.first_frame"))
        size_wh = image.size
        small = _load_small(image, limits)
    except MemoryError:
        raise
    except PersonError:
        raise
    except Exception as error:
        is_cut = "truncated" in str(error) or isinstance(error, EOFError)
        end = "incomplete" if is_cut else "broken"
        raise PersonError(f"mistake.picture.{end}") from error
    if max(size_wh) > limits.scaled_side:
        notes.append(_scaled_note(size_wh, small.size))
    rgb, is_transparent = _to_srgb(_upright(small, image), _icc_of(image))
    if is_transparent:
        notes.append(Note("note.picture.background"))
    pixels = np.array(rgb, dtype=np.uint8)
    pixels.setflags(write=False)
    return Picture(pixels, tuple(notes))


def _refuse_size(size_wh: tuple[int, int], limits: PictureLimits) -> None:
    short, long = min(size_wh), max(size_wh)
    if short > 0 and long / short > limits.most_aspect:
        raise PersonError("mistake.picture.shape", {"most": round(limits.most_aspect)})
    if short < limits.smallest_side:
        raise PersonError("mistake.picture.too_small", {"smallest": limits.smallest_side})
    if long > limits.largest_side or short * long > limits.most_pixels:
        raise _too_large(limits)


def _too_large(limits: PictureLimits) -> PersonError:
    values = {"side": limits.largest_side, "megapixels": limits.most_pixels // 1_000_000}
    return PersonError("mistake.picture.too_large", values)


def _is_animated(image: Image.Image) -> bool:
    return image.format != _JPEG_WITH_MORE and bool(getattr(image, "is_animated", False))


def _load_small(image: Image.Image, limits: PictureLimits) -> Image.Image:
    """Returns the first frame in mode L, RGB, RGBA or CMYK, no side over `scaled_side`."""
    box_wh = (limits.scaled_side, limits.scaled_side)
    if getattr(image, "n_frames", 1) > 1:
        image.seek(0)
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        # JPEG can be decoded at half size or less, for a fraction of the time and memory.
        image.draft(None, box_wh)
    image.load()
    # A GIF frame may have grown the canvas.
    _refuse_size(image.size, limits)
    small = _plain_mode(image)
    if max(small.size) > limits.scaled_side:
        small.thumbnail(box_wh, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return small


def _plain_mode(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        deep = np.clip(np.asarray(image), 0, 65_535)
        return Image.fromarray(_eight_bit_array(deep.astype(np.uint16)))
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    if isinstance(image, JpegImagePlugin.JpegImageFile) and image.mode == "CMYK":
        # Adobe stores its inks upside down and leaves a mark; Pillow turns over every file.
        return image.copy() if "adobe" in image.info else ImageChops.invert(image)
    if image.mode in ("L", "RGB", "CMYK"):
        return image.copy()
    return image.convert("RGB")


def _eight_bit_array(array: np.ndarray) -> NDArray[np.uint8]:
    is_picture = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if not is_picture or not array.size:
        raise TypeError(f"an array of shape {array.shape} is no picture")
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint16:
        # A table, because arithmetic on 40 megapixels would need four times their memory.
        table = np.rint(np.arange(65_536) * (255 / 65_535)).astype(np.uint8)
        return table[array]
    if not np.issubdtype(array.dtype, np.floating):
        raise TypeError(f"an array of {array.dtype} is no picture")
    if not np.isfinite(array).all():
        raise PersonError("mistake.picture.broken")
    return np.rint(np.clip(array, 0.0, 1.0) * 255).astype(np.uint8)


def _scaled_note(size_wh: tuple[int, int], scaled_wh: tuple[int, int]) -> Note:
    names = ("width", "height", "scaled_width", "scaled_height")
    return Note("note.picture.scaled", dict(zip(names, (*size_wh, *scaled_wh), strict=True)))


def _upright(small: Image.Image, image: Image.Image) -> Image.Image:
    try:
        turn = _UPRIGHT.get(image.getexif().get(_EXIF_ORIENTATION, 1))
    except Exception:  # Broken EXIF in a sound picture is no reason to refuse it.
        return small
    return small if turn is None else small.transpose(turn)


def _icc_of(image: Image.Image) -> bytes | None:
    profile = image.info.get("icc_profile")
    is_usable = isinstance(profile, bytes) and 0 < len(profile) <= _MOST_ICC_BYTES
    return profile if is_usable else None


def _to_srgb(image: Image.Image, icc: bytes | None) -> tuple[Image.Image, bool]:
    """Returns the picture in RGB, and whether anything of it was transparent."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    rgb = _without_profile(image.convert("RGB") if alpha else image, icc).convert("RGB")
    if alpha is None or alpha.getextrema() == (255, 255):
        return rgb, False
    ground = Image.new("RGB", rgb.size, NEUTRAL_RGB)
    return Image.composite(rgb, ground, alpha), True


def _without_profile(image: Image.Image, icc: bytes | None) -> Image.Image:
    if icc is None:
        return image
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        srgb = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, profile, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image  # A broken profile, or one for another kind of picture.
    return converted or image
