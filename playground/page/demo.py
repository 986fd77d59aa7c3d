"""What a tab declares about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playground.page.context import Context


@dataclass(frozen=True)
class Paper:
    """The paper that a tab shows: "Radford et al. 2021" and where it can be read."""

    citation: str
    url: str


@dataclass(frozen=True)
class Demo:
    """One tab. A file in ``demos/`` ends with ``DEMO = Demo(...)``.

    Args:
        id: the file's name; also the address of the tab and the start of its keys and events.
        order: its place among the tabs, from left to right; unique.
        title: language key, ``<id>.title``.
        summary: language key, ``<id>.summary``: one short sentence above the stage.
        paper: shown under the tools.
        models: the families of the catalogue it uses.
        build: makes the widgets inside the already open tab.
        version: written into what a visitor takes away.
    """

    id: str
    order: int
    title: str
    summary: str
    paper: Paper
    models: tuple[str, ...]
    build: Callable[[Context], None]
    version: str = "1"


@dataclass(frozen=True)
class BrokenDemo:
    """A file in ``demos/`` that cannot be a tab now, and why (an exception's type and words)."""

    id: str
    reason: str
