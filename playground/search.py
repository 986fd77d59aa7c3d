"""Finding pictures: by words, by a picture, by both, and away from words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from playground.cache import Cache, Progress
from playground.explain.similarity import QueryTerm, combine_query, rank, spread_over
from playground.index import Index
from playground.models import clip
from playground.own.graph import sample_step
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.numbers import read_integer, read_number
from playground.visitors.words import read_optional_words

MOST_CHARACTERS = 600
MOST_RESULTS, USUAL_RESULTS = 60, 15


@dataclass(frozen=True)
class Query:
    """What a person looks for.

    Attributes:
        words: Text to look for; may be empty if there is a picture.
        without: Text to lead away from; may be empty.
        picture: uint8 (H, W, 3) to look like, or None.
        like: Place in the collection of a picture to look like, or None.
        balance: 0 (only the words count) to 1 (only the picture counts); used when both are there.
        strength: 0 to 1, how strongly to lead away.
    """

    words: str = ""
    without: str = ""
    picture: np.ndarray | None = None
    like: int | None = None
    balance: float = 0.5
    strength: float = 0.5

    @property
    def is_one_text(self) -> bool:
        """Whether it is words alone: only then is a model's probability of a picture defined."""
        return not self.without and self.picture is None and self.like is None


def read_query(
    words: object,
    without: object,
    picture: np.ndarray | None,
    balance: object,
    strength: object,
) -> tuple[Query, tuple[Note, ...]]:
    """Checks what a person asks.

    Args:
        words: Text of up to `MOST_CHARACTERS`; None is none.
        without: Text of up to `MOST_CHARACTERS`; None is none.
        picture: uint8 (H, W, 3), or None.
        balance: 0 to 1.
        strength: 0 to 1.

    Returns:
        The query, and what the person is told about the words.

    Raises:
        PersonError: `mistake.nothing_to_search`, and those of words and numbers.
    """
    wanted = read_optional_words(words, most_characters=MOST_CHARACTERS)
    avoided = read_optional_words(without, most_characters=MOST_CHARACTERS)
    query = Query(
        words=wanted.text,
        without=avoided.text,
        picture=picture,
        balance=read_number(balance, name_key="clip_search.balance", low=0, high=1),
        strength=read_number(strength, name_key="clip_search.strength", low=0, high=1),
    )
    if not query.words and picture is None:
        raise PersonError("mistake.nothing_to_search")
    return query, (*wanted.notes, *avoided.notes)


def read_count(count: object) -> int:
    """Checks how many pictures are wanted.

    Raises:
        PersonError: It is no whole number from 1 to `MOST_RESULTS`.
    """
    return read_integer(count, name_key="clip_search.count", low=1, high=MOST_RESULTS)


@dataclass(frozen=True)
class Asker:
    """Who asks the cache, and how that person hears of it and leaves."""

    visitor: str = ""
    progress: Callable[[Progress | Note], None] | None = None
    cancel: Callable[[], bool] | None = None

    def options(self) -> dict[str, Any]:
        """The keyword arguments that every call of the cache takes."""
        return {"visitor": self.visitor, "progress": self.progress, "cancel": self.cancel}


@dataclass(frozen=True)
class Answer:
    """What was found.

    Attributes:
        query: What was asked.
        places: int (K,), places in the collection, best first.
        cosines: float32 (N,), of the query vector with every picture of the collection;
            not-a-number where a search in a very large collection did not look.
        logit_scale: The model's own: 1 / its temperature.
        tokens: How each text of the query was cut into tokens, by text.
        is_from_store: Whether no model had to run.
        logit_bias: What the model adds before a sigmoid; None where a softmax makes texts compete.
    """

    query: Query
    places: np.ndarray
    cosines: np.ndarray
    logit_scale: float
    tokens: dict[str, clip.TokenCount]
    is_from_store: bool
    logit_bias: float | None = None


def is_stored(index: Index, query: Query) -> bool:
    """Tells whether a query can be answered without a model, from what the index holds."""
    return query.picture is None and all(text in index.texts for text in _texts(query))


