"""What is sent on: the object on white, large enough for every tab, and never a forged mask."""

import numpy as np
import pytest

from playground.segmenting.cut_out import cut_out
from playground.segmenting.run_lengths import to_runs
from playground.visitors.errors import PersonError
from playground.visitors.pictures import read_picture

PIXELS = np.full((60, 90, 3), (200, 30, 60), np.uint8)


def mask_of(rows, columns):
    mask = np.zeros((60, 90), bool)
    mask[slice(*rows), slice(*columns)] = True
    return mask


def test_the_object_stands_on_white():
    mask = mask_of((10, 40), (20, 70))
    mask[10, 20] = False
    part = cut_out(PIXELS, to_runs(mask), (60, 90))
    assert part.shape == (38, 58, 3)
    assert tuple(part[0, 0]) == tuple(part[4, 4]) == (255, 255, 255)
    assert tuple(part[5, 5]) == (200, 30, 60)
    assert int((part != 255).all(axis=2).sum()) == mask.sum()


@pytest.mark.parametrize(
    ("rows", "columns"),
    [((0, 1), (0, 1)), ((0, 1), (0, 90)), ((0, 60), (89, 90)), ((0, 60), (0, 90))],
)
def test_every_cut_out_can_be_read_by_other_tabs(rows, columns):
    part = cut_out(PIXELS, to_runs(mask_of(rows, columns)), (60, 90))
    assert read_picture(part).pixels.shape == part.shape


@pytest.mark.parametrize(
    ("runs", "size_hw"),
    [("5400", (60, 90)), ("0,5400", (90, 60)), ("0,1", (1, 1)), ("x", (60, 90)), ("", (60, 90))],
)
def test_a_forged_or_empty_mask(runs, size_hw):
    with pytest.raises(PersonError) as caught:
        cut_out(PIXELS, runs, size_hw)
    assert caught.value.key == "segment.mistake.mask"
