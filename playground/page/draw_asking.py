"""How pictures are drawn for the page: checked, drawn together, previewed, stopped, told."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
import numpy as np

from playground.cache import Cancelled
from playground.drawing.drawn import Drawn, Preview
from playground.drawing.orders import MOST_SEED, read_order
from playground.drawing.several import draw_several
from playground.entries import Entry
from playground.models.diffusion_asks import Order
from playground.page.canvas import Runs
from playground.page.draw_canvas import Asked
from playground.page.draw_service import DrawService
from playground.page.draw_values import (
    TOLD_ELSEWHERE,
    Going,
    drawn_value,
    going_value,
    mistake_value,
    plain_value,
)
from playground.page.draw_visits import Run
from playground.page.widgets import status_html
from playground.page.work import Done, Partial, Status
from playground.search import Asker
from playground.segmenting.run_lengths import from_runs
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.numbers import read_integer

MOST_AT_ONCE = 4
# No picture that was let in is larger.
MOST_MASK_PIXELS = 20_000_000
Steps = Iterator[tuple[Any, ...]]
Told = Callable[[Drawn], Sequence[str]]


@dataclass(frozen=True)
class Commission:
    """Pictures that are asked for together: all of one model, size and number of steps.

    Attributes:
        item: The model.
        orders: One for each picture.
        notes: What the visitor is told about what was asked.
        stop_after: Steps after which they stop, as they once did; 0 for none.
    """

    item: Entry
    orders: tuple[Order, ...]
    notes: tuple[Note, ...] = ()
    stop_after: int = 0


@dataclass(frozen=True)
class Asking:
    """Each function yields canvas, status and notes."""

    service: DrawService

    def draw(self, request: gr.Request, asked: Asked) -> Steps:
        """Draw what the fields ask for."""
        yield from self.commission(request, self.read(request, asked))

    def read(self, request: gr.Request, asked: Asked) -> Commission:
        """Checks what is asked for.

        Raises:
            PersonError: What is wrong, in a sentence.
        """
        service = self.service
        fields = asked.fields
        item = service.ready(fields.get("model"))
        count = read_count(fields.get("count", 1))
        start = None
        if asked.start_id:
            start = service.visits.start_of(asked.start_id, service.ctx.visitor(request))
        order, notes = read_order(item, fields, start, read_mask(asked.mask) if start else None)
        return Commission(item, series(order, count), notes)

    def commission(
        self,
        request: gr.Request,
        commission: Commission,
        told: Told | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> Steps:
        """Draw what was checked, and tell every step.

        Args:
            request: Who asks.
            commission: What is drawn.
            told: Called with each drawing, gives the sentences that it gets beside its own notes.
            more: What the last value tells beside the drawings.
        """
        service, visitor = self.service, self.service.ctx.visitor(request)
        run = service.visits.begin(visitor)
        notes = html.escape(service.ctx.say_notes(request, plain_notes(commission)))
        busy = status_html(service.ctx.say(request, "status.working"), is_busy=True)
        going = [Going(order.seed, order.steps) for order in commission.orders]
        try:
            yield going_value(going), busy, notes
            for step in service.ctx.stream(
                request, self._job(run, commission), title=commission.item.title
            ):
                if isinstance(step, Status):
                    yield gr.skip(), status_html(step.text, is_busy=True), gr.skip()
                elif isinstance(step, Partial):
                    yield (
                        going_value(step.value),
                        self._status(request, commission, step),
                        gr.skip(),
                    )
                elif run.is_over():
                    # The visitor had everything forgotten while the last step was done.
                    raise Cancelled(commission.item.key)
                else:
                    value, said = self._finished(request, commission, step, told)
                    # From now on the notes stand beside each picture.
                    yield {**value, **(more or {})}, said, ""
        finally:
            # Also where nobody waits for the next value: the visitor has left.
            service.visits.finish(run)

    def told(self, request: gr.Request, steps: Steps, event: str) -> Steps:
        """Passes steps on; a mistake is told to the canvas, in a sentence.

        Args:
            request: Who asks.
            steps: What happens.
            event: Name of the event, so that the canvas knows what has failed.
        """
        ctx = self.service.ctx
        try:
            yield from steps
        except Cancelled:
            # Stop came before the first step, or another drawing took the place of this one.
            said = status_html(ctx.say(request, "text_to_image.stopped_early"))
            yield plain_value(busy=False), said, gr.skip()
        except Exception as error:
            idle = status_html(ctx.say(request, "status.ready"))
            yield mistake_value(self.service, request, error, event), idle, gr.skip()

    def _job(self, run: Run, commission: Commission) -> Any:
        """All pictures at once: they share each step of the denoiser."""

        def job(report: Any, is_left: Any) -> list[Drawn]:
            going = [Going(order.seed, order.steps) for order in commission.orders]

            def heard(place: int, news: Preview | Drawn) -> None:
                if isinstance(news, Preview):
                    if news.step == commission.stop_after:
                        run.stop()
                    going[place] = replace(going[place], preview=news)
                    report(Partial(tuple(going)))

            asker = Asker(run.visitor, report, lambda: bool(is_left()) or run.is_over())
            return draw_several(
                self.service.artist,
                commission.item,
                commission.orders,
                asker,
                heard,
                stopped=run.is_stopped,
                notes=commission.notes,
            )

        return job

    def _status(self, request: gr.Request, commission: Commission, step: Partial[Any]) -> str:
        previews = [one.preview for one in step.value if one.preview is not None]
        slowest = min(previews, key=lambda preview: preview.step)
        others = max(0, slowest.drawing_together - len(commission.orders))
        values = {"step": slowest.step, "steps": slowest.steps, "count": others}
        key = "text_to_image.drawing_together" if others else "text_to_image.drawing"
        said = self.service.ctx.say(request, key, model=commission.item.title, **values)
        return status_html(said, is_busy=True)

    def _finished(
        self,
        request: gr.Request,
        commission: Commission,
        done: Done[Sequence[Drawn]],
        told: Told | None,
    ) -> tuple[dict[str, Any], str]:
        service, visitor = self.service, self.service.ctx.visitor(request)
        values = []
        for drawn in done.value:
            drawing_id = service.gallery.add(visitor, drawn)
            notes = told(drawn) if told else ()
            values.append(drawn_value(service, request, drawing_id, drawn, notes))
        said = self._end_status(request, commission, done)
        return plain_value(busy=False, drawn=values), status_html(said)

    def _end_status(
        self, request: gr.Request, commission: Commission, done: Done[Sequence[Drawn]]
    ) -> str:
        ctx, stopped = self.service.ctx, [drawn for drawn in done.value if drawn.is_stopped]
        if stopped:
            step = max(len(drawn.frames) for drawn in stopped)
            steps = stopped[0].frames[0].steps if stopped[0].frames else stopped[0].order.steps
            return ctx.say(request, "text_to_image.stopped", step=step, steps=steps)
        title = commission.item.title
        values = {"model": title, "seconds": f"{done.seconds:.1f}"}
        return ctx.say(request, "text_to_image.drawn", **values)


def series(order: Order, count: int) -> tuple[Order, ...]:
    """Returns so many orders that differ by their seeds alone, the first as it is."""
    seeds = [(order.seed + number) % (MOST_SEED + 1) for number in range(count)]
    return tuple(replace(order, seed=seed) for seed in seeds)


def read_count(value: object) -> int:
    """Checks how many pictures are asked for at once.

    Raises:
        PersonError: It is no whole number from 1 to `MOST_AT_ONCE`.
    """
    return read_integer(value, name_key="draw.ui.count", low=1, high=MOST_AT_ONCE)


def read_mask(told: Runs | None) -> np.ndarray | None:
    """Reads a mask from its runs.

    Returns:
        bool (H, W), or None where there is none.

    Raises:
        PersonError: `draw.mistake.mask_broken`.
    """
    if told is None:
        return None
    if told.width * told.height <= MOST_MASK_PIXELS:
        with suppress(PersonError):
            return from_runs(told.runs, (told.height, told.width))
    raise PersonError("draw.mistake.mask_broken")


def plain_notes(commission: Commission) -> tuple[Note, ...]:
    """Returns what is told of an order under the stage; the seed stands among the facts."""
    return tuple(note for note in commission.notes if note.key not in TOLD_ELSEWHERE)
