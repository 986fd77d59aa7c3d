"""Asks a whole set of questions and keeps count."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from playground.vqa.items import Item, Metric, Reply
from playground.vqa.judging import judge

AT_ONCE = 16


@dataclass(frozen=True)
class Judged:
    """A question with what was said and what that is worth, 0 to 1."""

    item: Item
    reply: Reply
    score: float

    @property
    def is_unread(self) -> bool:
        """Whether it is a multiple choice, and the answer named none of the options."""
        return bool(self.item.choices) and self.reply.choice is None


@dataclass(frozen=True)
class Row:
    """The questions of one type: how many, and their mean score 0 to 1."""

    kind: str
    count: int
    score: float


@dataclass(frozen=True)
class Result:
    """What a run found, whole or so far.

    Attributes:
        judged: What was asked so far, in the order of the set.
        total: How many questions the run has.
        seconds: How long it took, with all waiting.
    """

    judged: tuple[Judged, ...]
    total: int
    seconds: float

    @property
    def is_whole(self) -> bool:
        """Whether every question was asked."""
        return len(self.judged) == self.total

    @property
    def score(self) -> float:
        """Mean score 0 to 1; 0 before the first answer."""
        return sum(one.score for one in self.judged) / max(1, len(self.judged))

    @property
    def unread_share(self) -> float:
        """Share 0 to 1 of the answers in which no option could be read."""
        return sum(one.is_unread for one in self.judged) / max(1, len(self.judged))

    @property
    def rows(self) -> tuple[Row, ...]:
        """One row for each type of question, in the order in which the set first has them."""
        kinds: dict[str, list[float]] = {}
        for one in self.judged:
            kinds.setdefault(one.item.kind, []).append(one.score)
        return tuple(
            Row(kind, len(scores), sum(scores) / len(scores)) for kind, scores in kinds.items()
        )

    @property
    def wrong(self) -> tuple[Judged, ...]:
        """What was not wholly right, the worst first."""
        return tuple(sorted((one for one in self.judged if one.score < 1), key=lambda j: j.score))


Ask = Callable[[list[Item]], Sequence[Reply]]


def measure(
    items: Sequence[Item],
    metric: Metric,
    ask: Ask,
    report: Callable[[Result], None],
    is_left: Callable[[], bool],
    *,
    at_once: int = AT_ONCE,
    clock: Callable[[], float] = time.monotonic,
) -> Result:
    """Asks all questions, some at a time, and judges the answers.

    Questions about one picture are asked one after the other, whatever their order in the set, so
    that nobody needs to keep many pictures.

    Args:
        items: The questions.
        metric: How free answers are judged.
        ask: Answers some questions, one reply for each, in their order.
        report: Told what is known by now, after every few questions.
        is_left: Whether to stop; asked before and after every few questions.
        at_once: Most questions in one call, 1 or more.
        clock: Monotonic seconds.

    Returns:
        What was found; not whole if it was stopped.

    Raises:
        ValueError: `ask` did not give one reply for each question.
        Exception: Whatever `ask` raised.
    """
    started = clock()
    order = _picture_by_picture(items)
    judged: dict[int, Judged] = {}

    def result() -> Result:
        told = tuple(judged[place] for place in sorted(judged))
        return Result(told, len(items), clock() - started)

    for start in range(0, len(order), at_once):
        if is_left():
            break
        places = order[start : start + at_once]
        replies = ask([items[place] for place in places])
        if is_left():
            # Whoever stops cuts answers off in the middle: those count neither way.
            break
        for place, reply in zip(places, replies, strict=True):
            judged[place] = Judged(items[place], reply, judge(items[place], reply, metric))
        report(result())
    return result()


def _picture_by_picture(items: Sequence[Item]) -> list[int]:
    first: dict[str, int] = {}
    for place, item in enumerate(items):
        first.setdefault(item.picture, place)
    return sorted(range(len(items)), key=lambda place: (first[items[place].picture], place))
