"""What the tabs' own stages share: words and drawings for their scripts, and the reading of
what a browser sends, which anyone may forge.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playground.page.icons import icon

if TYPE_CHECKING:
    import gradio as gr

    from playground.page.context import Context

MOST_RUNS_CHARACTERS = 4_000_000
MOST_SIDE = 20_000
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Runs:
    """A mask as a browser tells it.

    Attributes:
        runs: Row-major run lengths at the picture's size, background first; not checked.
        width: Width of the mask in pixels.
        height: Height of the mask in pixels.
    """

    runs: str
    width: int
    height: int


def script_words(
    ctx: Context,
    request: gr.Request | None,
    key_of: Callable[[str], str],
    places: Iterable[str],
) -> dict[str, str]:
    """Returns every sentence of a script in the visitor's language.

    Args:
        ctx: The page's context.
        request: Whose page it is.
        key_of: Makes a key of a name, by putting something before it.
        places: Names that the script fills in; each stands for itself here.

    Returns:
        By name, with {places} that the script fills in.
    """
    prefix = key_of("")
    kept = {place: f"{{{place}}}" for place in places}
    keys = (key for key in ctx.languages.keys("en") if key.startswith(prefix))
    names = sorted(key.removeprefix(prefix) for key in keys)
    return {name: ctx.say(request, key_of(name), **kept) for name in names}


def icon_store(names: Iterable[str]) -> str:
    """Returns hidden HTML from which a script takes its drawings by name.

    Args:
        names: Of icons, each once.
    """
    inside = "".join(f'<span data-icon="{name}">{icon(name)}</span>' for name in names)
    return f"<div hidden>{inside}</div>"


def text_in(value: Any, most: int) -> str:
    """Reads a text; what is none counts as empty.

    Args:
        value: What was sent.
        most: Characters that are kept.
    """
    return value[:most] if isinstance(value, str) else ""


def whole_in(value: Any, most: int) -> int | None:
    """Reads a whole number from 0 to `most`; what is none counts as not said.

    Args:
        value: What was sent.
        most: The greatest that is taken.
    """
    return value if type(value) is int and 0 <= value <= most else None


def file_in(value: Any) -> str | None:
    """Reads the path of an uploaded file; Gradio has checked that it lies in the upload folder.

    Args:
        value: What was sent.
    """
    path = value.get("path") if isinstance(value, Mapping) else None
    return path if isinstance(path, str) and path else None


def box_in(value: Any) -> Box | None:
    """Reads left, top, right and bottom in pixels of the picture, each finite.

    Args:
        value: What was sent.
    """
    if not (isinstance(value, Sequence) and len(value) == 4 and all(map(_is_finite, value))):
        return None
    left, top, right, bottom = (float(edge) for edge in value)
    return left, top, right, bottom


def runs_in(value: Any) -> Runs | None:
    """Reads a mask from the fields runs, width and height; the runs themselves are not checked.

    Args:
        value: What was sent.
    """
    if not isinstance(value, Mapping):
        return None
    runs = value.get("runs")
    width, height = (
        whole_in(value.get("width"), MOST_SIDE),
        whole_in(value.get("height"), MOST_SIDE),
    )
    if not isinstance(runs, str) or len(runs) > MOST_RUNS_CHARACTERS or not (width and height):
        return None
    return Runs(runs, width, height)


def _is_finite(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)
