"""The slim header: name, what is loaded, the current picture, language, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import gradio as gr

from playground.page.held_picture import held_picture
from playground.page.icons import LOGO, icon
from playground.page.languages import LANGUAGES

if TYPE_CHECKING:
    from playground.page.context import Context

Say = Callable[[str], str]


def header(ctx: Context, demo_ids: Sequence[str]) -> gr.HTML:
    """Place the header.

    Args:
        ctx: the page's context.
        demo_ids: every tab that may take pictures.

    Returns:
        The place of the current picture, for ``Sends.wire``.
    """
    with gr.Row(elem_id="header"):
        gr.HTML(ctx.compose(_name), elem_id="brand", apply_default_css=False)
        gr.HTML(ctx.compose(_chip), elem_id="loaded", apply_default_css=False)
        held = held_picture(demo_ids)
        gr.HTML(ctx.compose(_switches), elem_id="switches", apply_default_css=False)
    return held


def _name(say: Say) -> str:
    return f"<h1>{LOGO}<span>{say('page.name')}</span></h1>"


def _chip(say: Say) -> str:
    return (
        f'<button type="button" data-open-tab="models" title="{say("header.loaded")}">'
        f"{icon('chip')}<span data-loaded>{say('header.none_loaded')}</span></button>"
    )


def _switches(say: Say) -> str:
    return (
        f'<div class="switch" role="group" aria-label="{say("header.language")}">'
        f"{''.join(_language_button(say, language) for language in LANGUAGES)}</div>"
        f'<button type="button" class="round" data-theme-switch title="{say("header.theme")}" '
        f'aria-label="{say("header.theme")}">{icon("sun")}{icon("moon")}</button>'
    )


def _language_button(say: Say, language: str) -> str:
    """A language's own name for itself, whatever the page speaks now."""
    name, short = say(f"language.{language}.name"), say(f"language.{language}.short")
    return (
        f'<button type="button" data-language="{language}" lang="{language}" title="{name}" '
        f'aria-label="{name}">{short}</button>'
    )
