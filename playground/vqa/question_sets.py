"""Question sets that people bring: JSON or CSV with pictures, every mistake with its line."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture, read_picture
from playground.visitors.words import read_optional_words
from playground.vqa.items import LETTERS, Item, Metric, QuestionSet
from playground.vqa.judging import choice_in
from playground.vqa.lined_json import read_lined
from playground.vqa.mistakes import RowMistake, lines_wrong, pictures_missing
from playground.vqa.packages import Finder, Package

OWN = "own"
MOST_ITEMS = 5_000
MOST_CHARACTERS = 1_000
MOST_ANSWERS = 20
# VQAv2 asks ten people; a set in which every question has ten answers is judged as it judges.
PEOPLE = 10
# What a column may be called; the first name is the one that the page tells.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "picture": ("picture", "image", "file"),
    "question": ("question",),
    "answers": ("answer", "answers"),
    "kind": ("type", "kind", "question_type"),
    "choices": ("choices", "options"),
    "hint": ("hint", "context"),
    "language": ("language",),
    "id": ("id", "question_id"),
}
_COLUMN_OF = {name: column for column, names in COLUMNS.items() for name in names}
_SEPARATOR = "|"
_HAN = re.compile("[\u4e00-\u9fff]")
_LANGUAGES = ("en", "zh-Hant")
_IGNORED = ("__MACOSX", "thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class _Line:
    """One question as the file has it: its line, and values by our own names of columns."""

    line: int
    values: Mapping[str, Any]


def read_own_set(package: Package) -> QuestionSet:
    """Reads a visitor's own questions and finds their pictures.

    Args:
        package: A JSON or CSV file and pictures.

    Returns:
        The set. It is judged as VQAv2 if every question has ten answers, else word for word;
        questions with options by the option.

    Raises:
        PersonError: One of `vqa.mistake.*`.
    """
    name = question_file(package)
    text = read_text(package, name)
    rows = _csv_rows(text) if name.lower().endswith(".csv") else _json_rows(text)
    lined = _items(rows)
    items = tuple(item for _, item in lined)
    finder = Finder(package)
    found = {item.picture: finder.find(item.picture) for item in items}
    if missing := [wanted for wanted, place in found.items() if place is None]:
        line = next(line for line, item in lined if item.picture == missing[0])
        raise pictures_missing(missing, line)
    opened = partial(open_picture, package, {name: str(place) for name, place in found.items()})
    free = [item for item in items if not item.choices]
    has_people = bool(free) and all(len(item.answers) == PEOPLE for item in free)
    metric: Metric = "vqa_v2" if has_people else "choice" if not free else "exact"
    return QuestionSet(OWN, items, metric, opened, whole=len(items))


def question_file(package: Package) -> str:
    """Returns the name of the one file with questions.

    Raises:
        PersonError: `vqa.mistake.no_questions`, `vqa.mistake.several`.
    """
    names = [
        name
        for name in package.names
        if name.lower().endswith((".json", ".csv"))
        and not PurePosixPath(name).name.startswith(".")
        and not any(part in _IGNORED for part in PurePosixPath(name).parts)
    ]
    if not names:
        raise PersonError("vqa.mistake.no_questions")
    if len(names) > 1:
        raise PersonError("vqa.mistake.several", {"names": ", ".join(n[:60] for n in names[:5])})
    return names[0]


def read_text(package: Package, name: str) -> str:
    """Reads a file as text.

    Raises:
        PersonError: `vqa.mistake.not_utf8`, and those of the package.
    """
    try:
        return package.read(name).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PersonError("vqa.mistake.not_utf8", {"file": name[:60]}) from error


def open_picture(package: Package, places: Mapping[str, str], name: str) -> Picture:
    """Reads a picture of a set through the one door for pictures.

    Raises:
        PersonError: `vqa.mistake.picture` with its name.
    """
    try:
        return read_picture(package.read(places[name]))
    except (PersonError, KeyError, OSError) as error:
        raise PersonError("vqa.mistake.picture", {"file": name[:60]}) from error


def _json_rows(text: str) -> Iterable[_Line]:
    lined = read_lined(text)
    if not lined.is_list:
        raise PersonError("vqa.mistake.json_kind")
    for entry in lined.entries:
        values = entry.value if isinstance(entry.value, dict) else {}
        yield _Line(entry.line, _by_column(values))


def _csv_rows(text: str) -> Iterable[_Line]:
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        columns = _by_column(dict.fromkeys(names))
        if not {"picture", "question", "answers"} <= set(columns):
            raise PersonError("vqa.mistake.columns")
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                values = _by_column(dict(zip(names, cells, strict=False)))
                yield _Line(line, _split(values, is_short=len(cells) != len(names)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise PersonError("vqa.mistake.csv", {"line": reader.line_num}) from error


def _by_column(values: Mapping[str, Any]) -> dict[str, Any]:
    named = ((_COLUMN_OF.get(str(name).strip().lower()), value) for name, value in values.items())
    return {column: value for column, value in named if column is not None}


def _split(values: dict[str, Any], *, is_short: bool) -> dict[str, Any]:
    if is_short:
        return {"is_short": True}
    parts = {
        name: [part.strip() for part in str(values[name]).split(_SEPARATOR) if part.strip()]
        for name in ("answers", "choices")
        if name in values
    }
    return values | parts


def _items(rows: Iterable[_Line]) -> list[tuple[int, Item]]:
    items: dict[str, tuple[int, Item]] = {}
    wrong: list[tuple[int, RowMistake]] = []
    for number, row in enumerate(rows, 1):
        if number > MOST_ITEMS:
            raise PersonError("vqa.mistake.too_many", {"most": MOST_ITEMS})
        try:
            item = _item(row, number)
            if item.id in items:
                raise RowMistake("id_again")
            items[item.id] = row.line, item
        except RowMistake as mistake:
            wrong.append((row.line, mistake))
    if wrong:
        raise lines_wrong(wrong)
    if not items:
        raise PersonError("vqa.mistake.empty")
    return list(items.values())


def _item(row: _Line, number: int) -> Item:
    values = row.values
    if values.get("is_short"):
        raise RowMistake("cells")
    question = text_of(values.get("question"), "question")
    choices = _texts(values.get("choices") or [], "choices")
    answers = _answers(values.get("answers"))
    if choices and not 2 <= len(choices) <= len(LETTERS):
        raise RowMistake("choices")
    right = _right_choice(answers, choices) if choices else -1
    language = str(values.get("language") or ("zh-Hant" if _HAN.search(question) else "en"))
    if language not in _LANGUAGES:
        raise RowMistake("language")
    given = values.get("id")
    return Item(
        id=str(number) if given in (None, "") else str(given)[:MOST_CHARACTERS],
        question=question,
        language=language,
        answers=(choices[right],) if choices else answers,
        picture=text_of(values.get("picture"), "picture"),
        kind=text_of(values.get("kind"), "kind", may_be_empty=True)[:60],
        choices=choices,
        right_choice=right,
        hint=text_of(values.get("hint"), "hint", may_be_empty=True),
    )


def text_of(value: object, name: str, *, may_be_empty: bool = False, most: int = 0) -> str:
    """Returns cleaned text of a question file.

    Args:
        value: What stands there.
        name: What it is: the end of a key `vqa.mistake.row.*`.
        may_be_empty: Whether it may be left out.
        most: Most characters; 0 for the usual number.

    Raises:
        RowMistake: It is no text, too long, or missing.
    """
    try:
        words = read_optional_words(value, most_characters=most or MOST_CHARACTERS).text
    except PersonError as error:
        is_long = error.key == "mistake.words.too_long"
        raise RowMistake("long" if is_long else name) from error
    if not words and not may_be_empty:
        raise RowMistake(name)
    return words


def _texts(value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_ANSWERS:
        raise RowMistake(name)
    return tuple(text_of(_plain(one), name) for one in value)


def _answers(value: object) -> tuple[str, ...]:
    several = value if isinstance(value, list) else [value]
    # VQAv2 writes each person's answer as an object.
    answers = _texts(
        [one.get("answer") if isinstance(one, dict) else one for one in several], "answer"
    )
    if not answers:
        raise RowMistake("answer")
    return answers


def _plain(value: object) -> object:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


def _right_choice(answers: tuple[str, ...], choices: tuple[str, ...]) -> int:
    """The option that most of the answers name: VQA has ten answers beside its options."""
    named = Counter(
        place for answer in answers if (place := choice_in(answer, choices)) is not None
    )
    if not named:
        raise RowMistake("no_such_choice")
    (first, count), *others = named.most_common(2)
    if others and others[0][1] == count:
        raise RowMistake("several_choices")
    return first