def find(cache: Cache, index: Index, query: Query, *, count: int, asker: Asker) -> Answer:
    """Ranks a collection for a query.

    Args:
        cache: Where the model is.
        index: The collection, as that model sees it.
        query: What to look for.
        count: How many pictures are wanted; a picture that is looked for is not found again.
        asker: Who asks.

    Returns:
        The answer. Texts embedded beforehand need no model.

    Raises:
        PersonError: `mistake.query_cancels_out` when what is wanted and what is not are the same;
            `mistake.own.file_broken` when the vectors cannot be the model's.
        CacheError: The model cannot be had.
    """
    texts = _texts(query)
    is_from_store = is_stored(index, query)
    rows, tokens = (
        ({text: index.texts[text] for text in texts}, {text: index.tokens[text] for text in texts})
        if is_from_store
        else embed_with_tokens(cache, index.model_key, texts, asker)
    )
    target = combine_query(_terms(cache, index, query, rows, asker))
    if not target.any():
        raise PersonError("mistake.query_cancels_out")
    places, found = compare(index, target, count, without=query.like)
    return Answer(
        query=query,
        places=places,
        cosines=found,
        logit_scale=index.logit_scale,
        tokens=tokens,
        is_from_store=is_from_store,
        logit_bias=index.logit_bias,
    )


def compare(
    index: Index, target: np.ndarray, count: int, *, without: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the pictures nearest to a vector: all are compared, or a graph is walked.

    Args:
        index: The collection, as one model sees it.
        target: float32 (D,), length 1.
        count: How many are wanted.
        without: A place that is not to be found.

    Returns:
        Places int (K,), best first, and cosines float32 (N,): of every picture, or of the found
        ones and an even sample, with not-a-number elsewhere.
    """
    if index.graph is None:
        found = np.clip(index.vectors @ target, -1.0, 1.0)
        scores = found
        if without is not None:
            scores = found.copy()
            scores[without] = -np.inf
            count = min(count, len(scores) - 1)
        return rank(scores, count), found
    places, near = index.graph.nearest(target, count + 1)
    found = np.full(len(index.vectors), np.nan, np.float32)
    found[:: sample_step(len(found))] = np.clip(index.graph.sample @ target, -1.0, 1.0)
    found[places] = near
    return places[places != without][:count], found


def embed_with_tokens(
    cache: Cache, key: str, texts: tuple[str, ...], asker: Asker
) -> tuple[dict[str, np.ndarray], dict[str, clip.TokenCount]]:
    """Embeds texts in one batch with those of other visitors.

    Args:
        cache: Where the model is.
        key: The model.
        texts: M texts.
        asker: Who asks.

    Returns:
        float32 (D,) of length 1 by text, and the tokens by text.

    Raises:
        CacheError: The model cannot be had.
    """
    if not texts:
        return {}, {}
    rows, tokens = cache.batch(key, clip.read_text_lists, texts, **asker.options())
    return dict(zip(texts, rows, strict=True)), dict(zip(texts, tokens, strict=True))


def _texts(query: Query) -> tuple[str, ...]:
    return tuple(text for text in (query.words, query.without) if text)


def _terms(
    cache: Cache, index: Index, query: Query, rows: dict[str, np.ndarray], asker: Asker
) -> list[QueryTerm]:
    wanted: list[tuple[np.ndarray, float]] = []
    has_picture = query.picture is not None or query.like is not None
    if query.words:
        wanted.append((rows[query.words], 1 - query.balance if has_picture else 1.0))
    if has_picture:
        vector = (
            index.vectors[query.like]
            if query.like is not None
            else cache.batch(index.model_key, clip.embed_pictures, query.picture, **asker.options())
        )
        wanted.append((vector, query.balance if query.words else 1.0))
    if query.without:
        wanted.append((rows[query.without], -query.strength))
    if any(len(vector) != index.vectors.shape[1] for vector, _ in wanted):
        # Only a forged file of pictures holds vectors of a width that the model does not have.
        raise PersonError("mistake.own.file_broken")
    if len(wanted) == 1:
        return [QueryTerm(*wanted[0])]
    graph, step = index.graph, sample_step(len(index.vectors))
    sample = index.vectors[::step] if graph is None else graph.sample
    return [QueryTerm(vector, weight, spread_over(sample, vector)) for vector, weight in wanted]
