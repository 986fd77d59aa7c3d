"""The address of the playground's own pictures: `pictures/<file>`, read-only."""

from __future__ import annotations

from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from playground.collection import PICTURES


def picture_files() -> Mount:
    """Returns the route that serves the pictures of the collection."""
    # Without the check a checkout without pictures still opens, and its tab says why it cannot.
    return Mount("/pictures", StaticFiles(directory=PICTURES, check_dir=False))
