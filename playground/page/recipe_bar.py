"""A view as a link and as a small file: three buttons, the same in every mode.

A stage that holds its own settings answers the document's event `recipe-wanted`; else
`bar.make(handler, [...], bar)` answers with `recipe_value`. `bar.reopen(handler, [bar, ...], ...)`
gets the recipe of a link or a file, which anyone may have written. A link opens its tab and mode by
`assets/js/page.js`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground.page.canvas import icon_store, script_words

if TYPE_CHECKING:
    from playground.page.context import Context

SCRIPT = Path(__file__).parents[2] / "assets" / "js" / "recipe_bar.js"
ICONS = ("copy", "download", "folder")


class RecipeBar(gr.HTML):
    """The buttons. Events: `make` (a recipe is wanted), `reopen` (one came back)."""

    def __init__(self, *, elem_id: str, tab: str, mode: str, **options: Any) -> None:
        """Makes the bar, empty: it waits for its first `recipe_value`.

        Args:
            elem_id: Unique on the page.
            tab: Id of the tab.
            mode: Element id of the mode inside it.
            **options: More of `gr.HTML`'s; Gradio makes a copy with some when a handler skips it.
        """
        super().__init__(
            html_template=(
                f'<div class="recipe-bar" data-tab="{tab}" data-mode="{mode}">'
                '<div class="recipe-buttons"></div><p class="recipe-left" role="status"></p>'
                f'<div class="sr recipe-done" role="status"></div>{icon_store(ICONS)}</div>'
            ),
            js_on_load=SCRIPT.read_text(encoding="utf-8"),
            apply_default_css=False,
            elem_id=elem_id,
            elem_classes="recipe-block",
            **options,
        )

    def preprocess(self, payload: Any) -> Any:
        """Returns the recipe that came back, not checked; None if there is none."""
        return payload.get("recipe") if isinstance(payload, Mapping) else None

    def postprocess(self, value: Any) -> Any:
        """Passes on what `recipe_value` made."""
        return value

    def api_info(self) -> dict[str, Any]:
        """Tells the API that this is an object."""
        return {"type": "object"}

    def example_payload(self) -> Any:
        """Shows what a browser sends."""
        return {"recipe": None}


def recipe_value(
    ctx: Context,
    request: gr.Request | None,
    recipe: Mapping[str, Any] | None = None,
    *,
    has_own: bool = False,
) -> dict[str, Any]:
    """Makes the value of a `RecipeBar`.

    Args:
        ctx: The page's context.
        request: Whose page it is.
        recipe: What is set, as plain values; None at the start, when only words are wanted.
        has_own: Whether what is shown has pictures of the visitor's own, which no recipe holds.
    """
    words = script_words(ctx, request, lambda name: f"recipe.ui.{name}", ())
    return {
        "stamp": secrets.token_hex(4),
        "words": words,
        "recipe": None if recipe is None else dict(recipe),
        "has_own": has_own,
    }
