"""What the chat's canvas asks outside the queue: the outline of a thing that was clicked on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from playground.page.chat_service import ChatService
from playground.page.outlining import Outlining


@dataclass(frozen=True)
class ChatFunctions:
    """The functions of one page. Each takes one object, which anyone may forge."""

    service: ChatService

    @property
    def all(self) -> list[Callable[..., Any]]:
        """The functions, for the component."""
        return [self.service.functions.plain(self.segment)]

    @cached_property
    def outlining(self) -> Outlining:
        """Outlines things in the pictures that are talked about."""
        service = self.service
        return Outlining(service.ctx, service.fingerprints, "chat.mistake.nothing_here")

    def segment(self, asked: Mapping[str, Any], visitor: str) -> dict[str, Any]:
        """Outlines the thing at x, y in the picture that is talked about.

        Returns:
            `runs`, `width`, `height` of the mask at the picture's size, and its `box`.
        """
        talk = self.service.store.talk_of(asked.get("picture_id"), visitor)
        return self.outlining.outline(talk.picture, asked.get("x"), asked.get("y"), visitor)
