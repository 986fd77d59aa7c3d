"""A branch of a drawing: as before up to some step, then one thing is asked for differently."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground.drawing.drawn import Drawn, Preview
from playground.drawing.orders import add_change
from playground.page.canvas import text_in
from playground.page.draw_values import drawn_value, preview_address
from playground.page.draw_visits import Run
from playground.page.work import Done, Partial, Status
from playground.search import Asker
from playground.visitors.errors import PersonError, explain

if TYPE_CHECKING:
    from playground.page.draw_service import DrawService

LOG = logging.getLogger("playground")
MOST_RUN = 40
Answer = dict[str, Any]
Asked = Mapping[str, Any]


@dataclass(frozen=True)
class Branching:
    """Draws branches for one page.

    Attributes:
        service: What draws and keeps drawings.
        runs: Branches that are drawn now, by visitor and by the browser's own name for each.
    """

    service: DrawService
    runs: dict[tuple[str, str], Run] = field(default_factory=dict)

    def branch(self, asked: Asked, request: gr.Request) -> Iterator[Answer]:
        """Draw a branch; every mistake is told in the drawer, where it happened."""
        ctx = self.service.ctx
        run = text_in(asked.get("run"), MOST_RUN)
        visitor = ctx.visitor(request)
        going = self.runs[visitor, run] = Run(visitor)
        try:
            for told in self._steps(asked, request, going):
                yield _stamped(run, told)
        except GeneratorExit:
            raise
        except Exception as error:
            if not isinstance(error, PersonError):
                LOG.warning("%s while drawing a branch", type(error).__name__)
            mistake = explain(error)
            yield _stamped(run, {"error": ctx.say(request, mistake.key, **mistake.values)})
        finally:
            # Also where nobody waits for the next value: the visitor has left.
            self.runs.pop((visitor, run), None)

    def stop_branch(self, asked: Asked, visitor: str) -> Answer:
        """Gives up a branch, and no other that was asked for since.

        Gradio's own way to cancel an event needs its id, which the browser does not know yet when
        Stop comes soon; and an event may carry what was told for the next one.
        """
        going = self.runs.get((visitor, text_in(asked.get("run"), MOST_RUN)))
        if going is not None:
            going.end()
        return {}

    def _steps(self, asked: Asked, request: gr.Request, going: Run) -> Iterator[Answer]:
        service, ctx, visitor = self.service, self.service.ctx, going.visitor
        drawn = service.drawn_of(asked.get("id"), visitor)
        item = service.item(drawn.model)
        order, notes = add_change(item, drawn.order, asked)

        def job(report: Any, is_cancelled: Any) -> Drawn:
            asker = Asker(visitor, report, lambda: bool(is_cancelled()) or going.is_over())
            return service.artist.draw(
                item, order, asker, lambda preview: report(Partial(preview)), notes=notes
            )

        for news in ctx.stream(request, job, title=item.title):
            if isinstance(news, Status):
                yield {"told": news.text}
            elif isinstance(news, Partial):
                yield preview_value(news.value)
            elif isinstance(news, Done):
                # Not where all was forgotten meanwhile, what it branches from among it.
                service.drawn_of(asked.get("id"), visitor)
                drawing_id = service.gallery.add(visitor, news.value)
                # As the stage shows it, should it be put there.
                shown = drawn_value(service, request, drawing_id, news.value)
                yield {"id": drawing_id, "drawn": shown}


def preview_value(preview: Preview) -> Answer:
    """Writes a picture in the making.

    Args:
        preview: It.
    """
    return {
        "step": preview.step,
        "steps": preview.steps,
        "together": preview.drawing_together,
        "src": preview_address(preview.pixels),
    }


def _stamped(run: str, told: Answer) -> Answer:
    """What is told twice alike must still be heard twice."""
    return {"stamp": secrets.token_hex(8), "run": run, **told}
