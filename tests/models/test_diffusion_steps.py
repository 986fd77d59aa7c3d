from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.models import diffusion, diffusion_steps
from playground.models.diffusion_asks import Change
from playground.models.diffusion_kinds import KINDS
from playground.models.diffusion_parts import Denoiser
from playground.models.diffusion_steps import cells_of, first_step
from tests.models.mini_drawer import (
    OTHER,
    PROMPT,
    SIDE,
    begun,
    drawn,
    farthest,
    finished,
    mini_parts,
    order,
    picture,
)

SAMPLERS = ("ddim", "euler", "euler-a", "dpm++2m", "unipc", "pndm", "lcm")


class Ran(Exception):
    pass


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_step_that_failed_leaves_no_trace(sampler, monkeypatch):
    """Memory may run out before, while and after the sampler has stepped."""
    asked = order(scheduler=sampler, steps=5)
    other = order(scheduler="euler-a", steps=5, seed=1)
    expected = drawn(asked)
    sketch, second = begun(asked), begun(other)
    denoiser = mini_parts()["denoiser"]
    finish = diffusion_steps._finish

    def fail_at_second(kind, attempt, values, maps):
        found = finish(kind, attempt, values, maps)
        if attempt.sketch is second:
            raise Ran
        return found

    for _ in range(2):
        diffusion.advance(denoiser, [sketch, second])
        with monkeypatch.context() as patch:
            patch.setattr(diffusion_steps, "_finish", fail_at_second)
            for _ in range(2):
                with pytest.raises(Ran):
                    diffusion.advance(denoiser, [sketch, second])
    assert sketch.step == 2
    finished(sketch)
    [pixels] = diffusion.decode(mini_parts()["pixels"], [diffusion.latent_of(sketch)])
    assert farthest(pixels, expected) <= 1


def test_a_change_of_words_leaves_what_came_before():
    plain = finished(begun(order(steps=5)))
    changed = finished(begun(order(steps=5, changes=(Change(2, words=OTHER),))))
    for one, other in zip(plain[:2], changed[:2], strict=True):
        assert np.array_equal(one.predicted, other.predicted)
    assert np.array_equal(plain[2].noisy, changed[2].noisy)
    assert not np.array_equal(plain[2].predicted, changed[2].predicted)


def test_the_last_change_counts_and_the_order_in_which_they_are_told_does_not():
    changes = (Change(3, words=PROMPT), Change(1, words=OTHER), Change(2, guidance=1.0))
    frames = finished(begun(order(steps=5, changes=changes)))
    assert [frame.guidance_map is None for frame in frames] == [False, False, True, True, True]
    back = finished(begun(order(steps=5, changes=changes[::-1])))
    assert np.array_equal(frames[-1].predicted, back[-1].predicted)


@pytest.mark.parametrize("sampler", ["ddim", "dpm++2m", "unipc", "euler-a", "pndm"])
def test_other_noise_keeps_the_picture_that_was_foreseen(sampler):
    asked = order(steps=8, scheduler=sampler)
    plain = finished(begun(asked))
    frames = finished(begun(replace(asked, changes=(Change(6, noise_seed=1),))))
    assert np.array_equal(plain[5].predicted, frames[5].predicted)
    assert not np.array_equal(plain[6].noisy, frames[6].noisy)
    # What was foreseen is in it still, with other noise of the same strength.
    apart = np.abs(frames[6].predicted.astype(np.float32) - plain[5].predicted).mean()
    assert apart < 0.5
    assert frames[6].noisy.std() == pytest.approx(plain[6].noisy.std(), rel=0.1)
    again = finished(begun(replace(asked, changes=(Change(6, noise_seed=1),))))
    assert np.array_equal(frames[-1].predicted, again[-1].predicted)


def test_a_blend_lies_between_and_ends_at_its_ends():
    one, other = (finished(begun(order(words=words)))[0] for words in (PROMPT, OTHER))
    halves = [
        finished(begun(order(blend_words=OTHER, blend=share)))[0] for share in (0.0, 0.5, 1.0)
    ]
    assert np.array_equal(halves[0].predicted, one.predicted)
    assert np.array_equal(halves[2].predicted, other.predicted)
    assert not np.array_equal(halves[1].predicted, one.predicted)


