"""The Models panel: every model of the catalogue, where it is, and what the operator may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from playground.page.models_table import table_html
from playground.page.operator import Operator
from playground.visitors.errors import PersonError

if TYPE_CHECKING:
    from playground.page.context import Context

ACTIONS = ("load", "unload", "pin", "unpin", "retry")
REFRESH_SECONDS = 3.0
# Remembers which button had the keyboard: a fresh table would take it away.
SCRIPT = """
const events = ['act'];
let held = null;
element.addEventListener('focusin', (event) => {
  const button = event.target.closest('[data-act]');
  held = button ? `[data-key="${button.dataset.key}"][data-act="${button.dataset.act}"]` : null;
});
element.addEventListener('focusout', (event) => { if (event.relatedTarget) held = null; });
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-act]');
  if (button) trigger('act', { key: button.dataset.key, act: button.dataset.act });
});
watch('value', () => { if (held) element.querySelector(held)?.focus({ preventScroll: true }); });
"""


def models_panel(ctx: Context, operator: Operator, tab: gr.Tab, other_tabs: list[gr.Tab]) -> None:
    """Fill the Models tab; it looks again by itself only while it is open."""
    with gr.Row(elem_classes="panel-bar"):
        gr.HTML(ctx.label("models.about"), elem_classes="panel-about", apply_default_css=False)
        refresh = gr.Button(ctx.label("models.refresh"), elem_classes="quiet", scale=0)
    table = gr.HTML("", js_on_load=SCRIPT, elem_id="models-table", apply_default_css=False)
    timer = gr.Timer(REFRESH_SECONDS, active=False)
    options: dict[str, Any] = {
        "show_progress": "hidden",
        "api_visibility": "private",
        "queue": False,
    }

    def look(request: gr.Request) -> str:
        return table_html(ctx, request, is_operator=operator.is_at(ctx, request))

    def act(event: gr.EventData, request: gr.Request) -> str:
        operator.require(ctx, request)
        carry_out(ctx, str(event._data.get("act")), str(event._data.get("key")))
        return look(request)

    tab.select(ctx.handler(look), None, table, **options)
    tab.select(lambda: gr.Timer(active=True), None, timer, **options)
    for other in other_tabs:
        other.select(lambda: gr.Timer(active=False), None, timer, **options)
    timer.tick(ctx.handler(look), None, table, **options)
    refresh.click(ctx.handler(look), None, table, **options)
    # Loading takes its time: it waits in the queue, so that it holds up nobody's look.
    table.act(ctx.handler(act), None, table, **{**options, "queue": True})
    if operator.needs_code:
        _code_field(ctx, operator, table)


def _code_field(ctx: Context, operator: Operator, table: gr.HTML) -> None:
    drawer = gr.Accordion(ctx.label("models.operator"), open=False, elem_classes="operator")
    with drawer, gr.Row():
        code = gr.Textbox(
            label=ctx.label("models.code"),
            info=ctx.label("models.code.help"),
            type="password",
            max_length=100,
        )
        enter = gr.Button(ctx.label("models.enter"), scale=0)

    def let_in(typed: str, request: gr.Request) -> tuple[str, str]:
        operator.let_in(ctx, request, typed)
        return table_html(ctx, request, is_operator=True), ""

    gr.on(
        [enter.click, code.submit],
        ctx.handler(let_in),
        code,
        [table, code],
        show_progress="hidden",
        api_visibility="private",
    )


def carry_out(ctx: Context, act: str, key: str) -> None:
    """Do what the operator asked for.

    Args:
        ctx: the page's context.
        act: one of ``ACTIONS``.
        key: a catalogue key.

    Raises:
        PersonError: there is no such action or model, or a model in use cannot be unloaded.
    """
    if act not in ACTIONS or key not in {known.key for known in ctx.catalog}:
        raise PersonError("mistake.model.unknown")
    if act == "load":
        ctx.cache.load(key)
    elif act == "unload":
        if not ctx.cache.evict(key):
            raise PersonError("mistake.model.in_use")
    elif act == "pin":
        ctx.cache.pin(key)
    elif act == "unpin":
        ctx.cache.unpin(key)
    else:
        ctx.cache.retry(key)
