""" "None of these": labels compete with many others that nobody asked about.

A softmax over a person's labels must sum to 1, also when none of them fits. With a bank of other
labels in the race, what the bank wins is the share of "none of these".
"""

from __future__ import annotations

import numpy as np

from playground.explain.similarity import softmax

# Of the bank, the tenth that is most like a label goes: it may be another name for one.
KEPT_SHARE = 0.9


def far_from(labels: np.ndarray, bank: np.ndarray, share: float = KEPT_SHARE) -> np.ndarray:
    """Finds the texts of a bank that are another thing than any label.

    Args:
        labels: float32 (M, D), rows of length 1.
        bank: float32 (B, D), rows of length 1.
        share: 0 to 1, the share that is kept; at least one text.

    Returns:
        int (K,), places in the bank in its order: those whose nearest label is farthest.

    Source:
        Jiang 2024 (arXiv:2403.20078), section 3.1, "NegMining": negative labels are those far from
        the labels. There they are few of very many words; here most of few.
    """
    closest = (np.asarray(bank, np.float32) @ np.asarray(labels, np.float32).T).max(axis=1)
    count = max(1, round(share * len(bank)))
    return np.sort(np.argsort(closest, kind="stable")[:count])


def open_set_shares(
    cosines: np.ndarray, bank_cosines: np.ndarray, *, logit_scale: float
) -> np.ndarray:
    """Shares 100 % among the labels and "none of these".

    Args:
        cosines: float (N, M), pictures by labels.
        bank_cosines: float (N, K), pictures by texts of the bank.
        logit_scale: What the cosines are multiplied with: 1 / temperature.

    Returns:
        float64 (N, M + 1), rows that sum to 1; the last column is "none of these", the sum over
        the bank.

    Source:
        Jiang 2024 (arXiv:2403.20078), equation 5: the labels' part of a softmax over labels and
        negative labels; here its complement is shown too.

    Limits:
        It knows the bank only: a thing that is neither a label nor like anything in the bank is
        given to whatever is nearest.

    Example:
        >>> open_set_shares(np.array([[0.0]]), np.array([[0.0, 0.0]]), logit_scale=1.0).round(3)
        array([[0.333, 0.667]])
    """
    labels = np.asarray(cosines, np.float64)
    logits = logit_scale * np.concatenate([labels, np.asarray(bank_cosines, np.float64)], axis=1)
    shares = softmax(logits, axis=1)
    count = labels.shape[1]
    return np.concatenate([shares[:, :count], shares[:, count:].sum(axis=1, keepdims=True)], axis=1)
