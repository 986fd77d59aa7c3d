"""Whether a heat map can be believed: delete what it calls hot, and scramble the model.

A map earns belief if hiding its hottest fifth costs more than hiding random fifths, and if a model
with scrambled weights draws another map. Shapes: P parts (patches or words), R random draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

SHARE = 0.2
DRAWS = 20
# A random fifth may cost as much as the hottest one this often before the map counts as luck.
MOST_LUCK = 0.05
# Above this rank agreement a map is much the same whatever the model has learned.
MOST_AGREEMENT = 0.5


@dataclass(frozen=True)
class Verdict:
    """What the two tests say of one map.

    Attributes:
        drop: How much the score fell without the hottest parts.
        random_drops: float (R,), the same for random parts of the same number.
        luck: The share of random draws that cost at least as much, the map itself counted among
            them; 1 / (R + 1) is the least it can be.
        agreement: Rank agreement with the map of the scrambled model, -1 to 1; None if that was
            not asked.
    """

    drop: float
    random_drops: np.ndarray
    luck: float
    agreement: float | None

    @property
    def beats_random(self) -> bool:
        """Whether deleting the hottest parts costs more than deleting random ones."""
        return self.drop > 0 and self.luck <= MOST_LUCK

    @property
    def needs_the_model(self) -> bool:
        """Whether the map changes when the model forgets what it learned."""
        return self.agreement is None or self.agreement <= MOST_AGREEMENT

    @property
    def is_proven(self) -> bool:
        """Whether both tests are passed."""
        return self.beats_random and self.needs_the_model


def hottest(heat: np.ndarray, share: float = SHARE) -> np.ndarray:
    """Finds the hottest parts.

    Args:
        heat: float (P,).
        share: 0 to 1, the share of parts that is wanted; at least one part.

    Returns:
        bool (P,). Equal heat is taken in the order of the places.

    Example:
        >>> hottest(np.array([0.0, 3.0, 1.0, 2.0, 0.0])).tolist()
        [False, True, False, False, False]
    """
    count = count_of(len(heat), share)
    chosen = np.zeros(len(heat), bool)
    chosen[np.argsort(-np.asarray(heat), kind="stable")[:count]] = True
    return chosen


def count_of(parts: int, share: float = SHARE) -> int:
    """Returns how many of some parts make up a share: the nearest whole number, at least 1."""
    return max(1, round(share * parts))


def random_parts(parts: int, count: int, *, draws: int = DRAWS, seed: int = 0) -> np.ndarray:
    """Draws sets of parts by chance.

    Args:
        parts: P, how many there are.
        count: How many a set has, at most P.
        draws: How many sets are wanted.
        seed: The same seed draws the same sets.

    Returns:
        bool (R, P), R sets; where there are no more than `draws` sets in all, each of them once.
    """
    if comb(parts, count) <= draws:
        sets = [list(some) for some in combinations(range(parts), count)]
    else:
        generator = np.random.default_rng(seed)
        sets = [generator.permutation(parts)[:count].tolist() for _ in range(draws)]
    chosen = np.zeros((len(sets), parts), bool)
    for row, some in zip(chosen, sets, strict=True):
        row[some] = True
    return chosen


def judge(
    drop: float, random_drops: np.ndarray, *, heat: np.ndarray, scrambled: np.ndarray | None
) -> Verdict:
    """Puts the two tests together.

    Args:
        drop: How much the score fell without the hottest parts.
        random_drops: float (R,), the same for random parts.
        heat: float (P,), the map.
        scrambled: float (P,), the map of the model with scrambled weights; None if not asked.

    Returns:
        The verdict.

    Source:
        Deletion: Samek 2017 (arXiv:1509.06321), section III, and Petsiuk 2018 (arXiv:1806.07421),
        section 4.1. Luck: a permutation test, Phipson & Smyth 2010 (arXiv:1603.05766), section 2,
        `(b + 1) / (R + 1)`. Scrambled weights: Adebayo 2018 (arXiv:1810.03292), section 3.

    Limits:
        A picture with a hole is one that the model was never trained on, so a fall tells of the
        hole too; that is why random holes of the same size stand beside it.
    """
    random_drops = np.asarray(random_drops, np.float64)
    as_much = int((random_drops >= drop).sum())
    return Verdict(
        drop=float(drop),
        random_drops=random_drops,
        luck=(as_much + 1) / (len(random_drops) + 1),
        agreement=None if scrambled is None else rank_agreement(heat, scrambled),
    )


def rank_agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Compares the order of two maps.

    Args:
        one: float (P,).
        other: float (P,).

    Returns:
        Spearman's correlation, -1 (opposite order) to 1 (same order); equal heat shares the mean
        of its ranks. A map that is all alike has no order: 0.

    Source:
        Spearman 1904, "The proof and measurement of association between two things".

    Example:
        >>> rank_agreement(np.array([1.0, 2.0, 3.0]), np.array([5.0, 6.0, 9.0]))
        1.0
    """
    first, second = (_ranks(np.asarray(values, np.float64)) for values in (one, other))
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first @ first) * (second @ second)))
    return 0.0 if size == 0 else float(np.clip(first @ second / size, -1.0, 1.0))


def _ranks(values: np.ndarray) -> np.ndarray:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2.0)[places]


def heat_on(heat: np.ndarray, mask: np.ndarray) -> float:
    """Returns the share of a map's heat that lies on a thing.

    Args:
        heat: float (P,), at least 0.
        mask: float (P,), 0 to 1: how much of each part belongs to the thing.

    Returns:
        0 to 1; 0 for a map without heat. A map that is all alike gets the thing's share of the
        picture, which is what a map must beat.

    Source:
        Kohlbrenner 2020 (arXiv:1910.09840), section III, "relevance mass accuracy".
    """
    total = float(np.sum(heat))
    return 0.0 if total <= 0 else float(np.dot(heat, mask) / total)
