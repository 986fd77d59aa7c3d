"""The table of the Models panel, as HTML in the visitor's language."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import gradio as gr

from playground.cache import Row
from playground.catalog import Entry
from playground.page.icons import icon
from playground.page.languages import language_of
from playground.page.progress import amount

if TYPE_CHECKING:
    from playground.page.context import Context

COLUMNS = ("model", "state", "size", "licence", "used", "load", "error")
# A failure that has a sentence of its own carries its key.
MISTAKE_KEY = re.compile(r"\bmistake\.[a-z_.]+[a-z]")
STATE_OF = {"ready": "device", "loading": "loading", "home": "memory"}


class _Speaker:
    """Says keys in one language, ready for HTML."""

    def __init__(self, ctx: Context, request: gr.Request | None) -> None:
        self._languages, self._language = ctx.languages, language_of(request)

    def __call__(self, key: str, **values: object) -> str:
        return html.escape(self._languages.say(key, self._language, **values))


def table_html(ctx: Context, request: gr.Request | None, *, is_operator: bool) -> str:
    """The budget and one row for each model; buttons for the operator alone."""
    say = _Speaker(ctx, request)
    rows = ctx.cache.rows()
    models = {row.key: row for row in rows if row.kind == "model"}
    head = "".join(f'<th scope="col">{say(f"models.column.{name}")}</th>' for name in COLUMNS)
    if is_operator:
        head += f'<th scope="col"><span class="sr">{say("models.column.act")}</span></th>'
    body = "".join(
        _model_row(say, item, models.get(item.key), ctx.is_on_disk(item), is_operator)
        for item in ctx.catalog
    )
    return (
        f"{_budget_html(say, ctx, rows)}"
        f'<div class="models-scroll" role="region" tabindex="0" aria-label="{say("models.title")}">'
        f'<table class="models"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def state_of(row: Row | None, is_here: bool) -> str:
    """Where a model is: "absent", "disk", "memory", "loading", "device" or "failed"."""
    if row is not None and row.error:
        return "failed"
    if row is not None and row.state in STATE_OF:
        return STATE_OF[row.state]
    return "disk" if is_here else "absent"


def _model_row(
    say: _Speaker, item: Entry, row: Row | None, is_here: bool, is_operator: bool
) -> str:
    state = state_of(row, is_here)
    cells: Mapping[str, str] = {
        "model": _name(say, item, row),
        "state": f'<span class="state {state}">{say(f"models.state.{state}")}</span>',
        "size": _sizes(say, item, row),
        "licence": f'<a href="{html.escape(item.licence.url)}" target="_blank" '
        f'rel="noopener noreferrer">{html.escape(item.licence.name)}</a>',
        "used": _last_use(say, row),
        "load": _load_time(say, row),
        "error": _error(say, item, row, is_operator),
    }
    filled = "".join(
        f'<td data-column="{say(f"models.column.{name}")}">{cells[name]}</td>' for name in COLUMNS
    )
    if is_operator:
        filled += f'<td class="acts">{_buttons(say, item, row, state)}</td>'
    return f'<tr data-model="{html.escape(item.key)}">{filled}</tr>'


def _name(say: _Speaker, item: Entry, row: Row | None) -> str:
    pinned = (
        f' <span class="pinned">{icon("pin")}{say("models.pinned")}</span>'
        if (row is not None and row.pinned)
        else ""
    )
    paper = (
        f'<a href="{html.escape(item.paper.url)}" target="_blank" rel="noopener noreferrer">'
        f"{html.escape(item.paper.citation)}</a>"
    )
    return f"<b>{html.escape(item.title)}</b>{pinned}<small>{paper}</small>"


def _sizes(say: _Speaker, item: Entry, row: Row | None) -> str:
    on_device = row.bytes_on_device if row is not None else 0
    return (
        f"{say('models.on_disk', amount=amount(item.bytes_on_disk))}<br>"
        f"{say('models.on_device', amount=amount(on_device or item.bytes_on_device))}"
    )


def _last_use(say: _Speaker, row: Row | None) -> str:
    seconds = row.seconds_since_use if row is not None else None
    if seconds is None:
        return say("models.never")
    if seconds < 60:
        return say("models.now")
    if seconds < 3600:
        return say("models.minutes_ago", minutes=int(seconds // 60))
    return say("models.hours_ago", hours=int(seconds // 3600))


def _load_time(say: _Speaker, row: Row | None) -> str:
    if row is None or row.load_seconds is None:
        return say("models.not_measured")
    if row.load_seconds < 1:
        return say("models.milliseconds", milliseconds=max(1, round(1000 * row.load_seconds)))
    return say("models.seconds", seconds=f"{row.load_seconds:.1f}")


def _error(say: _Speaker, item: Entry, row: Row | None, is_operator: bool) -> str:
    if row is None or not row.error:
        return say("models.no_error")
    told = MISTAKE_KEY.search(row.error)
    if told:
        words = say(told.group(), model=item.title, file=item.source)
    else:
        # A library's own words may name folders of this machine.
        words = html.escape(row.error) if is_operator else say("mistake.model.failed")
    when = (
        say("models.retry_in", seconds=max(1, round(row.retry_in_seconds)))
        if row.retry_in_seconds
        else say("models.retry_next")
    )
    return f'<span class="failed-words">{words}</span><small>{when}</small>'


def _buttons(say: _Speaker, item: Entry, row: Row | None, state: str) -> str:
    acts = ["unload" if state == "device" else "load"] if state not in ("absent", "loading") else []
    if state == "failed":
        acts = ["retry"]
    if state != "absent":
        acts.append("unpin" if row is not None and row.pinned else "pin")
    key = html.escape(item.key)
    return "".join(
        f'<button type="button" data-act="{act}" data-key="{key}" '
        f'aria-label="{say(f"models.act.{act}")} {html.escape(item.title)}">'
        f"{say(f'models.act.{act}')}</button>"
        for act in acts
    )


def _budget_html(say: _Speaker, ctx: Context, rows: list[Row]) -> str:
    parts = [row for row in rows if row.kind == "part" and row.device]
    lines = []
    for device, budget in ctx.budgets().items():
        used = sum(row.bytes_on_device for row in parts if row.device == device)
        share = min(100, round(100 * used / budget)) if budget else 0
        words = say("models.budget", device=device, used=amount(used), budget=amount(budget))
        lines.append(
            f'<div class="budget"><span>{words}</span><span class="meter" role="meter" '
            f'aria-label="{words}" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{share}">'
            f'<span style="width:{share}%"></span></span></div>'
        )
    return "".join(lines) or f'<p class="budget">{say("models.no_budget")}</p>'
