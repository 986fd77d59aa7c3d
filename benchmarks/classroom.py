"""A class on one device: what it has, and who asks when. Everything comes from a seed.

The sizes are those of the published checkpoints in half precision, two models to choose from in
most tabs, 20.7 GB in all against 13; the largest batches are those whose activations fit beside
them. The times are those of a mid-range card and are assumptions.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from benchmarks.virtual_time import Asked, VirtualPart, VirtualTime

GIGABYTE = 1 << 30
BUDGET_BYTES = 13 * GIGABYTE


def _gigabytes(number: float) -> int:
    return int(number * GIGABYTE)


def _part(
    gigabytes: float,
    run_seconds: float,
    item_share: float,
    steps: int,
    work_gigabytes: float,
    most_items: int,
) -> VirtualPart:
    load_seconds = SETUP_SECONDS + gigabytes / LINK_GIGABYTES_PER_SECOND
    size, work = _gigabytes(gigabytes), _gigabytes(work_gigabytes)
    return VirtualPart(size, load_seconds, run_seconds, item_share, steps, work, most_items)


SETUP_SECONDS = 0.05
LINK_GIGABYTES_PER_SECOND = 8.0

CLASSROOM_PARTS: dict[str, VirtualPart] = {
    "CLIP L/14": _part(0.9, 0.04, 0.05, 1, 0.2, 32),
    "CLIP B/32": _part(0.3, 0.04, 0.05, 1, 0.1, 32),
    "SAM B": _part(0.4, 0.25, 0.6, 1, 0.8, 8),
    "SAM H": _part(2.6, 0.25, 0.6, 1, 1.2, 4),
    "BLIP-2": _part(7.5, 1.2, 0.15, 20, 0.6, 8),
    "SD 1.5": _part(2.1, 1.5, 0.55, 20, 0.8, 4),
    "SDXL": _part(6.9, 1.5, 0.55, 20, 1.5, 2),
}
# The first of a tab is what it opens with.
CLASSROOM_TABS = (("CLIP L/14", "CLIP B/32"), ("SAM B", "SAM H"), ("BLIP-2",), ("SD 1.5", "SDXL"))
OTHER_MODEL = 0.2

THINK_SECONDS = 30.0
"""Twice a minute a student asks: 30 of them keep the device busy for 0.6 of the lesson."""

HURRIED_SECONDS = 12.0
"""So often that the device cannot keep up in the drawing lesson, whatever the order."""

LESSON_SECONDS = 2400.0
SECTION_SECONDS = 480.0
STRAGGLERS = 0.08


class Student:
    """Asks, looks at the answer, thinks, asks again; changes the tab with the class.

    Args:
        name: the visitor.
        dice: his own, so that the order of service does not change what he does.
        tabs: the models of the tab of each section of the lesson.
        think_seconds: mean time from an answer to the next question.
    """

    def __init__(
        self,
        name: str,
        dice: random.Random,
        tabs: Sequence[tuple[str, ...]],
        think_seconds: float,
    ) -> None:
        self.name = name
        self._mean_seconds = think_seconds
        self._dice = dice
        self._tabs = tabs
        self._delay_seconds = dice.uniform(0, 10)

    def think_seconds(self) -> float:
        """Until the next question."""
        return self._dice.expovariate(1 / self._mean_seconds)

    def model(self, now: float) -> str:
        """What he asks; some look into another tab, some choose the other model."""
        section = max(0.0, now - self._delay_seconds) / SECTION_SECONDS
        place = int(section) % len(self._tabs)
        if self._dice.random() < STRAGGLERS:
            place = self._dice.randrange(len(self._tabs))
        models = self._tabs[place]
        return models[-1] if self._dice.random() < OTHER_MODEL else models[0]


def students(
    count: int, seed: int, classes: int = 1, think_seconds: float = THINK_SECONDS
) -> list[Student]:
    """A number of students; each class has its own lesson plan."""
    plans = []
    for number in range(classes):
        plan = list(CLASSROOM_TABS)
        random.Random(f"{seed} plan {number}").shuffle(plan)
        plans.append(plan)
    return [
        Student(
            f"student {n}", random.Random(f"{seed} student {n}"), plans[n % classes], think_seconds
        )
        for n in range(count)
    ]


def play(
    world: VirtualTime, everyone: Sequence[Student], lesson_seconds: float = LESSON_SECONDS
) -> list[Asked]:
    """Closed loop: each asks again some time after the answer; returns all that was served."""

    def ask(student: Student) -> None:
        if world.now < lesson_seconds:
            world.ask(student.model(world.now), student.name, lambda asked: answered(student))

    def answered(student: Student) -> None:
        world.at(world.now + student.think_seconds(), lambda: ask(student))

    for student in everyone:
        world.at(student.think_seconds(), lambda student=student: ask(student))  # type: ignore[misc]
    world.run()
    return world.served


def open_trace(count: int, requests: int, seed: int, classes: int = 1) -> list[str]:
    """Keys in the order a class asks for them when every answer comes at once."""
    asked: list[tuple[float, str]] = []
    for student in students(count, seed, classes):
        now = student.think_seconds()
        while now < LESSON_SECONDS:
            asked.append((now, student.model(now)))
            now += student.think_seconds()
    return [key for _, key in sorted(asked)[:requests]]


def quantile(values: Sequence[float], share: float) -> float:
    """The value under which that share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def batched(parts: Mapping[str, VirtualPart], keep: bool) -> dict[str, VirtualPart]:
    """The same parts, with or without batching."""
    return {key: part if keep else replace(part, item_share=None) for key, part in parts.items()}
