"""How answers are made in a talk: planned, written word by word, stopped, told to the canvas."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from playground.chatting.conversation import CAPTION, Reply, Settings, Talk, TalkTurn
from playground.chatting.parts_of_picture import read_part
from playground.chatting.questions import language_of_question, read_question
from playground.chatting.store import Run
from playground.page.chat_canvas import Asked, BoxPart, MaskPart
from playground.page.chat_service import ChatService
from playground.page.chat_values import changed_value, mistake_value, talk_value
from playground.page.languages import language_of
from playground.page.progress import in_words
from playground.page.widgets import status_html
from playground.page.work import Done, Partial, Status, Work
from playground.search import Asker
from playground.visitors.errors import PersonError, explain
from playground.visitors.notes import Note
from playground.visitors.numbers import read_integer, read_number

LOG = logging.getLogger("playground")
MOST_TEMPERATURE = 2.0
MOST_SEED = 2**31 - 1
MOST_TOKENS = 100
# A question or `CAPTION`, and which of its answers.
Place = tuple[str, int]
Steps = Iterator[tuple[Any, ...]]


@dataclass(frozen=True)
class Chosen:
    """What the settings beside the stage say.

    Attributes:
        models: Keys of the one or two models that answer.
        settings: How they answer.
    """

    models: tuple[str, ...]
    settings: Settings


@dataclass
class _Now:
    """The model that is at work, for the sentences about it."""

    title: str = ""


@dataclass(frozen=True)
class Asking:
    """Each function yields canvas, status and notes."""

    service: ChatService
    expected: Mapping[Place, str] = field(default_factory=dict)

    def chosen(
        self, model: object, second: object, temperature: object, seed: object, tokens: object
    ) -> Chosen:
        """Checks the settings as they arrived.

        Raises:
            PersonError: A model that is not there, or a number out of range.
        """
        keys = [self.service.item(model).key]
        if second:
            keys.append(self.service.item(second).key)
        return Chosen(tuple(dict.fromkeys(keys)), read_settings(temperature, seed, tokens))

    def ask(self, request: gr.Request, asked: Asked, chosen: Chosen) -> Steps:
        """Answer a question; one that was edited takes the place of the old one and all after."""
        service, visitor = self.service, self.service.ctx.visitor(request)
        talk = service.store.talk_of(asked.picture_id, visitor)
        words = read_question(asked.question)
        language = language_of_question(words.text)
        part = read_part(told_part(asked.part), talk.picture.pixels.shape[:2])
        replies = [service.planned(key, language, chosen.settings) for key in chosen.models]
        turn = TalkTurn(secrets.token_hex(6), words.text, language, part, tuple(replies))

        def plan(talk: Talk) -> Talk:
            # What is edited may have gone meanwhile; only then is the mistake told.
            return replace(talk, models=chosen.models).asking(turn, instead_of=asked.turn)

        plan(talk)
        run = service.store.begin(talk)
        run.change(plan)
        notes = service.ctx.say_notes(request, words.notes)
        places = [(turn.id, index) for index in range(len(replies))]
        yield from self.answers(request, run, places, notes=notes)

    def retry(self, request: gr.Request, asked: Asked, chosen: Chosen) -> Steps:
        """Answer a question once more, or describe the picture once more."""
        service, visitor = self.service, self.service.ctx.visitor(request)
        talk = service.store.talk_of(asked.picture_id, visitor)
        turn_id = asked.turn or CAPTION
        settings = _drawn_anew(chosen.settings, talk.replies(turn_id))
        if turn_id == CAPTION:
            language = language_of(request)
            replies = [service.planned_caption(key, language, settings) for key in chosen.models]
        else:
            language = talk.turn(turn_id).language
            replies = [service.planned(key, language, settings) for key in chosen.models]
        run = service.store.begin(talk)
        run.change(lambda talk: replace(talk, models=chosen.models).with_replies(turn_id, replies))
        yield from self.answers(request, run, going(turn_id, replies))

    def go_on(self, request: gr.Request, asked: Asked) -> Steps:
        """Keep the first words of an answer, put another word after them, and go on from there."""
        service, visitor = self.service, self.service.ctx.visitor(request)
        talk = service.store.talk_of(asked.picture_id, visitor)
        turn_id, index = asked.turn or CAPTION, asked.index or 0
        replies = talk.replies(turn_id)
        if index >= len(replies) or asked.word is None or asked.token is None:
            raise PersonError("chat.mistake.form")
        before = replies[index]
        forced = (*(word.token for word in before.words[: asked.word]), asked.token)
        if not is_offered(before, asked.word, asked.token):
            raise PersonError("chat.mistake.form")
        room = max(before.settings.most_tokens, len(forced) + 1)
        reply = Reply(
            before.model,
            before.language,
            replace(before.settings, most_tokens=room),
            forced=forced,
            history=before.history,
        )
        run = service.store.begin(talk)
        run.change(lambda talk: talk.with_reply(turn_id, index, reply))
        yield from self.answers(request, run, [(turn_id, index)])

    def change_models(self, request: gr.Request, asked: Asked, chosen: Chosen) -> Steps:
        """Let other models answer from here on; those that have not yet, describe the picture."""
        service, visitor = self.service, self.service.ctx.visitor(request)
        talk = service.store.talk_of(asked.picture_id, visitor)
        known = {reply.model: reply for reply in talk.caption if reply.text}
        language = language_of(request)
        caption = [
            known.get(key) or service.planned_caption(key, language, Settings())
            for key in chosen.models
        ]
        run = service.store.begin(talk)
        run.change(lambda talk: replace(talk, models=chosen.models).with_replies(CAPTION, caption))
        yield from self.answers(request, run, going(CAPTION, caption))

    def answers(
        self,
        request: gr.Request,
        run: Run,
        places: Sequence[Place],
        *,
        notes: str = "",
        with_picture: bool = False,
    ) -> Steps:
        """Write the planned answers, one after the other, and tell every word.

        Args:
            request: Who asks.
            run: The answering; it ends with this.
            places: Which answers, all of them planned.
            notes: What the visitor is told about the question.
            with_picture: Whether the browser does not have the picture yet.
        """
        service = self.service
        busy = status_html(service.ctx.say(request, "status.working"), is_busy=True)
        try:
            talk = service.store.talk_of(run.talk_id, run.visitor)
            value = talk_value(service, request, talk, with_picture=with_picture)
            yield value, busy if places else self._end_status(request, talk, places), notes
            if not places:
                return
            yield from self._words(request, run, places, talk)
        except Exception as error:
            mistake = explain(error)
            run.change(lambda talk: talk.failed(mistake))
        finally:
            # Also where nobody waits for the next value: the visitor has left.
            service.store.finish(run)
        talk = service.store.talk_of(run.talk_id, run.visitor)
        value = talk_value(service, request, talk, with_picture=with_picture)
        yield value, self._end_status(request, talk, places), gr.skip()

    def _words(self, request: gr.Request, run: Run, places: Sequence[Place], talk: Talk) -> Steps:
        """Tell each word, and how things stand before the first."""
        service, ctx, now = self.service, self.service.ctx, _Now()
        language = language_of(request)
        work = Work(ctx.turns, run.visitor, self._job(run, places, now))
        for step in work.stream(lambda news: in_words(news, ctx.languages, language, now.title)):
            if run.is_over() or isinstance(step, Done):
                return
            if isinstance(step, Status):
                yield gr.skip(), status_html(step.text, is_busy=True), gr.skip()
                continue
            told = _changes(service, request, talk, step)
            talk = step.value
            yield told, gr.skip(), gr.skip()

    def told(self, request: gr.Request, steps: Steps, *, is_aside: bool = False) -> Steps:
        """Passes steps on; a mistake is told to the canvas, in a sentence.

        Args:
            request: Who asks.
            steps: What is passed on.
            is_aside: Whether an answer may be written meanwhile, which goes on.
        """
        try:
            yield from steps
        except Exception as error:
            value = mistake_value(self.service, request, error)
            idle = status_html(self.service.ctx.say(request, "status.ready"))
            if is_aside:
                yield value | {"is_aside": True}, gr.skip(), gr.skip()
            else:
                yield value, idle, gr.skip()

    def _job(self, run: Run, places: Sequence[Place], now: _Now) -> Any:
        def job(report: Any, is_left: Any) -> None:
            def is_over() -> bool:
                return bool(is_left()) or run.is_over()

            asker = Asker(run.visitor, report, is_over)
            for turn_id, index in places:
                if is_over():
                    return
                self._write(run, (turn_id, index), asker, now)

        return job

    def _write(self, run: Run, place: Place, asker: Asker, now: _Now) -> None:
        """One answer; its failure is its own, so that the other model still answers."""
        service, (turn_id, index) = self.service, place
        report: Any = asker.progress
        try:
            talk = service.store.talk_of(run.talk_id, run.visitor)
            now.title = service.item(talk.replies(turn_id)[index].model).title
            service.write(run, turn_id, index, asker, lambda talk: report(Partial(talk)))
        except Exception as error:
            mistake = explain(error)
            if not isinstance(error, PersonError) and not run.is_over():
                LOG.warning("%s while answering", type(error).__name__)
            told = run.change(lambda talk: _failed_at(talk, place, mistake))
        else:
            told = run.change(lambda talk: self._compared(talk, place))
        report(Partial(told))

    def _compared(self, talk: Talk, place: Place) -> Talk:
        expected = self.expected.get(place)
        if expected is None:
            return talk
        reply = talk.replies(place[0])[place[1]]
        note = Note("chat.note.same" if reply.text == expected else "chat.note.differs")
        return talk.with_reply(*place, replace(reply, notes=(*reply.notes, note)))

    def _end_status(self, request: gr.Request, talk: Talk, places: Sequence[Place]) -> str:
        ctx = self.service.ctx
        replies = [
            talk.replies(turn_id)[index] for turn_id, index in places if turn_id in talk.turn_ids
        ]
        if any(reply.state == "stopped" for reply in replies):
            return status_html(ctx.say(request, "status.stopped"))
        seconds = [reply.all_seconds for reply in replies if reply.all_seconds is not None]
        if not seconds or any(reply.state == "failed" for reply in replies):
            return status_html(ctx.say(request, "status.ready"))
        models = ", ".join(dict.fromkeys(self.service.item(r.model).title for r in replies))
        whole = sum(seconds)
        told = f"{whole:.2f}" if whole < 1 else f"{whole:.1f}"
        return status_html(ctx.say(request, "blip2_chat.answered", model=models, seconds=told))


def read_settings(temperature: object, seed: object, tokens: object) -> Settings:
    """Checks how answers are to be made.

    Raises:
        PersonError: `mistake.number.` and what is wrong.
    """
    return Settings(
        read_number(temperature, name_key="blip2_chat.temperature", low=0, high=MOST_TEMPERATURE),
        read_integer(seed, name_key="blip2_chat.seed", low=0, high=MOST_SEED),
        read_integer(tokens, name_key="blip2_chat.tokens", low=1, high=MOST_TOKENS),
    )


def told_part(part: BoxPart | MaskPart | None) -> dict[str, Any] | None:
    """Writes a part as `read_part` takes it."""
    if part is None:
        return None
    if isinstance(part, BoxPart):
        return {"box": list(part.box_xyxy)}
    return {"runs": part.runs, "width": part.width, "height": part.height, "name": part.name}


def going(turn_id: str, replies: Sequence[Reply]) -> list[Place]:
    """Returns the places of those answers that are still to be made."""
    return [(turn_id, index) for index, reply in enumerate(replies) if reply.is_going]


def is_offered(reply: Reply, word: int, token: int) -> bool:
    """Whether a token is one of the likeliest that were shown at a place of an answer."""
    if word >= len(reply.words):
        return False
    return any(choice.token == token for choice in reply.words[word].others)


def _failed_at(talk: Talk, place: Place, mistake: PersonError) -> Talk:
    turn_id, index = place
    if turn_id not in talk.turn_ids:
        return talk
    reply = talk.replies(turn_id)[index]
    return talk.with_reply(turn_id, index, replace(reply, state="failed", mistake=mistake))


def _changes(service: ChatService, request: gr.Request, talk: Talk, step: Partial[Talk]) -> Any:
    """The answer that has grown, or everything where more has changed than one."""
    small = changed_value(service, request, talk, step.value)
    if small is not None:
        return small
    if talk == step.value:
        return gr.skip()
    return talk_value(service, request, step.value, with_picture=False)


def _drawn_anew(settings: Settings, replies: Sequence[Reply]) -> Settings:
    """Another seed where drawing with the same one would give the same answer again."""
    seeds = [reply.settings.seed for reply in replies]
    if not settings.temperature or settings.seed not in seeds:
        return settings
    return replace(settings, seed=(max(seeds) + 1) % (MOST_SEED + 1))
