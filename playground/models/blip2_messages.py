"""Talks as today's small models read them: messages in the template of their makers.

The tokens of the picture stand in the first message; the eyes have run before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from playground.models.blip2_asks import Answer, Ask, Steps
from playground.models.blip2_rows import stacked, without_marks
from playground.models.blip2_words import Prompted, write
from playground.models.language_model import Language

CAPTION_QUESTION = "Describe this image in one sentence."
IN_CHINESE = " Answer in Traditional Chinese."
# What is read of a long talk: bounds the memory of the longest one.
MOST_TURNS = 12
MOST_PROMPT_TOKENS = 4096


@dataclass(eq=False)
class ChatLanguage(Language):
    """A language model that reads messages.

    Attributes:
        template: How messages become text; None for that of the tokenizer.
        image_mark: What stands for the picture in that text.
        expand: `expand(seen)` is what the model reads in its place.
        encoded: `encoded(asks)` makes further inputs of `generate`: the pictures of a batch.
    """

    template: str | None
    image_mark: str
    expand: Callable[[Any], str]
    encoded: Callable[[Any, Sequence[Ask]], dict[str, Any]]


@dataclass(frozen=True)
class Talk:
    """A question with its talk as the model reads them.

    Attributes:
        text: The text, with one mark for the picture.
        tokens: Its tokens, with all tokens of the picture.
        turns_used: See `Answer`.
        unread: See `Answer`.
    """

    text: str
    tokens: tuple[int, ...]
    turns_used: int
    unread: str


def answer(language: ChatLanguage, asks: Sequence[Ask], turn: Steps) -> list[Answer]:
    """Answers questions together; see `playground.models.blip2.answer`."""
    talks = [talk_of(language, ask) for ask in asks]
    device = next(language.module.parameters()).device
    ids, mask = stacked(
        [talk.tokens for talk in talks],
        fill=language.tokenizer.pad_token_id,
        side="left",
        device=device,
    )
    prompted = Prompted(
        generate=partial(
            language.module.generate,
            input_ids=ids,
            attention_mask=mask,
            pad_token_id=language.tokenizer.pad_token_id,
            **language.encoded(ids, asks),
        ),
        prompts=tuple(talk.text for talk in talks),
        turns_used=tuple(talk.turns_used for talk in talks),
        unread=tuple(talk.unread for talk in talks),
        openings=((),) * len(asks),
        precision=language.precision,
    )
    return write(language.texts, prompted, asks, turn)


def talk_of(language: ChatLanguage, ask: Ask) -> Talk:
    """Writes a talk, as much of it as there is room for.

    Args:
        language: The model.
        ask: The question. Old turns are left out first, then the end of the question.

    Returns:
        The talk.
    """
    room = min(language.context_tokens, MOST_PROMPT_TOKENS) - ask.most_tokens
    asked = ask.question or _caption_question(language, ask)
    turns, question = ask.turns[-MOST_TURNS:], asked
    while True:
        text = _text(language, turns, question)
        shown = text.replace(language.image_mark, language.expand(ask.seen), 1)
        tokens = language.tokenizer(shown, add_special_tokens=False)["input_ids"]
        if len(tokens) <= room or not (turns or question):
            return Talk(text, tuple(tokens), len(turns), asked[len(question) :])
        if turns:
            turns = turns[1:]
        else:
            kept = len(question) * max(room, 0) // len(tokens)
            question = question[: min(kept, len(question) - 1)]


def _text(language: ChatLanguage, turns: Sequence[tuple[str, str]], question: str) -> str:
    """The messages in the template; what people typed is text, whatever marks it names."""
    said = [words for asked, answered in turns for words in (asked, answered)]
    messages: list[dict[str, Any]] = []
    for number, words in enumerate((*said, question)):
        part = {"type": "text", "text": without_marks(words, language.tokenizer)}
        content = [part] if number else [{"type": "image"}, part]
        messages.append({"role": "assistant" if number % 2 else "user", "content": content})
    text: str = language.tokenizer.apply_chat_template(
        messages, chat_template=language.template, add_generation_prompt=True, tokenize=False
    )
    return text


def _caption_question(language: ChatLanguage, ask: Ask) -> str:
    is_chinese = ask.language in language.frames and ask.language != "en"
    return CAPTION_QUESTION + (IN_CHINESE if is_chinese else "")
