"""Two tabs for tests: one that does every thing a tab may do, and one that cannot be built."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np

from playground.cache import Progress
from playground.page.context import Context
from playground.page.demo import Demo, Paper
from playground.page.widgets import (
    inside_drawer,
    picture_input,
    status_html,
    status_line,
    stop_button,
    tool_card,
    workbench,
)
from playground.page.work import Done
from playground.visitors.pictures import Picture, read_picture
from playground.visitors.sessions import Session
from playground.visitors.words import read_words

PAPER = Paper("Nobody 2026", "https://example.org/paper")
STEPS = 3


class Trial:
    """``go_on`` lets the waiting work end; ``was_stopped`` tells that it was left."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.was_stopped = threading.Event()
        self.received: list[Picture] = []

    def build(self, ctx: Context) -> None:
        def trial_work(words: str, request: gr.Request) -> Iterator[tuple[str, str]]:
            """Repeat the words after a while.

            Args:
                words: what is repeated.
            """
            asked = read_words(words, most_characters=40)
            for step in ctx.work(request, self._job(asked.text), title="trial-model"):
                if isinstance(step, Done):
                    yield step.value, status_html(ctx.say(request, "status.ready"))
                else:
                    yield "", status_html(step.text, is_busy=True)

        def fail(words: str) -> str:
            raise ValueError(f"this text belongs in no log: {words}")

        def give(session: Session) -> Picture:
            return read_picture(np.full((40, 60, 3), (200, 30, 30), np.uint8))

        def take(picture: Picture, request: gr.Request) -> Picture:
            self.received.append(picture)
            return picture

        with workbench() as (stage, tools):
            with stage:
                answer = gr.Textbox(label="answer", elem_id="answer", interactive=False)
                ctx.sends.offer("other", give)
            with tools, tool_card(ctx, "page.model"):
                words = gr.Textbox(label="words", elem_id="words")
                go = gr.Button("go", variant="primary", elem_id="go")
                failing = gr.Button("fail", elem_id="fail")
                status = status_line(ctx)
                running = go.click(
                    ctx.handler(trial_work),
                    words,
                    [answer, status],
                    api_name="trial_work",
                    show_progress="hidden",
                )
                stop_button(ctx, [running])
                failing.click(ctx.handler(fail), words, answer, api_name="trial_fail")
                picture = picture_input(ctx, "held.alt", elem_id="trial-picture", height=200)
        with inside_drawer(ctx):
            gr.Markdown("inside")
        ctx.sends.receive("trial", take, picture)

    def _job(self, text: str) -> Any:
        def job(report: Any, is_cancelled: Any) -> str:
            report(Progress("copying", bytes_done=3_000_000, bytes_total=9_000_000, seconds_left=1))
            while not self.go_on.wait(0.02):
                if is_cancelled():
                    self.was_stopped.set()
                    break
            return text

        return job

    @property
    def demo(self) -> Demo:
        """The tab; its title is a key that exists."""
        return Demo("trial", 10, "page.model", "models.about", PAPER, ("clip",), self.build)


def build_half(_ctx: Context) -> None:
    """Fails after it has made a widget with an event and said that it takes pictures."""
    box = gr.Textbox(label="half a tab")
    box.change(lambda text: text, box, box, api_name="half_event")
    raise RuntimeError("the second half is missing")


HALF = Demo("half", 20, "page.paper", "models.about", PAPER, (), build_half)
