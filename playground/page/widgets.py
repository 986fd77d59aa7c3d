"""Widgets that every tab shares, so that the same thing stands and behaves the same everywhere."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground.catalog import Entry
from playground.page.icons import icon
from playground.page.picture_input import PictureInput
from playground.sizes import amount

if TYPE_CHECKING:
    from playground.page.context import Context
    from playground.page.demo import Paper


@contextmanager
def workbench() -> Iterator[tuple[gr.Column, gr.Column]]:
    """The stage, large, and the tools in one column beside it; under it on a phone.

    Yields:
        (stage, tools): open each with ``with``.
    """
    with gr.Row(elem_classes="workbench"):
        stage = gr.Column(elem_classes="stage", scale=1, min_width=0)
        tools = gr.Column(elem_classes="tools", scale=0, min_width=0)
        yield stage, tools


@contextmanager
def tool_card(ctx: Context, key: str) -> Iterator[gr.Column]:
    """A group of tools under a small heading."""
    with gr.Column(elem_classes="tool-card") as card:
        gr.HTML(ctx.label(key), elem_classes="tool-heading", apply_default_css=False)
        yield card


def status_line(ctx: Context, key: str = "status.ready") -> gr.HTML:
    """Says in words what is going on. Fill it with ``status_html``."""
    return gr.HTML(ctx.label(key), elem_classes="status-line", apply_default_css=False)


def status_html(text: str, *, is_busy: bool = False) -> str:
    """A sentence for the status line; busy ones carry a moving mark."""
    return f'<span class="status{" busy" if is_busy else ""}">{html.escape(text)}</span>'


def stop_button(ctx: Context, events: Sequence[Any]) -> gr.Button:
    """Stops the running work of these events within one step."""
    button = gr.Button(ctx.label("page.stop"), elem_classes="quiet stop")
    button.click(None, cancels=list(events), api_visibility="private")
    return button


def model_choice(ctx: Context, family: str, *, elem_id: str | None = None) -> gr.Dropdown:
    """Which model of a family answers: its title and size; those on this machine come first."""
    entries = sorted(ctx.entries(family), key=lambda entry: not ctx.is_on_disk(entry))
    return gr.Dropdown(
        [(entry_choice(entry), entry.key) for entry in entries],
        value=entries[0].key if entries else None,
        label=ctx.label("page.model"),
        info=ctx.label("page.model.help"),
        elem_id=elem_id,
        filterable=False,
    )


def entry_choice(entry: Entry) -> str:
    """A model's name and size, as it stands in a list."""
    return f"{entry.title} · {amount(entry.bytes_on_disk)}"


def picture_input(ctx: Context, label_key: str, *, elem_id: str, **options: Any) -> PictureInput:
    """A picture from a file, the clipboard or the camera, read by our own reader.

    The function of an event gets a ``Picture`` or None. What the visitor chose is replaced by our
    re-encoded copy, without the file's name, place and other hidden data. To act on a new picture
    use ``picture.read.success(...)``: it follows only if the picture could be read.

    Args:
        ctx: the page's context.
        label_key: what the picture is for.
        elem_id: unique on the page.
        **options: more of ``gr.Image``'s, such as ``height``.
    """
    picture = PictureInput(
        languages=ctx.languages,
        label=ctx.label(label_key),
        sources=["upload", "clipboard", "webcam"],
        buttons=["fullscreen"],
        elem_id=elem_id,
        elem_classes="picture-input",
        interactive=True,
        **options,
    )
    notes = gr.HTML("", elem_classes="notes", apply_default_css=False)

    def replace(chosen: Any, request: gr.Request) -> tuple[Any, str]:
        told = ctx.say_notes(request, chosen.notes) if chosen else ""
        return chosen, html.escape(told)

    picture.read = picture.input(
        ctx.handler(replace),
        picture,
        [picture, notes],
        show_progress="hidden",
        api_visibility="private",
    )
    # What could not be read must not stay in the field and spoil the next try.
    picture.read.failure(
        lambda: None, outputs=picture, show_progress="hidden", api_visibility="private"
    )
    return picture


@contextmanager
def inside_drawer(ctx: Context) -> Iterator[gr.Accordion]:
    """ "See inside": the same drawer at the same place, under the stage, in every tab."""
    with gr.Accordion(ctx.label("page.see_inside"), open=False, elem_classes="inside") as drawer:
        yield drawer


def paper_line(ctx: Context, paper: Paper) -> gr.HTML:
    """The paper that the tab shows; placed under every tab by the page itself."""
    link = (
        f'<a href="{html.escape(paper.url)}" target="_blank" rel="noopener noreferrer">'
        f"{html.escape(paper.citation)}</a>"
    )
    return gr.HTML(
        ctx.compose(lambda say: f"{icon('paper')}<span>{say('page.paper')} {link}</span>"),
        elem_classes="paper-line",
        apply_default_css=False,
    )
