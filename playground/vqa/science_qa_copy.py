"""ScienceQA as the hub has it: Parquet files whose rows hold the pictures."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture, read_picture
from playground.vqa.items import QuestionSet
from playground.vqa.science_qa_files import SCIENCE_QA, SPLIT, read_problems

PATTERN = f"data/{SPLIT}-*.parquet"
_COLUMNS = (
    *("question", "choices", "answer", "hint", "grade", "subject", "topic", "category", "skill"),
    "image.path",
)
_PIXELS = "image.bytes"


class ScienceQaCopy:
    """The test questions of a snapshot; pictures are read a row group at a time.

    Args:
        folder: The snapshot: `data/test-*.parquet` below it.

    Raises:
        PersonError: `vqa.mistake.no_problems`.
    """

    def __init__(self, folder: Path) -> None:
        files = sorted(folder.glob(PATTERN))
        if not files:
            raise PersonError("vqa.mistake.no_problems")
        self._groups = [(file, number) for file in files for number in range(_group_count(file))]
        self._lock = threading.Lock()
        self._held: tuple[int, list[Any]] | None = None
        self._place: dict[str, tuple[int, int]] = {}

    def questions(self) -> QuestionSet:
        """Reads all questions, no picture.

        Raises:
            PersonError: One of `vqa.mistake.*`.
        """
        items = read_problems(self._rows())
        return QuestionSet(
            SCIENCE_QA, items, "choice", self.open_picture, is_shared=True, whole=len(items)
        )

    def open_picture(self, name: str) -> Picture:
        """Reads the picture of a question.

        Raises:
            PersonError: `vqa.mistake.picture`.
        """
        group, row = self._place[name]
        with self._lock:
            if self._held is None or self._held[0] != group:
                self._held = (group, _read(*self._groups[group], (_PIXELS,))[_PIXELS].tolist())
            data = self._held[1][row]
        try:
            return read_picture(data)
        except PersonError as error:
            raise PersonError("vqa.mistake.picture", {"file": name[:60]}) from error

    def _rows(self) -> Iterator[tuple[int, str, dict[str, Any]]]:
        number = 0
        for group, (file, place) in enumerate(self._groups):
            has_picture = _read(file, place, (_PIXELS,))[_PIXELS].notna().tolist()
            table = _read(file, place, _COLUMNS)
            for row, told in enumerate(table.to_dict("records")):
                name = str(number)
                image = "image.png" if has_picture[row] else None
                problem = {key: _plain(value) for key, value in told.items()}
                # A line of the table is named as a line of a file would be.
                yield number + 1, name, problem | {"image": image, "split": SPLIT}
                if image:
                    self._place[f"{SPLIT}/{name}/{image}"] = (group, row)
                number += 1


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """The file as the library reads it; it leaves files open by itself."""
    # fastparquet and not pyarrow: pandas imports pyarrow at every start once it is installed.
    library = importlib.import_module("fastparquet")
    with ExitStack() as stack:

        def open_with(path: str, mode: str = "rb") -> Any:
            return stack.enter_context(open(path, mode))

        yield library.ParquetFile(str(file), open_with=open_with)


def _group_count(file: Path) -> int:
    with _opened(file) as whole:
        return len(whole.row_groups)


def _read(file: Path, place: int, columns: tuple[str, ...]) -> Any:
    """Some columns of one row group, those that are there, as a table of pandas."""
    with _opened(file) as whole:
        return whole[place].to_pandas(columns=[name for name in columns if name in whole.columns])


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    value = value.item() if isinstance(value, np.generic) else value
    # An empty cell is a number that is none.
    return None if isinstance(value, float) and value != value else value
