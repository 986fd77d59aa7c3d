"""Drawings for tests, made without a model."""

from __future__ import annotations

import numpy as np

from playground.drawing.drawn import Drawn
from playground.models.diffusion_asks import Colours, Order, Reading, Token
from playground.visitors.pictures import Picture
from tests.drawing.fakes import frame_of, order_of


def reading_of(words: str = "a cat") -> Reading:
    pieces = words.split()
    tokens = (
        Token("", -1, True),
        *(Token(piece, number, False) for number, piece in enumerate(pieces)),
        Token("", -1, True),
    )
    return Reading(words, tokens, tuple(pieces), len(tokens), 32, "", {})


def drawn_of(order: Order | None = None, seed: int = 0, **more) -> Drawn:
    order = order or order_of()
    pixels = np.random.default_rng(seed).integers(0, 256, (*order.size_hw, 3), np.uint8)
    facts = {
        "picture": Picture(pixels),
        "order": order,
        "model": "toy",
        "revision": "abc",
        "reading": reading_of(order.words),
        "frames": tuple(frame_of(step + 1, order.steps) for step in range(order.steps)),
        "colours": Colours(np.zeros((5, 3), np.float32)),
        "seconds": 1.0,
    }
    return Drawn(**{**facts, **more})
