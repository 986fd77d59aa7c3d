"""The canvas of the chat: the picture with the talk beside it, and the places its script fills.

The script stands in `assets/js/chat`. A handler of one of its events gets an `Asked`, which
anyone may forge, and answers with a plain object (`stamp`, `words`, `picture`, `turns`, ...).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import gradio as gr

from playground.page.canvas import (
    Box,
    box_in,
    file_in,
    icon_store,
    runs_in,
    script_words,
    text_in,
    whole_in,
)
from playground.page.stage import Stage, mount

if TYPE_CHECKING:
    from playground.page.context import Context

# The script takes its drawings from these.
ICONS = (
    *("picture", "box", "point", "send", "stop", "retry", "edit", "copy", "check", "close"),
    *("more", "paper", "code", "warning", "plus", "trash"),
)
# The script fills these in; here each stands for itself.
PLACES = (
    *("name", "number", "count", "all", "percent", "seconds", "word", "words", "model"),
    *("layer", "head", "before", "after", "cosine", "question", "answer", "total"),
)
TAKES = ("text", "recipe")
MOST_TEXT = 200
# Longer than any body of an event that the guard lets in: how long it is, is told as it is.
MOST_QUESTION = 2**21
MOST_TOLD = 20_000
MOST_INDEX = 1_000_000
MOST_HISTORY = 200


@dataclass(frozen=True)
class BoxPart:
    """A part of the picture as a box.

    Attributes:
        box_xyxy: Left, top, right and bottom in pixels of the picture; finite, no more is sure.
    """

    box_xyxy: Box


@dataclass(frozen=True)
class MaskPart:
    """A part of the picture as a mask.

    Attributes:
        runs: Row-major run lengths at the picture's size, background first; not checked.
        width: Width of the mask in pixels.
        height: Height of the mask in pixels.
        name: What it is called, "" if nothing.
    """

    runs: str
    width: int
    height: int
    name: str = ""


@dataclass(frozen=True)
class Asked:
    """What the browser asks for; every field may be forged.

    Attributes:
        picture_id: The id of the conversation about the picture, "" if there is none.
        picture_hash: The picture's hash as it was told, "" if there is none.
        question: As it was typed, or "".
        turn: The turn that is edited or asked again, None for a new one, "caption" for the caption.
        part: What the question is about, None for the whole picture.
        index: Which of the models side by side, or None.
        word: How many words of the answer stay, or None.
        token: The word that follows them, or None.
        take: One of `TAKES`, or "".
        file: A file in the upload folder that is to be opened, or None.
        history: (question, answer) of a conversation that the server has forgotten.
        is_fresh: Whether the picture is to be opened with nothing said about it yet.
    """

    picture_id: str = ""
    picture_hash: str = ""
    question: str = ""
    turn: str | None = None
    part: BoxPart | MaskPart | None = None
    index: int | None = None
    word: int | None = None
    token: int | None = None
    take: str = ""
    file: str | None = None
    history: tuple[tuple[str, str], ...] = ()
    is_fresh: bool = False


class ChatCanvas(Stage):
    """The picture and the talk.

    Events: `open` (a file), `again` (an id expired), `ask`, `retry`, `go_on`, `caption`, `take`,
    `reopen` (a recipe), `forget`, `stop`.
    """

    script = "chat_canvas.js"
    example: ClassVar = {"picture_id": "", "question": ""}

    def html_of(self, elem_id: str) -> str:
        """See `Stage`."""
        return _stage(elem_id)

    def preprocess(self, payload: Any) -> Asked:  # type: ignore[override]
        """Reads what the browser asks for; what is not of the right kind counts as not said."""
        if not isinstance(payload, Mapping):
            return Asked()
        take = text_in(payload.get("format"), MOST_TEXT)
        return Asked(
            picture_id=text_in(payload.get("picture_id"), MOST_TEXT),
            picture_hash=text_in(payload.get("hash"), MOST_TEXT),
            question=text_in(payload.get("question"), MOST_QUESTION),
            turn=text_in(payload.get("turn"), MOST_TEXT) or None,
            part=_part(payload.get("part")),
            index=whole_in(payload.get("index"), 1),
            word=whole_in(payload.get("word"), MOST_INDEX),
            token=whole_in(payload.get("token"), MOST_INDEX),
            take=take if take in TAKES else "",
            file=file_in(payload.get("file")),
            history=_history(payload.get("history")),
            is_fresh=payload.get("is_fresh") is True,
        )


def chat_tools(elem_id: str) -> gr.HTML:
    """Places the column of tools that the canvas's script fills.

    Args:
        elem_id: That of the canvas.
    """
    return mount(elem_id, "chat", "tools")


def chat_words(ctx: Context, request: gr.Request | None) -> dict[str, str]:
    """Returns every sentence of the canvas in the visitor's language.

    Args:
        ctx: The page's context.
        request: Whose page it is.

    Returns:
        By name, with {places} that the script fills in.
    """
    return script_words(ctx, request, lambda name: f"chat.ui.{name}", PLACES)


def _stage(elem_id: str) -> str:
    return (
        f'<div class="chat" data-canvas="{elem_id}"><div class="chat-look"></div>'
        '<div class="chat-talk"></div><div class="sr" role="status" aria-live="polite"></div>'
        f"{icon_store(ICONS)}</div>"
    )


def _part(value: Any) -> BoxPart | MaskPart | None:
    if not isinstance(value, Mapping):
        return None
    mask, box = runs_in(value), box_in(value.get("box"))
    if mask is not None:
        name = text_in(value.get("name"), MOST_TEXT)
        return MaskPart(mask.runs, mask.width, mask.height, name)
    return None if box is None else BoxPart(box)


def _history(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    pairs = []
    for pair in value[-MOST_HISTORY:]:
        if not (isinstance(pair, Sequence) and len(pair) == 2):
            return ()
        question, answer = (text_in(one, MOST_TOLD) for one in pair)
        pairs.append((question, answer))
    return tuple(pairs)
