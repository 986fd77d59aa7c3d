"""The two bilinear steps in the browser, beside those of torch and the segment-anything package."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch
from segment_anything.modeling import Sam

# float32 keeps 24 bits; two steps of a weighted mean of four add up a few units of the last place.
ROUNDING = 3e-6
SIZES = [
    # low, side, resized, out
    ((64, 64), 256, (192, 256), (150, 200)),
    ((64, 64), 256, (256, 171), (1536, 1024)),
    ((256, 256), 1024, (768, 1024), (96, 128)),
    ((64, 64), 256, (7, 256), (20, 731)),
    ((64, 64), 256, (256, 1), (900, 3)),
    ((16, 24), 64, (64, 64), (1, 1)),
    ((1, 1), 5, (5, 5), (9, 4)),
    ((64, 64), 256, (256, 256), (333, 777)),
]


def random_logits(low_hw, seed=0):
    return np.random.default_rng(seed).normal(0, 8, low_hw).astype(np.float16).astype(np.float32)


def bilinear(plane, size_hw):
    tensor = torch.from_numpy(np.ascontiguousarray(plane))[None, None]
    scaled = torch.nn.functional.interpolate(tensor, size_hw, mode="bilinear", align_corners=False)
    return scaled[0, 0].numpy()


def package_logits(low, side, resized_hw, out_hw):
    """`Sam.postprocess_masks` reads no more of the model than the side of its square."""

    class Square:
        class image_encoder:
            img_size = side

    tensor = torch.from_numpy(low)[None, None]
    return Sam.postprocess_masks(Square, tensor, resized_hw, out_hw)[0, 0].numpy()


def in_two_steps(call_all, low, side, resized_hw, out_hw):
    [square] = call_all("segment/logits", "toSquare", [[low, low.shape, side]])
    [logits] = call_all("segment/logits", "cropAndResize", [[square, side, resized_hw, out_hw]])
    return square.reshape(side, side), logits.reshape(out_hw)


@pytest.mark.parametrize(("low_hw", "side", "resized_hw", "out_hw"), SIZES)
def test_both_steps_are_those_of_the_package(call_all, low_hw, side, resized_hw, out_hw):
    low = random_logits(low_hw)
    square, logits = in_two_steps(call_all, low, side, resized_hw, out_hw)
    scale = np.abs(low).max()
    assert np.abs(square - bilinear(low, (side, side))).max() <= ROUNDING * scale
    expected = package_logits(low, side, resized_hw, out_hw)
    assert np.abs(logits - expected).max() <= ROUNDING * scale


def test_many_sizes_at_once(call_all):
    rng = np.random.default_rng(5)
    cases = []
    for _ in range(150):
        side = int(rng.integers(1, 60))
        resized_hw = tuple(int(n) for n in rng.integers(1, side + 1, 2))
        out_hw = tuple(int(n) for n in rng.integers(1, 130, 2))
        cases.append((random_logits((side, side), len(cases)), side, resized_hw, out_hw))
    for case, found in zip(cases, call_all("segment/logits", "cropAndResize", cases), strict=True):
        square, _, (height, width), out_hw = case
        expected = bilinear(square[:height, :width], out_hw)
        assert np.abs(found.reshape(out_hw) - expected).max() <= ROUNDING * np.abs(square).max()


def test_the_mask_is_the_package_s_mask_to_the_pixel(call_all):
    """Smooth logits, as a model makes them: none of the pixels lies within rounding of 0."""
    y, x = np.mgrid[:64, :64] / 63
    low = (9 * np.sin(7 * x + 3 * y) * np.cos(5 * y - 2) - 1.3).astype(np.float16)
    low = low.astype(np.float32)
    _, logits = in_two_steps(call_all, low, 256, (192, 256), (600, 800))
    [mask] = call_all("segment/logits", "maskOf", [[logits, 0.0]])
    expected = package_logits(low, 256, (192, 256), (600, 800)) > 0
    assert np.count_nonzero(mask.reshape(600, 800) != expected) == 0


def test_every_half_precision_number_is_read_as_numpy_reads_it(call_all):
    halves = np.arange(65536, dtype=np.uint16).view(np.float16)
    text = base64.b64encode(halves.astype("<f2").tobytes()).decode()
    [found] = call_all("segment/logits", "readFloat16", [[text]])
    assert np.array_equal(found, halves.astype(np.float32), equal_nan=True)
    assert np.array_equal(np.signbit(found[halves == 0]), np.signbit(halves[halves == 0]))


def test_a_mask_lies_strictly_above_its_threshold(call_all):
    logits = np.array([-np.inf, -1, 0, 0.5, 1, np.inf, np.nan], np.float32)
    found = call_all("segment/logits", "maskOf", [[logits, 0.0], [logits, 0.5], [logits, -2.0]])
    assert [mask.tolist() for mask in found] == [
        [0, 0, 0, 1, 1, 1, 0],
        [0, 0, 0, 0, 1, 1, 0],
        [0, 1, 1, 1, 1, 1, 0],
    ]
