"""Counters and histograms of the cache, written as Prometheus text. Changed under the gate's lock.

Source: Prometheus text exposition format 0.0.4, "Text format details".
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

Labels = tuple[tuple[str, str], ...]

SECONDS_BUCKETS = (0.001, 0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
SIZE_BUCKETS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


class Histogram:
    """Counts of observations at or under each bound."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Takes in one observation."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Meter:
    """All counters and histograms by name and labels."""

    def __init__(self) -> None:
        self.counters: dict[str, dict[Labels, float]] = {}
        self.histograms: dict[str, dict[Labels, Histogram]] = {}

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Adds to a counter."""
        family = self.counters.setdefault(name, {})
        key = tuple(labels.items())
        family[key] = family.get(key, 0) + amount

    def observe_seconds(self, name: str, seconds: float, **labels: str) -> None:
        """Takes in a duration."""
        self._observe(name, SECONDS_BUCKETS, seconds, tuple(labels.items()))

    def observe_size(self, name: str, size: int) -> None:
        """Takes in a number of items."""
        self._observe(name, SIZE_BUCKETS, size, ())

    def _observe(self, name: str, bounds: tuple[float, ...], value: float, labels: Labels) -> None:
        family = self.histograms.setdefault(name, {})
        histogram = family.get(labels)
        if histogram is None:
            histogram = family[labels] = Histogram(bounds)
        histogram.observe(value)

    def lines(self) -> list[str]:
        """Everything counted so far as exposition lines."""
        told: list[str] = []
        for name, counters in sorted(self.counters.items()):
            told += family_lines(name, "counter", counters.items())
        for name, histograms in sorted(self.histograms.items()):
            told.append(f"# TYPE {name} histogram")
            for labels, histogram in histograms.items():
                told += _histogram_lines(name, labels, histogram)
        return told


def family_lines(name: str, kind: str, values: Iterable[tuple[Labels, float]]) -> list[str]:
    """One metric family: its type line and a line for each label set."""
    return [f"# TYPE {name} {kind}"] + [
        f"{name}{_labels(labels)} {_number(value)}" for labels, value in values
    ]


def _histogram_lines(name: str, labels: Labels, histogram: Histogram) -> list[str]:
    told, so_far = [], 0
    for bound, count in zip((*histogram.bounds, float("inf")), histogram.counts, strict=True):
        so_far += count
        told.append(f"{name}_bucket{_labels((*labels, ('le', _number(bound))))} {so_far}")
    told.append(f"{name}_sum{_labels(labels)} {_number(histogram.total)}")
    told.append(f"{name}_count{_labels(labels)} {so_far}")
    return told


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) else f"{value:.6g}"
