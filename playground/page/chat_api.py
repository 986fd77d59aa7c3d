"""The chat for programs: events for `gradio_client` and MCP, with plain answers.

The docstrings below are what a program is told, so they are written for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.chatting.conversation import MOST_TURNS, Settings
from playground.chatting.questions import language_of_question, read_question
from playground.entries import Entry
from playground.models import blip2
from playground.page.chat_asking import read_settings
from playground.page.chat_service import FAMILY, ChatService
from playground.page.chat_settings import USUAL, speakers
from playground.page.clip_api import Texts
from playground.page.context import Context
from playground.page.events import add_program_events, awaited, model_key
from playground.page.languages import language_of
from playground.page.picture_input import PictureInput
from playground.page.work import Done, Partial, Status
from playground.search import Asker
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture
from playground.visitors.words import read_words

MOST_SENTENCES = 20
MOST_SENTENCE = 200
MOST_ANSWER = 4000


class Pairs(gr.JSON):
    """A list of [question, answer]. `gr.JSON` itself says of its type only `{}`."""

    is_template = True

    def api_info(self) -> dict[str, Any]:
        """Tells programs what is wanted."""
        pair = {"type": "array", "items": {"type": "string"}}
        return {"type": "array", "items": pair}


@dataclass(frozen=True)
class ChatApi:
    """The functions behind the events. An event is called as its function."""

    service: ChatService

    def blip2_chat_caption(
        self, picture: Picture | None, model: str, request: gr.Request
    ) -> Iterator[dict[str, Any] | None]:
        """Describe a picture in a sentence.

        Args:
            picture: The picture.
            model: Key of the model that answers, such as mini-blip2.

        Yields:
            null while it goes on, then the model's key, the text, why it ended ("end" or "length"),
            and its words, each with its probability and the ten likeliest words in its place as
            [text, probability].
        """
        item = self.service.item(model)
        if not blip2.facts(item).is_free_text:
            raise PersonError("chat.mistake.no_caption", {"model": item.title})
        language = language_of(request)
        asked = self._asked(item, "", (), language, USUAL)
        for answer in awaited(self._news(request, item, picture, asked)):
            yield None if answer is None else _told(item, answer)

    def blip2_chat_ask(
        self,
        picture: Picture | None,
        question: str,
        history: list[list[str]],
        seed: float,
        temperature: float,
        most_tokens: float,
        model: str,
        request: gr.Request,
    ) -> Iterator[str]:
        """Ask a question about a picture; the answer comes word by word.

        Args:
            picture: The picture.
            question: The question, up to 500 characters.
            history: What was asked and answered before, as [question, answer]; oldest first.
            seed: What drawing words starts from; a whole number from 0.
            temperature: 0 for the likeliest words, up to 2 to draw more freely.
            most_tokens: Longest answer in tokens, 1 to 100.
            model: Key of the model that answers, such as mini-blip2.

        Yields:
            The answer so far; the last one is whole.
        """
        item = self.service.item(model)
        words = read_question(question).text
        settings = read_settings(temperature, seed, most_tokens)
        language = language_of_question(words)
        asked = self._asked(item, words, read_history(history), language, settings)
        so_far = ""
        for step in self._news(request, item, picture, asked):
            if isinstance(step, Partial):
                so_far = step.value
            elif isinstance(step, Done):
                so_far = step.value.text.strip()
            # Also where no word came: a program that has left is noticed between two values.
            yield so_far

    def blip2_chat_match(
        self, picture: Picture | None, sentences: list[str], model: str, request: gr.Request
    ) -> Iterator[dict[str, Any] | None]:
        """Tell how well sentences fit a picture.

        Args:
            picture: The picture.
            sentences: 1 to 20 sentences.
            model: Key of a model with a matching head, such as mini-blip2.

        Yields:
            null while it goes on, then the model's key and for each sentence the probability that
            it fits, by the head that reads both together, and the cosine of the vectors that are
            made apart.
        """
        item = self.service.item(model)
        if not blip2.facts(item).can_match:
            raise PersonError("chat.mistake.cannot_match", {"model": item.title})
        texts = read_sentences(sentences)
        shown = _shown(picture)

        def job(report: Any, is_left: Any) -> list[blip2.Matched]:
            asker = Asker(self.service.ctx.visitor(request), report, is_left)
            seen = self.service.see(item, shown, asker)
            return self.service.match(item, seen, texts, asker)

        for matched in awaited(self.service.ctx.work(request, job, title=item.title)):
            if matched is None:
                yield None
                continue
            rows = [
                {"sentence": text, "probability": one.probability, "cosine": one.cosine}
                for text, one in zip(texts, matched, strict=True)
            ]
            yield {"model": item.key, "sentences": rows}

    def _asked(
        self,
        item: Entry,
        question: str,
        turns: Sequence[tuple[str, str]],
        language: str,
        settings: Settings,
    ) -> Callable[..., blip2.Ask]:
        remembers = blip2.facts(item).remembers_turns

        def make(seen: blip2.Seen, tell: Any, is_left: Any) -> blip2.Ask:
            return blip2.Ask(
                seen=seen,
                turns=tuple(turns) if remembers else (),
                question=question,
                language=language if language in item.languages else "en",
                most_tokens=settings.most_tokens,
                temperature=settings.temperature,
                seed=settings.seed,
                tell=tell,
                is_left=is_left,
            )

        return make

    def _news(
        self,
        request: gr.Request,
        item: Entry,
        picture: Picture | None,
        asked: Callable[..., blip2.Ask],
    ) -> Iterator[Status | Partial[str] | Done[blip2.Answer]]:
        shown = _shown(picture)

        def job(report: Any, is_left: Any) -> blip2.Answer:
            def tell(words: tuple[blip2.Word, ...]) -> None:
                report(Partial("".join(word.text for word in words).strip()))

            asker = Asker(self.service.ctx.visitor(request), report, is_left)
            seen = self.service.see(item, shown, asker)
            return self.service.say(item, asked(seen, tell, is_left), asker)

        return self.service.ctx.stream(request, job, title=item.title)


def read_history(told: object) -> tuple[tuple[str, str], ...]:
    """Checks what was asked and answered before.

    Raises:
        PersonError: `chat.mistake.history`, or what is wrong with one of its texts.
    """
    if told is None:
        return ()
    if not isinstance(told, list) or len(told) > MOST_TURNS:
        raise PersonError("chat.mistake.history", {"most": MOST_TURNS})
    pairs = []
    for pair in told:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise PersonError("chat.mistake.history", {"most": MOST_TURNS})
        question, answer = pair
        answered = read_words(answer, most_characters=MOST_ANSWER).text
        pairs.append((read_question(question).text, answered))
    return tuple(pairs)


def read_sentences(told: object) -> tuple[str, ...]:
    """Checks sentences that are to be matched with a picture.

    Raises:
        PersonError: `chat.mistake.sentences`, or what is wrong with one of them.
    """
    if not isinstance(told, list) or not 1 <= len(told) <= MOST_SENTENCES:
        raise PersonError("chat.mistake.sentences", {"most": MOST_SENTENCES})
    return tuple(read_words(one, most_characters=MOST_SENTENCE).text for one in told)


def _shown(picture: Picture | None) -> Picture:
    if picture is None:
        raise PersonError("mistake.picture.missing")
    return picture


def _told(item: Entry, answer: blip2.Answer) -> dict[str, Any]:
    return {
        "model": item.key,
        "text": answer.text.strip(),
        "ended": answer.ended,
        "words": [
            {
                "text": word.text,
                "probability": word.probability,
                "likeliest": [[choice.text, choice.probability] for choice in word.others],
            }
            for word in answer.words
        ],
    }


def add_events(service: ChatService) -> None:
    """Adds the events to the page, behind widgets that nobody sees.

    Pictures come through a component: an event that took a path would open any file of the server.
    """
    ctx: Context = service.ctx
    api = ChatApi(service)
    with gr.Row(visible=False):
        picture = PictureInput(languages=ctx.languages)
        question, history = gr.Textbox(), Pairs([])
        seed = gr.Number(USUAL.seed)
        temperature, tokens = gr.Number(USUAL.temperature), gr.Number(USUAL.most_tokens)
        sentences = Texts()
        model, matcher = model_key(speakers(ctx)), model_key(matchers(ctx))
        answer, streamed = gr.JSON(), gr.Textbox()
        told: Mapping[Callable[..., Any], list[Any]] = {
            api.blip2_chat_caption: [picture, model],
            api.blip2_chat_match: [picture, sentences, matcher],
        }
        add_program_events(ctx, told, answer)
        asked = [picture, question, history, seed, temperature, tokens, model]
        add_program_events(ctx, {api.blip2_chat_ask: asked}, streamed)


def matchers(ctx: Context) -> list[Entry]:
    """Returns the models that tell how well sentences fit; those on this machine come first."""
    entries = [item for item in ctx.entries(FAMILY) if blip2.facts(item).can_match]
    return sorted(entries, key=lambda item: not ctx.is_on_disk(item))
