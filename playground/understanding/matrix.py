"""The matrix of pictures and texts: every cosine, by template and over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from playground.cache import Cache
from playground.collection import Collection
from playground.explain.open_set import far_from
from playground.explain.similarity import cosines, ensemble_templates
from playground.index import Index
from playground.models import clip
from playground.search import Asker, embed_with_tokens
from playground.understanding.asked import Matter

Rows = dict[str, np.ndarray]


@dataclass(frozen=True)
class Matrix:
    """How well every text fits every picture.

    Attributes:
        cosines: float32 (N, M), of pictures with the mean over the templates.
        template_cosines: float32 (T, N, M), with each template alone.
        others: float32 (N, K), with the texts that stand for "none of these"; K may be 0.
        other_texts: Those K texts.
        logit_scale: The model's own: 1 / its temperature.
        logit_bias: What it adds before a sigmoid; None where a softmax makes texts compete.
        tokens: How each text was cut, in the first template.
        is_from_store: Whether no model had to run.
    """

    cosines: np.ndarray
    template_cosines: np.ndarray
    others: np.ndarray
    other_texts: tuple[str, ...]
    logit_scale: float
    logit_bias: float | None
    tokens: tuple[clip.TokenCount, ...]
    is_from_store: bool


def texts_of(matter: Matter, others: tuple[str, ...]) -> tuple[str, ...]:
    """Lists every text that a matrix needs, each once."""
    wanted = matter.texts + (others if matter.has_none else ())
    return tuple(dict.fromkeys(text for row in matter.filled(wanted) for text in row))


def is_matrix_stored(
    index: Index, matter: Matter, found: Sequence[int | np.ndarray], others: tuple[str, ...]
) -> bool:
    """Tells whether a matrix needs no model: stored pictures, and texts embedded beforehand."""
    return all(isinstance(picture, int) for picture in found) and all(
        text in index.texts for text in texts_of(matter, others)
    )


def make_matrix(
    cache: Cache,
    key: str,
    index: Index | None,
    collection: Collection,
    matter: Matter,
    found: Sequence[int | np.ndarray],
    others: tuple[str, ...],
    *,
    asker: Asker,
) -> Matrix:
    """Compares pictures with texts.

    Args:
        cache: Where the model is.
        key: The model.
        index: The collection as that model sees it, if it is at hand.
        collection: The playground's pictures.
        matter: What is compared.
        found: N places in the collection or pictures, as `matter.pictures` names them.
        others: Texts that may stand for "none of these".
        asker: Who asks.

    Raises:
        CacheError: The model cannot be had.

    Source:
        Radford 2021, figure 3 (the matrix) and section 3.1.4 (the ensemble of prompts).
    """
    texts = texts_of(matter, others)
    is_stored = index is not None and is_matrix_stored(index, matter, found, others)
    if is_stored and index is not None:
        rows: Rows = {text: index.texts[text] for text in texts}
        tokens = {text: index.tokens[text] for text in texts}
        scale, bias = index.logit_scale, index.logit_bias
    else:
        rows, tokens = embed_with_tokens(cache, key, texts, asker)
        scale, bias = scale_of(cache, key, index, asker)
    pictures = embed_found(cache, key, index, collection, found, asker)
    by_template = np.stack([[rows[text] for text in row] for row in matter.filled(matter.texts)])
    labels = ensemble_templates(by_template)
    bank = np.zeros((0, labels.shape[1]), np.float32)
    kept: tuple[str, ...] = ()
    if matter.has_none and others:
        filled = np.stack([[rows[text] for text in row] for row in matter.filled(others)])
        bank = ensemble_templates(filled)
        places = far_from(labels, bank)
        bank, kept = bank[places], tuple(others[place] for place in places)
    return Matrix(
        cosines=cosines(pictures, labels),
        template_cosines=np.stack([cosines(pictures, row) for row in by_template]),
        others=cosines(pictures, bank),
        other_texts=kept,
        logit_scale=scale,
        logit_bias=bias,
        tokens=tuple(tokens[text] for text in matter.filled(matter.texts)[0]),
        is_from_store=is_stored,
    )


def scale_of(
    cache: Cache, key: str, index: Index | None, asker: Asker
) -> tuple[float, float | None]:
    """Returns a model's own logit scale and bias."""
    if index is not None:
        return index.logit_scale, index.logit_bias
    scale, bias = cache.run(
        key, lambda model: (clip.logit_scale(model), clip.logit_bias(model)), **asker.options()
    )
    return scale, bias


def embed_found(
    cache: Cache,
    key: str,
    index: Index | None,
    collection: Collection,
    found: Sequence[int | np.ndarray],
    asker: Asker,
) -> np.ndarray:
    """Embeds pictures, from the index where they stand in it.

    Args:
        cache: Where the model is.
        key: The model.
        index: The collection as that model sees it, if it is at hand.
        collection: The playground's pictures.
        found: N places in the collection, or pictures.
        asker: Who asks.

    Returns:
        float32 (N, D), rows of length 1.
    """
    rows: list[np.ndarray | None] = [
        index.vectors[picture] if index is not None and isinstance(picture, int) else None
        for picture in found
    ]
    missing = [place for place, row in enumerate(rows) if row is None]
    if missing:
        pixels = [
            collection.pixels(picture) if isinstance(picture, int) else picture
            for picture in (found[place] for place in missing)
        ]
        made = cache.run(key, lambda model: clip.embed_pictures(model, pixels), **asker.options())
        for place, row in zip(missing, made, strict=True):
            rows[place] = row
    return np.stack([row for row in rows if row is not None])
