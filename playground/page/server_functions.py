"""Server functions of a canvas: what it asks at a high rate, outside Gradio's queue.

An exception would reach the browser as nothing at all, so every mistake is answered with a
sentence; and the threads are bounded here.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio.to_thread
import gradio as gr

from playground.page.languages import Languages, language_of
from playground.visitors.errors import PersonError, explain
from playground.visitors.sessions import visitor_of

LOG = logging.getLogger("playground")
MOST_THREADS = 16
Answer = dict[str, Any]


@dataclass(frozen=True)
class ServerFunctions:
    """Makes functions of one object fit for a component.

    Attributes:
        languages: The sentences.
        language_of_visitor: What a visitor reads, or None where that is not known.
        form_key: The sentence for what is no object.
        expired_key: The mistake after which the browser opens its picture again.
        limiter: Threads that answer.
    """

    languages: Languages
    language_of_visitor: Callable[[str], str | None]
    form_key: str
    expired_key: str
    limiter: anyio.CapacityLimiter = field(
        default_factory=lambda: anyio.CapacityLimiter(MOST_THREADS)
    )

    def plain(self, function: Callable[[Mapping[str, Any], str], Answer]) -> Callable[..., Any]:
        """Wraps `function(asked, visitor)`, which may raise anything.

        Gradio writes a mark on server functions, which a method does not take.
        """

        async def call(asked: Any, request: gr.Request) -> Answer:
            visitor = visitor_of(await session_of(request))
            told = partial(self._told, function, asked, visitor, request)
            return await anyio.to_thread.run_sync(told, limiter=self.limiter)

        call.__name__ = function.__name__
        return call

    def _told(
        self,
        function: Callable[[Mapping[str, Any], str], Answer],
        asked: Any,
        visitor: str,
        request: Any,
    ) -> Answer:
        try:
            if not isinstance(asked, Mapping):
                raise PersonError(self.form_key)
            return function(asked, visitor)
        except Exception as error:
            if not isinstance(error, PersonError):
                LOG.warning("%s in %s", type(error).__name__, function.__name__)
            return self._mistake(explain(error), visitor, request)

    def _mistake(self, told: PersonError, visitor: str, request: Any) -> Answer:
        language = self.language_of_visitor(visitor) or language_of(request)
        values: dict[str, Any] = {**told.values}
        sentence = self.languages.say(told.key, language, **values)
        return {"error": sentence} | ({"expired": True} if told.key == self.expired_key else {})


async def session_of(request: Any) -> str:
    """Reads who calls a server function: its body names the session, as every event's does.

    Args:
        request: The request; Gradio has read its body by now, which the request keeps.

    Returns:
        The session's hash; "" if there is none.
    """
    try:
        body = await request.json()
    except (AttributeError, RuntimeError, json.JSONDecodeError, UnicodeDecodeError):
        return ""
    session = body.get("session_hash") if isinstance(body, Mapping) else None
    return session if isinstance(session, str) else ""
