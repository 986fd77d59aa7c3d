"""The lid off text to image: the film of a drawing, where words act, guidance, and branches.

The drawer's script (`assets/js/draw/inside_*.js`) asks these server functions and its one event.
Each takes one object, which anyone may forge, and gives one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import gradio as gr

from playground.drawing.drawn import Drawn
from playground.drawing.orders import facts_of
from playground.models.diffusion_asks import Reading
from playground.page.canvas import icon_store, script_words
from playground.page.draw_inside_branch import Branching
from playground.page.draw_inside_values import inside_value, sharp_film
from playground.page.events import PRIVATE
from playground.page.stage import Stage
from playground.search import Asker
from playground.visitors.errors import PersonError

if TYPE_CHECKING:
    from playground.page.context import Context
    from playground.page.draw_service import DrawService

SUFFIX = "-inside"
ICONS = ("play", "stop")
# The script fills these in; here each stands for itself.
PLACES = (
    *("step", "steps", "percent", "word", "words", "low", "high", "place", "height", "width"),
    *("channels", "number", "guidance", "seed", "together", "first", "last", "count", "model"),
    "sentence",
)
Answer = dict[str, Any]
Asked = Mapping[str, Any]


class DrawInsideCanvas(Stage):
    """The inside of the drawer. Event: `branch`."""

    script = "draw_inside.js"
    example: ClassVar = {"id": "", "kind": "words", "step": 5, "words": ""}

    def __init__(self, *, elem_id: str, **options: Any) -> None:
        """Makes it, empty.

        Args:
            elem_id: That of the stage whose drawings are looked into, and `SUFFIX`.
            **options: See `Stage`.
        """
        super().__init__(elem_id=elem_id, elem_classes="draw-mount", **options)

    def html_of(self, elem_id: str) -> str:
        """See `Stage`."""
        return _inside(elem_id.removesuffix(SUFFIX))

    def preprocess(self, payload: Any) -> Asked:  # type: ignore[override]
        """Passes on what the browser asks for; what is no object counts as nothing."""
        return payload if isinstance(payload, Mapping) else {}


@dataclass(frozen=True)
class DrawInside:
    """The drawer's functions of one page."""

    service: DrawService

    @property
    def all(self) -> list[Callable[..., Any]]:
        """The functions, for the component."""
        return [self.service.functions.plain(function) for function in (self.inside, self.sharp)]

    def inside(self, asked: Asked, visitor: str) -> Answer:
        """Tells all that can be seen of a drawing; no picture is made for it.

        But of a model whose pictures are looked at before they are shown: those of every step are.
        """
        drawing_id, drawn = self._drawn(asked, visitor)
        item = self.service.item(drawn.model)
        asker = self._asker(drawing_id, visitor)

        def reading_of(words: str) -> Reading:
            return self.service.artist.reading(item, words, asker)

        # What may not be shown must not be shown in rough colours either.
        is_watched = bool(drawn.frames) and self.service.artist.watches(item)
        sharp = self.service.artist.sharp_frames(item, drawn, asker) if is_watched else None
        return inside_value(drawn, reading_of, sharp) | {
            "id": drawing_id,
            "model": item.title,
            "most_guidance": facts_of(item).guidance[1],
        }

    def sharp(self, asked: Asked, visitor: str) -> Answer:
        """Tells what each step foresaw, as the model's own decoder shows it."""
        drawing_id, drawn = self._drawn(asked, visitor)
        if not drawn.frames:
            raise PersonError("draw.inside.mistake.no_steps")
        item, asker = self.service.item(drawn.model), self._asker(drawing_id, visitor)
        return sharp_film(self.service.artist.sharp_frames(item, drawn, asker))

    def first(self, request: gr.Request) -> Answer:
        """What the drawer's script says, in the visitor's language."""
        return {"stamp": secrets.token_hex(8), "words": inside_words(self.service.ctx, request)}

    def _drawn(self, asked: Asked, visitor: str) -> tuple[str, Drawn]:
        drawing_id = asked.get("id")
        return str(drawing_id), self.service.drawn_of(drawing_id, visitor)

    def _asker(self, drawing_id: str, visitor: str) -> Asker:
        """Who asks; gone when the drawing is, for nothing else tells that a visitor has left."""

        def is_gone() -> bool:
            try:
                self.service.drawn_of(drawing_id, visitor)
            except PersonError:
                return True
            return False

        return Asker(visitor, cancel=is_gone)


def draw_inside(service: DrawService, elem_id: str) -> DrawInsideCanvas:
    """Places the inside of the drawer, with its events.

    Args:
        service: What draws and keeps drawings.
        elem_id: That of the stage.
    """
    inside, branching, ctx = DrawInside(service), Branching(service), service.ctx
    functions = [*inside.all, service.functions.plain(branching.stop_branch)]
    canvas = DrawInsideCanvas(elem_id=f"{elem_id}{SUFFIX}", server_functions=functions)
    # What follows a Stop must not wait in the browser for the end of what was stopped.
    options = PRIVATE | {"trigger_mode": "multiple"}
    canvas.branch(ctx.handler(branching.branch), [canvas], [canvas], **options)
    gr.on(None, ctx.handler(inside.first), [], [canvas], **PRIVATE)
    return canvas


def inside_words(ctx: Context, request: gr.Request | None) -> dict[str, str]:
    """Returns every sentence of the drawer in the visitor's language.

    Args:
        ctx: The page's context.
        request: Whose page it is.

    Returns:
        By name, with {places} that the script fills in.
    """
    return script_words(ctx, request, lambda name: f"draw.inside.{name}", PLACES)


def _inside(stage_id: str) -> str:
    return (
        f'<div class="lid" data-inside-of="{stage_id}"><div class="lid-body"></div>'
        f'<p class="sr" role="status" aria-live="polite"></p>{icon_store(ICONS)}</div>'
    )
