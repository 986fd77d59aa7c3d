import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.dead_leaves import LEAST_PART, paint_leaves, roughen
from training.leaf_shapes import draw_leaf
from training.leaf_textures import fill, patterns
from training.regions import label_regions
from training.sampling import Split


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 999_999_999), st.sampled_from(Split))
def test_every_mask_is_one_connected_region_that_can_be_seen(number: int, split: Split) -> None:
    leaves = paint_leaves(number, split, 64)
    assert leaves.picture.shape == (64, 64, 3) and leaves.picture.dtype == np.uint8
    assert len(leaves.masks) >= 1
    for mask in leaves.masks:
        assert mask.sum() >= round(LEAST_PART * 64**2)
        assert len(np.unique(label_regions(mask.astype(np.int64))[mask])) == 1


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 999_999_999))
def test_masks_lie_apart_or_one_within_the_other(number: int) -> None:
    masks = paint_leaves(number, Split.TRAINING, 64).masks
    areas = masks.sum((1, 2))
    common = np.einsum("nhw,mhw->nm", masks.astype(np.int64), masks.astype(np.int64))
    apart, nested = common == 0, common == np.minimum.outer(areas, areas)
    assert (apart | nested).all()


def test_a_whole_and_its_sticker_are_both_asked_for() -> None:
    nested = 0
    for number in range(30):
        masks = paint_leaves(number, Split.VALIDATION, 64).masks
        for one in range(len(masks)):
            for other in range(len(masks)):
                nested += one != other and not (masks[other] & ~masks[one]).any()
    assert nested >= 3


def test_a_number_gives_one_picture_in_each_split() -> None:
    first, again = (paint_leaves(7, Split.TRAINING, 48) for _ in range(2))
    assert np.array_equal(first.picture, again.picture)
    assert np.array_equal(first.masks, again.masks)
    assert not np.array_equal(first.picture, paint_leaves(7, Split.TEST, 48).picture)
    assert not np.array_equal(patterns(0), patterns(2))


def test_a_piece_is_as_large_as_asked_for() -> None:
    piece = paint_leaves(3, Split.TRAINING, 48, 96)
    assert piece.picture.shape == (48, 48, 3)
    assert piece.borders.shape == (48, 48) and piece.masks.shape[1:] == (48, 48)


@pytest.mark.parametrize("radius_px", [1.0, 5.0, 40.0])
def test_shapes_fill_their_square_softly(radius_px: float) -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        shape = draw_leaf(rng, radius_px)
        assert shape.shape[0] == shape.shape[1] <= 2 * radius_px + 5
        assert shape.min() >= 0 and shape.max() <= 1
        assert shape.max() > 0


def test_some_shapes_have_holes() -> None:
    rng = np.random.default_rng(1)
    holes = 0
    for _ in range(60):
        outside = np.pad(draw_leaf(rng, 30.0) < 0.5, 1, constant_values=True)
        labels = label_regions(outside.astype(np.int64))
        holes += len(np.unique(labels[outside])) > 1
    assert 3 <= holes <= 40


def test_fillings_have_the_colour_asked_for() -> None:
    rng = np.random.default_rng(2)
    colour = np.array((120.0, 80.0, 160.0))
    means = [fill(rng, 0, 32, colour).mean((0, 1)) for _ in range(150)]
    assert np.abs(np.mean(means, 0) - colour).max() < 20


def test_roughening_keeps_size_and_subject() -> None:
    rng = np.random.default_rng(3)
    clean = np.zeros((64, 64, 3), np.uint8)
    clean[:, 32:] = 200
    for _ in range(20):
        rough = roughen(clean, rng)
        assert rough.shape == clean.shape and rough.dtype == np.uint8
        assert rough[:, 40:].mean() > rough[:, :24].mean() + 20
