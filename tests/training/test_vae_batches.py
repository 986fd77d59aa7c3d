import random

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from training.batch_stream import stream
from training.vae_batches import CropBatches, pattern


def test_batches_are_the_same_again_and_resume_in_place() -> None:
    crops = CropBatches(128, 64, 4, 5)
    assert torch.equal(crops[3], crops[3]) and not torch.equal(crops[3], crops[2])
    assert crops[0].shape == (4, 3, 64, 64) and crops[0].dtype == torch.uint8
    later = list(stream(crops, len(crops), 2, workers=0))
    assert len(later) == 3 and torch.equal(later[0], crops[2])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from((8, 31, 64)))
def test_patterns_are_pictures_of_many_kinds(seed: int, side_px: int) -> None:
    picture = pattern(random.Random(seed), side_px)
    assert picture.shape == (side_px, side_px, 3) and picture.dtype == np.uint8
    assert np.array_equal(picture, pattern(random.Random(seed), side_px))
    assert not np.array_equal(picture, pattern(random.Random(seed + 1), side_px))
