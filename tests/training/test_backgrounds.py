import numpy as np
import pytest
from PIL import Image

from training.backgrounds import BACKGROUNDS, paint_background


@pytest.mark.parametrize("kind", sorted(BACKGROUNDS))
def test_a_background_is_the_same_again_and_another_for_another_seed(kind: str) -> None:
    first = paint_background(kind, 3, 48)
    paint_background.cache_clear()
    assert np.array_equal(first, paint_background(kind, 3, 48))
    assert not np.array_equal(first, paint_background(kind, 4, 48))
    assert first.shape == (48, 48, 3) and first.dtype == np.uint8


@pytest.mark.parametrize("kind", sorted(BACKGROUNDS))
def test_a_background_looks_the_same_at_every_size(kind: str) -> None:
    small = paint_background(kind, 5, 64).astype(float)
    large = Image.fromarray(paint_background(kind, 5, 256)).resize((64, 64))
    coarse = [
        np.asarray(Image.fromarray(p.astype(np.uint8)).resize((8, 8), Image.Resampling.BOX), float)
        for p in (small, np.asarray(large))
    ]
    assert np.abs(coarse[0] - coarse[1]).mean() < 8


def test_nobody_can_write_into_the_shared_background() -> None:
    with pytest.raises(ValueError):
        paint_background("sea", 1, 32)[0, 0] = 0


def test_an_unknown_background_is_refused() -> None:
    with pytest.raises((KeyError, ValueError)):
        paint_background("moon base", 0, 32)
