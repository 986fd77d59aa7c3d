"""Imports the heavy libraries once the page is up, and says the true cause if they do not fit."""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playground.page.context import Context

LOG = logging.getLogger("playground")
# torchvision directly after torch: if the two do not fit, transformers hides the reason.
LIBRARIES = ("torch", "torchvision", "transformers")
Import = Callable[[str], ModuleType]


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


def warm_up(ctx: Context) -> threading.Thread:
    """Start the imports in a thread of their own.

    They run inside the cache's own construction lock: two threads that import transformers'
    lazy modules at once meet an ImportError.
    """
    thread = threading.Thread(target=_warm_up, args=(ctx,), name="warm-up", daemon=True)
    thread.start()
    return thread


def _warm_up(ctx: Context) -> None:
    started = time.monotonic()
    trouble = self_check()
    if trouble is not None:
        key, values = trouble
        LOG.error("%s", ctx.languages.say(key, "en", **values))
        return
    here = [entry.key for entry in ctx.catalog if entry.is_built_in and ctx.is_on_disk(entry)]
    ctx.cache.prepare(*here[:1])
    LOG.info("libraries imported in %.1f s", time.monotonic() - started)


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
