"""Where the CLIP tab searches: the playground's pictures, one's own, or the operator's.

The card's script stands in `assets/js/own`. It sends files one by one to `own_routes`, and asks
for the indexing as an event, so that Stop and leaving end it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground.cache import Cancelled
from playground.entries import Entry
from playground.index import fingerprint
from playground.own.indexing import index_waiting
from playground.own.portable import About, pack
from playground.own.shelf import MOST_FAULTS, Progress, Shelf
from playground.own.sources import ShelfSource, Source
from playground.page.canvas import icon_store, script_words, text_in
from playground.page.languages import language_of
from playground.page.progress import in_words
from playground.page.server_functions import ServerFunctions
from playground.page.work import Partial, Status, Work
from playground.visitors.errors import PersonError
from playground.visitors.numbers import read_choice
from playground.visitors.turns import Turns

if TYPE_CHECKING:
    from playground.page.clip_asking import ClipAsking
    from playground.page.context import Context

SCRIPT = Path(__file__).parents[2] / "assets" / "js" / "own_pictures.js"
PLAYGROUND, OWN = "playground", "own"
ICONS = ("picture", "plus", "close", "download", "trash", "check", "warning", "send")
PLACES = ("count", "done", "total", "name", "reason", "most", "speed", "model")
# While files come, each answer tells the latest only; the last one tells them all.
MOST_TOLD_FAULTS = 60
MOST_TEXT = 100
Answer = dict[str, Any]


class OwnCard(gr.HTML):
    """The card. Events: `choose` (where to search), `index`, `halt`. Gives where to search."""

    def __init__(self, *, elem_id: str, **options: Any) -> None:
        """Makes the card, empty.

        Args:
            elem_id: Unique on the page.
            **options: More of `gr.HTML`'s; Gradio makes a copy with some when a handler skips it.
        """
        options.setdefault(
            "html_template",
            f'<div class="own-card">{icon_store(ICONS)}<div class="own"></div></div>',
        )
        options.setdefault("js_on_load", SCRIPT.read_text(encoding="utf-8"))
        options.setdefault("apply_default_css", False)
        super().__init__(elem_id=elem_id, **options)

    def preprocess(self, payload: Any) -> str:
        """Returns where to search; the playground's pictures if nothing usable was sent."""
        where = text_in(payload.get("where"), MOST_TEXT) if isinstance(payload, Mapping) else ""
        return where or PLAYGROUND

    def postprocess(self, value: Any) -> Any:
        """Passes on what the handlers made."""
        return value

    def api_info(self) -> dict[str, Any]:
        """Tells the API that this is an object."""
        return {"type": "object"}

    def example_payload(self) -> Any:
        """Shows what a browser sends."""
        return {"where": PLAYGROUND}


