"""A field for the files of a question set: a ZIP, or questions and pictures one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr


class QuestionFiles(gr.File):
    """``gr.File`` that hands handlers the paths of what was sent, by the names it had there."""

    # The browser draws it as the File that it knows.
    is_template = True

    def __init__(self, **options: Any) -> None:
        super().__init__(file_count="multiple", **options)

    def get_config(self, cls: Any = None) -> dict[str, Any]:
        """What the browser gets: the options of the File that it knows."""
        return super().get_config(cls or gr.File)

    def preprocess(self, payload: Any) -> dict[str, Path]:  # type: ignore[override]
        """Names and paths; Gradio has checked that the paths are those of uploads."""
        files = getattr(payload, "root", payload) or ()
        return {Path(file.orig_name or file.path).name: Path(file.path) for file in files}
