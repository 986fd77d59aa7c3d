"""How alike pictures and words are: cosines, softmax, mixed queries, prompt ensembles, ranking.

Shapes: N pictures, M texts, D numbers of an embedding, K results. Embeddings are float32 rows of
length 1, as `playground.models.clip` returns them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

SMALLEST_LENGTH = 1e-12


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Scales each row to length 1; a row of zeros stays zero.

    Args:
        vectors: float (..., D).

    Returns:
        float32 (..., D).

    Example:
        >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
        [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    vectors = np.asarray(vectors, np.float32)
    # Divided by the largest entry first, so that squares neither overflow nor vanish.
    largest = np.abs(vectors).max(axis=-1, keepdims=True, initial=0.0)
    scaled = vectors / np.maximum(largest, np.float32(np.finfo(np.float32).tiny))
    lengths = np.sqrt(np.square(scaled).sum(axis=-1, keepdims=True))
    return scaled / np.maximum(lengths, np.float32(SMALLEST_LENGTH))


def cosines(pictures: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """Compares every picture with every text.

    Args:
        pictures: float (N, D), any length.
        texts: float (M, D), any length.

    Returns:
        float32 (N, M), -1 (opposite) to 1 (same direction).

    Source:
        Radford 2021, section 2.3, figure 3: `np.dot(I_e, T_e.T)` after `l2_normalize`.
    """
    return np.clip(unit_rows(pictures) @ unit_rows(texts).T, -1.0, 1.0)


def softmax(logits: np.ndarray, *, axis: int) -> np.ndarray:
    """Turns logits into shares that are positive and sum to 1 along an axis.

    Args:
        logits: float array, finite.
        axis: The axis along which the shares compete.

    Returns:
        float64, same shape, 0 to 1. The largest logit is subtracted first, so nothing overflows.

    Source:
        Radford 2021, section 3.1.2: "normalized into a probability distribution via a softmax".

    Example:
        >>> softmax(np.array([0.0, np.log(3.0)]), axis=0).round(6).tolist()
        [0.25, 0.75]
    """
    logits = np.asarray(logits, np.float64)
    powers = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def probabilities(
    cosines_nm: np.ndarray, *, logit_scale: float, across: Literal["texts", "pictures"]
) -> np.ndarray:
    """Turns cosines into shares, at a temperature of one's own.

    Args:
        cosines_nm: float (N, M), pictures by texts, -1 to 1.
        logit_scale: What the cosines are multiplied with, above 0: 1 / temperature. CLIP's own is
            about 100.
        across: `"texts"`: each picture chooses among the texts (rows sum to 1);
            `"pictures"`: each text chooses among the pictures (columns sum to 1).

    Returns:
        float64 (N, M), 0 to 1.

    Source:
        Radford 2021, section 2.3, figure 3 (`logits = np.dot(I_e, T_e.T) * np.exp(t)`; the loss
        takes the softmax along both axes).

    Limits:
        The shares of any labels sum to 1, also when none of the labels fits.
    """
    return softmax(logit_scale * np.asarray(cosines_nm), axis=1 if across == "texts" else 0)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Turns each logit into a probability of its own.

    Args:
        logits: float array, finite.

    Returns:
        float64, same shape, 0 to 1.

    Example:
        >>> sigmoid(np.array([0.0, np.log(3.0)])).round(6).tolist()
        [0.5, 0.75]
    """
    # The hyperbolic tangent saturates where the exponential would overflow.
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(logits, np.float64)))


