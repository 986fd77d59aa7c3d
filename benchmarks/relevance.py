"""Heat maps on held-out emoji scenes: do they point at the thing, and does deleting them hurt?

Each scene holds two or three things; one of them is named. A method is tested as the page tests it:
the hottest fifth is deleted, and the fall of the cosine stands beside that of random fifths; a
model with scrambled weights draws its map too. Beyond the page, the truth is known here: the masks
of the scene tell how much of the heat lies on the named thing.

    python -m benchmarks.relevance --scenes 200
"""

from __future__ import annotations

import argparse
import time
from math import comb

import numpy as np

from playground.cache import Cache
from playground.catalog import CATALOG, cache_items
from playground.explain.referee import heat_on
from playground.search import Asker
from playground.settings import read_settings
from playground.understanding.where import METHODS, Heat, Where, find_where
from training.painting import Painting, paint
from training.sampling import Split, sample_scene
from training.scenes import Scene
from training.wording import article_en

MODEL = "mini-clip"
SIDE_PX = 96
RECOMMENDED = METHODS[0]
MOST_CHANCE = 0.01
# Languages of the question, in turn.
LANGUAGES = ("en", "zh-Hant")


def main() -> None:
    """Maps every scene, prints a table, and whether the recommended method beats chance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="number of the first scene")
    options = parser.parse_args()
    cache = Cache(cache_items(CATALOG, read_settings([])))
    rows: dict[str, list[tuple[float, ...]]] = {method: [] for method in METHODS}
    began, number = time.perf_counter(), options.first
    while len(rows[RECOMMENDED]) < options.scenes:
        scene = sample_scene(number, Split.TEST, min_objects=2, max_objects=3)
        number += 1
        painting = paint(scene, SIDE_PX)
        if not painting.visible_masks[0].any():
            continue
        words = name_of(scene, LANGUAGES[number % len(LANGUAGES)])
        found = find_where(cache, MODEL, painting.picture, words, asker=Asker())
        for heat in found.places:
            rows[heat.method].append(row_of(found, heat, painting))
    print(table(rows, time.perf_counter() - began))


def name_of(scene: Scene, language: str) -> str:
    """Names the first thing of a scene."""
    concept = scene.objects[0].concept
    if language == "zh-Hant":
        return f"一{concept.measure_zh}{concept.names_zh[0]}"
    noun = concept.names_en[0]
    return f"{article_en(noun)} {noun}"


def row_of(found: Where, heat: Heat, painting: Painting) -> tuple[float, ...]:
    """What is measured of one map: fall, random fall, luck, proven, heat and hottest on thing."""
    share = share_of_patches(painting.visible_masks[0], found.grid_hw)
    verdict = heat.verdict
    assert verdict is not None, "a picture has more than one patch"
    return (
        verdict.drop,
        float(verdict.random_drops.mean()),
        float(verdict.beats_random),
        float(verdict.is_proven),
        verdict.agreement or 0.0,
        heat_on(heat.heat, share),
        float(share[heat.hot].sum() / share.sum()),
        float(share.mean()),
    )


def share_of_patches(mask: np.ndarray, grid_hw: tuple[int, int]) -> np.ndarray:
    """Returns how much of each patch a mask covers: float64 (P,), 0 to 1."""
    rows, columns = grid_hw
    height, width = mask.shape
    parts = mask.reshape(rows, height // rows, columns, width // columns)
    found: np.ndarray = parts.mean(axis=(1, 3), dtype=np.float64).ravel()
    return found


def sign_test(wins: int, losses: int) -> float:
    """How often a fair coin wins at least so often: the exact sign test, one-sided."""
    total = wins + losses
    return sum(comb(total, won) for won in range(wins, total + 1)) / 2**total


def table(rows: dict[str, list[tuple[float, ...]]], seconds: float) -> str:
    """Writes what was measured."""
    count = len(rows[RECOMMENDED])
    lines = [
        f"{count} held-out scenes, {MODEL}; {seconds / count:.2f} s a scene with all three methods",
        "",
        "| method | fall, hottest fifth | fall, random fifths | beats all 20 random | proven "
        "| agreement, scrambled | heat on the thing | thing in hottest fifth |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for method, measured in rows.items():
        fall, random, beats, proven, agreement, on, inside, _ = np.mean(measured, axis=0)
        lines.append(
            f"| {method} | {fall:.3f} | {random:.3f} | {100 * beats:.0f} % | {100 * proven:.0f} % "
            f"| {agreement:.2f} | {100 * on:.0f} % | {100 * inside:.0f} % |"
        )
    area = np.mean([row[-1] for row in rows[RECOMMENDED]])
    lines += ["", f"The thing covers {100 * area:.0f} % of the picture: what heat by chance gets."]
    falls = np.array([row[:2] for row in rows[RECOMMENDED]])
    wins, losses = int((falls[:, 0] > falls[:, 1]).sum()), int((falls[:, 0] < falls[:, 1]).sum())
    chance = sign_test(wins, losses)
    is_met = chance <= MOST_CHANCE
    lines.append(
        f"Recommended: {RECOMMENDED}. Its hottest fifth costs more than a random one in {wins} of "
        f"{count} scenes (chance: p = {chance:.1e}): {'PASS' if is_met else 'FAIL'}"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
