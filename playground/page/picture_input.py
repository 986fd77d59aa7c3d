"""A picture field whose pictures go through the one reader of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import ImageData
from gradio.processing_utils import save_bytes_to_cache

from playground.page.context import spoken_mistake
from playground.page.languages import Languages
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture, read_picture


class PictureInput(gr.Image):
    """``gr.Image`` that hands a ``Picture`` to handlers and takes one from them."""

    # The browser draws it as the Image that it knows.
    is_template = True
    # The event that reads what a visitor chose; set by ``widgets.picture_input``.
    read: Any = None

    def __init__(self, value: Any = None, *, languages: Languages, **options: Any) -> None:
        self.languages = languages
        super().__init__(value, **options)

    def get_config(self, cls: Any = None) -> dict[str, Any]:
        """What the browser gets: the options of the Image that it knows."""
        return super().get_config(cls or gr.Image)

    def preprocess(self, payload: ImageData | None) -> Picture | None:  # type: ignore[override]
        """Read what the visitor chose; a mistake is told in the visitor's language."""
        if payload is None or payload.path is None:
            return None
        try:
            return read_picture(Path(payload.path))
        except (PersonError, OSError) as error:
            raise spoken_mistake(error, self.languages) from None

    def postprocess(self, value: Any) -> Any:
        """Show a picture, as the file that our reader wrote."""
        if isinstance(value, Picture):
            path = save_bytes_to_cache(value.webp(), "picture.webp", self.GRADIO_CACHE)
            return ImageData(path=path, orig_name="picture.webp")
        return super().postprocess(value)
