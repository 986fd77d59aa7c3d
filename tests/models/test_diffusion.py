"""mini-diffusion, taken apart: the same pictures as the library's pipeline, whoever else draws."""

from __future__ import annotations

from dataclasses import replace

import diffusers
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.catalog import entry
from playground.models import diffusion
from playground.models.diffusion_asks import Change
from playground.models.diffusion_parts import Pixels
from playground.models.diffusion_samplers import make_sampler
from tests.models.mini_drawer import (
    OTHER,
    PROMPT,
    SIDE,
    begun,
    drawn,
    farthest,
    finished,
    mini_parts,
    mini_pipeline,
    order,
    picture,
    seeded,
)
from training.inpainting import inpaint

OFFERED = entry("mini-diffusion").drawing.schedulers


def library_draws(asked):
    pipeline, own = mini_pipeline(), mini_pipeline().scheduler
    pipeline.scheduler = make_sampler(own, asked.scheduler)
    try:
        found = pipeline(
            asked.words,
            height=asked.size_hw[0],
            width=asked.size_hw[1],
            negative_prompt=asked.without or None,
            num_inference_steps=asked.steps,
            guidance_scale=asked.guidance,
            generator=seeded(asked.seed),
            output_type="np",
        ).images[0]
    finally:
        pipeline.scheduler = own
    return np.rint(found * 255).astype(np.uint8)


@pytest.mark.parametrize("sampler", OFFERED)
def test_the_picture_is_that_of_the_library(sampler):
    asked = order(scheduler=sampler, steps=6)
    assert farthest(drawn(asked), library_draws(asked)) <= 1


@pytest.mark.parametrize(
    "changes",
    [
        {"words": OTHER, "without": "a dog"},
        {"words": "", "guidance": 1.0},
        {"guidance": 1.0},
        {"size_hw": (SIDE, 192), "steps": 3},
        {"words": "a dog and " * 20, "steps": 2},
        {"steps": 1},
    ],
)
def test_other_orders_too(changes):
    asked = order(**changes)
    assert farthest(drawn(asked), library_draws(asked)) <= 1


def test_in_company_as_alone():
    """Other words, samplers, guidance; one of them a step ahead."""
    orders = [
        order(),
        order(words=OTHER, seed=1, scheduler="euler-a"),
        order(guidance=1.0, seed=2, scheduler="unipc", steps=3),
        order(start=picture(), strength=0.6, seed=3, scheduler="dpm++2m"),
    ]
    alone = [drawn(one) for one in orders]
    sketches = [begun(one) for one in orders]
    diffusion.advance(mini_parts()["denoiser"], sketches[:1])
    while left := [sketch for sketch in sketches if not sketch.is_done]:
        frames = diffusion.advance(mini_parts()["denoiser"], left)
        assert [frame.step for frame in frames] == [sketch.step for sketch in left]
    latents = [diffusion.latent_of(sketch) for sketch in sketches]
    together = diffusion.decode(mini_parts()["pixels"], latents)
    assert max(map(farthest, together, alone)) <= 1


def test_a_part_is_drawn_anew_as_the_training_code_does():
    start, mask = picture(), np.zeros((SIDE, SIDE), np.float32)
    mask[16:-40, 24:-16] = 1
    asked = order(start=start, mask=mask, steps=6)
    [expected] = inpaint(
        mini_pipeline(), [PROMPT], start[None], mask > 0, steps=6, guidance=4.0, seed=7
    )
    pixels = diffusion.blend_kept(asked, drawn(asked))
    assert farthest(pixels, expected) <= 1
    assert np.array_equal(pixels[mask == 0], start[mask == 0])
    assert (pixels[mask == 1] != start[mask == 1]).any()


def test_a_picture_to_start_from_is_noised_and_drawn_on():
    start = picture()
    near = drawn(order(start=start, strength=0.25, steps=8))
    far = drawn(order(start=start, strength=1.0, steps=8))
    assert np.abs(near.astype(int) - start).mean() < np.abs(far.astype(int) - start).mean()
    assert begun(order(start=start, strength=0.25, steps=8)).steps == 2
    # At least one step is taken, and the whole strength takes them all.
    assert begun(order(start=start, strength=0.01, steps=8)).steps == 1
    assert begun(order(start=start, strength=1.0, steps=8)).steps == 8


def test_stopped_in_between_it_is_what_was_foreseen():
    sketch = begun(order(steps=6))
    noise = diffusion.latent_of(sketch)
    assert noise.std() == pytest.approx(1, abs=0.1)
    for _ in range(3):
        [frame] = diffusion.advance(mini_parts()["denoiser"], [sketch])
    latent = diffusion.latent_of(sketch)
    assert np.allclose(latent, frame.predicted, atol=0.01) and not sketch.is_done
    [pixels] = diffusion.decode(mini_parts()["pixels"], [latent])
    assert pixels.shape == (SIDE, SIDE, 3) and pixels.std() > 2
    # The rest can still be drawn.
    finished(sketch)
    [whole] = diffusion.decode(mini_parts()["pixels"], [diffusion.latent_of(sketch)])
    assert farthest(whole, drawn(order(steps=6))) <= 1


