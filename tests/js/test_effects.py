"""Effects change what they are aimed at, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from tests.js.conftest import picture

HEIGHT, WIDTH = 120, 192
NAMES = ["blur", "grey", "pixelate", "spotlight", "outline", "colour", "replace", "transparent"]
TARGETS = ["object", "background"]
PIXELS = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
PIXELS[..., 3] = 255
Y, X = np.mgrid[:HEIGHT, :WIDTH]
INSIDE = (X - 40) ** 2 + (Y - 30) ** 2 < 400


@pytest.fixture(scope="module")
def effects(module_page):
    """What is offered: {id: count of variants}."""
    found = module_page.evaluate("async () => (await import('/segment/effects.js')).EFFECTS")
    return {effect["id"]: effect["variants"] for effect in found}


@pytest.fixture(scope="module")
def paint(call_all):
    """Many pictures with effects: `paint([(id, variant, target), ...])`."""

    def paint_all(asked, pixels=PIXELS, alpha=INSIDE * 255, **options):
        alpha = alpha.astype(np.uint8)
        cases = [[i, v, picture(pixels), alpha, target, options] for i, v, target in asked]
        found = call_all("segment/effects", "apply", cases, with_arguments=True)
        for _, taken in found:
            assert np.array_equal(taken[2], pixels)
        return [image for image, _ in found]

    return paint_all


def all_of(effects, target):
    return [(name, variant, target) for name in effects for variant in range(effects[name])]


def test_the_effects_are_those_that_the_page_has_words_for(effects):
    assert list(effects) == NAMES
    assert all(count >= 2 for count in effects.values())


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_not_aimed_at_stays_to_the_bit(effects, paint, target):
    stays = ~INSIDE if target == "object" else INSIDE
    asked = all_of(effects, target)
    for (name, variant, _), image in zip(asked, paint(asked), strict=True):
        assert image.shape == PIXELS.shape
        assert np.array_equal(image[stays], PIXELS[stays]), (name, variant)
        assert not np.array_equal(image[~stays], PIXELS[~stays]), (name, variant)
        assert (image[..., 3] == 255).all() or name == "transparent"


@pytest.mark.parametrize("target", TARGETS)
def test_variants_differ(effects, paint, target):
    for name, count in effects.items():
        images = paint([(name, variant, target) for variant in range(count)])
        assert len({image.tobytes() for image in images}) == count


@pytest.mark.parametrize("target", TARGETS)
def test_half_an_alpha_is_half_an_effect(paint, target):
    alpha = np.full((HEIGHT, WIDTH), 128)
    whole = np.where(target == "object", 255, 0) * np.ones((HEIGHT, WIDTH))
    share = (128 if target == "object" else 127) / 255
    asked = [
        (name, 0, target) for name in ("grey", "colour", "replace", "spotlight", "transparent")
    ]
    halves, fulls = paint(asked, alpha=alpha), paint(asked, alpha=whole)
    for half, full in zip(halves, fulls, strict=True):
        expected = PIXELS + share * (full.astype(float) - PIXELS)
        assert np.abs(half - expected).max() <= 1.01


def test_grey_has_no_colour_and_keeps_its_luma(paint):
    [image] = paint([("grey", 0, "object")])
    red, green, blue = (image[INSIDE][:, channel].astype(int) for channel in range(3))
    assert (red == green).all()
    assert (green == blue).all()
    luma = PIXELS[INSIDE][:, :3] @ [0.2126, 0.7152, 0.0722]
    assert np.abs(red - luma).max() <= 0.51


def test_blocks_are_the_mean_of_what_changes_in_them(paint):
    [image] = paint([("pixelate", 2, "background")])
    block = WIDTH // 16
    for top in range(0, HEIGHT, block):
        for left in range(0, WIDTH, block):
            part = np.s_[top : top + block, left : left + block]
            changed = ~INSIDE[part]
            if changed.any():
                mean = PIXELS[part][changed][:, :3].mean(0)
                assert np.abs(image[part][changed][:, :3] - mean).max() <= 0.51


def test_a_blurred_background_takes_no_colour_of_the_object(paint, effects):
    pixels = PIXELS.copy()
    pixels[..., :3] = np.where(INSIDE[..., None], [255, 0, 0], [0, 0, 200])
    for image in paint([("blur", v, "background") for v in range(effects["blur"])], pixels):
        assert np.array_equal(image, pixels)


def test_a_blur_keeps_the_mean_and_lessens_the_noise(paint):
    everything = np.ones((HEIGHT, WIDTH)) * 255
    images = paint([("blur", v, "object") for v in range(3)], alpha=everything)
    deviations = [image[..., :3].std() for image in images]
    assert PIXELS[..., :3].std() > deviations[0] > deviations[1] > deviations[2]
    assert abs(images[2][..., :3].mean() - PIXELS[..., :3].mean()) < 3


def test_transparent_pixels_keep_their_colour(paint):
    images = paint([("transparent", 0, "background"), ("transparent", 1, "background")])
    for image, alpha in zip(images, [0, 128], strict=True):
        assert np.array_equal(image[..., :3], PIXELS[..., :3])
        assert np.array_equal(image[..., 3], np.where(INSIDE, 255, alpha))


@pytest.mark.parametrize("target", TARGETS)
def test_a_sticker_s_line_runs_along_the_edge(paint, target):
    pixels = np.zeros_like(PIXELS)
    pixels[..., 3] = 255
    [image] = paint([("outline", 1, target)], pixels, colour="#20c040")
    line = image[..., 1] > 90
    away = np.abs(np.hypot(X - 40, Y - 30) - 20)
    assert line.any()
    assert away[line].max() < 3
    assert (image[line][:, 1] > image[line][:, 0]).all()


def test_the_colour_that_is_chosen_is_the_one_in_the_middle(paint):
    pixels = np.full_like(PIXELS, 128)
    pixels[..., 3] = 255
    [image] = paint([("colour", 0, "object")], pixels, colour="#ff8000")
    assert np.abs(image[INSIDE][:, :3].astype(int) - [255, 128, 0]).max() <= 2


def test_an_object_that_is_nowhere_or_everywhere(effects, paint):
    for alpha in (np.zeros((HEIGHT, WIDTH)), np.full((HEIGHT, WIDTH), 255)):
        target = "object" if alpha.max() == 0 else "background"
        for image in paint(all_of(effects, target), alpha=alpha):
            assert np.array_equal(image, PIXELS)


def test_pictures_of_one_pixel(effects, paint):
    asked = all_of(effects, "object")
    for image in paint(asked, PIXELS[:1, :1], np.array([[255]])):
        assert image.shape == (1, 1, 4)
