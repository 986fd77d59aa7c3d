"""A class on one device: what it has, and who asks when. Everything comes from a seed.

The sizes are those of the published checkpoints (research: CLIP L/14, SAM B, BLIP-2 OPT-2.7B in
8 bit, Stable Diffusion 1.5); the times are those of a mid-range card and are assumptions.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from benchmarks.virtual_time import Asked, VirtualPart, VirtualTime

GIGABYTE = 1 << 30
BUDGET_BYTES = 13 * GIGABYTE


def _gigabytes(number: float) -> int:
    return int(number * GIGABYTE)


CLASSROOM_PARTS: dict[str, VirtualPart] = {
    "clip": VirtualPart(_gigabytes(0.9), 0.15, 0.04, 0.05, work_bytes=_gigabytes(0.2)),
    "sam": VirtualPart(_gigabytes(0.4), 0.08, 0.25, 0.6, work_bytes=_gigabytes(0.8)),
    "chat": VirtualPart(_gigabytes(7.5), 1.2, 1.2, 0.15, work_bytes=_gigabytes(0.6)),
    "draw": VirtualPart(_gigabytes(5.1), 0.9, 1.5, 0.55, work_bytes=_gigabytes(1.0)),
}
CLASSROOM_TABS = tuple(CLASSROOM_PARTS)

THINK_SECONDS = 12.0
LESSON_SECONDS = 2400.0
SECTION_SECONDS = 480.0
STRAGGLERS = 0.08


class Student:
    """Asks, looks at the answer, thinks, asks again; changes the tab with the class.

    Args:
        name: the visitor.
        dice: his own, so that the order of service does not change what he does.
        tabs: the tab of each section of the lesson.
    """

    def __init__(self, name: str, dice: random.Random, tabs: Sequence[str]) -> None:
        self.name = name
        self._dice = dice
        self._tabs = tabs
        self._delay_seconds = dice.uniform(0, 10)
        self._is_straggler = False

    def think_seconds(self) -> float:
        """Until the next question."""
        return self._dice.expovariate(1 / THINK_SECONDS)

    def tab(self, now: float) -> str:
        """Where he is; some stay behind for a section, some look elsewhere."""
        section = max(0.0, now - self._delay_seconds) / SECTION_SECONDS
        place = int(section) % len(self._tabs)
        if self._dice.random() < STRAGGLERS:
            place = self._dice.randrange(len(self._tabs))
        return self._tabs[place]


def students(count: int, seed: int, classes: int = 1) -> list[Student]:
    """A number of students; each class has its own lesson plan."""
    plans = []
    for number in range(classes):
        plan = list(CLASSROOM_TABS)
        random.Random(f"{seed} plan {number}").shuffle(plan)
        plans.append(plan)
    return [
        Student(f"student {n}", random.Random(f"{seed} student {n}"), plans[n % classes])
        for n in range(count)
    ]


def play(
    world: VirtualTime, everyone: Sequence[Student], lesson_seconds: float = LESSON_SECONDS
) -> list[Asked]:
    """Closed loop: each asks again some time after the answer; returns all that was served."""

    def ask(student: Student) -> None:
        if world.now < lesson_seconds:
            world.ask(student.tab(world.now), student.name, lambda asked: answered(student))

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
            asked.append((now, student.tab(now)))
            now += student.think_seconds()
    return [key for _, key in sorted(asked)[:requests]]


def quantile(values: Sequence[float], share: float) -> float:
    """The value under which that share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def batched(parts: Mapping[str, VirtualPart], keep: bool) -> dict[str, VirtualPart]:
    """The same parts, with or without batching."""
    return {
        key: VirtualPart(
            part.bytes,
            part.load_seconds,
            part.run_seconds,
            part.item_share if keep else None,
            part.steps,
            part.work_bytes,
        )
        for key, part in parts.items()
    }