def test_pictures_come_back_from_their_latents():
    pictures = [picture(), picture(3), picture(1, (64, 96))]
    latents = diffusion.encode(mini_parts()["pixels"], pictures)
    assert [latent.shape for latent in latents] == [(8, 16, 16), (8, 16, 16), (8, 8, 12)]
    back = diffusion.decode(mini_parts()["pixels"], latents)
    for pixels, expected in zip(back, pictures, strict=True):
        assert pixels.dtype == np.uint8 and pixels.shape == expected.shape
        assert np.abs(pixels.astype(int) - expected).mean() < 12
    alone = diffusion.decode(mini_parts()["pixels"], latents[1:2])
    assert farthest(alone[0], back[1]) <= 1
    assert diffusion.decode(mini_parts()["pixels"], []) == []


def test_colours_show_what_will_come():
    pixels = mini_parts()["pixels"]
    colours, again = diffusion.fit_colours(pixels), diffusion.fit_colours(pixels)
    assert np.array_equal(colours.matrix, again.matrix) and colours.matrix.shape == (9, 3)
    shown = picture(2)
    [latent] = diffusion.encode(pixels, [shown])
    rough = diffusion.preview(colours, latent)
    means = shown.reshape(16, 8, 16, 8, 3).mean((1, 3))
    assert rough.shape == (16, 16, 3) and np.abs(rough - means).mean() < 16
    assert diffusion.preview(colours, np.full((8, 2, 3), np.nan, np.float16)).shape == (2, 3, 3)


class Tally(list):
    """What a module and its copies add to alike."""

    def __deepcopy__(self, memo):
        return self


class Overflowing(torch.nn.Module):
    """An autoencoder whose numbers leave the range of 16 bits, or every range."""

    def __init__(self, values, dtype):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(values, dtype=dtype), requires_grad=False)
        self.config = diffusers.configuration_utils.FrozenDict(scaling_factor=1.0)
        self.calls = Tally()

    def decode(self, latents, return_dict):
        self.calls.append((len(latents), latents.dtype))
        return ((latents[:, :3] * self.weight * 300) / 300 / self.weight,)


def test_a_black_picture_is_worked_out_again_in_32_bits():
    latent = np.linspace(-0.9, 0.9, 48, dtype=np.float32).reshape(3, 4, 4)
    module = Overflowing(1000.0, torch.float16)
    pixels = Pixels("StableDiffusionPipeline", module)
    [found] = diffusion.decode(pixels, [latent])
    expected = (latent / 2 + 0.5).transpose(1, 2, 0) * 255
    assert np.abs(found - expected).max() <= 1
    # The cache knows where these lie: they are as they were.
    assert module.weight.dtype == torch.float16
    # Who was decoded together with it has the picture that it has alone.
    quiet = np.full_like(latent, 0.05)
    [alone] = diffusion.decode(pixels, [quiet])
    both = diffusion.decode_noting(pixels, [quiet, latent])
    assert np.array_equal(both[0].pixels, alone) and np.array_equal(both[1].pixels, found)
    assert [decoded.is_widened for decoded in both] == [False, True]
    assert module.calls[-2:] == [(2, torch.float16), (1, torch.float32)]
    broken = Pixels("StableDiffusionPipeline", Overflowing(float("nan"), torch.float32))
    with pytest.raises(FloatingPointError):
        diffusion.decode(broken, [latent])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**16), cut=st.integers(0, 8))
def test_what_is_kept_is_kept_to_the_bit(seed, cut):
    rng = np.random.default_rng(seed)
    start, pixels = rng.integers(0, 256, (2, 8, 8, 3), np.uint8)
    mask = rng.random((8, 8), np.float32)
    mask[:, :cut], mask[:2, cut:] = 0, 1
    asked = order(start=start, mask=mask)
    mixed = diffusion.blend_kept(asked, pixels)
    assert mixed.dtype == np.uint8
    assert np.array_equal(mixed[mask == 0], start[mask == 0])
    assert np.array_equal(mixed[mask == 1], pixels[mask == 1])
    low, high = np.minimum(start, pixels), np.maximum(start, pixels)
    assert ((mixed >= low) & (mixed <= high)).all()
    assert diffusion.blend_kept(replace(asked, mask=None), pixels) is pixels


def test_parts_have_their_keys():
    item = entry("mini-diffusion")
    keys = [diffusion.part_of(item, name) for name in ("words", "denoiser", "pixels")]
    assert keys == ["mini-clip/text", "mini-diffusion/denoiser", "mini-diffusion/pixels"]
    with pytest.raises(KeyError):
        diffusion.part_of(item, "eyes")


def test_every_text_that_is_needed_is_named_once():
    asked = order(
        without="dog",
        blend_words="sea",
        blend=0.5,
        changes=(Change(1, words="dog"), Change(2, guidance=2.0), Change(3, words="sky")),
    )
    assert diffusion.texts_of(asked) == (PROMPT, "dog", "sea", "sky")
    assert diffusion.texts_of(order(blend_words="sea")) == (PROMPT, "")


def test_the_shared_tower_reads_as_the_pipeline_does():
    texts = [PROMPT, OTHER, "", "a red cat " * 30]
    for text, reading in zip(texts, diffusion.read(mini_parts()["words"], texts), strict=True):
        [expected] = mini_pipeline().encode_prompt(text, torch.device("cpu"), 1, False)[0]
        heard = reading.tensors["encoder_hidden_states"]
        torch.testing.assert_close(heard, expected, atol=1e-4, rtol=1e-4)
        assert len(reading.tokens) == len(heard) == 32
