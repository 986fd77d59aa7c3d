"""The whole page: header, one tab for each demo, the Models tab, and how they hang together."""

from __future__ import annotations

import html
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import gradio as gr
from gradio.context import Context as GradioContext

from playground.page.demo import BrokenDemo, Demo
from playground.page.header import header
from playground.page.icons import icon
from playground.page.models_panel import models_panel
from playground.page.operator import Operator
from playground.page.widgets import paper_line

if TYPE_CHECKING:
    from playground.page.context import Context

LOG = logging.getLogger("playground")
# How often the short-lived files of visitors are looked over, and how old they may get.
SWEEP_SECONDS, KEEP_SECONDS = 60, 900


def build_page(ctx: Context, demos: Sequence[Demo | BrokenDemo], operator: Operator) -> gr.Blocks:
    """Build everything. A tab that cannot be built shows why, and the others work.

    Args:
        ctx: the page's context.
        demos: what ``find_demos`` found, in order.
        operator: who may load and unload models.
    """
    with gr.Blocks(
        title=ctx.languages.say("page.name", "en"),
        analytics_enabled=False,
        delete_cache=(SWEEP_SECONDS, KEEP_SECONDS),
        fill_width=True,
    ) as blocks:
        held = header(ctx, [demo.id for demo in demos])
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
            opened = [_tab(ctx, demo) for demo in demos]
            with gr.Tab(
                ctx.label("models.title"), id="models", elem_id="models", alignment="right"
            ) as models:
                models_panel(ctx, operator, models, opened)
        working = [demo for demo in demos if isinstance(demo, Demo)]
        ctx.sends.wire(ctx, working, tabs, held)
        blocks.unload(_forgetting(ctx))
    return blocks


def _tab(ctx: Context, demo: Demo | BrokenDemo) -> gr.Tab:
    if isinstance(demo, BrokenDemo):
        return _broken_tab(ctx, demo)
    before = _Snapshot(ctx)
    try:
        with gr.Tab(ctx.label(demo.title), id=demo.id, elem_id=demo.id) as tab:
            gr.HTML(ctx.label(demo.summary), elem_classes="summary", apply_default_css=False)
            demo.build(ctx)
            paper_line(ctx, demo.paper)
    except Exception as error:
        LOG.exception("the tab %s cannot be built", demo.id)
        before.restore()
        return _broken_tab(ctx, BrokenDemo(demo.id, f"{type(error).__name__}: {error}"))
    return tab


def _broken_tab(ctx: Context, demo: BrokenDemo) -> gr.Tab:
    with gr.Tab(demo.id, id=demo.id, elem_id=demo.id, elem_classes="broken-tab") as tab:
        gr.HTML(ctx.compose(partial(_broken_html, demo.reason)), apply_default_css=False)
    return tab


def _broken_html(reason: str, say: Callable[[str], str]) -> str:
    return (
        f'<div class="broken" role="note">{icon("warning")}<h2>{say("page.tab_off")}</h2>'
        f"<p>{say('page.tab_off.help')}</p><code>{html.escape(reason)}</code></div>"
    )


def _forgetting(ctx: Context) -> Callable[[gr.Request], None]:
    def forget(request: gr.Request) -> None:
        ctx.sessions.forget(request.session_hash)

    return forget


class _Snapshot:
    """What the page holds before a tab is built, to undo the half of a tab that failed."""

    def __init__(self, ctx: Context) -> None:
        root, parent = GradioContext.root_block, GradioContext.block
        assert root is not None and parent is not None, "tabs are built inside the page"
        self._ctx, self._root, self._parent = ctx, root, parent
        self._children = list(parent.children)
        self._blocks = set(root.default_config.blocks)
        self._fns = set(root.default_config.fns)
        self._sends = ctx.sends.mark()

    def restore(self) -> None:
        GradioContext.block = self._parent
        self._parent.children[:] = self._children
        for held, kept in (
            (self._root.default_config.blocks, self._blocks),
            (self._root.default_config.fns, self._fns),
        ):
            for key in [key for key in held if key not in kept]:
                del held[key]
        self._ctx.sends.back_to(self._sends)
