"""What is asked of a model that answers about pictures, and what comes back; numpy and text only.

Shapes: P places of the picture (class token first where there is one), D numbers of a place,
Q queries, H numbers of a query as the language model reads it, L layers of the Q-Former that look
at the picture, A heads, (h, w) the grid of patches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from playground.visitors.notes import Note

Ended = Literal["end", "length", "left"]


class Steps(Protocol):
    """What long work calls between two units: `playground.cache.Turn`."""

    def step(self) -> None:
        """Lets others go first."""


@dataclass(frozen=True)
class Seen:
    """One encoded picture, so that questions need no vision tower.

    Attributes:
        kind: Class of the library that it was made for, as in `blip2_kinds.KINDS`.
        size_hw: Height and width of the picture.
        states: float16 (P, D), what the vision tower made; pixel values where no tower can be
            parted from the model.
        queries: float16 (Q, H), what stands for the picture before the language model; None where
            that depends on the question or there are none.
        extra: What a kind keeps beside.
    """

    kind: str
    size_hw: tuple[int, int]
    states: np.ndarray
    queries: np.ndarray | None = None
    extra: tuple[np.ndarray, ...] = ()

    @property
    def bytes_held(self) -> int:
        """Bytes of all arrays."""
        queries = () if self.queries is None else (self.queries,)
        return sum(array.nbytes for array in (self.states, *queries, *self.extra))


@dataclass(frozen=True)
class Choice:
    """One word that could have stood in a place.

    Attributes:
        token: Its id in the model's vocabulary.
        text: What it adds to the text; "" ends the answer. A token that is half a character
            shows as U+FFFD.
        probability: The model's own, 0..1.
    """

    token: int
    text: str
    probability: float


@dataclass(frozen=True)
class Word:
    """One token of an answer.

    Attributes:
        token: Its id.
        text: What it added; the texts of all words joined are the answer exactly.
        probability: The model's own, 0..1, also where the word was forced or drawn at a
            temperature.
        others: The ten likeliest in its place, likeliest first, the chosen one among them. Their
            rest to 1 is that of all others.
    """

    token: int
    text: str
    probability: float
    others: tuple[Choice, ...]


def tell_nobody(words: tuple[Word, ...]) -> None:
    """Takes the words of somebody who waits for the whole answer."""


def is_here() -> bool:
    """The answer of somebody who never leaves."""
    return False


@dataclass(frozen=True)
class Ask:
    """One question about one picture.

    Attributes:
        seen: What `see` made of the picture with the same model.
        turns: Questions and answers before it, oldest first.
        question: Any text; "" without turns asks for a caption.
        language: Which frame is written around the question, where the model knows more than one.
        forced: Tokens that the answer begins with.
        most_tokens: Longest answer, from 1, the forced ones counted.
        temperature: 0 takes the likeliest word; above, words are drawn.
        seed: Decides what is drawn, whatever else is in the batch; from 0.
        silenced: Queries that nothing may look at.
        replaced: Query -> float (H,) that is put in its place.
        tell: Called with all words so far after each word; starts over where the work does. It
            must be quick and must not raise.
        is_left: Asked before each word; True ends the answer.
    """

    seen: Seen
    turns: tuple[tuple[str, str], ...] = ()
    question: str = ""
    language: str = "en"
    forced: tuple[int, ...] = ()
    most_tokens: int = 40
    temperature: float = 0.0
    seed: int = 0
    silenced: tuple[int, ...] = ()
    replaced: Mapping[int, np.ndarray] = field(default_factory=dict)
    tell: Callable[[tuple[Word, ...]], None] = tell_nobody
    is_left: Callable[[], bool] = is_here

    @property
    def is_caption(self) -> bool:
        """Whether nothing is asked, so that the picture is described."""
        return not self.question and not self.turns


@dataclass(frozen=True)
class Answer:
    """What was answered.

    Attributes:
        words: Its tokens, without the one that ended it.
        text: Their texts joined.
        ended: "end": the model ended it; "length": it grew too long; "left": nobody waited.
        prompt: The text that the model read before it.
        turns_used: How many turns before it were read, the newest ones.
        unread: End of the question for which the model has no room; mostly "".
        precision: Says that, for lack of memory, the model runs in fewer bits than usual.
    """

    words: tuple[Word, ...]
    text: str
    ended: Ended
    prompt: str
    turns_used: int = 0
    unread: str = ""
    precision: Note | None = None


@dataclass(frozen=True)
class Scored:
    """How likely each of several options is as the answer.

    Attributes:
        totals: Natural logarithm of each option's probability, all its tokens together.
        per_token: The same divided by its number of tokens, so that long ones do not lose.
    """

    totals: tuple[float, ...]
    per_token: tuple[float, ...]


@dataclass(frozen=True)
class Matched:
    """How well a sentence fits a picture.

    Attributes:
        probability: 0..1, of the matching head, which reads both together.
        cosine: -1..1, of the contrastive vectors, made apart; the likeliest query counts.
    """

    probability: float
    cosine: float


@dataclass(frozen=True)
class Looks:
    """Where the queries look.

    Attributes:
        weights: float16 (L, A, Q, h, w), 0..1.
        elsewhere: float16 (L, A, Q), what goes to the class token, which stands for no place;
            with `weights` over all places it sums to 1.
        queries: float16 (Q, width of the Q-Former), what the queries have become.
    """

    weights: np.ndarray
    elsewhere: np.ndarray
    queries: np.ndarray


@dataclass(frozen=True)
class Facts:
    """What a catalogue entry alone says.

    Attributes:
        has_queries: Whether queries stand between its eyes and its language model.
        query_count: How many, 0 without.
        can_match: Whether it has a part that matches sentences.
        answers: Whether it answers or describes at all.
        remembers_turns: Whether it reads earlier questions and answers.
        languages: Which it reads, as in `assets/languages`.
        is_free_text: Whether it writes its answers; else it chooses among fixed ones.
        is_captioner: Whether what is typed is the beginning of a caption, not a question.
    """

    has_queries: bool
    query_count: int
    can_match: bool
    answers: bool
    remembers_turns: bool
    languages: tuple[str, ...]
    is_free_text: bool
    is_captioner: bool
