"""How alike two lists of results are: what both found, and how the ranks moved."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """Two ranked lists beside each other.

    Attributes:
        shared: How many entries stand in both.
        overlap: Shared entries divided by the length of the longer list, 0 to 1.
        moved: Mean number of ranks by which a shared entry moves; 0 without any.
        first_in_second: For each entry of the first list its rank in the second, from 1; None if
            it is not there.
        second_in_first: The same the other way round.
    """

    shared: int
    overlap: float
    moved: float
    first_in_second: tuple[int | None, ...]
    second_in_first: tuple[int | None, ...]


def agreement(first: Sequence[Hashable], second: Sequence[Hashable]) -> Agreement:
    """Compares two lists of results, best first, each entry once.

    Args:
        first: K entries.
        second: L entries.

    Returns:
        What both hold, and the ranks.

    Source:
        Overlap at a depth: Webber, Moffat and Zobel 2010, "A similarity measure for indefinite
        rankings", section 3.1 (the agreement A of two lists at depth d). Rank changes: the terms
        of Spearman's footrule (Diaconis and Graham 1977) over the shared entries.

    Limits:
        Lists are cut off: an entry that is missing may stand right behind the end.

    Example:
        >>> found = agreement(["a", "b", "c"], ["c", "a", "x"])
        >>> found.shared, round(found.overlap, 2), found.moved, found.first_in_second
        (2, 0.67, 1.5, (2, None, 1))
    """
    ranks = [{entry: rank for rank, entry in enumerate(side, 1)} for side in (first, second)]
    shared = [entry for entry in first if entry in ranks[1]]
    moves = [abs(ranks[0][entry] - ranks[1][entry]) for entry in shared]
    return Agreement(
        shared=len(shared),
        overlap=len(shared) / max(len(first), len(second), 1),
        moved=sum(moves) / len(moves) if moves else 0.0,
        first_in_second=tuple(ranks[1].get(entry) for entry in first),
        second_in_first=tuple(ranks[0].get(entry) for entry in second),
    )
