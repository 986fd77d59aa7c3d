"""What happens in "Compare" when somebody does something. Each yields: stage, status, notes."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground.cache import Cancelled
from playground.drawing.drawn import Drawn
from playground.drawing.orders import read_order
from playground.entries import Entry
from playground.models.diffusion_asks import Order
from playground.page.draw_compare_canvas import Asked, compare_words
from playground.page.draw_compare_kept import CompareKept
from playground.page.draw_compare_plan import WORDS, Fields, Plan, read_plan
from playground.page.draw_compare_run import DONE, DRAWING, FAILED, WAITING, Cell, Compared
from playground.page.draw_compare_stored import EXAMPLE, MODEL, SEED
from playground.page.draw_compare_values import cell_value, changed_cells, plan_value
from playground.page.draw_values import model_value
from playground.page.draw_values import plain_value as told
from playground.page.draw_visits import Run, Visits
from playground.page.languages import current_request, language_of
from playground.page.widgets import status_html
from playground.page.work import Done, Partial, Status
from playground.search import Asker
from playground.visitors.pictures import Picture
from playground.visitors.sessions import Session

if TYPE_CHECKING:
    from playground.page.draw_service import DrawService

Shown = Iterator[tuple[Any, ...]]
Cells = tuple[Cell, ...]
News = Iterator[Status | Partial[Cells] | Done[Cells]]


@dataclass(frozen=True)
class CompareHandlers:
    """The handlers of one page.

    Attributes:
        service: Who draws, and keeps the pictures.
    """

    service: DrawService

    @property
    def visits(self) -> Visits:
        """What is being compared now, to be stopped."""
        return self.service.comparing

    @property
    def kept(self) -> CompareKept:
        """The pictures of all comparisons."""
        return self.service.compared

    def first(self, request: gr.Request) -> tuple[Any, ...]:
        """What the mode opens on: words, models, and comparisons that were made beforehand."""
        service, ctx = self.service, self.service.ctx
        service.visits.note_language(ctx.visitor(request), language_of(request))
        found = self.openings(request)
        example = {
            name: ctx.say(request, f"draw.compare.example.{name}", A="{A}", B="{B}")
            for name in EXAMPLE
        }
        value = told(
            words=compare_words(ctx, request),
            offered=[model_value(service, request, item) for item in service.items()],
            settings={**example, "kind": WORDS, "seed": SEED},
            openings=found,
        )
        said = ctx.say(request, "draw.compare.opening" if found else "status.ready")
        return value, status_html(said), ""

    def openings(self, request: gr.Request) -> list[dict[str, Any]]:
        """Tells the comparisons that ship; the stage asks for their pictures when it is seen."""
        service = self.service
        item = next((item for item in service.items() if item.key == MODEL), None)
        if item is None:
            return []
        stored = self.kept.stored.of(item, service.fingerprints.of(item), language_of(request))
        return [
            {
                "plan": plan_value(one.plan),
                "cells": [
                    cell_value(
                        service,
                        request,
                        one.plan,
                        Cell(index, DONE, drawing_id=name, drawn=drawn),
                        with_picture=False,
                    )
                    for index, (name, drawn) in enumerate(one.drawings)
                ],
            }
            for one in stored
        ]

    def draw(self, asked: Asked, request: gr.Request) -> Shown:
        """Draw all pictures of a comparison; each is shown as soon as it is there."""
        ctx = self.service.ctx
        run = self.visits.begin(ctx.visitor(request))
        try:
            plan = self.plan(asked.fields)
            notes = html.escape(ctx.say_notes(request, plan.notes))
            busy = status_html(ctx.say(request, "status.working"), is_busy=True)
            yield told(seq=asked.seq, busy=True, plan=plan_value(plan)), busy, notes
            yield from self._drawing(asked, plan, request, run)
        except Exception as error:
            # The stage hears of the mistake too, or it would wait for its pictures.
            mistake = ctx.mistake(error)
            idle = status_html(ctx.say(request, "status.ready"))
            yield told(seq=asked.seq, error=mistake.message), idle, gr.skip()
            raise mistake from None
        finally:
            # Also where nobody waits for the next value: the visitor has left.
            self.visits.finish(run)

    def plan(self, fields: Fields) -> Plan:
        """Checks what is to be compared.

        Raises:
            PersonError: What is wrong.
        """
        item = self.service.ready(fields.get("model"))
        return read_plan(item, fields, lambda asked: read_order(item, asked))

    def news(self, plan: Plan, request: gr.Request | None, run: Run | None = None) -> News:
        """Draws the pictures of a plan in a thread, with all cells as a partial result.

        Args:
            plan: What is drawn.
            request: Who asks.
            run: Tells when no more is wanted; None where nobody can say so.
        """
        visitor, item = self.service.ctx.visitor(request), plan.item

        def job(report: Any, is_left: Any) -> Cells:
            def is_over() -> bool:
                is_ended = run is not None and (run.is_stopped() or run.is_over())
                return is_ended or bool(is_left())

            compared = self._compared(item, visitor, run)
            asker = Asker(visitor, report, is_over)
            return compared.run(plan.orders, asker, lambda cells: report(Partial(cells)))

        return self.service.ctx.stream(request, job, title=item.title)

    def stop(self, asked: Asked, request: gr.Request) -> tuple[Any, ...]:
        """Take no more steps; the drawing itself tells as it ends what is there."""
        ctx, skip = self.service.ctx, gr.skip()
        if self.visits.stop(ctx.visitor(request)):
            return skip, skip, skip
        said = status_html(ctx.say(request, "draw.compare.stopped"))
        return told(seq=asked.seq, stopped=True), said, skip

    def chosen_picture(self, _session: Session, asked: Asked) -> Picture:
        """The picture that is looked at: it is sent on."""
        visitor = self.service.ctx.visitor(current_request())
        return self.kept.drawn_of(asked.chosen, visitor).picture

    def _compared(self, item: Entry, visitor: str, run: Run | None) -> Compared:
        artist = self.service.artist

        def draw(order: Order, asker: Asker, heard: Any) -> Drawn:
            drawn: Drawn = artist.draw(item, order, asker, heard)
            return drawn

        def known(order: Order) -> tuple[str, Drawn] | None:
            revision = self.service.fingerprints.of(item)
            return self.kept.known(visitor, item.key, revision, order)

        def keep(drawn: Drawn) -> str:
            if run is not None and run.is_over():
                # The visitor had everything forgotten while its last step was done.
                raise Cancelled(item.key)
            return self.kept.add(visitor, drawn)

        return Compared(draw, keep, known)

    def _drawing(self, asked: Asked, plan: Plan, request: gr.Request, run: Run) -> Shown:
        """Tell each cell that has changed, and in words how far all of them are."""
        skip, seen = gr.skip(), dict[int, Cell]()
        has_pictures = False
        for step in self.news(plan, request, run):
            if isinstance(step, Status):
                # Once pictures are on their way, their own progress says more than the cache's.
                yield (skip,) * 3 if has_pictures else self._saying(asked, step.text)
                continue
            cells = self._changes(request, plan, seen, step.value)
            if isinstance(step, Done):
                end = {"stopped": True} if run.is_stopped() else {}
                status = self._end(request, plan, step, is_stopped=run.is_stopped())
                yield told(seq=asked.seq, cells=cells, busy=False, **end), status, skip
                continue
            has_pictures = any(cell.state != WAITING for cell in step.value)
            yield self._saying(asked, self._progress(request, step.value), cells=cells)

    def _saying(self, asked: Asked, said: str, **more: Any) -> tuple[Any, ...]:
        """The same sentence on the stage, where one looks, and in the status line."""
        return told(seq=asked.seq, said=said, **more), status_html(said, is_busy=True), gr.skip()

    def _changes(
        self, request: gr.Request, plan: Plan, seen: dict[int, Cell], cells: Sequence[Cell]
    ) -> list[dict[str, Any]]:
        changed = changed_cells(seen, cells)
        seen.update({cell.index: cell for cell in changed})
        return [cell_value(self.service, request, plan, cell) for cell in changed]

    def _progress(self, request: gr.Request, cells: Sequence[Cell]) -> str:
        """Such as "4 of 9 pictures are drawn. Drawn together with 5 of others." """
        ctx = self.service.ctx
        done = sum(cell.drawn is not None for cell in cells)
        said = ctx.say(request, "draw.compare.progress", done=done, count=len(cells))
        going = [cell for cell in cells if cell.state == DRAWING]
        others = max((cell.together for cell in going), default=0) - len(going)
        if others > 0:
            said += " " + ctx.say(request, "draw.compare.together", count=others)
        return str(said)

    def _end(self, request: gr.Request, plan: Plan, step: Done[Cells], *, is_stopped: bool) -> str:
        ctx, cells = self.service.ctx, step.value
        if is_stopped:
            return status_html(ctx.say(request, "draw.compare.stopped"))
        failed = [cell for cell in cells if cell.state == FAILED]
        if len(failed) == len(cells) and failed[0].mistake is not None:
            raise failed[0].mistake
        reused = sum(cell.is_reused for cell in cells)
        values: dict[str, Any] = {
            "model": plan.item.title,
            "count": sum(cell.state == DONE for cell in cells) - reused,
            "all": len(cells),
            "seconds": f"{step.seconds:.1f}",
        }
        said = ctx.say(request, "draw.compare.done", **values)
        if reused:
            said += " " + ctx.say(request, "draw.compare.reused", count=reused)
        return status_html(said)