def test_what_is_seen_at_each_step():
    frames = finished(begun(order(steps=6)))
    assert [(frame.step, frame.steps) for frame in frames] == [(n, 6) for n in range(1, 7)]
    levels = [frame.noise_level for frame in frames]
    assert levels == sorted(levels, reverse=True) and 0 < levels[-1] < levels[0] <= 1
    for frame in frames:
        assert frame.noisy.shape == frame.predicted.shape == (8, 16, 16)
        assert frame.noisy.dtype == frame.predicted.dtype == np.float16
        assert frame.guidance_map.shape == (16, 16) and (frame.guidance_map >= 0).all()
        assert frame.word_maps.shape == (32, 16, 16)
        assert np.allclose(frame.word_maps.sum(0, dtype=np.float32), 1, atol=0.01)
    # The noise is as the denoiser hears it, whatever the sampler does with it.
    for sampler in SAMPLERS:
        [first, *_] = finished(begun(order(steps=2, scheduler=sampler)))
        assert first.noisy.std() == pytest.approx(1, abs=0.1), sampler
    # In the end the picture is what was foreseen (the library's DDIM leaves a trace of noise where
    # the steps do not divide those of the training).
    sketch = begun(order(steps=5))
    last = finished(sketch)[-1]
    assert np.allclose(last.predicted, diffusion.latent_of(sketch), atol=0.01)


def test_words_act_where_the_model_draws_them():
    """Each word has a map of its own; the maps do not depend on who else draws."""
    alone = finished(begun(order(steps=3)))
    sketches = [begun(order(words=OTHER, steps=3)), begun(order(steps=3))]
    together = [diffusion.advance(mini_parts()["denoiser"], sketches)[1] for _ in range(3)]
    for one, other in zip(alone, together, strict=True):
        assert np.allclose(one.word_maps, other.word_maps, atol=2e-3)
    cat = alone[1].word_maps[2].astype(np.float32)
    assert cat.std() > 0


def test_the_known_part_is_in_every_frame():
    start, mask = picture(), np.zeros((SIDE, SIDE), np.float32)
    mask[:64] = 0.5
    asked = order(start=start, mask=mask, strength=0.7, steps=6)
    [known] = diffusion.encode(mini_parts()["pixels"], [start])
    sketch = begun(asked)
    for frame in finished(sketch):
        assert np.allclose(frame.predicted[:, 8:], known[:, 8:], atol=0.01)
    assert np.allclose(diffusion.latent_of(sketch)[:, 8:], known[:, 8:])
    assert not np.allclose(diffusion.latent_of(sketch)[:, :8], known[:, :8], atol=0.1)


def test_a_cell_is_drawn_anew_if_any_pixel_of_it_is():
    mask = np.zeros((16, 24), np.float32)
    mask[7, 8], mask[15, 23] = 0.01, 1
    assert cells_of(mask, (4, 2, 3)).tolist() == [[[0, 1, 0], [0, 0, 1]]]


@settings(max_examples=50, deadline=None)
@given(steps=st.integers(1, 200), strength=st.floats(1e-6, 1))
def test_a_start_leaves_at_least_one_step(steps, strength):
    first = first_step(order(steps=steps, strength=strength))
    assert 0 <= first < steps
    assert steps - first == max(1, int(steps * strength))


def test_what_cannot_be_begun_or_gone_on_with():
    with pytest.raises(ValueError, match="latent"):
        diffusion.begin(
            mini_parts()["denoiser"], order(start=picture()), {}, np.zeros((8, 2, 2), np.float32)
        )
    sketch = begun(order(steps=1))
    finished(sketch)
    with pytest.raises(ValueError, match="done"):
        diffusion.advance(mini_parts()["denoiser"], [sketch])


@pytest.mark.parametrize("is_mended", [True, False])
def test_numbers_that_are_none_are_worked_out_in_a_wider_range(is_mended, monkeypatch):
    """Half precision overflows; what does so in a wider range too is told."""
    real = mini_parts()["denoiser"]
    own = KINDS[real.kind]
    calls: list[tuple[int, bool]] = []

    def predict(denoiser, rows):
        found = own.predict(real, rows)
        is_wide = torch.is_autocast_enabled("cpu")
        calls.append((len(rows), is_wide))
        if not is_wide or not is_mended:
            found.values[-1, 0, 0, 0] = float("inf")
        return found

    monkeypatch.setattr(diffusion_steps, "KINDS", {real.kind: replace(own, predict=predict)})
    module = torch.nn.Linear(1, 1, dtype=torch.float16)
    module.config = real.module.config
    denoiser = Denoiser(real.kind, module, real.scheduler, real.cell_px)
    sketch = begun(order())
    before = sketch.state
    if is_mended:
        [frame] = diffusion.advance(denoiser, [sketch])
        assert np.isfinite(frame.predicted).all() and sketch.step == 1
        assert frame.is_widened, "the person is told"
    else:
        with pytest.raises(FloatingPointError):
            diffusion.advance(denoiser, [sketch])
        assert sketch.state is before and sketch.step == 0
    # Only the row that was bad is done again.
    assert calls == [(2, False), (1, True)]
