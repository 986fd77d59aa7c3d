"""What text to image opens on, and how a picture comes in that drawing starts from."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from playground.page.draw_asking import Steps
from playground.page.draw_canvas import Asked
from playground.page.draw_service import DrawService
from playground.page.draw_values import drawn_value, first_value, plain_value, start_value
from playground.page.languages import language_of
from playground.page.widgets import status_html
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture, read_picture


@dataclass(frozen=True)
class Opening:
    """Each function yields canvas, status and notes."""

    service: DrawService

    def first(self, request: gr.Request) -> Steps:
        """What the tab opens on: a drawing that ships, before any model is loaded."""
        service, ctx = self.service, self.service.ctx
        language = language_of(request)
        service.visits.note_language(ctx.visitor(request), language)
        stored = [one for one in service.stored.items() if one[1].language == language]
        examples = [
            drawn_value(service, request, drawing_id, one.drawn, is_example=True)
            for drawing_id, one in stored
        ]
        if not examples:
            said = ctx.say(request, "text_to_image.choose")
            yield first_value(service, request, examples=[]), status_html(said), ""
            return
        title = service.item(stored[0][1].drawn.model).title
        said = status_html(ctx.say(request, "text_to_image.stored", model=title))
        fields = {**examples[0]["fields"], "seed": None}
        more = {"examples": examples, "drawn": [examples[0]], "fields": fields}
        yield first_value(service, request, **more), said, ""

    def start(self, request: gr.Request, asked: Asked) -> Steps:
        """Take a file, or a drawing, as the picture to start from."""
        if asked.file is not None:
            picture = read_picture(Path(asked.file))
        elif asked.drawing_id:
            visitor = self.service.ctx.visitor(request)
            picture = self.service.drawn_of(asked.drawing_id, visitor).picture
        else:
            raise PersonError("mistake.picture.missing")
        yield self.start_from(request, picture)

    def start_from(
        self, request: gr.Request, picture: Picture
    ) -> tuple[dict[str, object], str, str]:
        """Makes canvas, status and notes for a picture to start from that is here already."""
        service, ctx = self.service, self.service.ctx
        start_id = service.visits.add_start(picture, ctx.visitor(request))
        value = plain_value(start=start_value(service, request, start_id, picture))
        notes = html.escape(ctx.say_notes(request, picture.notes))
        return value, status_html(ctx.say(request, "text_to_image.start_ready")), notes
