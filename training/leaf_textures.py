"""What fills dead leaves: a store of grey patterns, coloured and shaded afresh for each leaf."""

import math
from functools import lru_cache

import numpy as np
from PIL import Image

_SIDE_PX = 384
_PATTERNS = 160


@lru_cache(maxsize=4)
def patterns(seed: int) -> np.ndarray:
    """Make a store of grey patterns; leaves cut pieces out of it.

    Args:
        seed: Number of the store, 0 or more; held-out pictures use another store.

    Returns:
        (160, 384, 384) uint8.
    """
    rng = np.random.default_rng((20_230_405, seed))
    makers = (_noise, _clouds, _stripes, _checks, _dots, _grain, _hair, _cells)
    made = [makers[index % len(makers)](rng) for index in range(_PATTERNS)]
    return np.stack([_stretched(pattern) for pattern in made])


def fill(rng: np.random.Generator, seed: int, side_px: int, colour: np.ndarray) -> np.ndarray:
    """Fill a square with a flat colour, a gradient or a pattern, shaded or not.

    Args:
        rng: Source of chance.
        seed: Number of the store of patterns.
        side_px: Side of the square, 1 to 384.
        colour: (3,) float, the main colour, 0..255.

    Returns:
        (side, side, 3) float32, about 0..255.
    """
    kind = rng.random()
    # From hardly seen to loud, on a logarithmic scale.
    other = colour + rng.normal(0, 1, 3) * math.exp(rng.uniform(math.log(5), math.log(90)))
    filled: np.ndarray
    if kind < 0.2:
        filled = np.broadcast_to(colour, (side_px, side_px, 3)).astype(np.float32)
    elif kind < 0.4:
        filled = _mixed(colour, other, 0.5 + 0.5 * _plane(rng, side_px))
    else:
        filled = _mixed(colour, other, _piece(rng, seed, side_px))
        if rng.random() < 0.3:
            third = colour + rng.normal(0, 40, 3)
            filled += _mixed(np.zeros(3), third - colour, _piece(rng, seed, side_px))
    if rng.random() < 0.5:
        filled = filled * (1 + rng.uniform(0.1, 0.45) * _plane(rng, side_px))[..., None]
    elif rng.random() < 0.4:
        filled = filled * _ball(rng, side_px)[..., None]
    return filled.astype(np.float32)


def _mixed(one: np.ndarray, other: np.ndarray, share: np.ndarray) -> np.ndarray:
    return (one + share[..., None] * (other - one)).astype(np.float32)


def _piece(rng: np.random.Generator, seed: int, side_px: int) -> np.ndarray:
    store = patterns(seed)
    pattern = store[rng.integers(len(store))]
    zoom = int(rng.integers(1, 3)) if 2 * side_px <= _SIDE_PX else 1
    top, left = rng.integers(0, _SIDE_PX - zoom * side_px + 1, 2)
    piece = pattern[top : top + zoom * side_px : zoom, left : left + zoom * side_px : zoom]
    if rng.random() < 0.5:
        piece = piece.T
    return piece.astype(np.float32) / 255


def _plane(rng: np.random.Generator, side_px: int) -> np.ndarray:
    steps = np.linspace(-1, 1, side_px, dtype=np.float32)
    angle = rng.uniform(0, 2 * math.pi)
    slope = math.cos(angle) * steps[None, :] + math.sin(angle) * steps[:, None]
    return (slope / math.sqrt(2)).astype(np.float32)


def _ball(rng: np.random.Generator, side_px: int) -> np.ndarray:
    """Light on something round: bright where it faces the light, dark at the rim."""
    steps = np.linspace(-1, 1, side_px, dtype=np.float32)
    x, y = rng.uniform(-0.5, 0.5, 2)
    distance = (steps[None, :] - x) ** 2 + (steps[:, None] - y) ** 2
    return (1.25 - rng.uniform(0.3, 0.6) * distance).clip(0.3, 1.4)


def _stretched(pattern: np.ndarray) -> np.ndarray:
    low, high = np.percentile(pattern, (1, 99))
    scaled = (pattern - low) / max(1e-6, high - low)
    return (255 * scaled.clip(0, 1)).astype(np.uint8)


def _smooth(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    grid = Image.fromarray(rng.random((rows, columns), np.float32))
    return np.asarray(grid.resize((_SIDE_PX, _SIDE_PX), Image.Resampling.BICUBIC))


def _coordinates(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[:_SIDE_PX, :_SIDE_PX].astype(np.float32)
    angle = rng.uniform(0, math.pi)
    cells = int(rng.integers(3, 12))
    bend = rng.uniform(0, 25) if rng.random() < 0.6 else 0.0
    u = math.cos(angle) * x + math.sin(angle) * y + bend * _smooth(rng, cells, cells)
    v = math.cos(angle) * y - math.sin(angle) * x + bend * _smooth(rng, cells, cells)
    return u, v


def _noise(rng: np.random.Generator) -> np.ndarray:
    cells = round(math.exp(rng.uniform(math.log(8), math.log(190))))
    return _smooth(rng, cells, cells)


def _clouds(rng: np.random.Generator) -> np.ndarray:
    fall = rng.uniform(0.4, 0.8)
    return sum(
        (fall**octave * _smooth(rng, 3 * 2**octave, 3 * 2**octave) for octave in range(7)),
        np.zeros((_SIDE_PX, _SIDE_PX), np.float32),
    )


def _stripes(rng: np.random.Generator) -> np.ndarray:
    u, _ = _coordinates(rng)
    wave = np.sin(2 * math.pi * u / rng.uniform(4, 30))
    return (wave > rng.uniform(-0.6, 0.6)).astype(np.float32) if rng.random() < 0.5 else wave


def _checks(rng: np.random.Generator) -> np.ndarray:
    u, v = _coordinates(rng)
    period = rng.uniform(6, 30)
    return ((np.floor(u / period) + np.floor(v / period)) % 2).astype(np.float32)


def _dots(rng: np.random.Generator) -> np.ndarray:
    u, v = _coordinates(rng)
    period = rng.uniform(7, 26)
    distance = np.hypot(u % period - period / 2, v % period - period / 2)
    return (distance < period * rng.uniform(0.15, 0.42)).astype(np.float32)


def _grain(rng: np.random.Generator) -> np.ndarray:
    return rng.random((_SIDE_PX, _SIDE_PX), np.float32) + rng.uniform(0, 2) * _smooth(rng, 40, 40)


def _hair(rng: np.random.Generator) -> np.ndarray:
    long, short = int(rng.integers(6, 30)), int(rng.integers(90, 300))
    return _smooth(rng, *((long, short) if rng.random() < 0.5 else (short, long)))


def _cells(rng: np.random.Generator) -> np.ndarray:
    """Levels of smooth noise: patches with sharp borders, as camouflage or gravel has."""
    cells = int(rng.integers(10, 80))
    return np.floor(_smooth(rng, cells, cells) * rng.uniform(3, 7))
