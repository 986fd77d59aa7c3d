"""Random outlines for dead leaves: compact, spiky, hollow, thin and many-limbed shapes."""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

# Drawn larger and averaged down: PIL does not smooth the edges of polygons.
_OVERSAMPLING = 2

Points = np.ndarray


class _Pen:
    """Draws in a frame from -1 to 1 and gives a soft mask of the size asked for."""

    def __init__(self, radius_px: float, turn: float) -> None:
        self.side_px = max(3, 2 * math.ceil(radius_px) + 2)
        self._scale = radius_px * _OVERSAMPLING
        self._middle = self.side_px * _OVERSAMPLING / 2
        self._turn = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
        self._image = Image.new("L", (self.side_px * _OVERSAMPLING,) * 2)
        self._draw = ImageDraw.Draw(self._image)

    def area(self, points: Points, ink: int = 255) -> None:
        self._draw.polygon(self._places(points), fill=ink)

    def line(self, points: Points, width: float) -> None:
        width_px = max(_OVERSAMPLING, round(width * self._scale))
        places = self._places(points)
        self._draw.line(places, fill=255, width=width_px, joint="curve")
        for x, y in (places[0], places[-1]):
            reach = width_px / 2
            self._draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=255)

    def mask(self) -> np.ndarray:
        return np.asarray(self._image.reduce(_OVERSAMPLING), np.float32) / 255

    def _places(self, points: Points) -> list[tuple[float, float]]:
        placed = points @ self._turn * self._scale + self._middle
        return [(float(x), float(y)) for x, y in placed]


def draw_leaf(rng: np.random.Generator, radius_px: float) -> np.ndarray:
    """Draw a random shape.

    Args:
        rng: Source of chance.
        radius_px: Half of its longest extent, about, in pixels; 1 or more.

    Returns:
        (S, S) float32, 0..1, with S about twice the radius.
    """
    pen = _Pen(radius_px, rng.uniform(0, 2 * math.pi))
    _SHAPES[rng.choice(len(_SHAPES), p=_CHANCES)](pen, rng)
    return pen.mask()


def _circle(count: int) -> np.ndarray:
    return np.linspace(0, 2 * math.pi, count, endpoint=False)


def _polar(angles: np.ndarray, reach: np.ndarray | float) -> Points:
    return np.stack([np.cos(angles), np.sin(angles)], 1) * np.reshape(reach, (-1, 1))


def _blob_points(rng: np.random.Generator, roughness: float) -> Points:
    angles = _circle(48)
    reach = np.ones(48)
    for wave in range(2, 8):
        swing = roughness * rng.normal() / wave
        reach += swing * np.cos(wave * angles + rng.uniform(0, 2 * math.pi))
    reach = np.maximum(reach, 0.12)
    return _polar(angles, reach / reach.max()) * (1, rng.uniform(0.45, 1))


def _ellipse(pen: _Pen, rng: np.random.Generator) -> None:
    pen.area(_polar(_circle(40), 1.0) * (1, rng.uniform(0.3, 1)))


def _blob(pen: _Pen, rng: np.random.Generator) -> None:
    pen.area(_blob_points(rng, rng.uniform(0.2, 0.9)))


def _polygon(pen: _Pen, rng: np.random.Generator) -> None:
    count = int(rng.integers(3, 8))
    angles = np.sort(_circle(count) + rng.uniform(-0.35, 0.35, count))
    pen.area(_polar(angles, rng.uniform(0.55, 1, count)))


def _box(pen: _Pen, rng: np.random.Generator) -> None:
    tall = rng.uniform(0.3, 1)
    corners = np.array([(-1, -tall), (1, -tall), (1, tall), (-1, tall)]) / math.hypot(1, tall)
    pen.area(corners * rng.uniform(0.85, 1, (4, 2)))


def _star(pen: _Pen, rng: np.random.Generator) -> None:
    count = int(rng.integers(4, 9))
    reach = np.tile((1.0, rng.uniform(0.3, 0.7)), count)
    pen.area(_polar(_circle(2 * count), reach))


def _ring(pen: _Pen, rng: np.random.Generator) -> None:
    outline = _blob_points(rng, rng.uniform(0, 0.3))
    pen.area(outline)
    pen.area(outline * rng.uniform(0.4, 0.85) + rng.uniform(-0.06, 0.06, 2), ink=0)


def _bar(pen: _Pen, rng: np.random.Generator) -> None:
    pen.line(np.array([(-0.9, 0.0), (0.9, 0.0)]), rng.uniform(0.05, 0.3))


def _walk(rng: np.random.Generator, start: Points, length: float, bend: float) -> Points:
    steps = 14
    turns = rng.uniform(0, 2 * math.pi) + np.cumsum(rng.normal(0, bend, steps))
    moves = _polar(turns, length / steps)
    return np.clip(start + np.cumsum(moves, 0), -0.93, 0.93)


def _curve(pen: _Pen, rng: np.random.Generator) -> None:
    start = rng.uniform(-0.6, 0.6, 2)
    pen.line(_walk(rng, start, rng.uniform(1.2, 3), 0.35), rng.uniform(0.06, 0.22))


def _letter(pen: _Pen, rng: np.random.Generator) -> None:
    width = rng.uniform(0.14, 0.34)
    knots = rng.choice((-0.75, 0.0, 0.75), (int(rng.integers(3, 5)), 2)) * (0.8, 1)
    pen.line(knots, width)
    if rng.random() < 0.5:
        pen.line(np.stack([knots[1], rng.uniform(-0.75, 0.75, 2)]), width)


def _limbs(pen: _Pen, rng: np.random.Generator) -> None:
    """A body with legs, a tail or a handle: thin parts that belong to something thick."""
    pen.area(_blob_points(rng, 0.3) * rng.uniform(0.45, 0.7))
    for _ in range(int(rng.integers(1, 6))):
        start = rng.uniform(-0.25, 0.25, 2)
        pen.line(_walk(rng, start, rng.uniform(0.7, 1.3), 0.15), rng.uniform(0.05, 0.2))
    if rng.random() < 0.6:
        head = _polar(_circle(30), rng.uniform(0.2, 0.35))
        pen.area(head + _polar(rng.uniform(0, 2 * math.pi, 1), 0.6))


def _cluster(pen: _Pen, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(2, 5))):
        pen.area(_blob_points(rng, 0.3) * rng.uniform(0.3, 0.6) + rng.uniform(-0.4, 0.4, 2))


_WEIGHTED: tuple[tuple[Callable[[_Pen, np.random.Generator], None], float], ...] = (
    (_ellipse, 2.0),
    (_blob, 4.0),
    (_polygon, 2.0),
    (_box, 2.5),
    (_star, 1.0),
    (_ring, 1.2),
    (_bar, 0.8),
    (_curve, 1.0),
    (_letter, 0.8),
    (_limbs, 2.5),
    (_cluster, 1.5),
)
_SHAPES = tuple(shape for shape, _ in _WEIGHTED)
_CHANCES = np.array([weight for _, weight in _WEIGHTED]) / sum(w for _, w in _WEIGHTED)
