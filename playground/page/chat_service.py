"""The chat behind the page: pictures are encoded once, answers and matches come from the cache.

Nothing is shared between visitors but what a model saw in the same pixels.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from playground.cache import Cancelled
from playground.chatting.conversation import CAPTION, Reply, Settings, Talk
from playground.chatting.parts_of_picture import picture_of_part
from playground.chatting.store import EXPIRED, Run, TalkStore
from playground.chatting.stored import EXAMPLES, STORED, Questions, read_questions
from playground.collection import Collection
from playground.entries import Entry
from playground.fingerprints import Fingerprints
from playground.keeping import Keeping
from playground.models import blip2
from playground.page.context import Context
from playground.page.server_functions import ServerFunctions
from playground.search import Asker
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.numbers import read_choice
from playground.visitors.pictures import Picture

FAMILY, SEGMENT_FAMILY = "blip2", "sam"
MOST_SEEN_BYTES = 300_000_000
MOST_SEEN = 2000
# Model's key, fingerprint of its files, content id of the pixels that it was shown.
SeenKey = tuple[str, str, str]


def _seen_pictures() -> Keeping[SeenKey, blip2.Seen]:
    return Keeping(lambda seen: seen.bytes_held, most_bytes=MOST_SEEN_BYTES, most_values=MOST_SEEN)


@dataclass
class ChatService:
    """Everything that the tab, its drawer, its measuring and its events for programs ask.

    Attributes:
        ctx: The page's context.
        collection: Where the examples are.
        stored: Folder of the talks that ship.
        store: The visitors' talks.
        seen: Encoded pictures and parts, shared by all who show the same pixels.
    """

    ctx: Context
    collection: Collection
    stored: Path = STORED
    store: TalkStore = field(default_factory=TalkStore)
    seen: Keeping[SeenKey, blip2.Seen] = field(default_factory=_seen_pictures)

    @cached_property
    def fingerprints(self) -> Fingerprints:
        """Which files each model has."""
        return Fingerprints(self.ctx.settings.models_folder)

    @cached_property
    def functions(self) -> ServerFunctions:
        """Makes server functions that answer in the language of the visitor's talk."""
        return ServerFunctions(
            self.ctx.languages, self.store.language_of, "chat.mistake.form", EXPIRED
        )

    @cached_property
    def example_ids(self) -> dict[str, str]:
        """The ids of the examples by the first digits of their content id."""
        places = self.collection.places
        names = [name for name in EXAMPLES if name in places]
        return {self.collection.read(places[name]).content_id[:16]: name for name in names}

    @cached_property
    def questions(self) -> dict[str, dict[str, Questions]]:
        """What may be asked about each example."""
        return read_questions()

    def item(self, model: object) -> Entry:
        """Checks which model a person chose.

        Raises:
            PersonError: There is no such model.
        """
        entries = {entry.key: entry for entry in self.ctx.entries(FAMILY)}
        return entries[read_choice(model, name_key="page.model", choices=entries)]

    def example_of(self, content_id: str) -> str | None:
        """Returns the id of the example with these pixels, or None.

        Args:
            content_id: A picture's whole content id, or its first 16 digits.
        """
        return self.example_ids.get(content_id[:16])

    def example(self, content_id: str) -> Picture | None:
        """Returns the example with this content id (or its first 16 digits), or None."""
        name = self.example_of(content_id)
        return None if name is None else self.collection.read(self.collection.place_of(name))

    def see(self, item: Entry, picture: Picture, asker: Asker) -> blip2.Seen:
        """Returns what a model saw in a picture; it looks only once at the same pixels.

        Args:
            item: The model.
            picture: All of what it is shown.
            asker: Who asks.

        Raises:
            CacheError: The model cannot be had, or the visitor has left.
        """

        def look() -> blip2.Seen:
            part = blip2.part_of(item, "eyes")
            seen: blip2.Seen = self.ctx.cache.batch(
                part, blip2.see, picture.pixels, **asker.options()
            )
            return seen

        key = self._seen_key(item, picture)
        seen = self.seen.made(key, look, is_left=asker.cancel or _never)
        if seen is None:
            raise Cancelled(item.key)
        # The files may only have come with this: then they have another name now.
        if (now := self._seen_key(item, picture)) != key:
            self.seen.put(now, seen)
        return seen

    def picture_of(self, talk: Talk, turn_id: str) -> Picture:
        """Returns what a question is about: the whole picture, or its part.

        Raises:
            PersonError: `chat.mistake.no_turn`.
        """
        part = None if turn_id == CAPTION else talk.turn(turn_id).part
        return picture_of_part(talk.picture, part)

    def ask_of(self, talk: Talk, turn_id: str, reply: Reply, asker: Asker) -> blip2.Ask:
        """Makes what a model is asked for one answer, encoding the picture if need be.

        Args:
            talk: The talk.
            turn_id: A question, or `CAPTION`.
            reply: The answer: its model, settings, history and the words that it begins with.
            asker: Who asks.

        Raises:
            PersonError: There is no such question.
            CacheError: The model cannot be had, or the visitor has left.
        """
        item = self.item(reply.model)
        question = "" if turn_id == CAPTION else talk.turn(turn_id).question
        return blip2.Ask(
            seen=self.see(item, self.picture_of(talk, turn_id), asker),
            turns=reply.history or (),
            question=question,
            language=reply.language,
            forced=reply.forced,
            most_tokens=reply.settings.most_tokens,
            temperature=reply.settings.temperature,
            seed=reply.settings.seed,
        )

    def ask_again(
        self, talk: Talk, turn_id: str, index: int, asker: Asker
    ) -> tuple[Entry, blip2.Ask]:
        """Returns the model of an answer, and what it was asked, as it was asked.

        Raises:
            PersonError: There is no such answer.
            CacheError: The model cannot be had, or the visitor has left.
        """
        replies = talk.replies(turn_id)
        if not 0 <= index < len(replies):
            raise PersonError("chat.mistake.no_turn")
        reply = replies[index]
        return self.item(reply.model), self.ask_of(talk, turn_id, reply, asker)

    def say(self, item: Entry, ask: blip2.Ask, asker: Asker) -> blip2.Answer:
        """Answers one question; those that wait for the same model are answered together.

        Raises:
            CacheError: The model cannot be had, or the visitor has left.
        """
        part = blip2.part_of(item, "language")
        answer: blip2.Answer = self.ctx.cache.batch(
            part, blip2.answer, ask, steps=True, **asker.options()
        )
        return answer

    def match(
        self, item: Entry, seen: blip2.Seen, sentences: Sequence[str], asker: Asker
    ) -> list[blip2.Matched]:
        """Tells how well sentences fit a picture.

        Raises:
            PersonError: `chat.mistake.cannot_match`.
            CacheError: The model cannot be had, or the visitor has left.
        """
        if not blip2.facts(item).can_match:
            raise PersonError("chat.mistake.cannot_match", {"model": item.title})
        pairs = [(seen, sentence) for sentence in sentences]
        matched: list[blip2.Matched] = self.ctx.cache.run(
            blip2.part_of(item, "match"), lambda model: blip2.match(model, pairs), **asker.options()
        )
        return matched

    def planned(self, model: str, language: str, settings: Settings) -> Reply:
        """Plans an answer to a question, still to be made.

        Args:
            model: Which model is to answer.
            language: What the question is asked in.
            settings: How it is to be made.
        """
        item = self.item(model)
        if language in item.languages:
            return Reply(model, language, settings)
        return Reply(
            model, "en", settings, notes=(Note("chat.note.language", {"model": item.title}),)
        )

    def planned_caption(self, model: str, language: str, settings: Settings) -> Reply:
        """Plans a caption, still to be made; done at once for a model that makes none."""
        item = self.item(model)
        if not blip2.facts(item).is_free_text:
            note = Note("chat.note.no_caption", {"model": item.title})
            return Reply(model, state="done", notes=(note,))
        return Reply(model, language if language in item.languages else "en", settings)

    def write(
        self, run: Run, turn_id: str, index: int, asker: Asker, tell: Callable[[Talk], None]
    ) -> Talk:
        """Makes one planned answer, word by word.

        Args:
            run: The answering that it belongs to.
            turn_id: The question, or `CAPTION`.
            index: Which of its answers.
            asker: Who asks.
            tell: Called with the talk after every word.

        Returns:
            The talk with the answer.

        Raises:
            PersonError: The talk or the question is gone.
            CacheError: The model cannot be had, or the visitor has left.
        """
        started = time.monotonic()
        talk = self.store.talk_of(run.talk_id, run.visitor)
        reply = self._remembering(talk, turn_id, talk.replies(turn_id)[index])
        firsts: list[float] = []

        def heard(words: tuple[blip2.Word, ...]) -> None:
            if not firsts:
                firsts.append(time.monotonic() - started)
            news = replace(reply, words=words, state="writing", first_seconds=firsts[0])
            # Several visitors' answers are made together: one whose talk is gone ends alone.
            with suppress(PersonError):
                tell(run.change(lambda talk: talk.with_reply(turn_id, index, news)))

        ask = self.ask_of(talk, turn_id, reply, asker)
        ask = replace(ask, tell=heard, is_left=asker.cancel or _never)
        answer = self.say(self.item(reply.model), ask, asker)
        seconds = time.monotonic() - started
        done = _finished(reply, answer, firsts[0] if firsts else seconds, seconds)
        return run.change(lambda talk: talk.with_reply(turn_id, index, done))

    def forget(self, visitor: str) -> None:
        """Lets go of a visitor's talks, and of what models saw in pictures of nobody else."""
        kept = self.store.hashes(but_of=visitor)
        talks = [t for t in self.store.forget(visitor) if t.picture.content_id not in kept]
        gone = {self.picture_of(t, name).content_id for t in talks for name in t.turn_ids}
        self.seen.drop(lambda key, _: key[2] in gone)

    def _remembering(self, talk: Talk, turn_id: str, reply: Reply) -> Reply:
        if reply.history is not None:
            return reply
        remembers = blip2.facts(self.item(reply.model)).remembers_turns
        return replace(reply, history=talk.history(turn_id, reply.model) if remembers else ())

    def _seen_key(self, item: Entry, picture: Picture) -> SeenKey:
        return item.key, self.fingerprints.of(item), picture.content_id


def _finished(reply: Reply, answer: blip2.Answer, first: float, seconds: float) -> Reply:
    notes = list(reply.notes)
    if (dropped := len(reply.history or ()) - answer.turns_used) > 0:
        notes.append(Note("chat.note.turns_dropped", {"count": dropped}))
    if answer.precision is not None:
        notes.append(answer.precision)
    if answer.unread:
        notes.append(Note("chat.note.unread", {"words": answer.unread}))
    return replace(
        reply,
        words=answer.words,
        state="stopped" if answer.ended == "left" else "done",
        ended=answer.ended,
        prompt=answer.prompt,
        first_seconds=first,
        all_seconds=seconds,
        notes=tuple(notes),
    )


def _never() -> bool:
    return False
