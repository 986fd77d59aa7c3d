"""The Models panel: every model of the catalogue, where it is, and what the operator may do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground.catalog import Entry
from playground.page.models_table import table_html
from playground.page.operator import Operator
from playground.visitors.errors import PersonError

if TYPE_CHECKING:
    from playground.page.context import Context

CACHE_ACTS = ("load", "unload", "pin", "unpin", "retry")
DOWNLOAD_ACTS = ("ask", "agree", "cancel", "newest")
# How long an answer of the hub is waited for before the table is shown without it.
ANSWER_SECONDS = 15.0
LOOK_SECONDS = 0.2
REFRESH_SECONDS = 3.0
# Remembers which button had the keyboard: a fresh table would take it away. A button that is gone
# hands it to what came in its place, so that nobody agrees to an offer before it was read.
SCRIPT = """
const events = ['act'];
let held = null;
element.addEventListener('focusin', (event) => {
  const button = event.target.closest('[data-act]');
  const offer = event.target.closest('[data-offer]');
  held = offer ? [`[data-offer="${offer.dataset.offer}"]`] : null;
  if (button) {
    const { act, key } = button.dataset;
    const own = `[data-key="${key}"]`;
    held = [`${own}[data-act="${act}"]`, `[data-offer="${key}"]`, own];
  }
});
element.addEventListener('focusout', (event) => { if (event.relatedTarget) held = null; });
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-act]');
  if (button) trigger('act', { key: button.dataset.key, act: button.dataset.act });
});
watch('value', () => {
  const found = (held ?? []).map((one) => element.querySelector(one)).find((one) => one);
  if (found && document.activeElement !== found) found.focus({ preventScroll: true });
});
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

    def act(event: gr.EventData, request: gr.Request) -> Iterator[str]:
        operator.require(ctx, request)
        what, key = str(event._data.get("act")), str(event._data.get("key"))
        carry_out(ctx, what, key)
        yield look(request)
        if what in DOWNLOAD_ACTS and await_answer(ctx, key):
            yield look(request)

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
        act: one of ``CACHE_ACTS`` or ``DOWNLOAD_ACTS``.
        key: a catalogue key.

    Raises:
        PersonError: there is no such action or model, or a model in use cannot be unloaded.
    """
    item = next((known for known in ctx.listed if known.key == key), None)
    acts = DOWNLOAD_ACTS if item is not None and not item.parts else CACHE_ACTS + DOWNLOAD_ACTS
    if item is None or act not in acts:
        raise PersonError("mistake.model.unknown")
    if act in DOWNLOAD_ACTS:
        download(ctx, act, item)
    elif act == "load":
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


def download(ctx: Context, act: str, item: Entry) -> None:
    """Ask what a download takes, agree to it, or stop it.

    Raises:
        PersonError: the model is built in, or nothing was shown that could be agreed to.
    """
    if item.is_built_in:
        raise PersonError("mistake.model.unknown")
    # A failure that the cache remembers would stand in the way of the next try.
    if item.parts:
        ctx.cache.retry(item.key)
    if act == "agree":
        ctx.store.agree(item)
    elif act == "cancel":
        ctx.store.cancel(item)
    else:
        ctx.store.ask(item, newest=act == "newest")


def await_answer(ctx: Context, key: str) -> bool:
    """Waits while the hub is asked about a model; whether it was asked."""
    end = time.monotonic() + ANSWER_SECONDS
    was_asked = False
    while (status := ctx.store.status(key)) is not None and status.stage == "asking":
        was_asked = True
        if time.monotonic() > end:
            break
        time.sleep(LOOK_SECONDS)
    return was_asked
