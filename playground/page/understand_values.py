"""What the handlers of "Understand" tell its stage: plain objects, rounded for the way."""

from __future__ import annotations

import base64
import io
import secrets
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from playground.collection import Collection, Pictures
from playground.explain.referee import Verdict
from playground.page.context import Context
from playground.page.understand_canvas import understand_words
from playground.understanding.asked import (
    MOST_PICTURES,
    MOST_TEXT_CHARACTERS,
    MOST_TEXTS,
    Matter,
)
from playground.understanding.flat_map import FlatMap
from playground.understanding.matrix import Matrix
from playground.understanding.where import Heat, Where
from playground.visitors.pictures import Picture
from playground.zero_shot import HIGHEST_SCALE, LOWEST_SCALE

DIGITS = 5
THUMB_SIDE = 192
Value = dict[str, Any]


def told(ctx: Context, request: gr.Request | None, **more: Any) -> Value:
    """Makes a value with its stamp and the stage's words."""
    return {"stamp": secrets.token_hex(4), "words": understand_words(ctx, request), **more}


def offered_value(collection: Collection, language: str) -> list[list[str]]:
    """Lists the pictures that may be added: id, file and what each shows."""
    return [[item.id, item.file, item.alt[language]] for item in collection.pictures]


def matter_value(matter: Matter) -> Value:
    """Says what was compared, as it was understood."""
    return {
        "pictures": list(matter.pictures),
        "texts": list(matter.texts),
        "templates": list(matter.templates),
        "none": matter.has_none,
    }


def matrix_value(matrix: Matrix) -> Value:
    """Tells every cosine; the browser computes logits and shares at any temperature."""
    return {
        "cosines": _rounded(matrix.cosines),
        "by_template": _rounded(matrix.template_cosines),
        "others": _rounded(matrix.others),
        "other_texts": list(matrix.other_texts),
        "own": matrix.logit_scale,
        "bias": matrix.logit_bias,
        "low": LOWEST_SCALE,
        "high": HIGHEST_SCALE,
        "tokens": [
            {"pieces": list(count.pieces), "kept": count.kept, "limit": count.limit}
            for count in matrix.tokens
        ],
    }


def map_value(flat: FlatMap, collection: Pictures, view: str, ends: tuple[str, ...]) -> Value:
    """Tells where points lie, and who is near in truth."""
    own = iter(flat.own)
    ids = [next(own) if place < 0 else collection.pictures[place].id for place in flat.places]
    gap = flat.gap
    return {
        "view": view,
        "ends": list(ends),
        "ids": ids,
        "texts": list(flat.texts),
        "points": _rounded(flat.points),
        "shares": _rounded(flat.shares),
        "near": flat.near.tolist(),
        "near_cosines": _rounded(flat.near_cosines),
        "gap": None
        if gap is None
        else {
            "distance": round(gap.distance, DIGITS),
            "pictures": _rounded(gap.pictures),
            "texts": _rounded(gap.texts),
            "cosines": [round(cosine, DIGITS) for cosine in gap.cosines],
        },
    }


def known_value(flat: FlatMap, collection: Pictures, language: str) -> list[list[str]]:
    """Lists the drawn pictures that the stage was not offered: id, address and what each shows."""
    pictures = (collection.pictures[place] for place in flat.places if place >= 0)
    return [[picture.id, picture.address, picture.alt[language]] for picture in pictures]


def why_settings(example: Value, picture_id: str, words: str) -> Value:
    """Sets the stage for one found picture, among the examples' pictures and texts.

    Args:
        example: What the stage opens on, as `matter_value` tells it.
        picture_id: The found picture.
        words: What was searched for; "" if no words were.
    """
    others = [name for name in example["pictures"] if name != picture_id]
    text = [words] if 0 < len(words) <= MOST_TEXT_CHARACTERS else []
    return {
        "pictures": [picture_id, *others][:MOST_PICTURES],
        "texts": [*text, *example["texts"]][:MOST_TEXTS],
        "templates": ["{}"] if text else example["templates"],
        "none": example["none"],
        "panel": "where" if words else "matrix",
        "show": "cosine",
        "scale": None,
        "view": "apart",
        "ends": ["", ""],
        "picture": picture_id,
        "sentence": words,
    }


def where_value(found: Where, picture_id: str) -> Value:
    """Tells every map with its verdict, and the picture as the model saw it."""
    return {
        "picture": picture_id,
        "sentence": found.sentence,
        "cosine": round(found.cosine, DIGITS),
        "shown": _lossless(found.shown),
        "size": list(found.shown.shape[:2]),
        "grid": list(found.grid_hw),
        "places": [_heat_value(heat) for heat in found.places],
        "words": [word.text for word in found.words],
        "weights": [_heat_value(heat) for heat in found.weights],
    }


def thumb_address(picture: Picture) -> str:
    """Makes a small copy of a visitor's picture as a data address."""
    image = Image.fromarray(picture.pixels)
    image.thumbnail((THUMB_SIDE, THUMB_SIDE))
    return _address(image, quality=80)


def _heat_value(heat: Heat) -> Value:
    largest = float(heat.heat.max(initial=0.0))
    return {
        "method": heat.method,
        "heat": _rounded(heat.heat / largest if largest > 0 else heat.heat),
        "hot": np.flatnonzero(heat.hot).tolist(),
        "verdict": None if heat.verdict is None else _verdict_value(heat.verdict),
    }


def _verdict_value(verdict: Verdict) -> Value:
    agreement = verdict.agreement
    return {
        "drop": round(verdict.drop, DIGITS),
        "random": _rounded(verdict.random_drops),
        "luck": round(verdict.luck, DIGITS),
        "agreement": None if agreement is None else round(agreement, 3),
        "beats": verdict.beats_random,
        "needs": verdict.needs_the_model,
        "proven": verdict.is_proven,
    }


def _rounded(numbers: np.ndarray) -> Any:
    return np.round(np.asarray(numbers, np.float64), DIGITS).tolist()


def _lossless(pixels: np.ndarray) -> str:
    return _address(Image.fromarray(pixels), lossless=True)


def _address(image: Image.Image, **options: Any) -> str:
    stream = io.BytesIO()
    image.save(stream, "WEBP", **options)
    return f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode()}"
