"""The comparisons that ship, as the mode opens on them: before any model is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

if TYPE_CHECKING:
    from playground.page.draw_service import DrawService


def openings(service: DrawService, request: gr.Request | None) -> list[dict[str, Any]]:
    """Returns the comparisons that ship; none where the model has other files now."""
    return []
