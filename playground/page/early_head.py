"""Puts our first lines into the page's head, before Gradio's own script reads the browser.

Gradio picks its language from ``navigator.language`` and its colours from the address before any
script of ours could run, so the choice must stand at the very top of the head.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ASSETS = Path(__file__).parents[2] / "assets"


def early_html(words: Mapping[str, Mapping[str, str]]) -> str:
    """What goes to the top of the head.

    Args:
        words: by language, the page's "name", the title of a "mistake", and what is said of a
            file that is "tooLarge".

    Returns:
        A style and a script, inline: they may not wait for a request.
    """
    style = (ASSETS / "css" / "early.css").read_text(encoding="utf-8")
    script = (ASSETS / "js" / "early.js").read_text(encoding="utf-8")
    said = json.dumps(dict(words), ensure_ascii=False).replace("<", "\\u003c")
    return f"<style>{style}</style><script>window.playgroundWords = {said};\n{script}</script>"


def late_html() -> str:
    """What goes to the end of the head: it corrects Gradio's title, and acts on the page."""
    return f"<script>{(ASSETS / 'js' / 'page.js').read_text(encoding='utf-8')}</script>"


class EarlyHead:
    """ASGI middleware: inserts ``first`` after <head> and ``last`` before </head> of pages."""

    def __init__(self, app: ASGIApp, first: str, last: str) -> None:
        self.app = app
        self.first = b"<head>" + first.encode()
        self.last = last.encode() + b"</head>"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on untouched but answers to a browser that asks for a page."""
        if scope["type"] != "http" or not _asks_for_page(scope):
            await self.app(scope, receive, send)
            return
        # The one answer that is rewritten must not arrive compressed.
        headers = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        page = _PageSender(send, self.first, self.last)
        await self.app({**scope, "headers": headers}, receive, page.send)


class _PageSender:
    """Holds an HTML answer back until it is whole, then sends it with the two insertions."""

    def __init__(self, send: Send, first: bytes, last: bytes) -> None:
        self._send = send
        self._first, self._last = first, last
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            self._start = message
        elif self._start is None or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_page(self._start)

    async def _send_page(self, start: Message) -> None:
        body = self._body.replace(b"<head>", self._first, 1).replace(b"</head>", self._last, 1)
        kept = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
        headers = [*kept, (b"content-length", str(len(body)).encode())]
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _asks_for_page(scope: Scope) -> bool:
    return scope["method"] == "GET" and b"text/html" in dict(scope["headers"]).get(b"accept", b"")


def _is_html(message: Message) -> bool:
    return any(
        name.lower() == b"content-type" and b"text/html" in value
        for name, value in message.get("headers", [])
    )