@dataclass(frozen=True)
class OwnHandlers:
    """What happens on the card.

    Attributes:
        asking: The models.
        turns: Indexing of one visitor; apart from other work, for one searches meanwhile.
    """

    asking: ClipAsking
    turns: Turns = field(default_factory=Turns)

    def opening(self, request: gr.Request) -> Answer:
        """What the card opens on."""
        ctx = self.asking.ctx
        said = script_words(ctx, request, word_key, PLACES)
        places = [
            {"id": PLAYGROUND, "title": said["playground"]},
            {"id": OWN, "title": said["own"]},
            *({"id": key, "title": source.title} for key, source in ctx.holdings.fixed.items()),
        ]
        return {"stamp": _stamp(), "where": PLAYGROUND, "words": said, "places": places}

    def index(self, where: str, model: str, request: gr.Request) -> Iterator[Answer]:
        """Indexes what has come and what comes; the card hears how it goes."""
        ctx, item = self.asking.ctx, self.asking.entry(model)
        visitor, shelf = ctx.visitor(request), self._shelf(request)

        def job(report: Callable[[Any], None], is_left: Callable[[], bool]) -> Progress:
            def tell(news: Any) -> None:
                report(Partial(news) if isinstance(news, Progress) else news)

            return index_waiting(
                shelf, ctx.cache, item, visitor=visitor, tell=tell, is_left=is_left
            )

        def say(news: Any) -> str:
            return in_words(news, ctx.languages, language_of(request), item.title)

        said, work = "", Work(self.turns, visitor, job)
        yield self._told(request, where, shelf, item, is_running=True)
        try:
            for step in work.stream(say):
                said = step.text if isinstance(step, Status) else said
                is_busy = isinstance(step, Status | Partial)
                yield self._told(request, where, shelf, item, said=said, is_running=is_busy)
        except Cancelled:
            yield self._told(request, where, shelf, item)
        except Exception as error:
            mistake = ctx.mistake(error)
            yield self._told(request, where, shelf, item, mistake=str(mistake.message))

    def halted(self, where: str, model: str, request: gr.Request) -> Answer:
        """What the card shows after Stop."""
        return self._told(request, where, self._shelf(request), self.asking.entry(model))

    def functions(self) -> list[Callable[..., Any]]:
        """What the script asks at once: a token to send files with, a file to save, to forget."""
        languages = self.asking.ctx.languages
        made = ServerFunctions(languages, lambda _: None, "mistake.unexpected", "mistake.own.gone")
        return [made.plain(each) for each in (self.begin, self.done, self.save, self.forget)]

    def begin(self, _asked: Mapping[str, Any], visitor: str) -> Answer:
        """Gives the visitor's own page the token that files are sent with."""
        shelf = self.asking.ctx.holdings.shelves.of(visitor)
        shelf.sending(True)
        return {"token": shelf.token}

    def done(self, _asked: Mapping[str, Any], visitor: str) -> Answer:
        """Notes that the browser has no more files."""
        self.asking.ctx.holdings.shelves.of(visitor).sending(False)
        return {}

    def save(self, asked: Mapping[str, Any], visitor: str) -> Answer:
        """Gives the address of the portable file, which can be fetched once."""
        ctx, item = self.asking.ctx, self.asking.entry(asked.get("model"))
        shelf = ctx.holdings.shelves.of(visitor)
        index = ShelfSource(shelf, ctx.cache).at_hand(item)
        if index is None:
            raise PersonError("mistake.own.catch_up", {"model": item.title})
        mark = fingerprint(item, ctx.settings.models_folder)
        about = About(item.key, mark, index.logit_scale, index.logit_bias)
        pictures = [shelf.at(place) for place in range(len(index.vectors))]
        ticket = ctx.holdings.ticket(lambda: pack(about, index.vectors, pictures))
        return {"address": f"own/saved/{ticket}", "file": f"{item.key}.safetensors"}

    def forget(self, _asked: Mapping[str, Any], visitor: str) -> Answer:
        """Lets go of all pictures of the visitor at once."""
        self.asking.ctx.holdings.shelves.forget(visitor)
        return {}

    def leave(self, request: gr.Request) -> None:
        """Forgets the pictures of a page that was closed."""
        self.asking.ctx.holdings.shelves.forget(self.asking.ctx.visitor(request))

    def _shelf(self, request: gr.Request) -> Shelf:
        return self.asking.ctx.holdings.shelves.of(self.asking.ctx.visitor(request))

    def _told(
        self,
        request: gr.Request,
        where: str,
        shelf: Shelf,
        item: Entry,
        *,
        said: str = "",
        mistake: str = "",
        is_running: bool = False,
    ) -> Answer:
        progress = shelf.progress(item.key)
        say = self.asking.ctx.say
        most = MOST_TOLD_FAULTS if is_running else MOST_FAULTS
        faults = list(progress.faults)[-most:]
        return {
            "stamp": _stamp(),
            "where": where,
            "model": item.key,
            "said": said,
            "mistake": mistake,
            "is_running": is_running,
            "pictures": progress.pictures,
            "indexed": progress.indexed,
            "waiting": progress.waiting,
            "duplicates": progress.duplicates,
            "faults_total": progress.faults_total,
            "faults": [[f.name, say(request, f.key, **f.values)] for f in reversed(faults)],
        }


def word_key(name: str) -> str:
    """Returns the language key of one of the card's sentences."""
    return f"own.ui.{name}"


def place_title(ctx: Context, request: gr.Request | None, where: str) -> str:
    """What people call a place that can be searched."""
    fixed = ctx.holdings.fixed.get(where)
    return fixed.title if fixed else ctx.say(request, word_key(where))


def source_of(asking: ClipAsking, request: gr.Request | None, where: object) -> Source:
    """Finds where somebody wants to search; nobody reaches the pictures of another visitor.

    Args:
        asking: The models and the playground's pictures.
        request: Who asks.
        where: As it arrived.

    Raises:
        PersonError: There is no such place.
    """
    holdings = asking.ctx.holdings
    places = (PLAYGROUND, OWN, *holdings.fixed)
    chosen = read_choice(where, name_key="own.where", choices=places)
    if chosen == PLAYGROUND:
        return asking.indexes
    if chosen == OWN:
        return ShelfSource(holdings.shelves.of(asking.ctx.visitor(request)), asking.ctx.cache)
    return holdings.fixed[chosen]


def _stamp() -> str:
    return secrets.token_hex(4)
