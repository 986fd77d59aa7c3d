"""How a tab's events are made: those of the page alone, and those for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import gradio as gr

from playground.entries import Entry
from playground.page.work import Done, Partial, Status

if TYPE_CHECKING:
    from playground.page.context import Context

R = TypeVar("R")
# For events that only the page itself uses.
PRIVATE: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_limit": None,
}


def add_program_events(
    ctx: Context, inputs: Mapping[Callable[..., Any], Sequence[Any]], answer: Any
) -> None:
    """Adds events for `gradio_client` and MCP, behind buttons; call it in a row that nobody sees.

    Args:
        ctx: The page's context.
        inputs: The components that each function reads; the event has the function's name.
        answer: The component that takes what they return.
    """
    for function, widgets in inputs.items():
        gr.Button().click(
            ctx.handler(function),
            list(widgets),
            answer,
            api_name=function.__name__,
            concurrency_limit=None,
        )


def model_key(entries: Sequence[Entry]) -> gr.Dropdown:
    """A model by its key, for programs: an unknown one is refused by our own sentence.

    Args:
        entries: What may be asked for, the usual one first.
    """
    choices = [(entry.title, entry.key) for entry in entries]
    value = entries[0].key if entries else None
    return gr.Dropdown(choices, value=value, allow_custom_value=True)


def result_of(news: Iterator[Status | Done[R]]) -> R:
    """Waits for the result, for callers that hear no news.

    Raises:
        RuntimeError: The work ended without a result, which is a mistake of ours.
    """
    for step in news:
        if isinstance(step, Done):
            return step.value
    raise RuntimeError("work ended without a result")


def awaited(news: Iterator[Status | Partial[Any] | Done[R]]) -> Iterator[R | None]:
    """Waits for the result, for events of programs that may leave meanwhile.

    Gradio ends a generator only between two of its values, so there is one for all news.

    Yields:
        None for all news, then the result.
    """
    for step in news:
        yield step.value if isinstance(step, Done) else None
