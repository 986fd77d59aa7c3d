"""The tabs: every file here without a leading underscore that ends with ``DEMO = Demo(...)``."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Iterable

from playground.page.demo import BrokenDemo, Demo

LOG = logging.getLogger("playground")


def find_demos(folders: Iterable[str] = (), package: str = "") -> list[Demo | BrokenDemo]:
    """Import every tab of this folder.

    Args:
        folders: where to look; this folder if left out.
        package: the package those files belong to; this one if left out.

    Returns:
        The tabs by their order, then the files that failed, by name.

    Raises:
        ValueError: two tabs have the same id or the same order.
    """
    found: list[Demo] = []
    broken: list[BrokenDemo] = []
    for module in pkgutil.iter_modules(list(folders) or list(__path__)):
        if module.name.startswith("_"):
            continue
        demo = _import_demo(module.name, package or __name__)
        if isinstance(demo, Demo):
            found.append(demo)
        else:
            broken.append(demo)
    _refuse_twins(found)
    return [*sorted(found, key=lambda demo: demo.order), *broken]


def _import_demo(name: str, package: str) -> Demo | BrokenDemo:
    try:
        demo = importlib.import_module(f"{package}.{name}").DEMO
    except Exception as error:
        # One broken file must not take the other tabs down; its reason is shown on its tab.
        LOG.exception("the tab %s cannot be imported", name)
        return BrokenDemo(name, f"{type(error).__name__}: {error}")
    if not isinstance(demo, Demo) or demo.id != name:
        return BrokenDemo(name, f"DEMO must be a Demo with id={name!r}")
    return demo


def _refuse_twins(found: list[Demo]) -> None:
    for kind in ("id", "order"):
        seen: dict[object, str] = {}
        for demo in found:
            value = getattr(demo, kind)
            if value in seen:
                raise ValueError(f"the tabs {seen[value]} and {demo.id} have the same {kind}")
            seen[value] = demo.id
