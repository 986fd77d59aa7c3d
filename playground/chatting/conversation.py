"""A talk about one picture: its caption, its questions and what each model answered.

Every value here stays as it is; a change makes a new one. So what was read once never changes
under the reader, and streaming needs no lock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from playground.chatting.parts_of_picture import Part
from playground.models.blip2 import Word
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.pictures import Picture

CAPTION = "caption"
MOST_TURNS = 60
# About what Python takes for a word with its ten choices, and for a reply or turn around it.
WORD_BYTES = 2500
REPLY_BYTES = 1000

# Pairs of a question and its answer, the oldest first.
History = tuple[tuple[str, str], ...]
State = Literal["waiting", "writing", "done", "stopped", "failed"]


@dataclass(frozen=True)
class Settings:
    """How answers are made.

    Attributes:
        temperature: 0 takes the likeliest word each time; higher ones draw more freely.
        seed: What drawing starts from.
        most_tokens: Longest answer in tokens.
    """

    temperature: float = 0.0
    seed: int = 0
    most_tokens: int = 40


@dataclass(frozen=True)
class Reply:
    """What one model answered.

    Attributes:
        model: Its key.
        language: Which frame it was asked in.
        settings: How it was made.
        words: Its words so far.
        state: How far it is.
        ended: Why it ended: "end", "length" or "left"; "" before that.
        first_seconds: From the question to the first word; None before that.
        all_seconds: From the question to the end; None before that.
        prompt: What the model read.
        forced: Tokens that a person chose for its beginning.
        history: Questions and answers before it, as they were when it was asked; None before that.
        told: Its text, where the words are not known: of a talk that the browser brought back.
        notes: What the visitor is told about it.
        mistake: Why it failed.
    """

    model: str
    language: str = "en"
    settings: Settings = Settings()
    words: tuple[Word, ...] = ()
    state: State = "waiting"
    ended: str = ""
    first_seconds: float | None = None
    all_seconds: float | None = None
    prompt: str = ""
    forced: tuple[int, ...] = ()
    history: History | None = None
    told: str = ""
    notes: tuple[Note, ...] = ()
    mistake: PersonError | None = None

    @property
    def text(self) -> str:
        """The answer as it is read."""
        return "".join(word.text for word in self.words).strip() or self.told

    @property
    def bytes_held(self) -> int:
        """About how many bytes it takes."""
        return REPLY_BYTES * (1 + len(self.history or ())) + WORD_BYTES * len(self.words)

    @property
    def is_going(self) -> bool:
        """Whether it is being made."""
        return self.state in ("waiting", "writing")


@dataclass(frozen=True)
class TalkTurn:
    """One question and its answers.

    Attributes:
        id: Its name within the talk.
        question: What was asked.
        language: What it was asked in.
        part: The part of the picture that it is about; None for all of it.
        replies: One for each model that was asked.
    """

    id: str
    question: str
    language: str
    part: Part | None
    replies: tuple[Reply, ...]


@dataclass(frozen=True)
class Talk:
    """One visitor's talk about one picture.

    Attributes:
        id: What the browser knows; 128 random bits.
        visitor: Whose it is, as `visitor_of` names them.
        language: What the visitor reads.
        name: Name of the picture's file.
        alt: What an example shows; "" for a visitor's own picture.
        picture: The pixels.
        models: Keys of the models that answer now; one, or two side by side.
        caption: What each says of the whole picture.
        turns: The questions, the oldest first.
        is_stored: Whether nothing was asked yet beyond what came with the playground.
    """

    id: str
    visitor: str
    language: str
    name: str
    picture: Picture
    models: tuple[str, ...]
    alt: str = ""
    caption: tuple[Reply, ...] = ()
    turns: tuple[TalkTurn, ...] = ()
    is_stored: bool = False

    @property
    def bytes_held(self) -> int:
        """About how many bytes it takes."""
        replies = [reply for turn in self.turns for reply in turn.replies]
        runs = sum(len(turn.part.runs) for turn in self.turns if turn.part)
        told = sum(reply.bytes_held for reply in (*self.caption, *replies))
        return (
            self.picture.pixels.nbytes + told + runs + 4 * sum(len(t.question) for t in self.turns)
        )

    @property
    def is_going(self) -> bool:
        """Whether an answer is being made."""
        replies = [reply for turn in self.turns for reply in turn.replies]
        return any(reply.is_going for reply in (*self.caption, *replies))

    @property
    def turn_ids(self) -> tuple[str, ...]:
        """`CAPTION` and the ids of all questions."""
        return CAPTION, *(turn.id for turn in self.turns)

    def turn(self, turn_id: str) -> TalkTurn:
        """Finds a question.

        Raises:
            PersonError: `chat.mistake.no_turn`.
        """
        return self.turns[self.place(turn_id)]

    def place(self, turn_id: object) -> int:
        """Finds the place of a question.

        Raises:
            PersonError: `chat.mistake.no_turn`.
        """
        for place, turn in enumerate(self.turns):
            if turn.id == turn_id:
                return place
        raise PersonError("chat.mistake.no_turn")

    def replies(self, turn_id: str) -> tuple[Reply, ...]:
        """Returns the answers to a question, or the captions for `CAPTION`.

        Raises:
            PersonError: `chat.mistake.no_turn`.
        """
        return self.caption if turn_id == CAPTION else self.turn(turn_id).replies

    def history(self, turn_id: str, model: str) -> History:
        """Returns what was asked and answered before a question, as one model remembers it.

        Only what was said of the same pixels: a model sees one picture, and what it heard about
        another part it repeats about this one. Where a model was not asked itself, it is told what
        the first other one answered. Answers without a word are left out, with their questions.
        """
        if turn_id == CAPTION:
            return ()
        place = self.place(turn_id)
        same = (turn for turn in self.turns[:place] if turn.part == self.turns[place].part)
        told = ((turn.question, _answer_of(turn.replies, model)) for turn in same)
        return tuple((question, answer) for question, answer in told if answer)

    def asking(self, turn: TalkTurn, *, instead_of: str | None) -> Talk:
        """Adds a question; that which it replaces and all after it go.

        Args:
            turn: The new question.
            instead_of: Id of the question that was edited; None adds it at the end.

        Raises:
            PersonError: `chat.mistake.no_turn`, or `chat.mistake.too_many_turns`.
        """
        kept = self.turns if instead_of is None else self.turns[: self.place(instead_of)]
        if len(kept) >= MOST_TURNS:
            raise PersonError("chat.mistake.too_many_turns", {"most": MOST_TURNS})
        return replace(self, turns=(*kept, turn), is_stored=False)

    def with_replies(self, turn_id: str, replies: Sequence[Reply]) -> Talk:
        """Puts answers in the place of those there are; a question that is gone stays gone."""
        if turn_id == CAPTION:
            return replace(self, caption=tuple(replies))
        turns = tuple(
            replace(turn, replies=tuple(replies)) if turn.id == turn_id else turn
            for turn in self.turns
        )
        return replace(self, turns=turns)

    def with_reply(self, turn_id: str, index: int, reply: Reply) -> Talk:
        """Puts one answer in the place of the one there is."""
        replies = list(self.replies(turn_id))
        replies[index] = reply
        return self.with_replies(turn_id, replies)

    def stopped(self) -> Talk:
        """Returns the talk with every answer that was being made stopped."""
        return self.with_going(lambda reply: replace(reply, state="stopped", ended="left"))

    def failed(self, mistake: PersonError) -> Talk:
        """Returns the talk with every answer that was being made failed."""
        return self.with_going(lambda reply: replace(reply, state="failed", mistake=mistake))

    def with_going(self, change: Callable[[Reply], Reply]) -> Talk:
        """Changes every answer that is being made."""
        if not self.is_going:
            return self

        def changed(replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
            return tuple(change(reply) if reply.is_going else reply for reply in replies)

        turns = tuple(replace(turn, replies=changed(turn.replies)) for turn in self.turns)
        return replace(self, caption=changed(self.caption), turns=turns)


def _answer_of(replies: Sequence[Reply], model: str) -> str:
    own = [reply.text for reply in replies if reply.model == model and reply.text]
    others = [reply.text for reply in replies if reply.text]
    return next(iter(own or others), "")
