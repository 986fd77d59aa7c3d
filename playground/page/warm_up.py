"""Imports the heavy libraries once the page has opened; says the true cause if they do not fit."""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from playground.cache import nobody_constructs
from playground.visitors.notes import Note

if TYPE_CHECKING:
    from playground.page.context import Context

LOG = logging.getLogger("playground")
# torchvision directly after torch: if the two do not fit, transformers hides the reason.
LIBRARIES = ("torch", "torchvision", "transformers")
Import = Callable[[str], ModuleType]
# The imports take a whole core for seconds: begun at once they delay the first page by a third.
LET_THE_PAGE_OPEN_SECONDS = 4.0


def self_check(
    names: Sequence[str] = LIBRARIES, import_library: Import = importlib.import_module
) -> tuple[str, dict[str, str]] | None:
    """Import the libraries in order.

    Args:
        names: what to import.
        import_library: how; another one in tests.

    Returns:
        None if all is well, else a language key and its values, naming the first that failed.
    """
    versions: dict[str, str] = {}
    for name in names:
        try:
            versions[name] = str(getattr(import_library(name), "__version__", ""))
        except Exception as error:
            if name == "torchvision" and "torch" in versions:
                values = {"torch": versions["torch"], "reason": _first_line(error)}
                return "start.torchvision", values
            return "start.library", {"library": name, "reason": _first_line(error)}
    return None


def warm_up(ctx: Context, after_seconds: float = LET_THE_PAGE_OPEN_SECONDS) -> threading.Timer:
    """Start the imports in a thread of their own, once the first page has had time to open.

    Imports and builds take turns: two threads that import torchvision, or transformers' lazy
    modules, at once meet an ImportError. Whoever needs a model sooner imports what it needs.

    Args:
        ctx: the page's context.
        after_seconds: seconds from now, from 0.
    """
    thread = threading.Timer(after_seconds, _warm_up, (ctx,))
    thread.name, thread.daemon = "warm-up", True
    thread.start()
    return thread


def _warm_up(ctx: Context) -> None:
    started = time.monotonic()
    with nobody_constructs():
        trouble = self_check()
    if trouble is not None:
        key, values = trouble
        LOG.error("%s", ctx.languages.say(key, "en", **values))
        ctx.troubles.append(Note(key, values))
        return
    here = [entry.key for entry in ctx.catalog if entry.is_built_in and ctx.is_on_disk(entry)]
    ctx.cache.prepare(*here[:1])
    LOG.info("libraries imported in %.1f s", time.monotonic() - started)


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
