"""Who answers in the chat, and how: what has good defaults and is folded away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.chatting.conversation import Settings
from playground.entries import Entry
from playground.models import blip2
from playground.page.chat_asking import MOST_SEED, MOST_TEMPERATURE, MOST_TOKENS, Chosen
from playground.page.chat_service import FAMILY
from playground.page.context import Context
from playground.page.widgets import entry_choice

USUAL = Settings()


@dataclass(frozen=True)
class ChatSettings:
    """The widgets, in the order in which handlers get their values.

    Attributes:
        model: Who answers.
        second: Who answers beside; "" for nobody.
        temperature: How freely words are drawn.
        seed: What drawing starts from.
        tokens: Longest answer in tokens.
    """

    model: gr.Dropdown
    second: gr.Dropdown
    temperature: gr.Slider
    seed: gr.Number
    tokens: gr.Slider

    @property
    def all(self) -> list[Any]:
        """All of them."""
        return [self.model, self.second, self.temperature, self.seed, self.tokens]


def speakers(ctx: Context) -> list[Entry]:
    """Returns the models that answer questions; those on this machine first."""
    entries = [item for item in ctx.entries(FAMILY) if blip2.facts(item).answers]
    return sorted(entries, key=lambda item: not ctx.is_on_disk(item))


def usual(ctx: Context) -> Chosen:
    """Returns what the settings say before anybody changes them."""
    return Chosen((speakers(ctx)[0].key,), USUAL)


def speaker_choice(ctx: Context, *, elem_id: str | None = None) -> gr.Dropdown:
    """Which model answers."""
    entries = speakers(ctx)
    return gr.Dropdown(
        [(entry_choice(item), item.key) for item in entries],
        value=entries[0].key,
        label=ctx.label("page.model"),
        info=ctx.label("page.model.help"),
        elem_id=elem_id,
        filterable=False,
    )


def chat_settings(ctx: Context) -> ChatSettings:
    """Places the settings; call it in the column of tools."""
    with gr.Accordion(ctx.label("page.settings"), open=False, elem_classes="settings"):
        model = speaker_choice(ctx, elem_id="blip2-chat-model")
        others = [(entry_choice(item), item.key) for item in speakers(ctx)]
        second = gr.Dropdown(
            [("-", ""), *others],
            value="",
            label=ctx.label("blip2_chat.second"),
            info=ctx.label("blip2_chat.second.help"),
            elem_id="blip2-chat-second",
            filterable=False,
        )
        temperature = _slider(ctx, "temperature", 0, MOST_TEMPERATURE, USUAL.temperature, 0.1)
        seed = gr.Number(
            USUAL.seed,
            label=ctx.label("blip2_chat.seed"),
            info=ctx.label("blip2_chat.seed.help"),
            elem_id="blip2-chat-seed",
            precision=0,
            minimum=0,
            maximum=MOST_SEED,
        )
        tokens = _slider(ctx, "tokens", 1, MOST_TOKENS, USUAL.most_tokens, 1)
    return ChatSettings(model, second, temperature, seed, tokens)


def _slider(
    ctx: Context, name: str, low: float, high: float, value: float, step: float
) -> gr.Slider:
    return gr.Slider(
        low,
        high,
        value,
        step=step,
        label=ctx.label(f"blip2_chat.{name}"),
        info=ctx.label(f"blip2_chat.{name}.help"),
        elem_id=f"blip2-chat-{name}",
    )
