"""A button that hands out a text as a file; the file lives as shortly as an upload does."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.data_classes import FileData
from gradio.processing_utils import save_bytes_to_cache


class ResultDownload(gr.DownloadButton):
    """``gr.DownloadButton`` that takes the text of a file from handlers.

    Args:
        name: What the file is called.
        **options: More of ``gr.DownloadButton``'s.
    """

    # The browser draws it as the button that it knows.
    is_template = True

    def __init__(self, *, name: str, **options: Any) -> None:
        self.name = name
        super().__init__(**options)

    def get_config(self, cls: Any = None) -> dict[str, Any]:
        """What the browser gets: the options of the button that it knows."""
        return super().get_config(cls or gr.DownloadButton)

    def postprocess(self, value: Any) -> Any:
        """Writes the text where short-lived files lie."""
        if value is None:
            return None
        path = save_bytes_to_cache(str(value).encode(), self.name, self.GRADIO_CACHE)
        return FileData(path=path, orig_name=self.name)
