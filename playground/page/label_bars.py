"""How well each label fits a picture, with the softmax temperature in the person's hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground.zero_shot import HIGHEST_SCALE, LOWEST_SCALE, Naming

if TYPE_CHECKING:
    from playground.page.context import Context

SCRIPT = Path(__file__).parents[2] / "assets" / "js" / "label_bars.js"
WORDS = ("scale", "temperature", "own", "label", "share", "cosine", "logit")
TERMS = ("scale", "label", "share", "cosine", "logit")
TEMPLATE = (
    '<div class="label-bars" hidden><table><thead><tr><th scope="col" data-word="label"></th>'
    '<th class="bar-cell" aria-hidden="true"></th><th scope="col" data-word="share"></th>'
    '<th scope="col" class="cosine" data-word="cosine"></th>'
    '<th scope="col" class="logit" data-word="logit"></th></tr></thead><tbody></tbody></table>'
    '<div class="scale-row"><div class="scale-head"><span data-word="scale"></span>'
    '<output class="scale-now"></output></div><div class="scale-slide">'
    '<span class="own-mark" aria-hidden="true"></span>'
    '<input type="range" min="0" max="1000" step="1"></div>'
    '<div class="scale-foot"><p data-word="scale_help"></p>'
    '<button type="button" class="own-scale"></button></div></div></div>'
)


class LabelBars(gr.HTML):
    """Bars and their table in one; the browser recomputes the shares while the slider moves."""

    def __init__(self, *, elem_id: str, **options: Any) -> None:
        """Makes it, empty.

        Args:
            elem_id: Unique on the page.
            **options: More of `gr.HTML`'s; Gradio makes a copy with some when a handler skips it.
        """
        super().__init__(
            html_template=TEMPLATE,
            js_on_load=SCRIPT.read_text(encoding="utf-8"),
            apply_default_css=False,
            elem_id=elem_id,
            **options,
        )

    def postprocess(self, value: Any) -> Any:
        """Passes on what `bars_value` made."""
        return value

    def api_info(self) -> dict[str, Any]:
        """Tells the API that this is an object."""
        return {"type": "object"}


def bars_value(ctx: Context, request: gr.Request | None, naming: Naming) -> dict[str, Any]:
    """Makes the value of `LabelBars`.

    Args:
        ctx: The page's context.
        request: Whose page it is.
        naming: What the model found.

    Returns:
        A plain object.
    """
    # Without a bias the labels share 100 %; with one each is judged by itself.
    help_key = "scale_help" if naming.logit_bias is None else "scale_help_each"
    words = {name: ctx.say(request, f"label_bars.{name}") for name in WORDS}
    return {
        "labels": list(naming.labels),
        "cosines": [round(float(cosine), 6) for cosine in naming.cosines],
        "own": naming.logit_scale,
        "bias": naming.logit_bias,
        "low": LOWEST_SCALE,
        "high": HIGHEST_SCALE,
        "words": words | {"scale_help": ctx.say(request, f"label_bars.{help_key}")},
        # On hover: exams and papers use the English words.
        "english": {name: ctx.languages.say(f"label_bars.{name}", "en") for name in TERMS},
    }
