"""What every stage that a script fills has in common: it speaks in plain objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import gradio as gr

from playground.page.script_files import SCRIPTS


class Stage(gr.HTML):
    """HTML that a script fills.

    A subclass says in `html_of` what the script finds, and reads in `preprocess` what the browser
    asks for.

    Attributes:
        script: File under `SCRIPTS`.
        example: What a browser might send.
    """

    script: ClassVar[str] = ""
    example: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self, *, elem_id: str, functions: Sequence[Callable[..., Any]] = (), **options: Any
    ) -> None:
        """Makes the stage, empty.

        Args:
            elem_id: Unique on the page; what is mounted elsewhere for the stage gets the same.
            functions: What the script may call on the server.
            **options: More of `gr.HTML`'s; Gradio makes a copy with some when a handler skips it.
        """
        options.setdefault("server_functions", list(functions))
        super().__init__(
            html_template=self.html_of(elem_id),
            js_on_load=(SCRIPTS / self.script).read_text(encoding="utf-8"),
            apply_default_css=False,
            elem_id=elem_id,
            **options,
        )

    def html_of(self, elem_id: str) -> str:
        """What the script finds.

        Args:
            elem_id: That of the stage.
        """
        raise NotImplementedError

    def postprocess(self, value: Any) -> Any:
        """Passes on what the handlers made."""
        return value

    def api_info(self) -> dict[str, Any]:
        """Tells the API that this is an object."""
        return {"type": "object"}

    def example_payload(self) -> Any:
        """Shows what a browser sends."""
        return dict(self.example)


def mount(elem_id: str, name: str, kind: str, elem_class: str = "") -> gr.HTML:
    """Places an empty element that a stage's script fills, elsewhere on the page.

    Args:
        elem_id: That of the stage.
        name: Short name of the stage, such as "segment".
        kind: What it is for, such as "tools" or "inside".
        elem_class: Of the place; made of the stage's name if left out.
    """
    return gr.HTML(
        f'<div class="{name}-{kind}" data-{kind}-of="{elem_id}"></div>',
        elem_classes=elem_class or f"{name}-mount",
        apply_default_css=False,
    )
