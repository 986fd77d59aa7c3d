"""What the drawer is told of a drawing is what was seen: films, maps and numbers, read back."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from playground.drawing.drawn import Drawn
from playground.drawing.guard import GREY
from playground.drawing.previews import SHARP_SIDE
from playground.models.diffusion_asks import Change, Colours, Frame, Order, Reading, Token
from playground.models.diffusion_colours import preview
from playground.page.draw_inside_values import (
    END,
    MOST_CELLS,
    PADDING,
    START,
    WORD,
    film,
    guided_value,
    inside_value,
    maps_value,
    owners_of,
    sharp_film,
    word_parts,
)
from playground.visitors.pictures import Picture

SIDE, CHANNELS = 8, 4


def token(word: int, text: str = "x") -> Token:
    return Token(text, word, word < 0)


def reading_of(words: str, *, pieces: int = 1, padding: int = 3) -> Reading:
    """Start, every word in so many pieces, end, padding."""
    found = words.split()
    tokens = [token(-1), *(token(n) for n in range(len(found)) for _ in range(pieces))]
    tokens += [token(-1)] * (1 + padding)
    return Reading(words, tuple(tokens), tuple(found), len(tokens), len(tokens), "", {})


def frames_of(steps: int, tokens: int, *, guided: bool = True, side: int = SIDE, seed: int = 0):
    rng = np.random.default_rng(seed)
    frames = []
    for step in range(steps):
        logits = rng.normal(0, 2, (tokens, side, side))
        maps = np.exp(logits) / np.exp(logits).sum(0)
        frames.append(
            Frame(
                step=step + 1,
                steps=steps,
                noise_level=1 - step / steps,
                noisy=rng.normal(0, 1, (CHANNELS, side, side)).astype(np.float16),
                predicted=rng.normal(0, 1, (CHANNELS, side, side)).astype(np.float16),
                word_maps=maps.astype(np.float16),
                guidance_map=rng.random((side, side)).astype(np.float16) if guided else None,
            )
        )
    return tuple(frames)


def drawn_of(words: str = "a red cat", steps: int = 5, **more) -> Drawn:
    rng = np.random.default_rng(1)
    reading = reading_of(words)
    order = Order(words, (64, 64), steps, 4.0, "ddim", 7)
    facts = {
        "picture": Picture(rng.integers(0, 256, (64, 64, 3), np.uint8)),
        "order": order,
        "model": "toy",
        "revision": "r",
        "reading": reading,
        "frames": frames_of(steps, len(reading.tokens)),
        "colours": Colours(rng.normal(0, 0.3, (CHANNELS + 1, 3)).astype(np.float32)),
        "seconds": 1.0,
    }
    return Drawn(**{**facts, **more})


def nobody_reads(words):
    raise AssertionError(words)


def pixels_of(src: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(src.split(",")[1]))).convert("RGB"))


def cells_of(told) -> list[np.ndarray]:
    """The film cut up again, as the browser does."""
    sheet, (height, width), columns = pixels_of(told["src"]), told["cell"], told["columns"]
    count = columns * (len(sheet) // height)
    places = [divmod(place, columns) for place in range(count)]
    return [sheet[r * height : (r + 1) * height, c * width : (c + 1) * width] for r, c in places]


def maps_of(told) -> np.ndarray:
    """The maps read back, as the browser does."""
    values = np.frombuffer(base64.b64decode(told["values"]), np.uint8)
    share = values.reshape(len(told["low"]), *told["grid"]) / 255
    low, high = np.array(told["low"]), np.array(told["high"])
    return low[:, None, None] + (high - low)[:, None, None] * share


# ---- films ----


@given(st.integers(1, 30))
def test_a_film_is_cut_up_into_what_it_was_made_of(count):
    pictures = np.random.default_rng(count).integers(0, 256, (count, 4, 6, 3), np.uint8)
    cells = cells_of(film(list(pictures)))
    assert len(cells) >= count
    assert all(np.array_equal(cell, one) for cell, one in zip(cells, pictures, strict=False))


def test_the_films_show_each_latent_in_its_colours():
    drawn = drawn_of()
    told = inside_value(drawn, nobody_reads)
    for name in ("noisy", "predicted"):
        cells = cells_of(told[name])
        for frame, cell in zip(drawn.frames, cells, strict=False):
            assert np.array_equal(cell, preview(drawn.colours, getattr(frame, name)))
    assert told["grid"] == [SIDE, SIDE] and told["channels"] == CHANNELS
    assert told["done"] == told["steps"] == 5 and told["noise"] == [1, 0.8, 0.6, 0.4, 0.2]
    assert np.array_equal(pixels_of(told["picture"]), drawn.picture.pixels)


def test_where_a_step_may_not_be_shown_neither_is_what_it_was_given():
    drawn = drawn_of(steps=4)
    looked_at = [np.full((64, 64, 3), shade, np.uint8) for shade in (10, GREY, 200, 220)]
    told = inside_value(drawn, nobody_reads, looked_at)
    assert told["is_sharp"] and not inside_value(drawn, nobody_reads)["is_sharp"]
    noisy, predicted = cells_of(told["noisy"]), cells_of(told["predicted"])
    assert [len(np.unique(cell)) for cell in predicted[:4]] == [1, 1, 1, 1]
    # What the next step was given is the same picture with a little noise.
    assert [len(np.unique(cell)) > 1 for cell in noisy[:4]] == [True, False, False, True]


def test_a_large_latent_is_shown_smaller_and_its_noise_stays_noise():
    drawn = drawn_of(frames=frames_of(2, 8, side=128))
    cells = cells_of(inside_value(drawn, nobody_reads)["noisy"])
    assert cells[0].shape == (64, 64, 3)
    whole = preview(drawn.colours, drawn.frames[0].noisy)
    assert abs(float(cells[0].std()) - float(whole.std())) < 3


@pytest.mark.parametrize("size_hw", [(128, 96), (512, 512), (770, 300)])
def test_sharp_pictures_are_no_larger_than_they_are_shown(size_hw):
    told = sharp_film([np.full((*size_hw, 3), shade, np.uint8) for shade in (10, 200)])
    assert max(told["cell"]) <= SHARP_SIDE
    assert math.isclose(told["cell"][0] / told["cell"][1], size_hw[0] / size_hw[1], rel_tol=0.02)
    first, second = cells_of(told)[:2]
    assert set(np.unique(first)) == {10} and set(np.unique(second)) == {200}


# ---- words ----


def test_start_end_and_padding_are_told_apart_from_words():
    owners = owners_of(reading_of("a red cat", pieces=2))
    assert owners.names == (
        ("", START), ("a", WORD), ("red", WORD), ("cat", WORD), ("", END), ("", PADDING),
    )  # fmt: skip
    assert owners.places == (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 5)


def test_a_prompt_without_words_has_marks_only():
    owners = owners_of(reading_of(""))
    assert [kind for _, kind in owners.names] == [START, END, PADDING]
    assert owners.places == (0, 1, 2, 2, 2)


def test_a_prompt_that_fills_the_context_has_no_padding():
    owners = owners_of(reading_of("a cat", padding=0))
    assert [kind for _, kind in owners.names] == [START, WORD, WORD, END]


def test_maps_of_words_are_the_sums_of_their_pieces():
    reading = reading_of("red cat", pieces=2)
    drawn = drawn_of(reading=reading, frames=frames_of(3, len(reading.tokens)))
    (part,) = word_parts(drawn, nobody_reads)
    maps = maps_of(part["maps"]).reshape(3, len(part["names"]), SIDE, SIDE)
    for step, frame in enumerate(drawn.frames):
        whole = frame.word_maps.astype(np.float32)
        assert np.allclose(maps[step, 1], whole[1:3].sum(0), atol=0.005)
        assert np.allclose(maps[step, 2], whole[3:5].sum(0), atol=0.005)
        assert np.allclose(part["shares"][step][2], whole[3:5].sum(0).mean(), atol=1e-3)
    assert np.allclose(maps.sum(1), 1, atol=0.01)
    assert (part["first"], part["last"]) == (1, 3)


def test_after_a_change_of_the_words_the_other_words_act():
    order = replace(drawn_of().order, changes=(Change(2, words="a dog"), Change(3, guidance=9.0)))
    asked = []

    def reads(words):
        asked.append(words)
        return reading_of(words, padding=4)

    parts = word_parts(drawn_of(order=order), reads)
    assert asked == ["a dog"]
    assert [(part["first"], part["last"]) for part in parts] == [(1, 2), (3, 5)]
    assert [name["text"] for name in parts[0]["names"]] == ["", "a", "red", "cat", "", ""]
    assert [name["text"] for name in parts[1]["names"]] == ["", "a", "dog", "", ""]


def test_a_drawing_stopped_before_its_change_has_its_first_words_only():
    order = replace(drawn_of().order, changes=(Change(4, words="a dog"),))
    drawn = drawn_of(order=order, frames=frames_of(5, 8)[:3], is_stopped=True)
    (part,) = word_parts(drawn, nobody_reads)
    assert (part["first"], part["last"]) == (1, 3)
    told = inside_value(drawn, nobody_reads)
    assert told["done"] == 3 and told["steps"] == 5 and told["is_stopped"]


def test_many_words_and_steps_stay_within_bounds():
    words = " ".join(f"w{n}" for n in range(60))
    reading = reading_of(words, padding=10)
    drawn = drawn_of(reading=reading, frames=frames_of(50, len(reading.tokens), side=32))
    (part,) = word_parts(drawn, nobody_reads)
    assert len(base64.b64decode(part["maps"]["values"])) <= MOST_CELLS
    assert part["maps"]["grid"] == [8, 8]


def test_without_maps_nothing_is_made_up():
    frames = tuple(replace(f, word_maps=None, guidance_map=None) for f in frames_of(3, 8))
    told = inside_value(drawn_of(frames=frames), nobody_reads)
    assert told["parts"] == [] and told["guided"] is None


# ---- guidance and numbers ----


def test_what_guidance_did_is_told_for_each_step():
    frames = frames_of(4, 8)
    told = guided_value(frames)
    assert np.allclose(maps_of(told), [f.guidance_map for f in frames], atol=0.005)
    assert np.allclose(told["means"], [f.guidance_map.mean() for f in frames], atol=1e-3)


@given(st.integers(0, 99), st.floats(1e-4, 1e4))
def test_maps_are_read_back_as_they_were(seed, scale):
    maps = np.random.default_rng(seed).random((3, 4, 5)) * scale
    spread = np.ptp(maps, axis=(1, 2))[:, None, None]
    assert (abs(maps_of(maps_value(maps)) - maps) <= spread / 500 + scale * 1e-4).all()


def test_a_flat_map_stays_flat():
    assert np.allclose(maps_of(maps_value(np.full((1, 2, 2), 0.25))), 0.25)


def test_of_a_picture_that_is_held_back_no_step_is_told():
    told = inside_value(drawn_of(frames=(), is_withheld=True), nobody_reads)
    assert told["is_withheld"] and told["done"] == 0
    assert not {"noisy", "predicted", "parts", "guided"} & set(told)
