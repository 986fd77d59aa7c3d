"""The drawing tab's service as the page has it: the built-in models behind a real cache."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from demos.text_to_image import Handlers
from playground.cache import Cache
from playground.catalog import cache_items, entry
from playground.collection import read_collection
from playground.hub.store import Store as Hub
from playground.page.context import Context
from playground.page.draw_canvas import Asked
from playground.page.draw_service import DrawService
from playground.page.languages import Languages
from playground.page.sends import Sends
from playground.visitors.sessions import Sessions
from playground.visitors.turns import Turns
from tests.tiny_world import tiny_settings

MODEL = "mini-diffusion"
WORDS = "a cat on the grass"
ITEMS = ("mini-clip", "mini-sam", "mini-blip2", MODEL)
USUAL = {"model": MODEL, "words": WORDS, "steps": 4, "seed": 7, "count": 1}


def make_service(folder, items=None):
    items = items or tuple(entry(key) for key in ITEMS)
    settings = tiny_settings(folder)
    ctx = Context(
        cache=Cache(cache_items(items, settings)),
        catalog=items,
        languages=Languages.read(),
        sessions=Sessions(),
        turns=Turns(),
        settings=settings,
        sends=Sends(),
        store=Hub(settings),
    )
    return DrawService(ctx, read_collection())


def request_of(language="en", session_hash="ada"):
    return SimpleNamespace(query_params={"lang": language}, headers={}, session_hash=session_hash)


class Visitor:
    """Does what a browser does, and sees what it sees."""

    def __init__(self, service, name="ada", language="en"):
        self.service = service
        self.handlers = Handlers(service)
        self.request = request_of(language, name)
        self.name = service.ctx.visitor(self.request)

    def steps(self, event, **asked):
        does = {
            "draw": self.handlers.draw,
            "open": self.handlers.open_start,
            "take": self.handlers.take,
            "reopen": self.handlers.reopen,
        }[event]
        return self.handlers.event(event, does)(Asked(**asked), self.request)

    def values(self, event, **asked):
        """Every value that the canvas is told, in turn."""
        return told(self.steps(event, **asked))

    def does(self, event, **asked):
        """The last value, or the mistake."""
        return self.values(event, **asked)[-1]

    def draws(self, start_id="", mask=None, **fields):
        return self.does("draw", fields=USUAL | fields, start_id=start_id, mask=mask)

    def drawn(self, **asked):
        """The drawings, as the service has them."""
        value = self.draws(**asked)
        return [self.service.drawn_of(one["id"], self.name) for one in value["drawn"]]

    def forget(self):
        self.service.forget(self.name)


def told(steps):
    return [step[0] for step in steps if isinstance(step[0], dict) and "stamp" in step[0]]


def a_mask(size_hw=(128, 128), box=(32, 32, 80, 80)):
    mask = np.zeros(size_hw, bool)
    left, top, right, bottom = box
    mask[top:bottom, left:right] = True
    return mask
