"""ScienceQA as the hub has it: Parquet files whose rows hold the pictures."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
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
        # fastparquet and not pyarrow: pandas imports pyarrow at every start once it is installed.
        library = importlib.import_module("fastparquet")
        files = sorted(folder.glob(PATTERN))
        if not files:
            raise PersonError("vqa.mistake.no_problems")
        wholes = [library.ParquetFile(str(file)) for file in files]
        # Each row group by itself, so that one can be read without the others.
        self._groups = [whole[n] for whole in wholes for n in range(len(whole.row_groups))]
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
                column = self._groups[group].to_pandas(columns=[_PIXELS])[_PIXELS]
                self._held = (group, column.tolist())
            data = self._held[1][row]
        try:
            return read_picture(data)
        except PersonError as error:
            raise PersonError("vqa.mistake.picture", {"file": name[:60]}) from error

    def _rows(self) -> Iterator[tuple[int, str, dict[str, Any]]]:
        number = 0
        for group, part in enumerate(self._groups):
            has_picture = part.to_pandas(columns=[_PIXELS])[_PIXELS].notna().tolist()
            wanted = [name for name in _COLUMNS if name in part.columns]
            for row, told in enumerate(part.to_pandas(columns=wanted).to_dict("records")):
                name = str(number)
                image = "image.png" if has_picture[row] else None
                problem = {key: _plain(value) for key, value in told.items()}
                # A line of the table is named as a line of a file would be.
                yield number + 1, name, problem | {"image": image, "split": SPLIT}
                if image:
                    self._place[f"{SPLIT}/{name}/{image}"] = (group, row)
                number += 1


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    value = value.item() if isinstance(value, np.generic) else value
    # An empty cell is a number that is none.
    return None if isinstance(value, float) and value != value else value
