"""The drawing tab's own sums: a mask at another size."""

from __future__ import annotations

import numpy as np
import pytest


def resized(mask, to_hw):
    """Each pixel as the one under its centre."""
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(int)
        for new, old in zip(to_hw, mask.shape, strict=True)
    )
    return mask[np.ix_(rows, columns)]


@pytest.fixture
def scale(call_all):
    def call(cases):
        asked = [
            (
                mask.ravel(),
                {"width": mask.shape[1], "height": mask.shape[0]},
                {"width": to_hw[1], "height": to_hw[0]},
            )
            for mask, to_hw in cases
        ]
        answers = call_all("draw/mask_paint", "scaled", asked)
        return [answer.reshape(to_hw) for answer, (_, to_hw) in zip(answers, cases, strict=True)]

    return call


def test_a_mask_is_brought_to_another_size(scale):
    rng = np.random.default_rng(0)
    cases = [
        (rng.integers(0, 2, (height, width), dtype=np.uint8), to_hw)
        for height, width, to_hw in [
            (4, 4, (8, 8)),
            (8, 8, (4, 4)),
            (5, 7, (11, 3)),
            (1, 1, (6, 2)),
            (9, 2, (9, 2)),
        ]
    ]
    for (mask, to_hw), found in zip(cases, scale(cases), strict=True):
        assert (found == resized(mask, to_hw)).all()
