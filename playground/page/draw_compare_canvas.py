"""The stage of "Compare": grids, blends and one changed word, drawn by its script.

The script stands in `assets/js/draw/compare_*.js`. A handler of one of its events gets an `Asked`,
which anyone may forge, and answers with a plain object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground.page.canvas import icon_store, script_words, text_in, whole_in

if TYPE_CHECKING:
    from playground.page.context import Context

SCRIPT = Path(__file__).parents[2] / "assets" / "js" / "draw_compare_canvas.js"
ICONS = ("brush", "close", "dice", "download", "paper", "picture", "send")
# The script fills these in; here each stands for itself.
PLACES = ("count", "all", "step", "number", "percent", "words", "name", "A", "B")
MOST_TEXT = 200
MOST_NUMBER = 2**53


@dataclass(frozen=True)
class Asked:
    """What the browser asks for; every field may be forged.

    Attributes:
        fields: What was sent, as it arrived.
        seq: Which question this is; the answer names it again.
        chosen: Id of the picture that is looked at, "" if none.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    seq: int = 0
    chosen: str = ""


class CompareCanvas(gr.HTML):
    """The stage. Events: `draw`, `stop`."""

    def __init__(
        self, *, elem_id: str, functions: Sequence[Callable[..., Any]] = (), **options: Any
    ) -> None:
        """Makes the stage, empty.

        Args:
            elem_id: Unique on the page; `compare_tools` gets the same.
            functions: The server functions `compare_pictures` and `compare_take`.
            **options: More of `gr.HTML`'s; Gradio makes a copy with some when a handler skips it.
        """
        options.setdefault("server_functions", list(functions))
        super().__init__(
            html_template=_stage(elem_id),
            js_on_load=SCRIPT.read_text(encoding="utf-8"),
            apply_default_css=False,
            elem_id=elem_id,
            **options,
        )

    def preprocess(self, payload: Any) -> Asked:  # type: ignore[override]
        """Reads what the browser asks for; what is not of the right kind counts as not said."""
        if not isinstance(payload, Mapping):
            return Asked()
        return Asked(
            fields=payload,
            seq=whole_in(payload.get("seq"), MOST_NUMBER) or 0,
            chosen=text_in(payload.get("chosen"), MOST_TEXT),
        )

    def postprocess(self, value: Any) -> Any:
        """Passes on what the handlers made."""
        return value

    def api_info(self) -> dict[str, Any]:
        """Tells the API that this is an object."""
        return {"type": "object"}

    def example_payload(self) -> Any:
        """Shows what a browser sends."""
        return {"seq": 0}


def compare_tools(elem_id: str) -> gr.HTML:
    """Places the column of tools that the stage's script fills.

    Args:
        elem_id: That of the stage.
    """
    return gr.HTML(
        f'<div class="compare-tools" data-tools-of="{elem_id}"></div>',
        elem_classes="compare-mount",
        apply_default_css=False,
    )


def compare_words(ctx: Context, request: gr.Request | None) -> dict[str, str]:
    """Returns every sentence of the stage in the visitor's language.

    Args:
        ctx: The page's context.
        request: Whose page it is.

    Returns:
        By name, with {places} that the script fills in.
    """
    return script_words(ctx, request, lambda name: f"draw.compare.ui.{name}", PLACES)


def _stage(elem_id: str) -> str:
    return (
        f'<div class="compare" data-canvas="{elem_id}"><div class="compare-body"></div>'
        f'<div class="sr" role="status" aria-live="polite"></div>{icon_store(ICONS)}</div>'
    )
