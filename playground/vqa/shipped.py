"""The questions that ship: about emoji scenes that no model here was trained on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from playground.visitors.pictures import Picture, read_picture
from playground.vqa.items import Item, QuestionSet

EMOJI = "emoji"
SHIPPED = Path(__file__).parents[2] / "assets" / "examples" / "vqa"
LANGUAGES = ("en", "zh-Hant")


@dataclass
class ShippedSet:
    """The shipped questions, read when they are first asked for.

    Attributes:
        folder: Holds `emoji.json` and `pictures/`, as `python -m training.vqa_set` writes them.
    """

    folder: Path = SHIPPED
    _told: dict[str, Any] = field(default_factory=dict)

    def in_language(self, language: str) -> QuestionSet:
        """Returns the questions in one language.

        Args:
            language: `"en"` or `"zh-Hant"`.

        Raises:
            OSError: The files are not there.
        """
        items = tuple(
            Item(
                id=one["id"],
                question=one["question"][language],
                language=language,
                answers=(one["answer"][language],),
                picture=one["picture"],
                kind=one["type"],
            )
            for one in self._read()["questions"]
        )
        opened = partial(_open, self.folder)
        return QuestionSet(EMOJI, items, "exact", opened, is_shared=True, whole=len(items))

    def alt(self, picture: str, language: str) -> str:
        """Returns what a picture shows, for people who cannot see it."""
        return str(self._read()["alt"][picture][language])

    def _read(self) -> dict[str, Any]:
        if not self._told:
            text = (self.folder / "emoji.json").read_text(encoding="utf-8")
            self._told = json.loads(text)
        return self._told


def _open(folder: Path, name: str) -> Picture:
    return read_picture(folder / "pictures" / name)
