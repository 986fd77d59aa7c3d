"""The Multimodal Playground: ``python app.py`` opens it, ``--help`` lists its settings."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playground.sentences import read_sentences
from playground.settings import SettingError, Settings, read_settings, set_environment

if TYPE_CHECKING:
    import gradio as gr

    from playground.page.context import Context
    from playground.page.demo import BrokenDemo, Demo
    from playground.page.operator import Operator


@dataclass(frozen=True)
class Running:
    """A served playground. ``page.close()`` ends it."""

    page: gr.Blocks
    ctx: Context
    address: str
    operator: Operator


def open_playground(settings: Settings, demos: Sequence[Demo | BrokenDemo] = ()) -> Running:
    """Serve the tabs that stand in ``demos/``, or those given; returns once the page is up."""
    if os.environ.get("SPACES_ZERO_GPU"):
        # It patches torch, so it must come before anything that imports torch.
        import spaces  # noqa: F401
    from demos import find_demos
    from playground.page.languages import Languages
    from playground.page.launching import launch_options, make_context, queue_options
    from playground.page.operator import Operator
    from playground.page.own_folder import prepare
    from playground.page.shell import build_page
    from playground.page.warm_up import warm_up

    port = prepare(settings)
    ctx = make_context(settings, Languages.read())
    operator = Operator(settings)
    page = build_page(ctx, demos or find_demos(), operator)
    page.queue(**queue_options(settings))
    _, address, _ = page.launch(**launch_options(ctx, port))
    if settings.warm_up:
        warm_up(ctx)
    return Running(page, ctx, address.rstrip("/"), operator)


def main(arguments: Sequence[str]) -> int:
    """Read the settings, serve until stopped."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("playground").setLevel(logging.INFO)
    english = read_sentences("en")
    try:
        settings = read_settings(arguments, help_of=english)
        set_environment(settings)
        running = open_playground(settings)
    except SettingError as error:
        print(english.get(error.key, error.key).format(**error.values), file=sys.stderr)
        return 2
    print(english.get("start.open", "{address}").format(address=running.address))
    if running.operator.needs_code:
        print(english.get("start.code", "{code}").format(code=running.operator.code))
    running.page.block_thread()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
