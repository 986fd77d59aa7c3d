"""Drawings that are taken away: as a picture, as a recipe, as a program; and recipes come back."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from playground.drawing.drawn import Drawn
from playground.drawing.recipe import (
    ALMOST_LEVELS,
    MOST_BYTES,
    Recipe,
    compare,
    order_again,
    png_with_recipe,
    recipe_in,
    recipe_of,
)
from playground.drawing.reproduce import program
from playground.entries import Entry
from playground.page.draw_asking import Asking, Commission, Steps
from playground.page.draw_canvas import Asked
from playground.page.draw_service import DrawService
from playground.page.draw_values import fields_of, plain_value
from playground.page.shown_picture import HASH_DIGITS
from playground.visitors.errors import PersonError

LIKENESS_KEYS = {
    "bit-equal": "text_to_image.same",
    "almost": "text_to_image.almost",
    "different": "text_to_image.differs",
}


@dataclass(frozen=True)
class Taking:
    """Each function yields canvas, status and notes."""

    service: DrawService

    def take(self, request: gr.Request, asked: Asked) -> Steps:
        """Give a drawing away; the browser makes the file."""
        service = self.service
        drawn = service.drawn_of(asked.drawing_id, service.ctx.visitor(request))
        if drawn.is_withheld:
            raise PersonError("text_to_image.withheld")
        yield plain_value(download=self.download(request, drawn, asked.take)), gr.skip(), gr.skip()

    def download(self, request: gr.Request | None, drawn: Drawn, kind: str) -> dict[str, Any]:
        """Makes the file: its name, its kind and its text or its bytes.

        Args:
            request: Whose language the comments of a program are in.
            drawn: The drawing.
            kind: `"png"`, `"recipe"` or `"python"`.
        """
        item = self.service.item(drawn.model)
        name = f"drawing-{drawn.picture.content_id[:HASH_DIGITS]}"
        revision = self.service.fingerprints.revision(item)
        if kind == "python":
            text = program(drawn, item, revision, lambda key: self.service.ctx.say(request, key))
            return {"name": f"{name}.py", "kind": "text/x-python", "text": text}
        recipe = recipe_of(drawn, item, revision)
        if kind == "recipe":
            text = json.dumps(recipe, ensure_ascii=False, indent=2)
            return {"name": f"{name}.json", "kind": "application/json", "text": text + "\n"}
        data = base64.b64encode(png_with_recipe(drawn.picture, recipe)).decode()
        return {"name": f"{name}.png", "kind": "image/png", "data": data}

    def reopen(self, request: gr.Request, asked: Asked) -> Steps:
        """Draw what a recipe tells of, and say whether it is the same picture."""
        service = self.service
        recipe = recipe_in(_bytes_of(asked.file))
        item = service.ready(recipe.model)
        start = None
        if asked.start_id:
            start = service.visits.start_of(asked.start_id, service.ctx.visitor(request))
        order, notes = order_again(item, recipe, start)
        commission = Commission(item, (order,), notes, stop_after=recipe.stopped_after)
        more = {"fields": fields_of(order, item.key)}

        def told(drawn: Drawn) -> list[str]:
            return self._likeness(request, item, recipe, drawn)

        yield from Asking(service).commission(request, commission, told, more)

    def _likeness(
        self, request: gr.Request, item: Entry, recipe: Recipe, drawn: Drawn
    ) -> list[str]:
        """Says how like the new picture is to that of the recipe; and if it is not, why."""
        ctx = self.service.ctx
        likeness = compare(drawn, recipe)
        told = [ctx.say(request, LIKENESS_KEYS[likeness], levels=ALMOST_LEVELS)]
        if likeness == "bit-equal":
            return told
        if drawn.revision != recipe.fingerprint:
            told.append(ctx.say(request, "draw.note.other_files", model=item.title))
        here = recipe_of(drawn, item)["versions"]
        others = [f"{name} {was}" for name, was in recipe.versions.items() if was != here[name]]
        if others:
            told.append(ctx.say(request, "draw.note.other_versions", names=", ".join(others)))
        return told


def _bytes_of(path: str | None) -> bytes:
    if path is None:
        raise PersonError("draw.mistake.recipe")
    with Path(path).open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise PersonError("draw.mistake.recipe")
    return data
