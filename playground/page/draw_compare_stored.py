"""The comparisons that ship: Compare opens on what a model really drew, before it is loaded.

`python -m playground.stored_comparisons` makes the files again, after mini-diffusion or one of the
example sentences (`draw.compare.example.*`) has changed. Every picture is kept bit by bit.
"""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from playground.drawing.drawn import Drawn
from playground.drawing.orders import read_order
from playground.entries import Entry
from playground.models.diffusion_asks import Colours, Order, Reading
from playground.page.draw_compare_plan import BLEND, CHANGE, GRID, MODES, WORDS, Plan, read_plan
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture, read_picture

STORED = Path(__file__).parents[2] / "assets" / "examples" / "text_to_image" / "compare"
MODEL, SEED, COUNT = "mini-diffusion", 2, 5
# What the fields of the page say before anybody writes into them, by the end of their language key.
EXAMPLE = (
    *("words", "pattern", "second", "changed"),
    *("row_words_axis", "column_words_axis", "seed_axis"),
)
Say = Callable[[str], str]


@dataclass(frozen=True, eq=False)
class StoredComparison:
    """A comparison that ships.

    Attributes:
        plan: What was drawn.
        drawings: The pictures, each with its id; neither their steps nor their tokens are kept.
    """

    plan: Plan
    drawings: tuple[tuple[str, Drawn], ...]


class StoredComparisons:
    """Reads each file once. Safe to use from many threads.

    Args:
        folder: Where the files lie.
    """

    def __init__(self, folder: Path = STORED) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._read: dict[tuple[str, str], tuple[StoredComparison, ...]] = {}

    def of(self, item: Entry, fingerprint: str, language: str) -> tuple[StoredComparison, ...]:
        """Returns the comparisons in one language; none that other files of the model drew.

        Args:
            item: The model.
            fingerprint: Of its files now.
            language: What their words are written in.
        """
        with self._lock:
            key = (fingerprint, language)
            if key not in self._read:
                files = [self._folder / f"{language}-{mode}.json" for mode in MODES]
                read = [read_stored(file, item, fingerprint) for file in files]
                self._read[key] = tuple(one for one in read if one is not None)
            return self._read[key]

    def drawn_of(self, drawing_id: object) -> Drawn | None:
        """Returns a picture that was read, or None."""
        with self._lock:
            found = [one for read in self._read.values() for one in read]
        pictures = {name: drawn for one in found for name, drawn in one.drawings}
        return pictures.get(drawing_id) if isinstance(drawing_id, str) else None


def example_fields(say: Say) -> dict[str, dict[str, Any]]:
    """Says what the comparisons that ship were asked for with, by mode.

    Args:
        say: Gives the sentence of one of `EXAMPLE` in the language.
    """
    same = {"model": MODEL, "seed": SEED}
    words, rows, columns = say("words"), say("row_words_axis"), say("column_words_axis")
    return {
        GRID: same
        | {"mode": GRID, "kind": WORDS, "words": say("pattern")}
        | {"rows": rows.split("\n"), "columns": columns.split("\n")},
        BLEND: same | {"mode": BLEND, "words": words, "second": say("second"), "count": COUNT},
        CHANGE: same | {"mode": CHANGE, "words": words, "second": say("changed")},
    }


def write_stored(fields: Mapping[str, Any], drawings: Sequence[Drawn], file: Path) -> None:
    """Writes a comparison.

    Args:
        fields: What it was asked for with.
        drawings: Its pictures, as its plan has them.
        file: Where to.

    Raises:
        OSError: It cannot be written.
    """
    pictures = [base64.b64encode(_small(drawn.picture)).decode() for drawn in drawings]
    told = {"revision": drawings[0].revision, "fields": fields, "pictures": pictures}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_stored(file: Path, item: Entry, fingerprint: str) -> StoredComparison | None:
    """Reads what `write_stored` wrote.

    Args:
        file: Where from.
        item: The model that drew it.
        fingerprint: Of its files now.

    Returns:
        None where there is no such file, it is damaged, or the model has other files now.
    """
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if told["revision"] != fingerprint or told["fields"]["model"] != item.key:
            return None
        plan = read_plan(item, told["fields"], lambda asked: read_order(item, asked))
        drawings = tuple(
            (f"{file.stem}-{index}", _drawn(order, data, item, fingerprint))
            for index, (order, data) in enumerate(zip(plan.orders, told["pictures"], strict=True))
        )
    except (OSError, KeyError, TypeError, ValueError, PersonError):
        return None
    return StoredComparison(plan, drawings)


def _small(picture: Picture) -> bytes:
    """The picture without loss, packed with patience: it is written once and read often."""
    file = io.BytesIO()
    Image.fromarray(picture.pixels).save(file, "WEBP", lossless=True, quality=100, method=6)
    return file.getvalue()


def _drawn(order: Order, data: str, item: Entry, fingerprint: str) -> Drawn:
    # How long it took elsewhere tells nothing about this machine.
    return Drawn(
        picture=read_picture(base64.b64decode(data, validate=True)),
        order=order,
        model=item.key,
        revision=fingerprint,
        reading=Reading(order.words, (), (), 0, 0, "", {}),
        frames=(),
        colours=Colours(np.zeros((1, 3), np.float32)),
        seconds=0.0,
    )
