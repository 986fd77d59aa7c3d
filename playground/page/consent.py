"""Before a download: its size, licence and gate in sight. While it goes on: how far it is."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from playground.cache import Progress
from playground.cache.host_memory import available_bytes
from playground.catalog import Entry
from playground.hub.faults import page_of
from playground.hub.places import cache_folder
from playground.hub.plan import Plan
from playground.hub.snapshot import free_bytes
from playground.hub.store import Status
from playground.page.icons import icon
from playground.page.progress import fetching
from playground.sizes import amount

if TYPE_CHECKING:
    from playground.page.context import Context
    from playground.page.models_table import Speaker

# What may be done about a download, each with its word.
ACTS = {
    "asking": (("cancel", "not_now"),),
    "asked": (("agree", "agree"), ("cancel", "not_now")),
    "fetching": (("cancel", "stop"),),
    "stopping": (),
    "failed": (("ask", "retry"), ("cancel", "not_now")),
}
COMMIT_LETTERS = 8


def download_html(
    say: Speaker, ctx: Context, item: Entry, status: Status, *, is_operator: bool
) -> str:
    """What stands under a model that is asked for, on its way, or failed to come.

    Args:
        say: Puts keys into the visitor's words.
        ctx: The page's context.
        item: The model.
        status: Of its download.
        is_operator: Visitors see how it goes; only the operator sees what to agree to.

    Returns:
        HTML; "" if there is nothing to tell this visitor.
    """
    if status.stage == "asked":
        if not is_operator or status.plan is None:
            return ""
        inside = _offer(say, ctx, item, status.plan)
    elif status.stage == "failed":
        if status.error is None:
            return ""
        words = say(status.error.key, **status.error.values)
        inside = (
            f'<p class="failed-words" role="alert">{words}</p>'
            f"<p>{link(say('models.offer.page'), page_of(item))}</p>"
        )
    else:
        inside = _progress(say, item, status)
    key = html.escape(item.key)
    return (
        f'<div class="download {status.stage}" data-offer="{key}" tabindex="-1" role="group" '
        f'aria-label="{html.escape(item.title)}">{inside}'
        f"{_buttons(say, item, status) if is_operator else ''}</div>"
    )


def act_button(say: Speaker, item: Entry, act: str, word: str = "") -> str:
    """A button of the Models panel; its name for screen readers holds the model's."""
    words = say(f"models.act.{word or act}")
    is_main = act in ("agree", "newest")
    return (
        f'<button type="button" data-act="{act}" data-key="{html.escape(item.key)}" '
        f'class="{"main" if is_main else "plain"}" '
        f'aria-label="{words} {html.escape(item.title)}">{words}</button>'
    )


def link(words: str, address: str) -> str:
    """A link that opens beside the playground. The words are HTML already."""
    return f'<a href="{html.escape(address)}" target="_blank" rel="noopener noreferrer">{words}</a>'


def _buttons(say: Speaker, item: Entry, status: Status) -> str:
    acts = list(ACTS[status.stage])
    if status.error is not None and status.error.key == "mistake.hub.moved":
        acts[0] = ("newest", "newest")
    buttons = "".join(act_button(say, item, act, word) for act, word in acts)
    return f'<div class="acts">{buttons}</div>' if buttons else ""


def _offer(say: Speaker, ctx: Context, item: Entry, plan: Plan) -> str:
    """Everything that a person should know before agreeing."""
    disk = free_bytes(cache_folder(ctx.settings.models_folder))
    # Each name is ready for HTML already.
    languages = ", ".join(say(f"language.{name}.name") for name in item.languages)
    rows = {
        "size": _size(say, plan),
        "disk": amount(disk) if disk is not None else "",
        "memory": _memory(say, item),
        "licence": link(html.escape(item.licence.name), item.licence.url),
        "gate": _gate(say, item, plan),
        "languages": languages,
        "from": f"{link(html.escape(item.source), page_of(item))} "
        f"<small>{say('models.offer.version', commit=plan.commit[:COMMIT_LETTERS])}</small>",
    }
    facts = "".join(
        f"<div><dt>{say(f'models.offer.{name}')}</dt><dd>{words}</dd></div>"
        for name, words in rows.items()
        if words
    )
    return f"<h3>{say('models.offer.title', model=item.title)}</h3><dl>{facts}</dl>"


def _size(say: Speaker, plan: Plan) -> str:
    if plan.bytes_missing == plan.bytes_total:
        return amount(plan.bytes_total)
    return say(
        "models.offer.rest", missing=amount(plan.bytes_missing), total=amount(plan.bytes_total)
    )


def _memory(say: Speaker, item: Entry) -> str:
    needed, free = item.least_memory_bytes, available_bytes()
    if not needed or free is None:
        return ""
    words = say("models.offer.needs", needed=amount(needed), free=amount(free))
    if free >= needed:
        return words
    return f'<span class="failed-words">{icon("warning")}{words}</span>'


def _gate(say: Speaker, item: Entry, plan: Plan) -> str:
    if not plan.is_gated:
        return say("models.offer.open")
    return f"{say('models.offer.gated')} {link(say('models.offer.terms'), page_of(item))}"


def _progress(say: Speaker, item: Entry, status: Status) -> str:
    news = Progress("fetching", None, status.bytes_done, status.bytes_total, status.seconds_left)
    words = say.of(lambda languages, language: fetching(news, languages, language, item.title))
    if status.stage == "stopping":
        words = say("models.offer.stopping")
    if not status.bytes_total:
        return f'<p class="status busy">{words}</p>'
    share = round(100 * status.bytes_done / status.bytes_total)
    return (
        f'<p>{words}</p><span class="meter" role="progressbar" aria-label="{words}" '
        f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{share}">'
        f'<span style="width:{share}%"></span></span>'
    )
