"""Found pictures as a grid: each opens large, works by keyboard, and can be asked for more like it.

The picture files are served by `playground.page.picture_files`; the grid holds names only.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground.collection import StoredPicture
from playground.page.icons import icon

if TYPE_CHECKING:
    from playground.page.context import Context

SCRIPT = Path(__file__).parents[2] / "assets" / "js" / "result_grid.js"
WORDS = (
    "more",
    "why",
    "download",
    "close",
    "previous",
    "next",
    "similarity",
    "licence",
    "source",
    "list",
)


@dataclass(frozen=True)
class Shown:
    """One picture of the grid.

    Attributes:
        picture: What is shown.
        cosine: Its similarity, or None where nothing was asked.
        part: How full its bar is, 0 to 1; without any it shows the note instead.
        note: A few words under it.
    """

    picture: StoredPicture
    cosine: float | None = None
    part: float = 0.0
    note: str = ""


class ResultGrid(gr.HTML):
    """The grid. Handlers get the id of the picture chosen last, or None; anyone may forge it."""

    def __init__(
        self,
        *,
        elem_id: str,
        opens: bool = True,
        sends: str = "",
        explains: bool = False,
        **options: Any,
    ) -> None:
        """Makes the grid.

        Args:
            elem_id: Unique on the page.
            opens: Whether a picture opens large when pressed (then the events are `more`), or is
                taken at once (event `choose`).
            sends: Element id of the bar of "send to ..." buttons.
            explains: Whether a picture that is open large can be asked why it is there (`why`).
            **options: More of `gr.HTML`'s.
        """
        super().__init__(
            html_template=_template(opens, sends, explains),
            js_on_load=SCRIPT.read_text(encoding="utf-8"),
            apply_default_css=False,
            elem_id=elem_id,
            **options,
        )

    def preprocess(self, payload: Any) -> str | None:
        """Returns the chosen id as it arrived, if it is text."""
        chosen = payload.get("chosen") if isinstance(payload, Mapping) else None
        return chosen if isinstance(chosen, str) else None

    def postprocess(self, value: Any) -> Any:
        """Passes on what `grid_value` made."""
        return value

    def api_info(self) -> dict[str, Any]:
        """Tells the API that this is an object."""
        return {"type": "object"}

    def example_payload(self) -> Any:
        """Shows what a browser sends."""
        return {"chosen": None}


def grid_value(
    ctx: Context, request: gr.Request | None, language: str, shown: Sequence[Shown]
) -> dict[str, Any]:
    """Makes the value of a `ResultGrid`.

    Args:
        ctx: The page's context.
        request: Whose page it is, for the words on it.
        language: Language of the alternative texts, `"en"` or `"zh-Hant"`.
        shown: The pictures in order.

    Returns:
        A plain object. Its stamp is new each time, so that equal results are drawn anew too.
    """
    return {
        "stamp": secrets.token_hex(4),
        "chosen": None,
        "words": {name: ctx.say(request, f"result.{name}") for name in WORDS},
        "items": [
            {
                "id": item.picture.id,
                "file": item.picture.file,
                "address": item.picture.address,
                "alt": item.picture.alt[language],
                "licence": item.picture.licence,
                "source": item.picture.source,
                "cosine": None if item.cosine is None else round(item.cosine, 6),
                "part": round(item.part, 3),
                "note": item.note,
            }
            for item in shown
        ],
    }


def _template(opens: bool, sends: str, explains: bool) -> str:
    why = '<button type="button" class="result-action" data-part="why"></button>'
    arrows = "".join(
        f'<button type="button" class="result-turn {name}" data-part="{name}">{icon("send")}'
        "</button>"
        for name in ("previous", "next")
    )
    return (
        f'<div class="result-grid" data-opens="{str(opens).lower()}" data-sends="{sends}">'
        '<ol class="results"></ol><dialog class="result-large" aria-labelledby="'
        f'{sends}-alt"><div class="result-body"><figure>'
        f'<img data-part="picture" alt="">{arrows}</figure><div class="result-about">'
        '<button type="button" class="result-close" data-part="close">'
        f'{icon("close")}</button><p class="result-place" data-part="place"></p>'
        f'<h2 data-part="alt" id="{sends}-alt"></h2>'
        '<p class="score" data-part="score"><span data-part="score-name"></span>'
        '<span class="score-bar" data-part="score-bar"></span>'
        '<span class="score-number" data-part="score-number"></span></p>'
        '<p class="result-small" data-part="licence"></p>'
        '<p class="result-small" data-part="source"></p>'
        '<div class="result-actions"><button type="button" class="result-action main" '
        f'data-part="more"></button>{why if explains else ""}'
        '<span data-part="sends" class="result-sends"></span>'
        '<a class="result-action" data-part="download"></a></div></div></div></dialog></div>'
    )
