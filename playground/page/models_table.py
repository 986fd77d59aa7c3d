"""The table of the Models panel, as HTML in the visitor's language."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import gradio as gr

from playground.cache import Row
from playground.catalog import Entry
from playground.hub.faults import page_of
from playground.hub.store import Status
from playground.page.consent import act_button, download_html, link
from playground.page.icons import icon
from playground.page.languages import Languages, language_of
from playground.sizes import amount

if TYPE_CHECKING:
    from playground.page.context import Context

COLUMNS = ("model", "state", "size", "licence", "used", "load", "error")
# A failure that has a sentence of its own carries its key.
MISTAKE_KEY = re.compile(r"\bmistake\.[a-z_.]+[a-z]")
# Of a model that is not here no column but the first four says anything.
NOTHING = '<span aria-hidden="true">\u2013</span>'
STATE_OF = {"ready": "device", "loading": "loading", "home": "memory"}


class Speaker:
    """Says keys in one language, ready for HTML."""

    def __init__(self, ctx: Context, request: gr.Request | None) -> None:
        self._languages, self._language = ctx.languages, language_of(request)

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of a key."""
        return html.escape(self._languages.say(key, self._language, **values))

    def of(self, make: Callable[[Languages, str], str]) -> str:
        """What a function makes from the sentences and the language."""
        return html.escape(make(self._languages, self._language))


