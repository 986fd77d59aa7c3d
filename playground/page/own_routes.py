"""Addresses beside the page for one's own pictures: files in, small copies and the saved file out.

A file's bytes go from the request into memory; Gradio's own upload would write each to disk, under
a name that two visitors with the same file share.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from playground.index import fingerprint
from playground.own.names import clean_name
from playground.own.opening import Openings, join
from playground.own.portable import Portable
from playground.own.shelf import Shelf
from playground.page.languages import language_of
from playground.visitors.errors import PersonError, explain

if TYPE_CHECKING:
    from playground.page.context import Context

# A browser that is faster than the model waits this long, then asks again.
PATIENCE_SECONDS = 15.0
LOOK_SECONDS = 0.05
NO_STORE = {"cache-control": "private, no-store"}


def own_routes(ctx: Context) -> list[BaseRoute]:
    """The routes; a token or a secret part of the address says whose pictures are meant."""
    door = OwnDoor(ctx)
    return [
        Route("/own/picture", door.picture, methods=["POST"]),
        Route("/own/part", door.part, methods=["POST"]),
        Route("/own/saved/{ticket}", door.saved, methods=["GET"]),
        Route("/own/{holder}/{name}", door.preview, methods=["GET"]),
    ]


class OwnDoor:
    """The functions behind the routes.

    Args:
        ctx: The page's context.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._openings = Openings(os.environ.get("GRADIO_TEMP_DIR"))

    async def picture(self, request: Request) -> Response:
        """Takes one file in; waits while too much waits already."""
        try:
            shelf = self._shelf(request)
            data = await request.body()
            shelf.sending(True)
            until = time.monotonic() + PATIENCE_SECONDS
            while not shelf.has_room_for(len(data)):
                # Somebody may have pressed Stop meanwhile.
                if time.monotonic() > until or not shelf.is_sending:
                    return JSONResponse({"again": True})
                await asyncio.sleep(LOOK_SECONDS)
            shelf.bring(clean_name(unquote(request.headers.get("x-own-name", ""))), data)
        except PersonError as error:
            return self._mistake(request, error)
        return JSONResponse({"taken": True})

    async def part(self, request: Request) -> Response:
        """Takes a part of a saved file in; after the last one its pictures are there."""
        try:
            shelf = self._shelf(request)
            part, _, parts = request.headers.get("x-own-part", "").partition("/")
            if not (part.isdecimal() and parts.isdecimal()):
                raise PersonError("mistake.own.file_broken")
            data = await request.body()
            answer = await to_thread.run_sync(self._part, shelf, int(part), int(parts), data)
        except Exception as error:
            return self._mistake(request, explain(error))
        return JSONResponse(answer)

    async def preview(self, request: Request) -> Response:
        """Gives a small copy of a picture to whoever knows its address."""
        place, _, code = request.path_params["name"].removesuffix(".jpg").partition("-")
        if not (place.isdecimal() and len(place) < 12):
            return PlainTextResponse("", 404)
        holdings = self._ctx.holdings
        found = await to_thread.run_sync(
            holdings.preview, request.path_params["holder"], int(place), code
        )
        if found is None:
            return PlainTextResponse("", 404)
        return Response(found, media_type="image/jpeg", headers=NO_STORE)

    async def saved(self, request: Request) -> Response:
        """Gives the file that a visitor asked for, once."""
        make = self._ctx.holdings.redeem(request.path_params["ticket"])
        if make is None:
            return PlainTextResponse("", 404)
        headers = NO_STORE | {"content-disposition": 'attachment; filename="pictures.safetensors"'}
        return StreamingResponse(make(), media_type="application/octet-stream", headers=headers)

    def _part(self, shelf: Shelf, part: int, parts: int, data: bytes) -> dict[str, Any]:
        opened = self._openings.add(shelf, part, parts, data)
        if opened is None:
            return {"next": part + 1}
        return {"opened": self._join(shelf, opened), "model": opened.about.model_key}

    def _join(self, shelf: Shelf, opened: Portable) -> int:
        about, folder = opened.about, self._ctx.settings.models_folder
        entries = {entry.key: entry for entry in self._ctx.entries("clip")}
        item = entries.get(about.model_key)
        if item is None or about.fingerprint != fingerprint(item, folder):
            raise PersonError("mistake.own.other_model", {"model": about.model_key})
        return join(shelf, opened, item)

    def _shelf(self, request: Request) -> Shelf:
        shelves = self._ctx.holdings.shelves
        shelf = shelves.by_token(request.headers.get("x-own-token", ""))
        if not shelves.has_room():
            raise PersonError("mistake.own.full", {"most": shelf.most_pictures})
        return shelf

    def _mistake(self, request: Request, error: PersonError) -> Response:
        say: Callable[..., str] = self._ctx.languages.say
        values: dict[str, Any] = {**error.values}
        # Gradio's request is one of Starlette's to whoever reads query and headers.
        asking: Any = request
        # A plain answer: the page tells it; 400 and more would be an error in the console too.
        return JSONResponse({"error": say(error.key, language_of(asking), **values)})
