"""Where a model looks: heat on the tokens of one input, for one score, by three methods.

Shapes: L layers, H heads, S tokens, P patches in reading order of a grid (rows, columns),
K occlusions. Every method answers float64 heat, at least 0, not scaled: only its order and its
proportions mean something.

Limits: attention is not explanation (Jain & Wallace 2019, arXiv:1902.10186). Ask the referee in
`playground.explain.referee` before believing a map.
"""

from __future__ import annotations

import numpy as np


def rollout(attentions: np.ndarray) -> np.ndarray:
    """Follows attention through all layers, as if heads were alike and nothing else mixed tokens.

    Each layer is half attention, averaged over its heads, and half the residual connection; the
    layers are multiplied.

    Args:
        attentions: float (L, H, S, S), rows that sum to 1: how much a row's token reads the others.

    Returns:
        float64 (S, S), rows that sum to 1: how much of each token reaches a row's token.

    Source:
        Abnar & Zuidema 2020 (arXiv:2005.00928), section 3, "attention rollout": `A = 0.5 W + 0.5 I`
        and `rollout(l) = A(l) rollout(l - 1)`.

    Limits:
        It knows nothing of the words that a picture is compared with: the map is the same for all.

    Example:
        >>> rollout(np.eye(2)[None, None]).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    layers = np.asarray(attentions, np.float64).mean(axis=1)
    flow = np.eye(layers.shape[-1])
    for weights in layers:
        mixed = 0.5 * weights + 0.5 * np.eye(len(weights))
        flow = (mixed / mixed.sum(axis=-1, keepdims=True)) @ flow
    return flow


def gradient_rollout(attentions: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Follows attention through all layers, counting what would raise the score.

    Args:
        attentions: float (L, H, S, S), rows that sum to 1.
        gradients: float (L, H, S, S): how the score changes with each weight.

    Returns:
        float64 (S, S), at least 0: what of each token reaches a row's token; the identity, which
        each token begins with, is part of it.

    Source:
        Chefer 2021, "Generic attention-model explainability" (arXiv:2103.15679), equations 5 and 6:
        the mean over heads of `(gradient * A)+`, and `R = R + A R` from the identity on.

    Limits:
        What lowers the score is cut off at 0, and what the feed-forward layers do is not seen.

    Example:
        >>> weights = np.full((1, 1, 2, 2), 0.5)
        >>> gradient_rollout(weights, np.array([[[[1.0, 0.0], [0.0, -1.0]]]])).tolist()
        [[1.5, 0.0], [0.0, 1.0]]
    """
    weighted = np.asarray(attentions, np.float64) * np.asarray(gradients, np.float64)
    layers = np.maximum(weighted, 0.0).mean(axis=1)
    relevance = np.eye(layers.shape[-1])
    for weights in layers:
        relevance = relevance + weights @ relevance
    return relevance


def occlusion_windows(grid_hw: tuple[int, int], *, side: int, most: int) -> np.ndarray:
    """Lists squares of patches that cover a grid, to hide one after the other.

    Args:
        grid_hw: Rows and columns of patches.
        side: Rows and columns of a square, at least 1; cut down to the grid.
        most: The most squares, at least 4: on fine grids they stand further apart.

    Returns:
        bool (K, P), K at most `most`; each patch lies in at least one square.

    Source:
        Zeiler & Fergus 2014 (arXiv:1311.2901), section 4.2: a grey square slides over the picture.
    """
    side = max(1, min(side, *grid_hw))
    # Squares must overlap or touch, and there must not be more than allowed.
    apart = 1
    while len(_starts(grid_hw[0], side, apart)) * len(_starts(grid_hw[1], side, apart)) > most:
        apart += 1
        side = max(side, apart)
    windows = []
    for top in _starts(grid_hw[0], side, apart):
        for left in _starts(grid_hw[1], side, apart):
            hidden = np.zeros(grid_hw, bool)
            hidden[top : top + side, left : left + side] = True
            windows.append(hidden.ravel())
    return np.stack(windows)


def _starts(length: int, side: int, apart: int) -> list[int]:
    last = max(0, length - side)
    return sorted({*range(0, last, apart), last})


def occlusion_heat(drops: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """Spreads what each hidden square cost over its patches.

    Args:
        drops: float (K,), how much the score fell when a square was hidden; negative where it rose.
        windows: bool (K, P), which patches each square hides.

    Returns:
        float64 (P,): the mean fall over the squares that hide a patch; where the score rose, 0.

    Source:
        Zeiler & Fergus 2014 (arXiv:1311.2901), section 4.2 and figure 6.

    Limits:
        A grey square is a thing no training picture held, and two things that stand in for each
        other both look unimportant.

    Example:
        >>> occlusion_heat(np.array([0.4, -0.2]), np.array([[True, False], [True, True]])).tolist()
        [0.1, 0.0]
    """
    covered = np.asarray(windows, np.float64)
    sums = covered.T @ np.asarray(drops, np.float64)
    return np.maximum(sums / np.maximum(covered.sum(axis=0), 1.0), 0.0)
