"""The similarity map: a place is most like itself; the part without picture is not in it."""

import numpy as np
import pytest

from playground.segmenting.similarity import similarity_map
from tests.segmenting.fakes import encoded_of


@pytest.mark.parametrize("size_hw", [(48, 64), (64, 64), (16, 320), (320, 16)])
def test_a_place_is_most_like_itself(size_hw):
    encoded = encoded_of(size_hw)
    height, width = size_hw
    for x, y in ((0, 0), (width, height), (width / 2, height / 2)):
        found = similarity_map(encoded, x, y)
        assert found.max() == pytest.approx(1, abs=1e-3) and found.min() >= -1.001
        row = min(found.shape[0] - 1, int(y / height * found.shape[0]))
        column = min(found.shape[1] - 1, int(x / width * found.shape[1]))
        assert found[row, column] == pytest.approx(1, abs=1e-3)


def test_as_numpy_says():
    encoded = encoded_of((48, 64))
    features = encoded.features[0].astype(np.float64)
    here, there = features[:, 0, 0], features[:, 2, 3]
    cosine = here @ there / np.linalg.norm(here) / np.linalg.norm(there)
    found = similarity_map(encoded, 1, 1)
    assert found.shape == (3, 4) and found[2, 3] == pytest.approx(cosine, abs=1e-3)
