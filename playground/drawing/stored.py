"""Drawings that ship, so that the tab opens on one that a model really made, before it is loaded.

`python -m playground.stored_drawings` makes the files again, after mini-diffusion has changed.
What was seen on the way is kept roughly (6 to 8 bits), the picture itself bit by bit.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from playground.drawing.drawn import Drawn
from playground.models.diffusion_asks import Colours, Frame, Order, Reading, Token
from playground.visitors.errors import PersonError
from playground.visitors.pictures import read_picture

STORED = Path(__file__).parents[2] / "assets" / "examples" / "text_to_image"
SHARP_QUALITY = 80
SHARP_COLUMNS = 5
_LEVELS = 127
_SHARE_LEVELS = 63


@dataclass(frozen=True, eq=False)
class StoredDrawing:
    """A drawing that ships.

    Attributes:
        language: Of its words.
        drawn: The drawing; its `sharp` frames are there.
    """

    language: str
    drawn: Drawn


def read_all(fingerprints: Mapping[str, str], folder: Path = STORED) -> dict[str, StoredDrawing]:
    """Reads the drawings that ship, by id, in the order of their ids.

    Args:
        fingerprints: Which files each model has now, by its key; a drawing that other files made
            is left out.
        folder: Where they lie.

    Returns:
        Those that can be read.
    """
    found: dict[str, StoredDrawing] = {}
    for file in sorted(folder.glob("*.safetensors")):
        stored = read_stored(file)
        if stored is not None and fingerprints.get(stored.drawn.model) == stored.drawn.revision:
            found[file.stem] = stored
    return found


def write_stored(drawn: Drawn, language: str, sharp: Sequence[np.ndarray], file: Path) -> None:
    """Writes a drawing from words alone, all of whose steps were done.

    Args:
        drawn: The drawing.
        language: Of its words.
        sharp: What was foreseen after each step, decoded.
        file: Where to.

    Raises:
        OSError: It cannot be written.
    """
    noisy, noisy_scale = _levels([frame.noisy for frame in drawn.frames])
    predicted, predicted_scale = _levels([frame.predicted for frame in drawn.frames])
    guidance, guidance_scale = _levels([_or_zero(frame.guidance_map) for frame in drawn.frames])
    about = {
        "language": language,
        "model": drawn.model,
        "revision": drawn.revision,
        "seconds": round(drawn.seconds, 2),
        "order": {
            "words": drawn.order.words,
            "size_hw": drawn.order.size_hw,
            "steps": drawn.order.steps,
            "guidance": drawn.order.guidance,
            "scheduler": drawn.order.scheduler,
            "seed": drawn.order.seed,
        },
        "reading": _plain_reading(drawn.reading),
        "noise_levels": [round(frame.noise_level, 4) for frame in drawn.frames],
        "scales": {
            "noisy": noisy_scale,
            "predicted": predicted_scale,
            "guidance": guidance_scale,
        },
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        "about": _packed(json.dumps(about, separators=(",", ":")).encode()),
        "picture": np.frombuffer(drawn.picture.webp(), np.uint8),
        "sharp": np.frombuffer(_film(sharp), np.uint8),
        "colours": drawn.colours.matrix,
        "noisy": _packed(noisy.tobytes()),
        "predicted": _packed(predicted.tobytes()),
        "guidance": _packed(guidance.tobytes()),
        "maps": _packed(_shares(drawn).tobytes()),
        "shapes": np.array([*drawn.frames[0].predicted.shape, *_maps_of(drawn.frames[0]).shape]),
    }
    save_file(arrays, file)
    # The library makes files that only their maker may read.
    file.chmod(0o644)


def read_stored(file: Path) -> StoredDrawing | None:
    """Reads what `write_stored` wrote; None when there is no such file or it is damaged."""
    try:
        with safe_open(file, framework="np") as stored:
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        return _stored(arrays)
    except (OSError, SafetensorError, KeyError, ValueError, TypeError, zlib.error, PersonError):
        return None


def _stored(arrays: Mapping[str, np.ndarray]) -> StoredDrawing:
    about = json.loads(_unpacked(arrays["about"]))
    told, count = about["order"], len(about["noise_levels"])
    shapes = [int(side) for side in arrays["shapes"]]
    latent_shape, maps_shape = tuple(shapes[:3]), tuple(shapes[3:])
    scales = about["scales"]

    def latents(name: str, shape: tuple[int, ...]) -> np.ndarray:
        values = np.frombuffer(_unpacked(arrays[name]), np.int8).reshape(count, *shape)
        scale = np.asarray(scales[name], np.float32).reshape(count, *(1 for _ in shape))
        return (values * scale).astype(np.float16)

    noisy, predicted = latents("noisy", latent_shape), latents("predicted", latent_shape)
    guidance = latents("guidance", latent_shape[1:])
    shares = np.frombuffer(_unpacked(arrays["maps"]), np.uint8).reshape(count, *maps_shape)
    maps = _maps(shares)
    picture = read_picture(arrays["picture"].tobytes())
    frames = tuple(
        Frame(
            step=number + 1,
            steps=count,
            noise_level=about["noise_levels"][number],
            noisy=noisy[number],
            predicted=predicted[number],
            word_maps=maps[number],
            guidance_map=guidance[number],
        )
        for number in range(count)
    )
    drawn = Drawn(
        picture=picture,
        order=Order(**{**told, "size_hw": tuple(told["size_hw"])}),
        model=about["model"],
        revision=about["revision"],
        reading=_reading(about["reading"]),
        frames=frames,
        colours=Colours(np.array(arrays["colours"])),
        seconds=about["seconds"],
        sharp=_frames(arrays["sharp"].tobytes(), count, picture.pixels.shape[:2]),
    )
    return StoredDrawing(about["language"], drawn)


def _levels(values: Sequence[np.ndarray]) -> tuple[np.ndarray, list[float]]:
    """Eight bits a number, each frame with a scale of its own."""
    stack = np.stack(values).astype(np.float32)
    most = np.abs(stack).reshape(len(stack), -1).max(axis=1)
    scale = np.maximum(most, 1e-6) / _LEVELS
    levels = np.rint(stack / scale.reshape(-1, *(1 for _ in stack.shape[1:])))
    return levels.astype(np.int8), [float(np.float32(each)) for each in scale]


def _shares(drawn: Drawn) -> np.ndarray:
    """uint8 (S, T, mh, mw), square roots of the shares: small ones keep their digits.

    All padding is kept in its first token: nobody looks at one of them alone.
    """
    maps = np.stack([_maps_of(frame) for frame in drawn.frames]).astype(np.float32)
    spoken = [number for number, token in enumerate(drawn.reading.tokens) if not token.is_special]
    # The last word, the end token, then padding.
    padding = max(spoken, default=0) + 2
    if padding < maps.shape[1]:
        maps[:, padding] = maps[:, padding:].sum(axis=1)
        maps[:, padding + 1 :] = 0
    return np.rint(np.sqrt(maps.clip(0, 1)) * _SHARE_LEVELS).astype(np.uint8)


def _maps(shares: np.ndarray) -> np.ndarray:
    maps = (shares.astype(np.float32) / _SHARE_LEVELS) ** 2
    return (maps / maps.sum(axis=1, keepdims=True)).astype(np.float16)


def _film(frames: Sequence[np.ndarray]) -> bytes:
    """All frames in one picture, row by row."""
    height, width = frames[0].shape[:2]
    rows = -(-len(frames) // SHARP_COLUMNS)
    film = np.zeros((rows * height, SHARP_COLUMNS * width, 3), np.uint8)
    for number, frame in enumerate(frames):
        top, left = number // SHARP_COLUMNS * height, number % SHARP_COLUMNS * width
        film[top : top + height, left : left + width] = frame
    file = io.BytesIO()
    Image.fromarray(film).save(file, "WEBP", quality=SHARP_QUALITY, method=6)
    return file.getvalue()


def _frames(data: bytes, count: int, size_hw: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    film, (height, width) = read_picture(data).pixels, size_hw
    places = [divmod(number, SHARP_COLUMNS) for number in range(count)]
    return tuple(
        film[row * height : (row + 1) * height, column * width : (column + 1) * width]
        for row, column in places
    )


def _plain_reading(reading: Reading) -> dict[str, Any]:
    tokens = [[token.text, token.word, token.is_special] for token in reading.tokens]
    return {
        "text": reading.text,
        "tokens": tokens,
        "words": list(reading.words),
        "count": reading.count,
        "most": reading.most,
        "unread": reading.unread,
    }


def _reading(told: Mapping[str, Any]) -> Reading:
    return Reading(
        text=told["text"],
        tokens=tuple(Token(*row) for row in told["tokens"]),
        words=tuple(told["words"]),
        count=told["count"],
        most=told["most"],
        unread=told["unread"],
        tensors={},
    )


def _maps_of(frame: Frame) -> np.ndarray:
    return _or_zero(frame.word_maps)


def _or_zero(values: np.ndarray | None) -> np.ndarray:
    if values is None:
        raise ValueError("a drawing that ships has maps at every step")
    return values


def _packed(data: bytes) -> np.ndarray:
    return np.frombuffer(zlib.compress(data, 9), np.uint8)


def _unpacked(array: np.ndarray) -> bytes:
    return zlib.decompress(array.tobytes())
