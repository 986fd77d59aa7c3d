"""A branch of a drawing: as before up to some step, then one thing is asked for differently."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground.drawing.drawn import Drawn, Preview
from playground.entries import Drawing
from playground.models.diffusion_asks import Change, Order
from playground.page.shown_picture import data_address
from playground.page.work import Done, Partial, Status
from playground.search import Asker
from playground.visitors.errors import PersonError, explain
from playground.visitors.numbers import read_choice, read_integer, read_number
from playground.visitors.pictures import Picture
from playground.visitors.words import read_optional_words

if TYPE_CHECKING:
    from playground.page.draw_service import DrawService

KINDS = ("words", "guidance", "noise")
MOST_CHARACTERS = 2000
MOST_SEED = 2**32 - 1
# Branches of branches: each change stays in the order, and is carried out again.
MOST_CHANGES = 12
Answer = dict[str, Any]
Asked = Mapping[str, Any]


def read_change(asked: Asked, drawn: Drawn, facts: Drawing) -> Change:
    """Reads what is to be different, and from which step on.

    Args:
        asked: `kind` (one of `KINDS`), `step`, and what belongs to the kind: `words`, `guidance` or
            `noise_seed`. Anyone may have forged it.
        drawn: What it branches from.
        facts: What its model can do.

    Returns:
        The one change.

    Raises:
        PersonError: `draw.inside.mistake.no_steps` (one step, or nothing to see), or as the
            functions that read numbers, choices and words.
    """
    steps = drawn.frames[-1].steps if drawn.frames else 0
    if steps < 2:
        raise PersonError("draw.inside.mistake.no_steps")
    kind = read_choice(asked.get("kind"), name_key="draw.inside.what_changes", choices=KINDS)
    step = read_integer(
        asked.get("step"), name_key="draw.inside.branch_step", low=1, high=steps - 1
    )
    if kind == "words":
        words = read_optional_words(asked.get("words"), most_characters=MOST_CHARACTERS)
        return Change(step, words=words.text)
    if kind == "guidance":
        high = facts.guidance[1]
        guidance = read_number(
            asked.get("guidance"), name_key="draw.inside.guidance", low=1, high=high
        )
        return Change(step, guidance=guidance)
    seed = read_integer(
        asked.get("noise_seed"), name_key="draw.inside.noise_seed", low=0, high=MOST_SEED
    )
    return Change(step, noise_seed=seed)


def branch_order(order: Order, change: Change) -> Order:
    """Adds a change to what was asked for; what was to change after it does not any more.

    Args:
        order: What was asked for.
        change: From its step on.

    Raises:
        PersonError: `draw.inside.mistake.many_changes`.
    """
    before = [one for one in order.changes if one.step < change.step]
    same = [one for one in order.changes if one.step == change.step]
    fresh = {
        name: value
        for name in ("words", "guidance", "noise_seed")
        if (value := getattr(change, name)) is not None
    }
    now = replace(same[-1], **fresh) if same else change
    if len(before) >= MOST_CHANGES:
        raise PersonError("draw.inside.mistake.many_changes")
    return replace(order, changes=(*before, now))


@dataclass(frozen=True)
class Branching:
    """Draws branches for one page."""

    service: DrawService

    def branch(self, asked: Asked, request: gr.Request) -> Iterator[Answer]:
        """Draw a branch; every mistake is told in the drawer, where it happened."""
        ctx = self.service.ctx
        run = str(asked.get("run", ""))[:40]
        try:
            for told in self._steps(asked, request):
                yield _stamped(run, told)
        except GeneratorExit:
            raise
        except Exception as error:
            told = explain(error)
            yield _stamped(run, {"error": ctx.say(request, told.key, **told.values)})

    def _steps(self, asked: Asked, request: gr.Request) -> Iterator[Answer]:
        service, ctx = self.service, self.service.ctx
        visitor = ctx.visitor(request)
        drawn = service.drawn_of(asked.get("id"), visitor)
        item = service.item(drawn.model)
        assert item.drawing is not None, "only models that draw have drawings"
        order = branch_order(drawn.order, read_change(asked, drawn, item.drawing))

        def job(report: Any, is_cancelled: Any) -> Drawn:
            asker = Asker(visitor, report, is_cancelled)
            made: Drawn = service.artist.draw(
                item, order, asker, lambda preview: report(Partial(preview))
            )
            return made

        for news in ctx.stream(request, job, title=item.title):
            if isinstance(news, Status):
                yield {"told": news.text}
            elif isinstance(news, Partial):
                yield preview_value(news.value)
            elif isinstance(news, Done):
                yield {"id": service.gallery.add(visitor, news.value)}


def preview_value(preview: Preview) -> Answer:
    """Writes a picture in the making.

    Args:
        preview: It.
    """
    src = "" if preview.pixels is None else data_address(Picture(preview.pixels))
    return {
        "step": preview.step,
        "steps": preview.steps,
        "together": preview.drawing_together,
        "src": src,
    }


def _stamped(run: str, told: Answer) -> Answer:
    """What is told twice alike must still be heard twice."""
    return {"stamp": secrets.token_hex(8), "run": run, **told}
