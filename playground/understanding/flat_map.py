"""The drawing of the space: where pictures and words lie, and who is truly near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from playground.cache import Cache
from playground.collection import Collection
from playground.explain.similarity import ensemble_templates
from playground.explain.space import (
    Gap,
    Plane,
    modality_gap,
    nearest,
    plane_between,
    principal_plane,
)
from playground.index import Index
from playground.search import Asker, embed_with_tokens
from playground.understanding.asked import Chart, Matter
from playground.understanding.matrix import embed_found

# Pictures of the collection that are drawn; of larger ones every so-manieth.
MOST_DRAWN = 400
MOST_NEAR, MOST_NEAR_TEXTS = 6, 3


@dataclass(frozen=True)
class FlatMap:
    """A drawing, and the truth beside it.

    Points are the pictures first, then the texts.

    Attributes:
        places: int (N,), which pictures of the collection are drawn; -1 for a visitor's own.
        own: Ids of the visitor's own pictures, in their order among the points.
        texts: M texts: those of the matter, then the ends of an axis of one's own.
        points: float64 (N + M, 2).
        shares: float64 (2,), the share of the variance that each axis shows.
        near: int (N + M, K), the nearest pictures in truth, then the nearest texts: places among
            the points.
        near_cosines: float32 (N + M, K).
        gap: How far pictures lie from words; None for fewer than two texts.
        is_from_store: Whether no model had to run.
    """

    places: np.ndarray
    own: tuple[str, ...]
    texts: tuple[str, ...]
    points: np.ndarray
    shares: np.ndarray
    near: np.ndarray
    near_cosines: np.ndarray
    gap: Gap | None
    is_from_store: bool


def texts_drawn(matter: Matter, chart: Chart) -> tuple[str, ...]:
    """Lists the texts that are drawn, each once."""
    return tuple(dict.fromkeys((*matter.texts, *chart.ends)))


def is_map_stored(
    index: Index, matter: Matter, chart: Chart, found: Sequence[int | np.ndarray]
) -> bool:
    """Tells whether a drawing needs no model."""
    filled = (text for row in matter.filled(texts_drawn(matter, chart)) for text in row)
    return all(isinstance(picture, int) for picture in found) and all(
        text in index.texts for text in filled
    )


def make_map(
    cache: Cache,
    index: Index,
    collection: Collection,
    matter: Matter,
    chart: Chart,
    found: Sequence[int | np.ndarray],
    *,
    asker: Asker,
) -> FlatMap:
    """Draws the space.

    Args:
        cache: Where the model is.
        index: The pictures that are drawn, as that model sees them.
        collection: The playground's pictures.
        matter: Which texts are drawn, and which pictures are drawn in any case.
        chart: How.
        found: Places in the index or pictures, as `matter.pictures` names them.
        asker: Who asks.

    Raises:
        CacheError: The model cannot be had.
    """
    texts = texts_drawn(matter, chart)
    is_stored = is_map_stored(index, matter, chart, found)
    filled = matter.filled(texts)
    wanted = tuple(dict.fromkeys(text for row in filled for text in row))
    rows = (
        {text: index.texts[text] for text in wanted}
        if is_stored
        else embed_with_tokens(cache, index.model_key, wanted, asker)[0]
    )
    words = ensemble_templates(np.stack([[rows[text] for text in row] for row in filled]))
    places = drawn(len(index.vectors), [one for one in found if isinstance(one, int)])
    strangers = [one for one in found if not isinstance(one, int)]
    vectors = index.vectors[places]
    if strangers:
        made = embed_found(cache, index.model_key, index, collection, strangers, asker)
        vectors = np.concatenate([vectors, made])
    plane, points = _drawn(chart, vectors, words, texts)
    everything = np.concatenate([vectors, words])
    near, near_cosines = _neighbours(everything, len(vectors))
    return FlatMap(
        places=np.concatenate([places, np.full(len(strangers), -1, np.intp)]),
        own=tuple(
            name
            for name, one in zip(matter.pictures, found, strict=True)
            if not isinstance(one, int)
        ),
        texts=texts,
        points=points,
        shares=plane.shares,
        near=near,
        near_cosines=near_cosines,
        gap=modality_gap(vectors, words) if len(words) > 1 else None,
        is_from_store=is_stored,
    )


def drawn(total: int, chosen: list[int]) -> np.ndarray:
    """Chooses which pictures of a collection are drawn.

    Args:
        total: How many there are.
        chosen: Places that are drawn in any case.

    Returns:
        int (N,), up to `MOST_DRAWN` places spread evenly, and the chosen ones, in order.
    """
    step = max(1, -(-total // MOST_DRAWN))
    return np.array(sorted({*range(0, total, step), *chosen}), np.intp)


def _drawn(
    chart: Chart, vectors: np.ndarray, words: np.ndarray, texts: tuple[str, ...]
) -> tuple[Plane, np.ndarray]:
    if chart.view == "own":
        ends = [words[texts.index(end)] for end in chart.ends]
        plane = plane_between(ends[0], ends[1], vectors)
        return plane, plane.place(np.concatenate([vectors, words]))
    if chart.view == "together":
        vectors, words = vectors - vectors.mean(axis=0), words - words.mean(axis=0)
        plane = principal_plane(vectors)
    else:
        plane = principal_plane(np.concatenate([vectors, words]))
    return plane, plane.place(np.concatenate([vectors, words]))


def _neighbours(points: np.ndarray, pictures: int) -> tuple[np.ndarray, np.ndarray]:
    """The nearest pictures and texts of each point: pictures crowd words out of one list."""
    to_pictures = _without_self(*nearest(points, points[:pictures], MOST_NEAR + 1))
    to_texts = nearest(points, points[pictures:], MOST_NEAR_TEXTS + 1)
    to_texts = _without_self(to_texts[0] + pictures, to_texts[1])
    near, cosines = zip(to_pictures, to_texts, strict=True)
    return np.concatenate(near, axis=1), np.concatenate(cosines, axis=1)


def _without_self(near: np.ndarray, cosines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Takes each point out of its own list; the lists of all others lose their last."""
    is_gone = near == np.arange(len(near))[:, None]
    is_gone[~is_gone.any(axis=1), -1] = True
    shape = (len(near), near.shape[1] - 1)
    return near[~is_gone].reshape(shape), cosines[~is_gone].reshape(shape)