def own_probabilities(
    cosines: np.ndarray, *, logit_scale: float, own_scale: float, logit_bias: float
) -> np.ndarray:
    """Turns cosines into probabilities that do not compete: does this text fit this picture?

    The cosine at which the answer is one half stays where the model put it, whatever the
    temperature: a temperature divides the whole logit, its bias included.

    Args:
        cosines: float array, -1 to 1.
        logit_scale: What the cosines are multiplied with, above 0: 1 / temperature.
        own_scale: The model's own logit scale, above 0.
        logit_bias: What the model adds to `own_scale * cosine`, usually far below 0.

    Returns:
        float64, same shape, 0 to 1; with `logit_scale == own_scale`, what the model itself says.

    Source:
        Zhai 2023 (arXiv:2303.15343), section 3.2 and algorithm 1 (sigmoid of
        `dot(zimg, ztxt.T) * t + b`). Temperature: Guo 2017 (arXiv:1706.04599), section 4.2.

    Limits:
        Probabilities of several labels need not sum to 1: none, one or all may fit.
    """
    return sigmoid(logit_scale * (np.asarray(cosines, np.float64) + logit_bias / own_scale))


@dataclass(frozen=True)
class QueryTerm:
    """One thing a mixed query holds.

    Attributes:
        vector: float32 (D,), length 1.
        weight: How much it counts; negative to lead away from it.
        spread: How much its cosines vary over the collection (a standard deviation), above 0;
            1.0 to mix the plain vectors.
    """

    vector: np.ndarray
    weight: float
    spread: float = 1.0


def spread_over(collection: np.ndarray, vector: np.ndarray) -> float:
    """Measures how much the cosines of one query vary over a collection.

    Args:
        collection: float32 (N, D), rows of length 1.
        vector: float32 (D,), length 1.

    Returns:
        The standard deviation of the N cosines, at least 1e-6; 1.0 for an empty collection.
    """
    if len(collection) == 0:
        return 1.0
    return max(float(np.std(collection @ vector)), 1e-6)


def combine_query(terms: Sequence[QueryTerm]) -> np.ndarray:
    """Mixes words, pictures and words to avoid into one query vector.

    The rule is `sum of weight * vector / spread`, scaled to length 1. It is linear, so a picture's
    score is the weighted sum of its scores for each term. Dividing by the spread makes weights
    comparable: pictures lie much nearer to each other than to any text (the modality gap, Liang
    2022), and without it a picture in the query would drown the words.

    Args:
        terms: At least one term.

    Returns:
        float32 (D,), length 1; zeros when the terms cancel out.

    Source:
        Rocchio 1971, "Relevance feedback in information retrieval": a query moves towards what is
        wanted and away from what is not (weights alpha, beta and -gamma). Embedding arithmetic:
        Mikolov 2013 (arXiv:1301.3781), section 4. Modality gap: Liang 2022 (arXiv:2203.02053).
    """
    mixed = np.zeros_like(terms[0].vector, np.float32)
    for term in terms:
        mixed += np.float32(term.weight / term.spread) * term.vector
    return unit_rows(mixed)


def ensemble_templates(embeddings: np.ndarray) -> np.ndarray:
    """Averages the embeddings of one label written into several prompt templates.

    Args:
        embeddings: float32 (T, M, D): T templates, M labels, rows of length 1.

    Returns:
        float32 (M, D), rows of length 1.

    Source:
        Radford 2021, section 3.1.4: the ensemble is built "over the embedding space instead of
        probability space".
    """
    return unit_rows(np.asarray(embeddings).mean(axis=0))


def rank(scores: np.ndarray, count: int) -> np.ndarray:
    """Finds the best scores.

    Args:
        scores: float (N,); not-a-number ranks last.
        count: How many are wanted, at least 0.

    Returns:
        int (K,) with K = min(count, N): places of the best, best first. Equal scores stand in the
        order of their places, so the same question always has the same answer.

    Example:
        >>> rank(np.array([0.1, 0.7, 0.7]), 2).tolist()
        [1, 2]
    """
    scores = np.nan_to_num(scores, nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    count = min(count, len(scores))
    if count <= 0:
        return np.zeros(0, np.intp)
    # Sorting only what can be among the best keeps 100 000 pictures within milliseconds.
    threshold = np.partition(scores, len(scores) - count)[len(scores) - count]
    candidates = np.flatnonzero(scores >= threshold)
    return candidates[np.argsort(-scores[candidates], kind="stable")[:count]]
