"""Says when the chosen model does not read the visitor's language, and offers one that does."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.entries import Entry
from playground.page.clip_asking import FAMILY, ClipAsking
from playground.page.events import PRIVATE
from playground.page.languages import LANGUAGES, language_of
from playground.reading import language_to_find, readers

MOST_NAMED = 4
TO_SIGHT = "() => document.getElementById(%s)?.scrollIntoView({ block: 'nearest' })"


@dataclass(frozen=True)
class AdviceHandlers:
    """What happens when a model is chosen, something is asked, or the offer is taken."""

    asking: ClipAsking

    def advise(self, model: str, first: str, second: str, request: gr.Request) -> tuple[Any, ...]:
        """Show the advice where it is needed: its row, its sentence, its button."""
        ctx, item = self.asking.ctx, self.asking.entry(model)
        others = self._others(item, (first, second), request)
        if not others:
            return gr.update(visible=False), "", gr.skip()
        names = ", ".join(other.title for other in others[:MOST_NAMED])
        said = ctx.say(request, f"reading.only.{item.languages[0]}", model=item.title, others=names)
        offer = ctx.say(request, "reading.change", model=others[0].title)
        return gr.update(visible=True), html.escape(said), gr.update(value=offer)

    def change(self, model: str, first: str, second: str, request: gr.Request) -> str:
        """Take the offer: the key of the model to ask from now on."""
        item = self.asking.entry(model)
        others = self._others(item, (first, second), request)
        return others[0].key if others else item.key

    def _others(
        self, item: Entry, texts: tuple[object, ...], request: gr.Request
    ) -> tuple[Entry, ...]:
        ctx = self.asking.ctx
        words = [text for text in texts if isinstance(text, str)]
        wanted = language_to_find(item, language_of(request), words, LANGUAGES)
        return readers(ctx.entries(FAMILY), wanted, ctx.is_on_disk) if wanted else ()


@dataclass(frozen=True)
class ReadingAdvice:
    """The row on the page; `follow` says what it listens to."""

    asking: ClipAsking
    row: gr.Row
    sentence: gr.HTML
    offer: gr.Button

    @classmethod
    def place(cls, asking: ClipAsking, elem_id: str) -> ReadingAdvice:
        """Places the row, hidden, where it is called."""
        with gr.Row(visible=False, elem_classes="reading-advice", elem_id=elem_id) as row:
            sentence = gr.HTML("", apply_default_css=False)
            offer = gr.Button("", size="sm", elem_classes="chip", scale=0, min_width=160)
        return cls(asking, row, sentence, offer)

    def follow(
        self,
        model: gr.Dropdown,
        texts: Sequence[gr.Textbox],
        asked: Sequence[Callable[..., Any]],
        *,
        then: tuple[Callable[..., Any], list[Any], list[Any]],
    ) -> Any:
        """Listens to the choice of a model and to what is asked.

        Args:
            model: The choice.
            texts: The two fields that are read.
            asked: Events that ask the model.
            then: Function, inputs and outputs of asking again once the offer was taken.

        Returns:
            The event of asking again, for the Stop button.
        """
        ctx, handlers = self.asking.ctx, AdviceHandlers(self.asking)
        fields = [model, *texts]
        shown = [self.row, self.sentence, self.offer]
        advise = ctx.handler(handlers.advise)
        gr.on(list(asked), advise, fields, shown, **PRIVATE)
        # The choice may stand far below the row: what is said must be seen.
        chosen = model.change(advise, fields, shown, **PRIVATE)
        chosen.success(None, js=TO_SIGHT % json.dumps(self.row.elem_id), **PRIVATE)
        taken = self.offer.click(ctx.handler(handlers.change), fields, model, **PRIVATE)
        run, inputs, outputs = then
        return taken.success(run, inputs, outputs, **PRIVATE)
