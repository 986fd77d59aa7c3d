"""The slim header: name, what is loaded, the current picture, language, light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import gradio as gr

from playground.page.held_picture import held_picture
from playground.page.icons import LOGO, icon
from playground.page.languages import LANGUAGES

if TYPE_CHECKING:
    from playground.page.context import Context


def header(ctx: Context, demo_ids: Sequence[str]) -> gr.HTML:
    """Place the header.

    Args:
        ctx: the page's context.
        demo_ids: every tab that may take pictures.

    Returns:
        The place of the current picture, for ``Sends.wire``.
    """
    with gr.Row(elem_id="header"):
        gr.HTML(_name(ctx), elem_id="brand", apply_default_css=False)
        gr.HTML(_chip(ctx), elem_id="loaded", apply_default_css=False)
        held = held_picture(demo_ids)
        gr.HTML(_switches(ctx), elem_id="switches", apply_default_css=False)
    return held


def _name(ctx: Context) -> str:
    return f"<h1>{LOGO}<span>{ctx.label('page.name')}</span></h1>"


def _chip(ctx: Context) -> str:
    return (
        f'<button type="button" data-open-tab="models">{icon("chip")}'
        f'<span class="chip-name">{ctx.label("models.title")}</span>'
        '<span class="chip-state" data-loaded></span></button>'
    )


def _switches(ctx: Context) -> str:
    return (
        f'<div class="switch" role="group" aria-label="{ctx.label("header.language")}">'
        f"{''.join(_language_button(ctx, language) for language in LANGUAGES)}</div>"
        f'<button type="button" class="round" data-theme-switch>{icon("sun")}{icon("moon")}'
        f'<span class="sr">{ctx.label("header.theme")}</span></button>'
    )


def _language_button(ctx: Context, language: str) -> str:
    """A language's own name for itself, whatever the page speaks now."""
    name, short = (ctx.languages.say(f"language.{part}", language) for part in ("name", "short"))
    return (
        f'<button type="button" data-language="{language}" lang="{language}" title="{name}">'
        f"{short}</button>"
    )
