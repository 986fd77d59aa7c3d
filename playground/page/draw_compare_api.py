"""Comparing for programs: one event for `gradio_client` and MCP.

The docstring below is what a program is told, so it is written for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from playground.page.clip_api import Texts
from playground.page.draw_compare_handlers import CompareHandlers
from playground.page.draw_compare_plan import GRID, WORDS, Plan, Value
from playground.page.draw_compare_run import Cell
from playground.page.draw_values import fields_of
from playground.page.events import add_program_events
from playground.page.work import Done, Partial
from playground.visitors.errors import PersonError
from playground.visitors.pictures import NEUTRAL_RGB

# Asks for what the model was made for; also a random seed.
OWN = 0
RANDOM_SEED = -1
# Pixels between the pictures of a contact sheet.
GAP = 4
USUAL_KIND = "seed_guidance"
# All pictures as one, each of them with a caption, and the grid.
Answer = tuple[np.ndarray | None, list[tuple[Any, str]], dict[str, Any]]


@dataclass(frozen=True)
class GridApi:
    """The function behind the event. The event is called as its function."""

    handlers: CompareHandlers

    def text_to_image_grid(
        self,
        words: str,
        kind: str,
        rows: list[str],
        columns: list[str],
        without: str,
        seed: float,
        steps: float,
        guidance: float,
        scheduler: str,
        height: float,
        width: float,
        model: str,
        request: gr.Request,
    ) -> Iterator[Answer]:
        """Draw a grid of pictures that differ only in what its rows and columns say.

        Args:
            words: What the pictures show; for words_words with {A} (row) and {B} (column) in it.
            kind: seed_guidance, steps_scheduler or words_words: what rows and columns are.
            rows: Values of the rows as texts, such as "1" or "a cat"; at most 36 pictures in all.
            columns: Values of the columns as texts, such as "4", "euler" or "on the beach".
            without: What not to draw; empty for nothing.
            seed: Seed of the noise, 0 to 4294967295; -1 for a random one.
            steps: Steps of each picture; 0 for what the model was made for.
            guidance: How much the words count; 0 for what the model was made for.
            scheduler: Sampler; empty for the model's own.
            height: Pixels; 0 for what the model was made for.
            width: Pixels; 0 for what the model was made for.
            model: Key of the model that draws, such as mini-diffusion.

        Yields:
            All pictures as one; each of them, row by row, with a caption; and the grid: model,
            rows, columns, and for each cell its row, column, state ("waiting", "drawing", "done" or
            "failed"), settings, whether the safety layer keeps it back, the reason where it failed,
            and its place among the pictures. Pictures come with the last one, which is whole.
        """
        fields: dict[str, Any] = {
            "mode": GRID,
            "kind": kind,
            "words": words,
            "rows": read_axis(rows),
            "columns": read_axis(columns),
            "without": without,
            "seed": None if seed == RANDOM_SEED else seed,
            "steps": steps or None,
            "guidance": guidance or None,
            "scheduler": scheduler or None,
            "height": height or None,
            "width": width or None,
            "model": model,
        }
        if kind == WORDS:
            fields |= {"rows": rows, "columns": columns}
        plan = self.handlers.plan(fields)
        cells = tuple(Cell(index) for index in range(len(plan.orders)))
        for step in self.handlers.news(plan, request):
            if isinstance(step, Done):
                cells = step.value
                grid = self._grid(plan, cells, request, with_pictures=True)
                yield contact_sheet(plan, cells), self._pictures(plan, cells), grid
                return
            if isinstance(step, Partial):
                cells = step.value
            # A program that has left is noticed between two values.
            yield None, [], self._grid(plan, cells, request)

    def _pictures(self, plan: Plan, cells: tuple[Cell, ...]) -> list[tuple[Any, str]]:
        return [
            (cell.drawn.picture.pixels, ", ".join(map(str, _place(plan, cell))))
            for cell in cells
            if cell.drawn is not None
        ]

    def _grid(
        self,
        plan: Plan,
        cells: tuple[Cell, ...],
        request: gr.Request,
        *,
        with_pictures: bool = False,
    ) -> dict[str, Any]:
        there = [cell.index for cell in cells if cell.drawn is not None]
        places = {index: place for place, index in enumerate(there)} if with_pictures else {}
        return {
            "model": plan.item.key,
            "axes": list(plan.axes),
            "rows": list(plan.rows),
            "columns": list(plan.columns),
            "cells": [
                self._cell(plan, cell, request) | {"picture": places.get(cell.index)}
                for cell in cells
            ],
        }

    def _cell(self, plan: Plan, cell: Cell, request: gr.Request) -> dict[str, Any]:
        row, column = _place(plan, cell)
        told: dict[str, Any] = {"row": row, "column": column, "state": cell.state}
        if cell.mistake is not None:
            values: dict[str, Any] = {**cell.mistake.values}
            told["reason"] = self.handlers.service.ctx.say(request, cell.mistake.key, **values)
        if cell.drawn is not None:
            told |= fields_of(cell.drawn.order, cell.drawn.model)
            told["withheld"] = cell.drawn.is_withheld
        return told


def contact_sheet(plan: Plan, cells: tuple[Cell, ...]) -> np.ndarray:
    """Lays the pictures out as rows and columns; what is missing stays grey.

    Args:
        plan: Of the grid.
        cells: Its cells.

    Returns:
        uint8 (H, W, 3).
    """
    (height, width), columns = plan.size_hw, len(plan.columns)
    rows = len(plan.rows)
    size_hw = (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP)
    sheet = np.full((*size_hw, 3), NEUTRAL_RGB, np.uint8)
    for cell in cells:
        if cell.drawn is not None:
            row, column = divmod(cell.index, columns)
            top, left = row * (height + GAP), column * (width + GAP)
            sheet[top : top + height, left : left + width] = cell.drawn.picture.pixels
    return sheet


def read_axis(texts: object) -> list[Value]:
    """Reads the values of an axis: texts that are numbers become numbers.

    Raises:
        PersonError: `draw.mistake.compare.empty_axis`.
    """
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise PersonError("draw.mistake.compare.empty_axis")
    return [_value(text) for text in texts]


def _value(text: str) -> Value:
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _place(plan: Plan, cell: Cell) -> tuple[Value, Value]:
    row, column = divmod(cell.index, len(plan.columns))
    return plan.rows[row], plan.columns[column]


def add_grid_event(handlers: CompareHandlers) -> None:
    """Adds the event to the page, behind widgets that nobody sees."""
    ctx, api = handlers.service.ctx, GridApi(handlers)
    keys = [item.key for item in handlers.service.items()]
    with gr.Row(visible=False):
        words, kind = gr.Textbox(), gr.Textbox(USUAL_KIND)
        rows, columns = Texts(["1", "2"]), Texts(["1", "4"])
        without, scheduler = gr.Textbox(""), gr.Textbox("")
        seed, steps, guidance, height, width = (
            gr.Number(value) for value in (RANDOM_SEED, OWN, OWN, OWN, OWN)
        )
        model = gr.Dropdown(keys, value=keys[0] if keys else None)
        inputs = [words, kind, rows, columns, without, seed, steps, guidance, scheduler]
        inputs += [height, width, model]
        # Clients of MCP see pictures that stand alone, those of a gallery as addresses only.
        answer = [gr.Image(format="png"), gr.Gallery(format="png"), gr.JSON()]
        add_program_events(ctx, {api.text_to_image_grid: inputs}, answer)
