"""Procedural backgrounds: skies, ground, water, rooms and textures, with their names.

Each painter works in coordinates from 0 to 1, so a background looks the same at any size.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class BackgroundNames:
    """How a background is called.

    Attributes:
        noun_en: E.g. ``"the beach"``.
        noun_zh: E.g. ``"沙灘"``.
        place_en: Where something stands, e.g. ``"on the beach"``.
        place_zh: Where something stands, e.g. ``"沙灘上"``.
    """

    noun_en: str
    noun_zh: str
    place_en: str
    place_zh: str


BACKGROUNDS: dict[str, BackgroundNames] = {
    "blue_sky": BackgroundNames("a blue sky", "藍天", "in the blue sky", "藍天上"),
    "sunset": BackgroundNames("a sunset", "夕陽", "at sunset", "夕陽下"),
    "night": BackgroundNames("the night sky", "夜空", "in the night sky", "夜空中"),
    "grass": BackgroundNames("grass", "草地", "on the grass", "草地上"),
    "sea": BackgroundNames("the sea", "大海", "on the sea", "海上"),
    "underwater": BackgroundNames("deep water", "水底", "under water", "水裡"),
    "beach": BackgroundNames("the beach", "沙灘", "on the beach", "沙灘上"),
    "desert": BackgroundNames("the desert", "沙漠", "in the desert", "沙漠裡"),
    "snow": BackgroundNames("snow", "雪地", "in the snow", "雪地裡"),
    "forest": BackgroundNames("a forest", "森林", "in the forest", "森林裡"),
    "mountains": BackgroundNames("mountains", "高山", "in the mountains", "山上"),
    "room": BackgroundNames("a room", "房間", "in a room", "房間裡"),
    "wood": BackgroundNames("a wooden table", "木桌", "on a wooden table", "木桌上"),
    "brick": BackgroundNames("a brick wall", "磚牆", "in front of a brick wall", "磚牆前"),
    "tiles": BackgroundNames("a tiled floor", "磁磚地板", "on a tiled floor", "磁磚地板上"),
    "paper": BackgroundNames("white paper", "白紙", "on white paper", "白紙上"),
    "dots": BackgroundNames("polka dots", "圓點布", "on polka dots", "圓點布上"),
    "stripes": BackgroundNames("stripes", "條紋布", "on stripes", "條紋布上"),
}

Rgb = tuple[int, int, int]


def _rgb(red: float, green: float, blue: float) -> np.ndarray:
    return np.array((red, green, blue), np.float32)


@dataclass(frozen=True)
class _Canvas:
    rng: np.random.Generator
    side: int
    x: np.ndarray
    y: np.ndarray

    def noise(self, cells: int, octaves: int = 3) -> np.ndarray:
        """Smooth noise, (side, side) float32, about -1..1; the grid never depends on the side."""
        total = np.zeros((self.side, self.side), np.float32)
        strength = 1.0
        for octave in range(octaves):
            count = cells << octave
            grid = self.rng.standard_normal((count, count)).astype(np.float32)
            fine = Image.fromarray(grid).resize((self.side,) * 2, Image.Resampling.BICUBIC)
            total += strength * np.asarray(fine)
            strength *= 0.55
        return np.clip(total * 0.45, -1.0, 1.0)

    def stretched_noise(self, rows: int, columns: int) -> np.ndarray:
        """Noise of unequal grain, (side, side) float32: planks, waves, strata."""
        grid = self.rng.standard_normal((rows, columns)).astype(np.float32)
        fine = Image.fromarray(grid).resize((self.side,) * 2, Image.Resampling.BICUBIC)
        return np.clip(np.asarray(fine) * 0.5, -1.0, 1.0)

    def colour(self, *choices: Rgb) -> np.ndarray:
        """One of the colours, slightly changed; (3,) float32 in 0..1."""
        base = np.array(choices[self.rng.integers(len(choices))], np.float32) / 255
        return np.clip(base + self.rng.uniform(-0.04, 0.04, 3).astype(np.float32), 0, 1)

    def gradient(self, top: np.ndarray, bottom: np.ndarray, bend: float = 1.0) -> np.ndarray:
        """Vertical blend, (side, side, 3) float32."""
        t = (self.y**bend)[..., None]
        return top * (1 - t) + bottom * t

    def over(self, below: np.ndarray, above: np.ndarray, cover: np.ndarray) -> np.ndarray:
        """Blend a layer in; cover is (side, side) float32 in 0..1."""
        cover = np.clip(cover, 0, 1)[..., None]
        return below * (1 - cover) + above * cover

    def edge(self, distance: np.ndarray, softness: float = 0.006) -> np.ndarray:
        """Turn a signed distance (picture sides) into soft coverage 0..1."""
        return np.clip(distance / softness + 0.5, 0, 1)

    def shade(self, base: np.ndarray, light: np.ndarray, amount: float) -> np.ndarray:
        """Make a layer lighter and darker by noise."""
        return base * (1 + amount * light[..., None])


def _sky(c: _Canvas) -> np.ndarray:
    sky = c.gradient(c.colour((58, 130, 220), (84, 160, 235)), c.colour((185, 220, 245)))
    clouds = c.noise(3, 4) - c.rng.uniform(0.0, 0.4)
    return c.over(sky, c.colour((250, 250, 252)), clouds * 1.3)


def _sunset(c: _Canvas) -> np.ndarray:
    sky = c.gradient(c.colour((70, 50, 110), (110, 60, 120)), c.colour((255, 170, 80)), 1.2)
    sun_x, sun_y = c.rng.uniform(0.2, 0.8), c.rng.uniform(0.55, 0.75)
    far = np.hypot(c.x - sun_x, c.y - sun_y)
    sky = c.over(sky, c.colour((255, 225, 150)), np.exp(-((far / 0.22) ** 2)))
    sky = c.over(sky, c.colour((190, 70, 90)), c.stretched_noise(14, 3) * 0.6)
    ground = 0.86 + 0.03 * c.noise(3, 2)
    return c.over(sky, c.colour((45, 30, 50)), c.edge(c.y - ground))


def _night(c: _Canvas) -> np.ndarray:
    sky = c.gradient(c.colour((8, 10, 35)), c.colour((30, 40, 90), (45, 35, 85)))
    sky = c.shade(sky, c.noise(3, 3), 0.25)
    count = int(c.rng.integers(35, 70))
    spots = c.rng.random((count, 3))
    glow = np.zeros_like(c.x)
    for star_x, star_y, strength in spots:
        radius = 0.003 + 0.006 * strength
        square = (c.x - star_x) ** 2 + (c.y - star_y) ** 2
        glow = np.maximum(glow, np.exp(-square / radius**2) * (0.4 + 0.6 * strength))
    return c.over(sky, _rgb(1.0, 0.98, 0.88), glow)


def _grass(c: _Canvas) -> np.ndarray:
    green = c.gradient(c.colour((120, 180, 70), (95, 165, 65)), c.colour((50, 115, 40)))
    green = c.shade(green, c.noise(4, 3), 0.14)
    blades = c.stretched_noise(28, 90)
    return c.shade(green, blades, 0.22)


def _sea(c: _Canvas) -> np.ndarray:
    horizon = c.rng.uniform(0.22, 0.36)
    sky = c.gradient(c.colour((120, 180, 235)), c.colour((215, 232, 245)), 0.6)
    water = c.gradient(c.colour((40, 120, 175), (35, 140, 170)), c.colour((10, 60, 115)))
    waves = c.stretched_noise(34, 9)
    water = c.shade(water, waves, 0.28)
    return c.over(sky, water, c.edge(c.y - horizon))


def _underwater(c: _Canvas) -> np.ndarray:
    water = c.gradient(c.colour((70, 190, 205), (60, 175, 215)), c.colour((8, 50, 95)))
    lean = c.rng.uniform(-0.4, 0.4)
    phase = c.rng.uniform(0, 6.28)
    rays = np.sin((c.x + lean * c.y) * c.rng.uniform(18, 28) + phase) * (1 - c.y)
    water = c.shade(water, rays.astype(np.float32), 0.16)
    bottom = 0.88 + 0.04 * c.noise(3, 2)
    return c.over(water, c.colour((120, 130, 100)), c.edge(c.y - bottom, 0.05) * 0.7)


def _beach(c: _Canvas) -> np.ndarray:
    shore = c.rng.uniform(0.3, 0.42) + 0.02 * c.noise(3, 2)
    horizon = c.rng.uniform(0.12, 0.2)
    sky = np.broadcast_to(c.colour((165, 210, 245)), (c.side, c.side, 3))
    water = c.shade(
        np.broadcast_to(c.colour((50, 165, 190)), sky.shape), c.stretched_noise(30, 6), 0.15
    )
    sand = c.shade(
        c.gradient(c.colour((240, 215, 160)), c.colour((215, 180, 120))), c.noise(16), 0.07
    )
    picture = c.over(sky, water, c.edge(c.y - horizon))
    picture = c.over(picture, _rgb(0.97, 0.98, 0.98), c.edge(c.y - shore + 0.025, 0.02))
    return c.over(picture, sand, c.edge(c.y - shore, 0.01))


def _desert(c: _Canvas) -> np.ndarray:
    picture = c.gradient(c.colour((240, 200, 140)), c.colour((250, 225, 180)))
    for step in range(3):
        base = 0.3 + 0.2 * step + c.rng.uniform(-0.04, 0.04)
        wave = np.sin(c.x * c.rng.uniform(3, 7) + c.rng.uniform(0, 6.28)) * 0.06
        dune = np.broadcast_to(c.colour((215, 150, 85), (205, 135, 75)), picture.shape)
        ripples = np.sin((c.y + wave) * 150 + 3 * c.noise(3, 2))
        dune = c.shade(dune * (1.0 - 0.1 * step), ripples.astype(np.float32), 0.05)
        picture = c.over(picture, dune, c.edge(c.y - base - wave))
    return picture


def _snow(c: _Canvas) -> np.ndarray:
    hill = c.rng.uniform(0.3, 0.45) + 0.06 * c.noise(2, 2)
    sky = c.gradient(c.colour((150, 170, 195), (165, 180, 200)), c.colour((205, 215, 228)))
    ground = c.gradient(c.colour((238, 243, 250)), c.colour((222, 230, 244)))
    ground = c.shade(ground, c.noise(5, 3), 0.05)
    picture = c.over(sky, ground, c.edge(c.y - hill, 0.012))
    flakes = c.noise(48, 1)
    return c.over(picture, _rgb(1.0, 1.0, 1.0), (flakes - 0.62) * 5)


def _forest(c: _Canvas) -> np.ndarray:
    picture = c.gradient(c.colour((150, 190, 140)), c.colour((60, 90, 50)))
    for step in range(3):
        trunks = c.stretched_noise(1, 12 + 5 * step) - 0.25 + 0.12 * step
        dark = np.broadcast_to(c.colour((70, 55, 40), (60, 65, 45)), picture.shape)
        picture = c.over(picture, dark * (1.15 - 0.2 * step), c.edge(trunks - 0.1, 0.1) * 0.75)
    leaves = c.noise(10, 3) + 0.9 - 2.2 * c.y
    picture = c.over(
        picture,
        c.shade(c.gradient(c.colour((50, 110, 50)), c.colour((30, 80, 35))), c.noise(24, 2), 0.4),
        c.edge(leaves, 0.3),
    )
    return c.over(picture, c.colour((60, 85, 40)), c.edge(c.y - 0.85 - 0.03 * c.noise(5, 2), 0.05))


def _mountains(c: _Canvas) -> np.ndarray:
    picture = c.gradient(c.colour((130, 175, 225)), c.colour((225, 232, 240)))
    for step in range(3):
        count = 7
        heights = c.rng.uniform(0.16, 0.34, count) + 0.2 * step
        line = np.interp(c.x[0], np.linspace(0, 1, count), heights) + 0.015 * c.noise(12, 2)[0]
        rock = c.gradient(c.colour((120, 125, 150)), c.colour((85, 95, 120))) * (1.05 - 0.18 * step)
        rock = c.shade(rock, c.noise(9, 3), 0.16)
        picture = c.over(picture, rock, c.edge(c.y - line[None, :]))
        if step == 0:
            cap = c.edge(line[None, :] + 0.09 + 0.04 * c.noise(9, 2) - c.y, 0.01)
            picture = c.over(picture, _rgb(0.97, 0.98, 1.0), cap * c.edge(c.y - line[None, :]))
    return picture


def _room(c: _Canvas) -> np.ndarray:
    wall = c.colour((240, 220, 190), (200, 215, 200), (215, 205, 230), (245, 210, 205))
    floor = c.rng.uniform(0.62, 0.74)
    picture = c.gradient(wall * 1.03, wall * 0.93)
    picture = c.over(picture, _rgb(0.97, 0.96, 0.94), c.edge(c.y - floor + 0.035))
    boards = c.gradient(c.colour((165, 115, 75)), c.colour((140, 95, 60)))
    boards = c.shade(boards, c.stretched_noise(6, 40), 0.1)
    picture = c.over(picture, boards, c.edge(c.y - floor))
    left, top = c.rng.uniform(0.06, 0.6), c.rng.uniform(0.06, 0.14)
    inside = np.minimum.reduce([c.x - left, left + 0.3 - c.x, c.y - top, top + 0.34 - c.y])
    picture = c.over(picture, _rgb(0.98, 0.98, 0.97), c.edge(inside + 0.025))
    glass = c.gradient(c.colour((150, 200, 245)), c.colour((205, 230, 250)))
    bars = np.minimum(np.abs(c.x - left - 0.15), np.abs(c.y - top - 0.17)) - 0.008
    return c.over(picture, glass, c.edge(np.minimum(inside, bars)))


def _wood(c: _Canvas) -> np.ndarray:
    base = c.gradient(
        c.colour((190, 135, 85), (165, 110, 65), (205, 155, 105)), c.colour((150, 100, 60))
    )
    base = c.shade(base, c.stretched_noise(70, 5), 0.16)
    base = c.shade(base, c.stretched_noise(7, 1), 0.1)
    seam = np.abs((c.y * 5 + 0.03 * c.noise(2, 1)) % 1.0 - 0.5) - 0.485
    return c.over(base, c.colour((80, 50, 30)), c.edge(seam, 0.02) * 0.8)


def _brick(c: _Canvas) -> np.ndarray:
    rows = int(c.rng.integers(9, 13))
    row = np.floor(c.y * rows)
    along = c.x * rows * 0.45 + 0.5 * (row % 2)
    tint = c.rng.uniform(-1, 1, (rows + 1, rows + 2)).astype(np.float32)
    shade = tint[row.astype(int), np.floor(along).astype(int)]
    base = np.broadcast_to(
        c.colour((175, 85, 65), (160, 75, 60), (185, 105, 80)), (c.side, c.side, 3)
    )
    bricks = c.shade(c.shade(base, shade, 0.14), c.noise(24, 2), 0.1)
    off = np.maximum(np.abs(c.y * rows % 1 - 0.5), 0.5 - (0.5 - np.abs(along % 1 - 0.5)) * 2.2)
    return c.over(bricks, c.colour((205, 195, 185)), c.edge(off - 0.43, 0.06))


def _tiles(c: _Canvas) -> np.ndarray:
    count = int(c.rng.integers(5, 8))
    first = c.colour((235, 235, 230), (225, 235, 240))
    second = c.colour((120, 150, 170), (90, 130, 120), (170, 130, 140))
    odd = ((np.floor(c.x * count) + np.floor(c.y * count)) % 2).astype(np.float32)
    floor = c.shade(first * (1 - odd[..., None]) + second * odd[..., None], c.noise(3, 4), 0.07)
    off = np.maximum(np.abs(c.x * count % 1 - 0.5), np.abs(c.y * count % 1 - 0.5)) - 0.475
    return c.over(floor, _rgb(0.72, 0.72, 0.7), c.edge(off, 0.03))


def _paper(c: _Canvas) -> np.ndarray:
    base = c.gradient(c.colour((250, 249, 246)), c.colour((240, 239, 234)))
    return c.shade(c.shade(base, c.noise(2, 2), 0.03), c.noise(60, 1), 0.025)


def _dots(c: _Canvas) -> np.ndarray:
    ground = c.colour((250, 205, 215), (205, 230, 250), (255, 240, 190), (215, 240, 210))
    ink = c.colour((225, 100, 130), (80, 140, 210), (250, 250, 250), (120, 180, 110))
    if np.abs(ground - ink).max() < 0.25:
        ink = ink * 0.6
    count = int(c.rng.integers(6, 10))
    row = np.floor(c.y * count)
    far = np.hypot((c.x * count + 0.5 * (row % 2)) % 1 - 0.5, c.y * count % 1 - 0.5)
    cloth = np.broadcast_to(ground, (c.side, c.side, 3))
    return c.shade(c.over(cloth, ink, c.edge(0.26 - far, 0.06)), c.noise(3, 2), 0.06)


def _stripes(c: _Canvas) -> np.ndarray:
    first = c.colour((245, 245, 240), (250, 235, 215))
    second = c.colour((215, 90, 90), (90, 140, 200), (110, 170, 120), (235, 175, 80))
    angle = c.rng.uniform(0, np.pi)
    along = (c.x * np.cos(angle) + c.y * np.sin(angle)) * c.rng.uniform(6, 10)
    cover = c.edge(0.25 - np.abs(along % 1 - 0.5), 0.06)
    cloth = np.broadcast_to(first, (c.side, c.side, 3))
    return c.shade(c.over(cloth, second, cover), c.noise(3, 2), 0.06)


_PAINTERS: dict[str, Callable[[_Canvas], np.ndarray]] = {
    "blue_sky": _sky,
    "sunset": _sunset,
    "night": _night,
    "grass": _grass,
    "sea": _sea,
    "underwater": _underwater,
    "beach": _beach,
    "desert": _desert,
    "snow": _snow,
    "forest": _forest,
    "mountains": _mountains,
    "room": _room,
    "wood": _wood,
    "brick": _brick,
    "tiles": _tiles,
    "paper": _paper,
    "dots": _dots,
    "stripes": _stripes,
}


# 4 096 backgrounds of 96 px in half precision are 226 MB: most of what training draws from.
@lru_cache(maxsize=4096)
def paint_background(kind: str, seed: int, side_px: int) -> np.ndarray:
    """Paint a background.

    Args:
        kind: Key of ``BACKGROUNDS``.
        seed: Which picture of this kind, 0 or more.
        side_px: Side of the square picture, in pixels.

    Returns:
        (side, side, 3) uint8, RGB. Shared with other callers: do not write to it.

    Raises:
        KeyError: If the kind is not known.
    """
    steps = (np.arange(side_px, dtype=np.float32) + 0.5) / side_px
    y, x = np.meshgrid(steps, steps, indexing="ij")
    rng = np.random.default_rng([sorted(_PAINTERS).index(kind), seed])
    painted = _PAINTERS[kind](_Canvas(rng, side_px, x, y))
    picture = (np.clip(painted, 0, 1) * 255 + 0.5).astype(np.uint8)
    picture.setflags(write=False)
    return picture
