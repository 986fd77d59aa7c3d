"""The guard at the door: one ASGI class round the whole app.

Gradio answers every host name, every page of a school's network and bodies of any size, and fetches
public addresses for whoever asks. The guard refuses those before the app sees them.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.visitors.errors import explain
from playground.visitors.guard_rules import (
    GuardRules,
    Refusal,
    address_of,
    is_call,
    is_stream,
    is_upload,
    judge_head,
)
from playground.visitors.rates import Places, Rate
from playground.visitors.sessions import visitor_of

_MOST_SESSION_CHARACTERS = 128
_BODY_METHODS = ("POST", "DELETE")
# How much of a refused body is still taken off the line, in largest bodies.
_DRAINED_BODIES = 2

Say = Callable[[str, str], str]


class Guard:
    """ASGI middleware: origin, host, path, size, slowness, rate, and headers of every answer.

    A body is taken in whole, within its bounds, before the app is called: so the app never sees
    half an upload, and leaves no half file behind.

    A refusal is `{"error": key}`, with the sentence as `"detail"` if `say` is given; to an upload
    it is the sentence alone, because Gradio's page shows the whole text of that answer.

    Args:
        app: What is guarded.
        rules: What may pass.
        say: `say(key, accept_language)` gives the sentence of a key to whoever sent that header.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        app: ASGIApp,
        rules: GuardRules | None = None,
        say: Say | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self.rules = rules or GuardRules()
        self._say = say
        self._clock = clock
        rules = self.rules
        self._session_rate = Rate(
            rules.session_per_second, 2 * rules.session_per_second, clock=clock
        )
        self._address_rate = Rate(rules.address_per_second, rules.address_burst, clock=clock)
        self._session_streams = Places(rules.most_streams_per_session)
        self._address_streams = Places(rules.most_streams_per_address)
        self._held_bytes = Places(rules.most_held_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        send = self._with_headers(send)
        refusal = judge_head(scope, self.rules) or self._judge_rate(
            self._address_rate, address_of(scope)
        )
        if refusal:
            await self._refuse(refusal, scope, receive, send)
        elif scope["method"] in _BODY_METHODS:
            await self._pass_with_body(scope, receive, send)
        else:
            await self._pass_on(_session_in_address(scope), scope, receive, send)

    async def _pass_with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = _Body(scope, self.rules, self._held_bytes, self._clock)
        try:
            refusal = await body.read(receive)
            session = "" if refusal else _session_in_body(scope, body)
            if isinstance(session, Refusal):
                refusal = session
            if refusal:
                await self._refuse(refusal, scope, receive, send, is_read=body.is_whole)
            elif not body.is_cut_off:
                await self._pass_on(str(session), scope, body.replay(receive), send)
        finally:
            body.forget()

    async def _pass_on(self, session: str, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._judge_rate(self._session_rate, session) if session else None
        if refusal:
            await self._refuse(refusal, scope, receive, send, is_read=True)
        elif is_stream(scope):
            await self._stream(session or address_of(scope), scope, receive, send)
        elif is_call(scope["path"]) or is_upload(scope["path"]):
            await self._call(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Gradio looks up what a call names without asking whether it is there: a page from before
        # a restart, or a made-up number, would be answered by a traceback in the log and a 500.
        try:
            await self.app(scope, receive, send)
        except LookupError:
            await self._refuse(Refusal(400, "guard.json"), scope, receive, send, is_read=True)
        except OSError as error:
            # A full or closed disk, met while an upload is written.
            refusal = Refusal(507, explain(error).key)
            await self._refuse(refusal, scope, receive, send, is_read=True)

    async def _stream(self, session: str, scope: Scope, receive: Receive, send: Send) -> None:
        address = address_of(scope)
        if not self._address_streams.take(address):
            await self._refuse(Refusal(429, "guard.streams", 5), scope, receive, send)
            return
        try:
            if not self._session_streams.take(session):
                await self._refuse(Refusal(429, "guard.streams", 5), scope, receive, send)
                return
            try:
                await self.app(scope, receive, send)
            finally:
                self._session_streams.give_back(session)
        finally:
            self._address_streams.give_back(address)

    def _judge_rate(self, rate: Rate, key: str) -> Refusal | None:
        seconds = rate.take(key)
        return Refusal(429, "guard.rate", seconds) if seconds else None

    async def _refuse(
        self, refusal: Refusal, scope: Scope, receive: Receive, send: Send, *, is_read: bool = False
    ) -> None:
        """Answers instead of the app; `is_read` says that nothing of the body is still to come."""
        response = self._answer(refusal, scope)
        if refusal.retry_after_seconds:
            response.headers["retry-after"] = str(max(1, round(refusal.retry_after_seconds)))
        if scope["method"] in _BODY_METHODS and not is_read:
            response.headers["connection"] = "close"
            if refusal.status != 408 and "expect" not in Headers(scope=scope):
                send = self._with_drain(scope, receive, send)
        await response(scope, receive, send)

    def _with_drain(self, scope: Scope, receive: Receive, send: Send) -> Send:
        """Reads on after the answer, within bounds: a socket closed on unread bytes loses it."""
        most = _DRAINED_BODIES * self.rules.most_bytes(scope["path"])

        async def send_and_drain(message: Message) -> None:
            if message["type"] == "http.response.body":
                await send({**message, "more_body": True})
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(_drain(receive, most), self.rules.drain_seconds)
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        return send_and_drain

    def _answer(self, refusal: Refusal, scope: Scope) -> Response:
        told = {"error": refusal.key}
        if self._say:
            languages = Headers(scope=scope).get("accept-language", "")
            told["detail"] = self._say(refusal.key, languages)
            if is_upload(scope["path"]):
                return PlainTextResponse(told["detail"], refusal.status)
        return JSONResponse(told, refusal.status)

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                headers = MutableHeaders(scope=message)
                for name, value in _headers_for(self.rules).items():
                    headers[name] = value
            await send(message)

        return send_with_headers


@dataclass
class _Body:
    """One request's body, taken in within bounds of size and time."""

    scope: Scope
    rules: GuardRules
    held: Places
    clock: Callable[[], float]
    data: bytes = b""
    is_cut_off: bool = False
    is_whole: bool = False
    _held_count: int = 0

    async def read(self, receive: Receive) -> Refusal | None:
        """Takes the whole body in; returns why it is refused, None if it is here."""
        most = self.rules.most_bytes(self.scope["path"])
        announced = Headers(scope=self.scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced) > most:
            return Refusal(413, "guard.too_large")
        chunks: list[bytes] = []
        start = self.clock()
        while True:
            paid = self._held_count / self.rules.slowest_bytes_per_second
            left = start + self.rules.patience_seconds + paid - self.clock()
            try:
                message = await asyncio.wait_for(receive(), max(left, 0.0))
            except TimeoutError:
                return Refusal(408, "guard.too_slow")
            if message["type"] == "http.disconnect":
                self.is_cut_off = True
                return None
            chunk = message.get("body", b"")
            if self._held_count + len(chunk) > most:
                return Refusal(413, "guard.too_large")
            if not self._hold(len(chunk)):
                return Refusal(503, "guard.busy", 5)
            chunks.append(chunk)
            if not message.get("more_body", False):
                self.data = b"".join(chunks)
                self.is_whole = True
                return None

    def replay(self, receive: Receive) -> Receive:
        """Returns a `receive` that gives the body once, then what the server still has to say."""
        given = False

        async def replayed() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            data, self.data = self.data, b""
            return {"type": "http.request", "body": data, "more_body": False}

        return replayed

    def forget(self) -> None:
        """Gives back the room that the body took."""
        if self._held_count:
            self.held.give_back("", self._held_count)

    def _hold(self, count: int) -> bool:
        if not self.held.take("", count):
            return False
        self._held_count += count
        return True


async def _drain(receive: Receive, most_bytes: int) -> None:
    left = most_bytes
    more = True
    while more and left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)


def _session_in_address(scope: Scope) -> str:
    """Returns the name of the visitor whose session stands in path or query, "" if none does."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    session = query.get("session_hash", [""])[0]
    _, is_heartbeat, after = scope["path"].partition("/gradio_api/heartbeat/")
    return visitor_of((after if is_heartbeat else session)[:_MOST_SESSION_CHARACTERS])


def _session_in_body(scope: Scope, body: _Body) -> str | Refusal:
    """Returns the visitor named in a JSON body; a refusal if the body is no usable JSON."""
    kind = Headers(scope=scope).get("content-type", "")
    if not kind.startswith("application/json") or not body.data:
        return _session_in_address(scope)
    try:
        # Also finds nesting too deep for any parser behind, some of which answer 500 to it.
        value = json.loads(body.data)
    except (ValueError, RecursionError):
        return Refusal(400, "guard.json")
    session = value.get("session_hash") if isinstance(value, dict) else None
    if session is None:
        return _session_in_address(scope)
    if not isinstance(session, str) or len(session) > _MOST_SESSION_CHARACTERS:
        return Refusal(400, "guard.json")
    return visitor_of(session)


def _headers_for(rules: GuardRules) -> Mapping[str, str]:
    return {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "content-security-policy": f"frame-ancestors {' '.join(rules.frame_ancestors)}",
        "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    }
