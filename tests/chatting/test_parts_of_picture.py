"""Parts: boxes and masks as anyone may forge them, and what a model is shown of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.chatting.parts_of_picture import LEAST_SIDE, picture_of_part, read_part
from playground.segmenting.run_lengths import to_runs
from playground.visitors.errors import PersonError
from playground.visitors.pictures import NEUTRAL_RGB, Picture

SIZE_HW = (60, 80)
NUMBERS = st.floats(-1e4, 1e4) | st.integers(-10_000, 10_000)


def mistake(told):
    with pytest.raises(PersonError) as caught:
        read_part(told, SIZE_HW)
    return caught.value.key


@given(st.lists(NUMBERS, min_size=4, max_size=4))
def test_any_box_is_put_right_or_refused(box):
    try:
        part = read_part({"box": box}, SIZE_HW)
    except PersonError as error:
        assert error.key == "chat.mistake.part_small"
        return
    left, top, right, bottom = part.box_xyxy
    assert 0 <= left < right <= 80 and 0 <= top < bottom <= 60
    assert min(right - left, bottom - top) >= LEAST_SIDE
    assert read_part({"box": list(part.box_xyxy)}, SIZE_HW) == part


def test_corners_in_any_order():
    boxes = ([5, 8, 40, 30], [40, 30, 5, 8], [40, 8, 5, 30])
    assert {read_part({"box": box}, SIZE_HW).box_xyxy for box in boxes} == {(5, 8, 40, 30)}


@pytest.mark.parametrize(
    "told",
    [
        7,
        "box",
        [],
        {"box": "1234"},
        {"box": [1, 2, 3]},
        {"box": [1, 2, 3, None]},
        {"box": [1, 2, 3, True]},
        {"box": [0, 0, float("nan"), 9]},
        {"box": [0, 0, float("inf"), 9]},
        {"box": [0, 0, 10**400, 9]},
        {"box": {"a": 1}},
        {"runs": 5, "width": 80, "height": 60},
        {"runs": "4800", "width": 60, "height": 80},
        {"runs": "4800", "width": "80", "height": 60},
        {"runs": "1,2,3", "width": 80, "height": 60},
        {"runs": "a,b", "width": 80, "height": 60},
        {},
    ],
)
def test_forged_parts(told):
    assert mistake(told) in ("chat.mistake.part", "segment.mistake.mask")


@pytest.mark.parametrize("box", [[5, 5, 5, 5], [5, 5, 7, 40], [90, 10, 200, 40]])
def test_boxes_without_room(box):
    assert mistake({"box": box}) == "chat.mistake.part_small"


def mask_told(mask, name=""):
    return {"runs": to_runs(mask), "width": 80, "height": 60, "name": name}


def test_a_mask_without_a_thing():
    assert mistake(mask_told(np.zeros(SIZE_HW, bool))) == "chat.mistake.part_small"


def test_no_part_is_the_whole_picture():
    picture = Picture(np.zeros((*SIZE_HW, 3), np.uint8))
    assert read_part(None, SIZE_HW) is None and picture_of_part(picture, None) is picture


def numbered():
    pixels = np.arange(60 * 80 * 3, dtype=np.uint32).reshape(60, 80, 3) % 251
    return Picture(pixels.astype(np.uint8))


def test_a_box_is_cropped_with_a_tenth_around_it():
    picture = numbered()
    shown = picture_of_part(picture, read_part({"box": [20, 10, 40, 40]}, SIZE_HW))
    assert (shown.pixels == picture.pixels[7:43, 18:42]).all()
    corner = picture_of_part(picture, read_part({"box": [0, 0, 20, 20]}, SIZE_HW))
    assert (corner.pixels == picture.pixels[:22, :22]).all()


def test_a_mask_is_cut_out_on_grey_inside_its_box():
    picture, mask = numbered(), np.zeros(SIZE_HW, bool)
    mask[20:40, 30:50] = True
    mask[20:22, 30:32] = False
    part = read_part(mask_told(mask, "<b>cat\n</b>" + "x" * 500), SIZE_HW)
    assert part.box_xyxy == (30, 20, 50, 40)
    assert part.name.startswith("<b>cat</b>x") and len(part.name) == 80
    shown = picture_of_part(picture, part).pixels
    assert shown.shape == (24, 24, 3)
    assert (shown[0, 0] == NEUTRAL_RGB).all() and (shown[2, 2] == NEUTRAL_RGB).all()
    assert (shown[10, 10] == picture.pixels[28, 38]).all()
