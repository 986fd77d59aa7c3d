"""What the drawer of text to image is told of a drawing: film, maps and numbers, in few bytes."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from playground.drawing.drawn import Drawn
from playground.drawing.guard import grey_card
from playground.drawing.previews import SHARP_SIDE, smaller
from playground.explain.word_maps import attention_shares, maps_by_word, pooled
from playground.models.diffusion_asks import Colours, Frame, Reading, Token
from playground.models.diffusion_colours import preview
from playground.page.shown_picture import data_address
from playground.visitors.pictures import Picture

# Longest side of one picture of the film of latents.
LATENT_SIDE = 64
# Cells of all maps of all words and steps together; a byte each.
MOST_CELLS = 700_000
START, WORD, END, PADDING = "start", "word", "end", "padding"
Answer = dict[str, Any]


@dataclass(frozen=True)
class Owners:
    """Which word, or which of the marks around them, each token belongs to.

    Attributes:
        names: (text, kind) of each, in the order of the prompt; marks have no text.
        places: For each token, its place in `names`.
    """

    names: tuple[tuple[str, str], ...]
    places: tuple[int, ...]


def owners_of(reading: Reading) -> Owners:
    """Groups the tokens of a prompt: its words, and the start, the end and the padding.

    Args:
        reading: The prompt as the model read it.
    """
    kinds = _kinds(reading.tokens)
    first = {START: -1, END: len(reading.words), PADDING: len(reading.words) + 1}
    order = [first.get(kind, token.word) for token, kind in zip(reading.tokens, kinds, strict=True)]
    found = dict(zip(order, kinds, strict=True))
    rank = {place: number for number, place in enumerate(sorted(found))}
    names = tuple(
        (reading.words[place] if kind == WORD else "", kind)
        for place, kind in sorted(found.items())
    )
    return Owners(names, tuple(rank[place] for place in order))


def inside_value(
    drawn: Drawn,
    reading_of: Callable[[str], Reading],
    looked_at: Sequence[np.ndarray] | None = None,
) -> Answer:
    """Writes all that can be seen of a drawing without running anything.

    Args:
        drawn: It.
        reading_of: Tells how its model reads words that were asked for from some step on.
        looked_at: What each step foresaw, uint8 (H, W, 3), a grey card where it may not be shown;
            None where everything may, in rough colours.
    """
    order, frames = drawn.order, drawn.frames
    height, width = drawn.picture.pixels.shape[:2]
    value: Answer = {
        "picture": data_address(drawn.picture),
        "size": [height, width],
        "words": order.words,
        "guidance": order.guidance,
        "seed": order.seed,
        "is_withheld": drawn.is_withheld,
        "is_stopped": drawn.is_stopped,
        "is_mixed": bool(order.blend_words and order.blend),
        "changes": [
            {"step": c.step, "words": c.words, "guidance": c.guidance, "noise_seed": c.noise_seed}
            for c in order.changes
        ],
        "done": len(frames),
        "steps": frames[-1].steps if frames else 0,
    }
    if not frames:
        return value
    return value | {
        "grid": list(frames[0].noisy.shape[1:]),
        "channels": frames[0].noisy.shape[0],
        "noise": [round(frame.noise_level, 4) for frame in frames],
        **films_value(drawn, looked_at),
        "guided": guided_value(frames),
        "parts": word_parts(drawn, reading_of),
    }


def films_value(drawn: Drawn, looked_at: Sequence[np.ndarray] | None) -> Answer:
    """Writes what each step was given and what it foresaw, as films.

    Args:
        drawn: A drawing with frames.
        looked_at: As for `inside_value`. Where a grey card stands, what was given is grey too; so
            is what the next step was given, which is the same picture with a little noise.
    """
    noisy = [_latent_picture(drawn.colours, frame.noisy) for frame in drawn.frames]
    if looked_at is None:
        rough = [_latent_picture(drawn.colours, frame.predicted) for frame in drawn.frames]
        return {"noisy": film(noisy), "predicted": film(rough), "is_sharp": False}
    is_grey = [np.array_equal(pixels, grey_card(pixels.shape[:2])) for pixels in looked_at]
    given = [
        grey_card(cells.shape[:2]) if now or before else cells
        for cells, now, before in zip(noisy, is_grey, (False, *is_grey), strict=False)
    ]
    return {"noisy": film(given), "predicted": sharp_film(looked_at), "is_sharp": True}


def film(pictures: Sequence[np.ndarray]) -> Answer:
    """Puts pictures of one size side by side into one, which a browser cuts up again.

    Args:
        pictures: uint8 (h, w, 3), at least one.

    Returns:
        `src`, `columns`, and `cell` as height and width in pixels.
    """
    height, width = pictures[0].shape[:2]
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
    for place, pixels in enumerate(pictures):
        top, left = (place // columns) * height, (place % columns) * width
        sheet[top : top + height, left : left + width] = pixels
    return {"src": data_address(Picture(sheet)), "columns": columns, "cell": [height, width]}


def sharp_film(pictures: Sequence[np.ndarray]) -> Answer:
    """Writes decoded pictures as a film, each no larger than it is shown.

    Args:
        pictures: uint8 (H, W, 3), at least one.
    """
    return film([smaller(pixels, SHARP_SIDE) for pixels in pictures])


def maps_value(maps: np.ndarray) -> Answer:
    """Writes maps: a byte for each cell, and what 0 and 255 stand for in each map.

    Args:
        maps: float (N, h, w), finite.
    """
    low, high = maps.min((-2, -1)), maps.max((-2, -1))
    spread = np.maximum(high - low, 1e-9)
    share = (maps - low[:, None, None]) / spread[:, None, None]
    return {
        "grid": list(maps.shape[1:]),
        "values": base64.b64encode(np.rint(share * 255).astype(np.uint8).tobytes()).decode(),
        "low": _rounded(low),
        "high": _rounded(high),
    }


def guided_value(frames: Sequence[Frame]) -> Answer | None:
    """Writes where the words change the prediction, and how much at each step.

    Args:
        frames: What was seen after each step.

    Returns:
        None where the words were not counted more than the model does by itself.
    """
    seen = [frame.guidance_map for frame in frames if frame.guidance_map is not None]
    if len(seen) != len(frames) or not seen:
        return None
    maps = pooled(np.nan_to_num(np.stack(seen).astype(np.float32)), MOST_CELLS)
    return maps_value(maps) | {"means": _rounded(maps.mean((-2, -1)))}


def word_parts(drawn: Drawn, reading_of: Callable[[str], Reading]) -> list[Answer]:
    """Writes where each word acts; after a change of the words, other words act.

    Args:
        drawn: The drawing.
        reading_of: Tells how its model reads other words.

    Returns:
        For each stretch of steps with the same words: `first` and `last` step, `names` of the
        words with their kind, their `shares` by step, and the maps (steps, words), word after word.
        Empty where the model has no such maps.
    """
    if any(frame.word_maps is None for frame in drawn.frames):
        return []
    changes = [c for c in drawn.order.changes if c.words is not None]
    done = len(drawn.frames)
    edges = sorted({0, done, *(c.step for c in changes if c.step < done)})
    parts = []
    for first, last in pairwise(edges):
        now = [c.words for c in changes if c.step <= first and c.words is not None]
        reading = reading_of(now[-1]) if now else drawn.reading
        stretch = drawn.frames[first:last]
        parts.append(_word_part(first + 1, stretch, reading, MOST_CELLS // len(edges)))
    return parts


def _word_part(first: int, frames: Sequence[Frame], reading: Reading, most_cells: int) -> Answer:
    owners = owners_of(reading)
    stacked = np.stack([f.word_maps for f in frames if f.word_maps is not None])
    by_word = maps_by_word(np.nan_to_num(stacked), owners.places, len(owners.names))
    maps = pooled(by_word, most_cells)
    flat = maps.reshape(-1, *maps.shape[-2:])
    return {
        "first": first,
        "last": first + len(frames) - 1,
        "names": [{"text": text, "kind": kind} for text, kind in owners.names],
        "shares": [_rounded(row) for row in attention_shares(by_word)],
        "maps": maps_value(flat),
    }


def _kinds(tokens: Sequence[Token]) -> list[str]:
    """Whether each token is a word, the start, the end or padding.

    Of the marks, the one before the first word is the start and the one after the last the end; a
    prompt without words has them too.
    """
    words = [place for place, token in enumerate(tokens) if not token.is_special]
    before = words[0] if words else min(1, len(tokens))
    end = words[-1] + 1 if words else before
    kinds = []
    for place, token in enumerate(tokens):
        if not token.is_special:
            kinds.append(WORD)
        elif place < before:
            kinds.append(START)
        else:
            kinds.append(END if place == end else PADDING)
    return kinds


def _latent_picture(colours: Colours, latent: np.ndarray) -> np.ndarray:
    # Every so many cells, not their mean: the mean of noise would look like less noise.
    step = max(1, math.ceil(max(latent.shape[1:]) / LATENT_SIDE))
    return preview(colours, np.ascontiguousarray(latent[:, ::step, ::step]))


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.5g}") for value in values.ravel()]