def table_html(ctx: Context, request: gr.Request | None, *, is_operator: bool) -> str:
    """The budget and one row for each model; buttons for the operator alone."""
    say = Speaker(ctx, request)
    rows = ctx.cache.rows()
    models = {row.key: row for row in rows if row.kind == "model"}
    head = "".join(f'<th scope="col">{say(f"models.column.{name}")}</th>' for name in COLUMNS)
    if is_operator:
        head += f'<th scope="col"><span class="sr">{say("models.column.act")}</span></th>'
    body = "".join(
        _model_rows(say, ctx, item, models.get(item.key), is_operator) for item in ctx.listed
    )
    return (
        f"{_trouble_html(say, ctx, is_operator)}{_budget_html(say, ctx, rows)}"
        f'<div class="models-scroll" role="region" tabindex="0" aria-label="{say("models.title")}">'
        f'<table class="models"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def state_of(row: Row | None, is_here: bool, status: Status | None = None) -> str:
    """Where a model is: "absent", "fetching", "disk", "memory", "loading", "device", "failed",
    "resting" (memory ran out several times in a row).

    Args:
        row: What the cache knows of it.
        is_here: Whether its files are on this machine.
        status: Of its download, if one is asked for.
    """
    if status is not None and status.stage in ("fetching", "stopping"):
        return "fetching"
    if status is not None and status.stage == "failed":
        return "failed"
    if row is not None and row.error:
        return "resting" if _is_short_of_memory(row) else "failed"
    if row is not None and row.state in STATE_OF:
        return STATE_OF[row.state]
    return "disk" if is_here else "absent"


def _model_rows(say: Speaker, ctx: Context, item: Entry, row: Row | None, is_operator: bool) -> str:
    """The row of a model and, where it is asked for or on its way, the row of its download."""
    is_here = ctx.is_on_disk(item)
    status = None if is_here else ctx.store.status(item.key)
    state = state_of(row, is_here, status)
    acts = acts_of(row, state, is_here=is_here, has_download=status is not None)
    if is_here and not item.parts:
        # Questions are read anew each time: nothing of them is loaded.
        acts = []
    told = _model_row(say, item, row, state, acts if is_operator else None, is_here=is_here)
    more = "" if status is None else download_html(say, ctx, item, status, is_operator=is_operator)
    if not more:
        return told
    width = len(COLUMNS) + is_operator
    return f'{told}<tr class="more"><td colspan="{width}">{more}</td></tr>'


def _model_row(
    say: Speaker,
    item: Entry,
    row: Row | None,
    state: str,
    acts: list[str] | None,
    *,
    is_here: bool,
) -> str:
    """One row; `acts` None for visitors, who get no column of buttons."""
    cells = {
        "model": _name(say, item, row),
        "state": _state(say, state, is_operator=acts is not None),
        "size": _sizes(say, item, row, is_here=is_here),
        "licence": _licence(say, item),
    }
    if is_here:
        cells["used"] = _last_use(say, row)
        cells["load"] = _load_time(say, row)
        cells["error"] = _error(say, item, row, is_operator=acts is not None)
    filled = "".join(
        f'<td data-name="{name}" data-column="{say(f"models.column.{name}")}">'
        f"{cells.get(name, NOTHING)}</td>"
        for name in COLUMNS
    )
    if acts is not None:
        buttons = "".join(act_button(say, item, act) for act in acts)
        filled += f'<td class="acts">{buttons}</td>'
    place = "here" if is_here else "away"
    return f'<tr data-model="{html.escape(item.key)}" class="{place}">{filled}</tr>'


def _name(say: Speaker, item: Entry, row: Row | None) -> str:
    pinned = (
        f' <span class="pinned">{icon("pin")}{say("models.pinned")}</span>'
        if (row is not None and row.pinned)
        else ""
    )
    paper = link(html.escape(item.paper.citation), item.paper.url)
    return f"<b>{html.escape(item.title)}</b>{pinned}<small>{paper}</small>"


def _sizes(say: Speaker, item: Entry, row: Row | None, *, is_here: bool) -> str:
    lines = [say("models.on_disk", amount=amount(item.bytes_on_disk))]
    if is_here:
        on_device = (row.bytes_on_device if row is not None else 0) or item.bytes_on_device
        lines.append(say("models.on_device", amount=amount(on_device)))
    if item.least_memory_bytes:
        lines.append(say("models.memory", amount=amount(item.least_memory_bytes)))
    return "<br>".join(lines)


def _state(say: Speaker, state: str, *, is_operator: bool) -> str:
    words = f'<span class="state {state}">{say(f"models.state.{state}")}</span>'
    if state == "absent" and not is_operator:
        words += f"<small>{say('models.ask_operator')}</small>"
    return words


def _licence(say: Speaker, item: Entry) -> str:
    words = link(html.escape(item.licence.name), item.licence.url)
    if item.is_gated:
        words += f"<small>{link(say('models.gated'), page_of(item))}</small>"
    return words


def _last_use(say: Speaker, row: Row | None) -> str:
    seconds = row.seconds_since_use if row is not None else None
    if seconds is None:
        return say("models.never")
    if seconds < 60:
        return say("models.now")
    if seconds < 3600:
        return say("models.minutes_ago", minutes=int(seconds // 60))
    return say("models.hours_ago", hours=int(seconds // 3600))


def _load_time(say: Speaker, row: Row | None) -> str:
    if row is None or row.load_seconds is None:
        return say("models.not_measured")
    if row.load_seconds < 1:
        return say("models.milliseconds", milliseconds=max(1, round(1000 * row.load_seconds)))
    return say("models.seconds", seconds=f"{row.load_seconds:.1f}")


def _is_short_of_memory(row: Row) -> bool:
    return (row.error or "").startswith("OutOfMemory")


def _error(say: Speaker, item: Entry, row: Row | None, *, is_operator: bool) -> str:
    if row is None or not row.error:
        return say("models.no_error")
    told = MISTAKE_KEY.search(row.error)
    if _is_short_of_memory(row):
        words = say("models.rests")
    elif told:
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


def acts_of(row: Row | None, state: str, *, is_here: bool, has_download: bool) -> list[str]:
    """What the operator may do about a model now.

    Args:
        row: What the cache knows of it.
        state: From `state_of`.
        is_here: Whether its files are on this machine.
        has_download: Whether its download has buttons of its own below.
    """
    if not is_here:
        return [] if has_download else ["ask"]
    acts = ["unload" if state == "device" else "load"] if state != "loading" else []
    if state in ("failed", "resting"):
        acts = ["retry"]
    return [*acts, "unpin" if row is not None and row.pinned else "pin"]


def _trouble_html(say: Speaker, ctx: Context, is_operator: bool) -> str:
    """What is wrong with this machine; what the start found may name folders of it."""
    found = [(t.key, t.values) if is_operator else ("start.trouble", {}) for t in ctx.troubles]
    lost = [("models.device_lost", {"device": name}) for name in ctx.cache.lost_devices()]
    words = "".join(f"<p>{say(key, **values)}</p>" for key, values in [*found, *lost])
    if not words:
        return ""
    return f'<div class="trouble" role="alert">{icon("warning")}<div>{words}</div></div>'


def _budget_html(say: Speaker, ctx: Context, rows: list[Row]) -> str:
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
