"""The address of the page's JavaScript modules: `scripts/<file>`, read-only."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

SCRIPTS = Path(__file__).parents[2] / "assets" / "js"


class ScriptFiles(StaticFiles):
    """Files that a browser asks after each time: modules of two versions must never meet."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answers as `StaticFiles` does, with a header that says so."""
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        if response.status_code == 200:
            # Some systems know JavaScript as text/plain, which browsers refuse as a module.
            response.headers["content-type"] = "text/javascript; charset=utf-8"
        return response


def script_files() -> Mount:
    """Returns the route that serves the modules under `assets/js`."""
    return Mount("/scripts", ScriptFiles(directory=SCRIPTS, check_dir=False))
