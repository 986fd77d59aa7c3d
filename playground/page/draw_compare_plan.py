"""What a comparison draws: the pictures of a grid, of a blend, or of one changed word; all checked.

The same noise and the same settings everywhere but in what is compared: only so can a difference be
laid to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from playground.drawing.orders import read_seed
from playground.entries import Entry
from playground.models.diffusion_asks import Order
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.numbers import read_choice, read_integer
from playground.visitors.words import read_words

GRID, BLEND, CHANGE = "grid", "blend", "change"
MODES = (GRID, BLEND, CHANGE)
WORDS = "words_words"
# What the rows and the columns of each kind of grid are values of.
AXES: Mapping[str, tuple[str, str]] = {
    "seed_guidance": ("seed", "guidance"),
    "steps_scheduler": ("steps", "scheduler"),
    WORDS: ("row_words", "column_words"),
}
MOST_CELLS = 36
LEAST_BLEND, MOST_BLEND = 3, 9
MOST_CHARACTERS = 1000
Value = str | int | float
Fields = Mapping[str, Any]
# Checks what is asked of one picture: `playground.drawing.orders.read_order` for one model.
ReadOrder = Callable[[Fields], tuple[Order, tuple[Note, ...]]]
# What an order is read from here; nothing else of what arrives gets there.
ORDER_FIELDS = (*("words", "without", "seed", "steps", "guidance", "scheduler", "height", "width"),)


@dataclass(frozen=True)
class Plan:
    """All pictures of a comparison, in the order in which they are drawn.

    Attributes:
        mode: One of `MODES`.
        kind: One of `AXES` where it is a grid, else "".
        item: Who draws.
        rows: Values of the rows; () where it is no grid.
        columns: Values of the columns.
        words: The two prompts of a blend or a change; () for a grid.
        shares: Share of the second prompt in each picture of a blend.
        orders: What is drawn, row by row.
        notes: What was done to what was asked for.
    """

    mode: str
    kind: str
    item: Entry
    orders: tuple[Order, ...]
    rows: tuple[Value, ...] = ()
    columns: tuple[Value, ...] = ()
    words: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def axes(self) -> tuple[str, ...]:
        """What rows and columns are values of; () where it is no grid."""
        return AXES[self.kind] if self.kind else ()

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width of every picture."""
        return self.orders[0].size_hw


def read_plan(item: Entry, fields: Fields, read_order: ReadOrder) -> Plan:
    """Checks what is to be compared.

    Args:
        item: Who draws.
        fields: As they arrived: `mode`, `kind`, `rows`, `columns`, `second`, `count`, and what a
            single order is read from.
        read_order: Checks what is asked of one picture.

    Raises:
        PersonError: `draw.mistake.compare.` and what is wrong, or what is wrong with one picture.
    """
    mode = read_choice(fields.get("mode"), name_key="draw.compare.mode", choices=MODES)
    seed, notes = read_seed(fields.get("seed"))
    # One seed for all: without any, each order would draw one of its own.
    asked = {name: fields.get(name) for name in ORDER_FIELDS} | {"seed": seed}
    if mode == GRID:
        return _read_grid(item, fields, asked, notes, read_order)
    second = read_words(fields.get("second"), most_characters=MOST_CHARACTERS).text
    first, told = read_order(asked)
    if first.words == second:
        raise PersonError("draw.mistake.compare.same")
    other, more = read_order({**asked, "words": second})
    words, notes = (first.words, other.words), _each_once((*notes, *told, *more))
    if mode == CHANGE:
        return Plan(CHANGE, "", item, (first, other), words=words, notes=notes)
    count = read_integer(
        fields.get("count"), name_key="draw.compare.count", low=LEAST_BLEND, high=MOST_BLEND
    )
    orders = blend_orders(first, other.words, count)
    shares = tuple(index / (count - 1) for index in range(count))
    return Plan(BLEND, "", item, orders, words=words, shares=shares, notes=notes)


def fill_pattern(pattern: str, row: str, column: str) -> str:
    """Puts the words of a row and of a column into a pattern.

    Args:
        pattern: With {A} for the row's and {B} for the column's; a place that is missing stands at
            the end. Every other brace is text.
        row: Words of the row.
        column: Words of the column.
    """
    missing = [place for place in ("{A}", "{B}") if place not in pattern]
    whole = " ".join(part for part in (pattern, *missing) if part)
    pieces = whole.split("{A}")
    return row.join(piece.replace("{B}", column) for piece in pieces)


def blend_orders(order: Order, second: str, count: int) -> tuple[Order, ...]:
    """Asks for pictures on the way from one prompt to another; all from the same noise.

    Args:
        order: What the first of them is.
        second: Words of the last of them.
        count: How many, 2 or more; evenly spaced.
    """
    shares = [index / (count - 1) for index in range(1, count - 1)]
    between = [replace(order, blend_words=second, blend=share) for share in shares]
    return (order, *between, replace(order, words=second))


def order_key(order: Order) -> tuple[Value, ...]:
    """Tells orders of a comparison apart: the same model draws the same picture for equal keys."""
    asked = (order.words, order.without, order.blend_words, order.scheduler)
    return (*asked, *order.size_hw, order.steps, order.seed, order.guidance, order.blend)


def _read_grid(
    item: Entry, fields: Fields, asked: Fields, notes: tuple[Note, ...], read_order: ReadOrder
) -> Plan:
    kind = read_choice(fields.get("kind"), name_key="draw.compare.kind", choices=AXES)
    rows, columns = (_read_values(fields.get(name)) for name in ("rows", "columns"))
    if len(rows) * len(columns) > MOST_CELLS:
        count = len(rows) * len(columns)
        raise PersonError("draw.mistake.compare.too_many", {"count": count, "most": MOST_CELLS})
    read = [read_order(_cell(asked, kind, row, column)) for row in rows for column in columns]
    orders = tuple(order for order, _ in read)
    told = () if "seed" in AXES[kind] else notes
    notes = _each_once([*told, *(note for _, notes in read for note in notes)])
    return Plan(GRID, kind, item, orders, rows=rows, columns=columns, notes=notes)


def _cell(asked: Fields, kind: str, row: Value, column: Value) -> Fields:
    if kind != WORDS:
        first, second = AXES[kind]
        return {**asked, first: row, second: column}
    if not (isinstance(row, str) and isinstance(column, str)):
        raise PersonError("mistake.words.not_text")
    pattern = asked["words"] or ""
    if not isinstance(pattern, str):
        raise PersonError("mistake.words.not_text")
    return {**asked, "words": fill_pattern(pattern, row, column)}


def _read_values(told: object) -> tuple[Value, ...]:
    """Values of an axis, each once; whether a value can be used is told by the order's reading."""
    if not isinstance(told, Sequence) or isinstance(told, str) or not told:
        raise PersonError("draw.mistake.compare.empty_axis")
    if len(told) > MOST_CELLS:
        values = {"count": len(told), "most": MOST_CELLS}
        raise PersonError("draw.mistake.compare.too_many", values)
    if any(isinstance(value, bool) or not isinstance(value, str | int | float) for value in told):
        raise PersonError("draw.mistake.compare.empty_axis")
    return tuple(dict.fromkeys(told))


def _each_once(notes: Sequence[Note]) -> tuple[Note, ...]:
    kept: list[Note] = []
    for note in notes:
        if note not in kept:
            kept.append(note)
    return tuple(kept)
