"""What is asked, what was said, and what a set of questions is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from playground.visitors.notes import Note
from playground.visitors.pictures import Picture

Metric = Literal["exact", "vqa_v2", "choice"]
# Where a question has no type of its own.
NO_KIND = ""
LETTERS = "ABCDEFGHIJ"


@dataclass(frozen=True)
class Item:
    """One question.

    Attributes:
        id: Unique within its set.
        question: As it is asked.
        language: `"en"` or `"zh-Hant"`.
        answers: True answers: any of them will do, or for VQAv2 those that people gave.
        picture: Name of the picture in the set; "" where there is none.
        kind: Type of question, a row of the table; "" where the set names none.
        choices: Options of a multiple choice, in order; empty for a free answer.
        right_choice: Index of the right option, -1 for a free answer.
        hint: Text that belongs to the question.
        facts: More of the set's own, such as subject and grade.
    """

    id: str
    question: str
    language: str
    answers: tuple[str, ...]
    picture: str = ""
    kind: str = NO_KIND
    choices: tuple[str, ...] = ()
    right_choice: int = -1
    hint: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What a model said to one question.

    Attributes:
        text: The answer, or the letter of the likeliest option.
        choice: Index of the option it chose; None where it said none, or the answer is free.
    """

    text: str
    choice: int | None = None


@dataclass(frozen=True)
class QuestionSet:
    """Questions with their pictures.

    Attributes:
        key: Names the set on the leaderboard, such as "emoji".
        items: The questions, in the order of the file.
        metric: How answers are judged; an item with options is always judged by the option.
        open_picture: Reads a picture by its name.
        notes: What the person is told about the set.
        is_shared: Whether everybody may see results: not so for sets that a visitor brought.
        whole: Questions of the set the leaderboard's scores speak of; more than `items` where
            only some are asked.
    """

    key: str
    items: tuple[Item, ...]
    metric: Metric
    open_picture: Callable[[str], Picture]
    notes: tuple[Note, ...] = ()
    is_shared: bool = False
    whole: int = 0


def spread(items: tuple[Item, ...], count: int) -> tuple[Item, ...]:
    """Returns `count` questions spread evenly over a set, in its order; all if there are fewer.

    Args:
        items: The set.
        count: How many, 1 or more; 0 for all.
    """
    if not count or count >= len(items):
        return items
    return tuple(items[place * len(items) // count] for place in range(count))
