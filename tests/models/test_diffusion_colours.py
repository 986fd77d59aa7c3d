from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.models.diffusion_asks import Colours
from playground.models.diffusion_colours import SIDE_PX, fit, painted, preview


def test_the_same_pictures_are_painted_each_time():
    first, again = painted(), painted()
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    assert {picture.shape for picture in first} == {(SIDE_PX, SIDE_PX, 3)}
    # Dark and bright in each colour: a fit must not have to guess.
    everything = np.stack(first).reshape(-1, 3)
    assert (np.quantile(everything, 0.05, axis=0) < 60).all()
    assert (np.quantile(everything, 0.95, axis=0) > 195).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**16), channels=st.integers(3, 16))
def test_latents_that_are_linear_in_the_colours_are_shown_as_they_are(seed, channels):
    rng = np.random.default_rng(seed)
    mixing = 3 * np.linalg.qr(rng.normal(size=(channels, 3)))[0]
    pictures = painted()
    means = [picture.reshape(16, 8, 16, 8, 3).mean((1, 3)) / 255 for picture in pictures]
    latents = [(mean @ mixing.T).transpose(2, 0, 1).astype(np.float32) for mean in means]
    colours = fit(pictures, latents)
    assert colours.matrix.shape == (channels + 1, 3) and colours.matrix.dtype == np.float32
    for latent, mean in zip(latents, means, strict=True):
        assert np.abs(preview(colours, latent) - mean * 255).mean() < 12


def test_colours_beyond_the_range_end_at_it():
    colours = Colours(np.array([[1.0, -1.0, 0.0], [0.5, 0.5, 0.5]], np.float32))
    shown = preview(colours, np.array([[[9.0, -9.0, 0.0]]], np.float16))
    assert shown.tolist() == [[[255, 0, 128], [0, 255, 128], [128, 128, 128]]]
