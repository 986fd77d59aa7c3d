"""Mistakes in a question file, told with their line."""

from __future__ import annotations

from collections.abc import Sequence

from playground.visitors.errors import PersonError, Value

MOST_NAMES = 5
MOST_NAME_CHARACTERS = 60


class RowMistake(Exception):
    """What is wrong with one question: the end of a key `vqa.mistake.row.*`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def lines_wrong(found: Sequence[tuple[int, RowMistake]]) -> PersonError:
    """Tells the first mistake with its line, and how many lines have others.

    Args:
        found: Lines, from 1, with what is wrong there; one or more.
    """
    line, mistake = found[0]
    values: dict[str, Value] = {
        "line": line,
        "what_key": f"vqa.mistake.row.{mistake.name}",
        "more": len(found) - 1,
    }
    return PersonError("vqa.mistake.lines" if len(found) > 1 else "vqa.mistake.line", values)


def pictures_missing(names: Sequence[str], line: int) -> PersonError:
    """Tells which pictures a question file names that are not there.

    Args:
        names: One or more.
        line: Where the first one stands, from 1.
    """
    shown = ", ".join(name[:MOST_NAME_CHARACTERS] for name in names[:MOST_NAMES])
    end = "s" if len(names) > MOST_NAMES else ""
    values: dict[str, Value] = {"count": len(names), "names": shown, "line": line}
    return PersonError(f"vqa.mistake.missing{end}", values)
