"""ScienceQA in its own format: problems.json and images/<split>/<id>/image.png."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.vqa.items import LETTERS, Item, QuestionSet
from playground.vqa.lined_json import read_lined
from playground.vqa.mistakes import RowMistake, lines_wrong, pictures_missing
from playground.vqa.packages import Package, folder_package
from playground.vqa.question_sets import open_picture, read_text, text_of

SCIENCE_QA = "scienceqa"
PROBLEMS = "problems.json"
SPLIT = "test"
# Where problems.json may stand below the folder that is named.
PLACES = (PROBLEMS, f"scienceqa/{PROBLEMS}", f"data/scienceqa/{PROBLEMS}")
MOST_CHARACTERS = 8_000
MOST_ITEMS = 50_000
_FACTS = ("subject", "grade", "topic", "category", "skill")


def is_science_qa(package: Package) -> bool:
    """Tells whether files are ScienceQA's: it alone calls its questions problems."""
    return any(PurePosixPath(name).name == PROBLEMS for name in package.names)


def read_folder(folder: Path) -> QuestionSet:
    """Reads the test questions from a folder of this machine, which everybody may measure.

    Raises:
        PersonError: One of `vqa.mistake.*`.
    """
    return read_science_qa(folder_package(folder, PLACES), is_shared=True)


def read_science_qa(package: Package, *, is_shared: bool = False) -> QuestionSet:
    """Reads the test questions; those of whatever split there is where none is for testing.

    Args:
        package: `problems.json` and, beside it, `images/<split>/<id>/`, or `<split>/<id>/`.
        is_shared: Whether everybody may see results.

    Raises:
        PersonError: One of `vqa.mistake.*`.
    """
    name = min(
        (n for n in package.names if PurePosixPath(n).name == PROBLEMS),
        key=lambda n: (n.count("/"), n),
        default=None,
    )
    if name is None:
        raise PersonError("vqa.mistake.no_problems")
    lined = read_lined(read_text(package, name))
    if lined.is_list:
        raise PersonError("vqa.mistake.no_problems")
    entries = ((entry.line, entry.name, entry.value) for entry in lined.entries)
    items = read_problems(entries)
    tests = tuple(item for item in items if item.facts["split"] == SPLIT)
    asked = tests or items
    lines = {entry.name: entry.line for entry in lined.entries}
    places = _pictures(package, name.rpartition("/")[0], asked, lines)
    notes = () if tests else (Note("vqa.note.no_test_split", {"count": len(items)}),)
    return QuestionSet(
        SCIENCE_QA,
        asked,
        "choice",
        partial(open_picture, package, places),
        notes,
        is_shared,
        len(asked),
    )


def read_problems(entries: Iterable[tuple[int, str, Any]]) -> tuple[Item, ...]:
    """Checks problems.

    Args:
        entries: Line, id, and the problem as its JSON has it.

    Raises:
        PersonError: `vqa.mistake.line` and its kin, `vqa.mistake.empty`, `vqa.mistake.too_many`.
    """
    items: list[Item] = []
    wrong: list[tuple[int, RowMistake]] = []
    for line, name, value in entries:
        if len(items) >= MOST_ITEMS:
            raise PersonError("vqa.mistake.too_many", {"most": MOST_ITEMS})
        try:
            items.append(problem(name, value))
        except RowMistake as mistake:
            wrong.append((line, mistake))
    if wrong:
        raise lines_wrong(wrong)
    if not items:
        raise PersonError("vqa.mistake.empty")
    return tuple(items)


def problem(name: str, value: object) -> Item:
    """Checks one problem.

    Args:
        name: Its id.
        value: `question`, `choices`, `answer` (an index), `hint`, `image`, `subject`, `grade`, ...

    Raises:
        RowMistake: Something of it is missing or wrong.
    """
    told: Mapping[str, Any] = value if isinstance(value, dict) else {}
    choices, answer = told.get("choices"), told.get("answer")
    if not isinstance(choices, list) or not 2 <= len(choices) <= len(LETTERS):
        raise RowMistake("choices")
    if isinstance(answer, bool) or not isinstance(answer, int) or not 0 <= answer < len(choices):
        raise RowMistake("no_such_choice")
    options = tuple(_text(one, "choices") for one in choices)
    image, split = told.get("image"), str(told.get("split", SPLIT))
    if "/" in f"{name}{split}{image}" or "\\" in f"{name}{split}{image}":
        raise RowMistake("picture")
    return Item(
        id=name,
        question=_text(told.get("question"), "question"),
        language="en",
        answers=(options[answer],),
        picture=f"{split}/{name}/{image}" if image else "",
        kind=str(told.get("subject", ""))[:60],
        choices=options,
        right_choice=answer,
        hint=_text(told.get("hint"), "hint", may_be_empty=True),
        facts={fact: str(told.get(fact, ""))[:200] for fact in _FACTS} | {"split": split},
    )


def _text(value: object, name: str, *, may_be_empty: bool = False) -> str:
    return text_of(value, name, may_be_empty=may_be_empty, most=MOST_CHARACTERS)


def _pictures(
    package: Package, base: str, items: tuple[Item, ...], lines: Mapping[str, int]
) -> dict[str, str]:
    """Where each picture is: below images/ as the authors have it, or where their ZIPs put it."""
    start = f"{base}/" if base else ""
    places: dict[str, str] = {}
    missing: dict[str, int] = {}
    for item in items:
        if not item.picture:
            continue
        tried = (f"{start}images/{item.picture}", f"{start}{item.picture}")
        found = next(filter(package.has, tried), None)
        if found is None:
            missing[tried[0]] = lines[item.id]
        else:
            places[item.picture] = found
    if missing:
        raise pictures_missing(list(missing), next(iter(missing.values())))
    return places
