"""Drawing for programs: events for `gradio_client` and MCP, with plain answers.

The docstrings below are what a program is told, so they are written for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from playground.drawing.drawn import Drawn, Preview
from playground.drawing.orders import USUAL_FEATHER, read_order, steps_of
from playground.drawing.recipe import recipe_of
from playground.entries import Entry
from playground.models.diffusion_asks import Order
from playground.page.context import Context
from playground.page.draw_service import FAMILY, DrawService
from playground.page.events import add_program_events
from playground.page.picture_input import PictureInput
from playground.page.widgets import model_choice
from playground.page.work import Done, Partial
from playground.search import Asker
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.pictures import Picture

# What stands for "as the model likes it" and for "any seed".
OWN, ANY_SEED = 0, -1
USUAL_STRENGTH = 1.0
Answers = Iterator[tuple[Picture | None, dict[str, Any]]]


@dataclass(frozen=True)
class DrawApi:
    """The functions behind the events. An event is called as its function."""

    service: DrawService

    def text_to_image_generate(
        self,
        words: str,
        without: str,
        seed: float,
        steps: float,
        guidance: float,
        scheduler: str,
        height: float,
        width: float,
        model: str,
        request: gr.Request,
    ) -> Answers:
        """Draw a picture from words; it can be watched as it comes out of the noise.

        Args:
            words: What the picture shows.
            without: What it is not to show; empty for nothing.
            seed: A whole number from 0; the same seed gives the same picture. -1 for any.
            steps: Steps from noise to picture; 0 for as many as the model was made for.
            guidance: How much the words count, from 1; 0 for what the model was made for.
            scheduler: Name of the sampler, such as ddim; empty for the model's own.
            height: Height in pixels; 0 for what the model was made for.
            width: Width in pixels; 0 for what the model was made for.
            model: Key of the model, such as mini-diffusion.

        Yields:
            The picture so far and {"step", "steps"}; the last one is whole, with its recipe: words,
            settings, seed, model and versions.
        """
        item = self.service.ready(model)
        fields = {
            **read_fields(words, without, seed, steps, guidance, scheduler),
            "height": None if height == OWN else height,
            "width": None if width == OWN else width,
        }
        yield from self._drawn(request, item, *read_order(item, fields))

    def text_to_image_inpaint(
        self,
        picture: Picture | None,
        words: str,
        without: str,
        seed: float,
        steps: float,
        guidance: float,
        scheduler: str,
        strength: float,
        feather: float,
        model: str,
        request: gr.Request,
        mask: Picture | None = None,
    ) -> Answers:
        """Draw a part of a picture anew, or all of it.

        Args:
            picture: The picture to start from; its middle is taken where its shape does not fit.
            words: What the picture shows afterwards.
            without: What it is not to show; empty for nothing.
            seed: A whole number from 0; the same seed gives the same picture. -1 for any.
            steps: Steps from noise to picture; 0 for as many as the model was made for.
            guidance: How much the words count, from 1; 0 for what the model was made for.
            scheduler: Name of the sampler, such as ddim; empty for the model's own.
            strength: How much may change, above 0 up to 1 (nothing of that part is kept).
            feather: How far the edge of the mask is softened, in pixels.
            model: Key of the model, such as mini-diffusion.
            mask: White where it is drawn anew, black where it stays; of any size. None for all.

        Yields:
            The picture so far and {"step", "steps"}; the last one is whole, with its recipe.
        """
        if picture is None:
            raise PersonError("mistake.picture.missing")
        item = self.service.ready(model)
        fields = {
            **read_fields(words, without, seed, steps, guidance, scheduler),
            "strength": strength,
            "feather": feather,
            "height": None,
            "width": None,
        }
        marked = None if mask is None else np.asarray(mask.pixels)
        yield from self._drawn(request, item, *read_order(item, fields, picture, marked))

    def _drawn(
        self, request: gr.Request, item: Entry, order: Order, notes: tuple[Note, ...]
    ) -> Answers:
        service, ctx = self.service, self.service.ctx

        def job(report: Any, is_left: Any) -> Drawn:
            asker = Asker(ctx.visitor(request), report, is_left)

            def heard(preview: Preview) -> None:
                report(Partial(preview))

            return service.artist.draw(item, order, asker, heard, notes=notes)

        so_far: tuple[Picture | None, dict[str, Any]]
        so_far = None, {"step": 0, "steps": steps_of(order)}
        for step in ctx.stream(request, job, title=item.title):
            if isinstance(step, Partial):
                preview = step.value
                seen = None if preview.pixels is None else Picture(preview.pixels)
                so_far = seen, {"step": preview.step, "steps": preview.steps}
            elif isinstance(step, Done):
                so_far = step.value.picture, self._told(request, item, step.value)
            # Also while it waits: a program that has left is noticed between two values.
            yield so_far

    def _told(self, request: gr.Request, item: Entry, drawn: Drawn) -> dict[str, Any]:
        revision = self.service.fingerprints.revision(item)
        # Of a picture that is kept back there are no frames.
        steps = len(drawn.frames) or steps_of(drawn.order)
        return {
            "step": steps,
            "steps": steps,
            "seconds": round(drawn.seconds, 3),
            "is_withheld": drawn.is_withheld,
            "notes": [self.service.ctx.say_notes(request, (note,)) for note in drawn.notes],
            "recipe": recipe_of(drawn, item, revision),
        }


def read_fields(
    words: object, without: object, seed: object, steps: object, guidance: object, scheduler: object
) -> dict[str, object]:
    """Writes what a program asks as the fields of an order; all are checked there."""
    return {
        "words": words,
        "without": without,
        "seed": None if seed == ANY_SEED else seed,
        "steps": None if steps == OWN else steps,
        "guidance": None if guidance == OWN else guidance,
        "scheduler": scheduler,
    }


def add_events(service: DrawService) -> None:
    """Adds the events to the page, behind widgets that nobody sees.

    Pictures come through a component: an event that took a path would open any file of the server.
    """
    ctx: Context = service.ctx
    api = DrawApi(service)
    with gr.Row(visible=False):
        words, without = gr.Textbox(), gr.Textbox("")
        seed = gr.Number(ANY_SEED)
        steps, guidance = gr.Number(OWN), gr.Number(OWN)
        scheduler = gr.Textbox("")
        height, width = gr.Number(OWN), gr.Number(OWN)
        strength, feather = gr.Number(USUAL_STRENGTH), gr.Number(USUAL_FEATHER)
        picture = PictureInput(languages=ctx.languages)
        mask = PictureInput(None, languages=ctx.languages)
        model = model_choice(ctx, FAMILY)
        shown, told = PictureInput(languages=ctx.languages), gr.JSON()
        common = [words, without, seed, steps, guidance, scheduler]
        add_program_events(
            ctx,
            {
                api.text_to_image_generate: [*common, height, width, model],
                api.text_to_image_inpaint: [picture, *common, strength, feather, model, mask],
            },
            [shown, told],
        )
