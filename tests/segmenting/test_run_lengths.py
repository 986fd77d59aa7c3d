"""Run lengths hold every mask, and read nothing that is not one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco

from playground.segmenting.run_lengths import coco_rle, from_runs, to_runs
from playground.visitors.errors import PersonError

MASKS = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12))


@given(MASKS)
def test_a_mask_comes_back(mask):
    assert (from_runs(to_runs(mask), mask.shape) == mask).all()


@given(MASKS)
def test_coco_reads_it(mask):
    told = coco_rle(mask)
    read = coco.decode(coco.frPyObjects(told, *told["size"]))
    assert (read.astype(bool) == mask).all()


def test_rows_run_first_and_background_begins():
    mask = np.array([[True, True, False], [False, True, True]])
    assert to_runs(mask) == "0,2,2,2"


@given(st.text(max_size=40))
def test_any_text_is_a_mask_or_a_sentence(text):
    try:
        assert from_runs(text, (2, 3)).shape == (2, 3)
    except PersonError as error:
        assert error.key == "segment.mistake.mask"


@pytest.mark.parametrize(
    "runs", ["", "6,", "-1,7", "5", "7", "1e1", "６", "0x6", "9" * 400, ",".join(["0"] * 9 + ["6"])]
)
def test_what_is_no_mask(runs):
    with pytest.raises(PersonError):
        from_runs(runs, (2, 3))
