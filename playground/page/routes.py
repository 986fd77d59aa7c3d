"""Plain addresses beside the page: for a machine that watches, and for the header's chip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from playground.cache import Row
from playground.page.languages import best_language, language_of_tag
from playground.page.own_routes import own_routes
from playground.page.picture_files import picture_files
from playground.page.script_files import script_files
from playground.sizes import amount

if TYPE_CHECKING:
    from playground.page.context import Context

PROMETHEUS = "text/plain; version=0.0.4"


def routes(ctx: Context) -> list[BaseRoute]:
    """The routes; none tells anything of a visitor."""

    async def metrics(_: Request) -> Response:
        return PlainTextResponse(ctx.cache.metrics(), media_type=PROMETHEUS)

    async def health(_: Request) -> Response:
        # A process does not get its device back: whoever watches should start it anew.
        if lost := ctx.cache.lost_devices():
            return JSONResponse({"status": "device lost", "devices": lost}, status_code=503)
        return JSONResponse({"status": "ok"})

    async def loaded(request: Request) -> Response:
        asked = request.query_params.get("lang", "")
        language = language_of_tag(asked) or best_language(
            request.headers.get("accept-language", "")
        )
        return JSONResponse({"text": loaded_words(ctx, language)})

    return [
        Route("/metrics", metrics, methods=["GET"]),
        Route("/health", health, methods=["GET"]),
        Route("/loaded", loaded, methods=["GET"]),
        *own_routes(ctx),
        picture_files(),
        script_files(),
    ]


def loaded_words(ctx: Context, language: str) -> str:
    """Which models are loaded now, in a few words: "mini-clip · 9 MB"."""
    rows = {row.key: row for row in ctx.cache.rows()}
    # A part may serve alone, as the small decoder of a segmenter does; a shared one is its owner's.
    ready = [
        entry
        for entry in ctx.catalog
        if any(_state(rows, part) == "ready" for part in entry.parts if _owner(part) == entry.key)
    ]
    if not ready:
        return ctx.languages.say("header.none_loaded", language)
    used = sum(row.bytes_on_device for row in rows.values() if row.kind == "part")
    if len(ready) == 1:
        return f"{ready[0].title} · {amount(used)}"
    return ctx.languages.say("header.many_loaded", language, count=len(ready), amount=amount(used))


def _state(rows: dict[str, Row], key: str) -> str:
    return rows[key].state if key in rows else "cold"


def _owner(part: str) -> str:
    return part.rpartition("/")[0]
