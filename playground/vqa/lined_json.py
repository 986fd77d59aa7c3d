"""JSON whose entries know their line, so that a mistake can be told with its place."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playground.visitors.errors import PersonError

_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True)
class Entry:
    """One member of a list or an object.

    Attributes:
        line: Where it begins, from 1.
        name: Its key; "" in a list.
        value: What stands there.
    """

    line: int
    name: str
    value: Any


@dataclass(frozen=True)
class Lined:
    """A list or an object, its members with their lines."""

    is_list: bool
    entries: tuple[Entry, ...]


def read_lined(text: str) -> Lined:
    """Reads a list or an object.

    Args:
        text: JSON.

    Raises:
        PersonError: `vqa.mistake.json` with the line, `vqa.mistake.json_kind` where it is neither,
            `vqa.mistake.json_deep`.
    """
    lines = _Lines(text)
    start = _skip(text, 0)
    opening = text[start : start + 1]
    if opening not in ("[", "{"):
        _refuse_broken(text, lines)
        raise PersonError("vqa.mistake.json_kind")
    try:
        entries = tuple(_members(text, start, lines, is_list=opening == "["))
    except json.JSONDecodeError as error:
        raise PersonError("vqa.mistake.json", {"line": error.lineno}) from error
    except RecursionError as error:
        raise PersonError("vqa.mistake.json_deep") from error
    return Lined(opening == "[", entries)


def _members(text: str, start: int, lines: _Lines, *, is_list: bool) -> Iterator[Entry]:
    decoder = json.JSONDecoder(parse_constant=_no_number)
    closing = "]" if is_list else "}"
    place = _skip(text, start + 1)
    if text[place : place + 1] == closing:
        _refuse_rest(text, place + 1)
        return
    while True:
        line, name = lines.at(place), ""
        if not is_list:
            name, place = decoder.raw_decode(text, place)
            place = _expect(text, _skip(text, place), ":")
            if not isinstance(name, str):
                raise json.JSONDecodeError("a name is text", text, place)
        value, place = decoder.raw_decode(text, _skip(text, place))
        yield Entry(line, name, value)
        place = _skip(text, place)
        if text[place : place + 1] == closing:
            _refuse_rest(text, place + 1)
            return
        place = _skip(text, _expect(text, place, ","))


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _expect(text: str, place: int, sign: str) -> int:
    if text[place : place + 1] != sign:
        raise json.JSONDecodeError(f"{sign} is missing", text, place)
    return place + 1


def _refuse_rest(text: str, place: int) -> None:
    if _skip(text, place) != len(text):
        raise json.JSONDecodeError("more follows", text, place)


def _refuse_broken(text: str, lines: _Lines) -> None:
    try:
        json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise PersonError("vqa.mistake.json", {"line": lines.at(error.pos)}) from error
    except RecursionError as error:
        raise PersonError("vqa.mistake.json_deep") from error


def _no_number(_name: str) -> Any:
    raise json.JSONDecodeError("not a number", "", 0)


class _Lines:
    """Line numbers of places in a text."""

    def __init__(self, text: str) -> None:
        self._ends = [found.start() for found in re.finditer("\n", text)]

    def at(self, place: int) -> int:
        """Returns the line of a place, from 1."""
        return bisect_right(self._ends, place - 1) + 1
