"""The lid off the chat: where the queries look, whether that matters, whether a sentence fits.

The drawer's script (`assets/js/chat/inside_*.js`) asks these server functions. Each takes one
object, which anyone may forge, and gives one.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np

from playground.chatting.conversation import CAPTION, Talk
from playground.chatting.plain import plain_words
from playground.chatting.stored import EXAMPLES
from playground.entries import Entry
from playground.models import blip2
from playground.page.chat_referee import Change, Compared, compare, grey, swapped
from playground.page.shown_picture import HASH_DIGITS, data_address
from playground.page.stage import mount
from playground.search import Asker
from playground.visitors.errors import PersonError
from playground.visitors.numbers import read_choice, read_flag, read_integer
from playground.visitors.pictures import Picture
from playground.visitors.words import read_words

if TYPE_CHECKING:
    from playground.page.chat_service import ChatService

FAMILY = "blip2"
# Sets of queries in one call: others get their turn between two.
MOST_SETS = 16
MOST_SENTENCES = 6
MOST_CHARACTERS = 200
# Pictures offered to swap with.
MOST_OTHERS = 5
THUMBNAIL_PX = 160
Answer = dict[str, Any]
Asked = Mapping[str, Any]


def chat_inside(elem_id: str) -> gr.HTML:
    """Places the inside of the drawer that the canvas's script fills.

    Args:
        elem_id: That of the canvas.
    """
    return mount(elem_id, "chat", "inside")


@dataclass(frozen=True)
class ChatInside:
    """The drawer's functions of one page."""

    service: ChatService

    @property
    def all(self) -> list[Callable[..., Any]]:
        """The functions, for the component."""
        functions = (self.looks, self.changed, self.each_off, self.match, self.offers)
        return [self.service.functions.plain(function) for function in functions]

    def looks(self, asked: Asked, visitor: str) -> Answer:
        """Tells where each query looks, by layer and head."""
        talk = self._talk(asked, visitor)
        item = self._item(asked, talk)
        if not blip2.facts(item).has_queries:
            raise PersonError("chat.mistake.no_queries")
        turn_id = _turn_id(asked)
        picture = self.service.picture_of(talk, turn_id)
        asker = self._asker(talk)
        seen = self.service.see(item, picture, asker)
        if seen.queries is None:
            raise PersonError("chat.mistake.no_looks", {"model": item.title})
        part = blip2.part_of(item, "eyes")
        found: blip2.Looks = self.service.ctx.cache.run(
            part, lambda eyes: blip2.look(eyes, seen), **asker.options()
        )
        is_whole = picture.content_id == talk.picture.content_id
        return looks_value(found) | {
            "part": None if is_whole else {"src": data_address(picture)},
            "about": self._about(item, talk),
        }

    def changed(self, asked: Asked, visitor: str) -> Answer:
        """Asks a question again with queries off or swapped, or without the picture."""
        talk = self._talk(asked, visitor)
        asker = self._asker(talk)
        item, ask = self._ask(asked, talk, asker)
        change = self._change(asked, talk, item, ask, asker)
        found = compare(self.service, item, ask, [change], asker)
        return {
            "before": answer_value(found.before),
            "after": answer_value(found.after[0]),
            "chance": [round(found.chance, 5), round(found.chances[0], 5)],
        }

    def each_off(self, asked: Asked, visitor: str) -> Answer:
        """Asks a question again with one set of queries off, then another, and so on."""
        talk = self._talk(asked, visitor)
        asker = self._asker(talk)
        item, ask = self._ask(asked, talk, asker)
        sets = _read_list(asked.get("sets"), MOST_SETS)
        changes = [Change(silenced=read_queries(one, item)) for one in sets]
        return each_value(compare(self.service, item, ask, changes, asker), changes)

    def match(self, asked: Asked, visitor: str) -> Answer:
        """Tells how well sentences fit the picture."""
        talk = self._talk(asked, visitor)
        item = self._matcher(asked, talk)
        asker = self._asker(talk)
        texts = _read_list(asked.get("sentences"), MOST_SENTENCES)
        sentences = [read_words(text, most_characters=MOST_CHARACTERS).text for text in texts]
        seen = self.service.see(item, talk.picture, asker)
        found = self.service.match(item, seen, sentences, asker)
        return {
            "items": [
                {"probability": round(one.probability, 5), "cosine": round(one.cosine, 4)}
                for one in found
            ]
        }

    def offers(self, asked: Asked, visitor: str) -> Answer:
        """Offers pictures whose queries can be taken, and models that match sentences."""
        talk = self._talk(asked, visitor)
        matchers = [{"key": one.key, "title": one.title} for one in self._matchers(talk)]
        return {"pictures": self._other_pictures(talk), "matchers": matchers}

    def _other_pictures(self, talk: Talk) -> list[dict[str, str]]:
        collection = self.service.collection
        found: list[dict[str, str]] = []
        for name in EXAMPLES:
            if name not in collection.places or len(found) == MOST_OTHERS:
                continue
            place = collection.place_of(name)
            picture = collection.read(place)
            if picture.content_id == talk.picture.content_id:
                continue
            src, alt = data_address(_thumbnail(picture)), collection.pictures[place].alt
            found.append(
                {"hash": picture.content_id[:HASH_DIGITS], "src": src, "alt": alt[talk.language]}
            )
        return found

    # What was asked for.

    def _talk(self, asked: Asked, visitor: str) -> Talk:
        return self.service.store.talk_of(asked.get("picture_id"), visitor)

    def _item(self, asked: Asked, talk: Talk) -> Entry:
        model = read_choice(asked.get("model"), name_key="page.model", choices=talk.models)
        return self.service.item(model)

    def _asker(self, talk: Talk) -> Asker:
        """Who asks; gone when the talk is, for nothing else tells that a visitor has left."""
        store = self.service.store

        def is_gone() -> bool:
            try:
                store.talk_of(talk.id, talk.visitor)
            except PersonError:
                return True
            return False

        return Asker(talk.visitor, cancel=is_gone)

    def _matchers(self, talk: Talk) -> list[Entry]:
        """What can match: of the models that answer, and of all that are on this machine."""
        ctx = self.service.ctx
        return [
            item
            for item in ctx.entries(FAMILY)
            if blip2.facts(item).can_match and (item.key in talk.models or ctx.is_on_disk(item))
        ]

    def _matcher(self, asked: Asked, talk: Talk) -> Entry:
        items = {item.key: item for item in self._matchers(talk)}
        return items[read_choice(asked.get("model"), name_key="page.model", choices=items)]

    def _ask(self, asked: Asked, talk: Talk, asker: Asker) -> tuple[Entry, blip2.Ask]:
        index = read_integer(asked.get("index", 0), name_key="page.model", low=0, high=1)
        return self.service.ask_again(talk, _turn_id(asked), index, asker)

    def _change(
        self, asked: Asked, talk: Talk, item: Entry, ask: blip2.Ask, asker: Asker
    ) -> Change:
        if read_flag(asked.get("blank", False), name_key="chat.ui.inside_blank"):
            picture = grey(self.service.picture_of(talk, _turn_id(asked)))
            return Change(seen=self.service.see(item, picture, asker))
        queries = read_queries(asked.get("silenced"), item)
        if asked.get("swapped") is None:
            return Change(silenced=queries)
        other = self.service.example(str(asked["swapped"]))
        if other is None:
            raise PersonError("mistake.no_such_picture")
        is_every = len(queries) == blip2.facts(item).query_count
        seen = self.service.see(item, other, asker)
        return swapped(ask.seen, seen, queries, is_every=is_every)

    def _about(self, item: Entry, talk: Talk) -> str:
        """What is known of this model's maps in particular; "" if nothing is."""
        key = f"model.{item.key}.looks"
        languages = self.service.ctx.languages
        return languages.say(key, talk.language) if key in languages.keys("en") else ""


def read_queries(value: object, item: Entry) -> tuple[int, ...]:
    """Reads which queries are meant.

    Args:
        value: What arrived.
        item: The model.

    Returns:
        Counted from 0, sorted, each once.

    Raises:
        PersonError: `chat.mistake.no_queries` (the model has none), `chat.mistake.form` (no list,
            or an empty one), or as `read_integer`.
    """
    facts = blip2.facts(item)
    if not facts.has_queries:
        raise PersonError("chat.mistake.no_queries")
    chosen = _read_list(value, facts.query_count)
    high, name_key = facts.query_count - 1, "chat.ui.inside_queries"
    found = {read_integer(one, name_key=name_key, low=0, high=high) for one in chosen}
    return tuple(sorted(found))


def looks_value(looks: blip2.Looks) -> Answer:
    """Writes where the queries look: a byte for each weight, and what 255 stands for.

    A byte is the square root of the weight, so that many faint ones do not all become nothing.

    Args:
        looks: Weights (layers, heads, queries, h, w), 0 to 1.
    """
    weights = looks.weights.astype(np.float32)
    layers, heads, queries, height, width = weights.shape
    # Each map by its own largest weight: what is faint beside another would else be all zeros.
    scale = weights.max(axis=(3, 4))
    share = weights / np.maximum(scale, 1e-9)[..., None, None]
    return {
        "layers": layers,
        "heads": heads,
        "queries": queries,
        "grid": [height, width],
        "values": base64.b64encode(
            np.rint(np.sqrt(share) * 255).astype(np.uint8).tobytes()
        ).decode(),
        "scale": [round(float(one), 6) for one in scale.ravel()],
        "elsewhere": [round(float(one), 5) for one in looks.elsewhere.ravel()],
    }


def answer_value(answer: blip2.Answer) -> Answer:
    """Writes an answer with the ten likeliest words at each place."""
    return {"text": answer.text.strip(), "words": plain_words(answer.words)}


def each_value(found: Compared, changes: Sequence[Change]) -> Answer:
    """Writes what came of each change."""
    return {
        "before": answer_value(found.before),
        "chance": round(found.chance, 5),
        "items": [
            {
                "silenced": list(change.silenced),
                "text": after.text.strip(),
                "is_same": after.text.strip() == found.before.text.strip(),
                "chance": round(chance, 5),
            }
            for change, after, chance in zip(changes, found.after, found.chances, strict=True)
        ],
    }


def _turn_id(asked: Asked) -> str:
    turn = asked.get("turn", CAPTION)
    return turn if isinstance(turn, str) else ""


def _thumbnail(picture: Picture) -> Picture:
    step = max(1, min(picture.pixels.shape[:2]) // THUMBNAIL_PX)
    return Picture(np.ascontiguousarray(picture.pixels[::step, ::step]))


def _read_list(value: object, most: int) -> list[Any]:
    if not isinstance(value, list) or not 0 < len(value) <= most:
        raise PersonError("chat.mistake.form")
    return value
