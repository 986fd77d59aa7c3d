from __future__ import annotations

import diffusers
import pytest
import torch
from diffusers.pipelines.stable_diffusion import pipeline_stable_diffusion_img2img as img2img
from hypothesis import example, given, settings
from hypothesis import strategies as st

from playground.catalog import entry, folder_of
from playground.models.diffusion_loading import load_sampler
from playground.models.diffusion_samplers import (
    SAMPLERS,
    begin_run,
    make_sampler,
    own_sampler,
)

MINI = entry("mini-diffusion")
STEPS = 6


def own_of(name: str, meaning: str = "epsilon"):
    made = getattr(diffusers, SAMPLERS[name].class_name)
    if name in {"flow-euler", "scm"}:
        return made()
    more = {"timestep_spacing": "trailing"} if name != "lcm" else {}
    return made(beta_schedule="scaled_linear", prediction_type=meaning, **more)


def run_of(name: str, *, first: int = 0, meaning: str = "epsilon", steps: int = STEPS):
    sampler = make_sampler(own_of(name, meaning), name)
    more = {"intermediate_timesteps": None} if name == "scm" else {}
    sampler.set_timesteps(steps, device="cpu", **more)
    return begin_run(sampler, name, first=first, seed=3)


def test_every_class_is_one_of_the_library_and_finds_its_name():
    for name in SAMPLERS:
        assert own_sampler(own_of(name)) == name
    with pytest.raises(KeyError):
        own_sampler(diffusers.DDPMScheduler())
    with pytest.raises(KeyError):
        make_sampler(own_of("ddim"), "magic")


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("index", [0, 2, STEPS - 1])
def test_noise_is_put_on_as_the_library_does(name, index):
    run = run_of(name, first=index)
    picture, noise = torch.randn(2, 4, 8, 8)
    time = run.time(index)[None]
    if name == "scm":
        expected = torch.cos(time) * picture + torch.sin(time) * noise
    elif name == "flow-euler":
        expected = run.sampler.scale_noise(picture[None], time, noise[None])[0]
    else:
        expected = run.sampler.add_noise(picture[None], noise[None], time)[0]
    torch.testing.assert_close(run.mixed(picture, noise, index), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", SAMPLERS)
def test_noise_goes_from_nearly_all_to_none(name):
    run = run_of(name)
    levels = [run.noise_level(index) for index in range(run.count + 1)]
    assert levels == sorted(levels, reverse=True)
    assert 0.9 < levels[0] <= 1 and levels[-1] == 0


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        (name, meaning)
        for name in ("ddim", "euler", "euler-a", "dpm++2m", "unipc", "lcm")
        for meaning in ("epsilon", "v_prediction", "sample")
        # The library's ancestral class does not know pictures.
        if (name, meaning) != ("euler-a", "sample")
    ],
)
def test_a_true_prediction_foresees_the_picture(name, meaning):
    run = run_of(name, meaning=meaning)
    picture, noise = torch.randn(2, 4, 8, 8)
    index = 2
    latent = run.mixed(picture, noise, index)
    signal, share = run.shares(index)
    length = (signal**2 + share**2) ** 0.5
    said = {
        "epsilon": noise,
        "v_prediction": (signal * noise - share * picture) / length,
        "sample": picture,
    }[meaning]
    torch.testing.assert_close(run.foreseen(said, latent, index), picture, atol=1e-3, rtol=1e-3)


def test_flows_and_angles_foresee_too():
    picture, noise = torch.randn(2, 4, 8, 8)
    flow = run_of("flow-euler")
    latent = flow.mixed(picture, noise, 2)
    torch.testing.assert_close(
        flow.foreseen(noise - picture, latent, 2), picture, atol=1e-4, rtol=1e-4
    )
    angle = run_of("scm")
    signal, share = angle.shares(2)
    latent, said = angle.mixed(picture, noise, 2), signal * noise - share * picture
    torch.testing.assert_close(angle.foreseen(said, latent, 2), picture, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_copy_steps_without_a_trace(name):
    run = run_of(name)
    latent = torch.randn(4, 8, 8)
    values = torch.randn(STEPS, 4, 8, 8)
    for index in range(3):
        latent = run.step(values[index], latent, index)
    spoilt = run.copy()
    for index in range(3, run.count - 1):
        spoilt.step(torch.full_like(latent, 9.0), latent, index)
    spoilt.forget(torch.Generator())
    one, other = run.copy(), run.copy()
    for index in (3, 4):
        assert torch.equal(
            one.step(values[index], latent, index), other.step(values[index], latent, index)
        )


@pytest.mark.parametrize("name", ["ddim", "euler", "dpm++2m", "unipc", "pndm", "flow-euler"])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_who_forgets_goes_on_from_the_new_noise_alone(name, at):
    """With a denoiser that is right, nothing is left of what was in the latent before."""
    picture, first, other = 0.2 * torch.randn(3, 4, 8, 8)
    # A number of steps that the times of the model can be divided by.
    run = run_of(name, steps=5)
    latent = run.mixed(-picture, first, 0)
    for index in range(at):
        latent = run.step(torch.randn_like(latent), latent, index)
    run.forget(torch.Generator())
    latent = run.mixed(picture, other, at)
    for index in range(at, run.count):
        expected = run.mixed(picture, other, index)
        torch.testing.assert_close(latent, expected, atol=1e-4, rtol=1e-4)
        latent = run.step(other - picture if name == "flow-euler" else other, latent, index)


@pytest.mark.parametrize("name", MINI.drawing.schedulers)
@settings(max_examples=25, deadline=None)
@given(steps=st.integers(1, MINI.drawing.steps[1]), share=st.floats(0, 1))
@example(steps=3, share=0.0)
def test_any_number_of_steps_from_anywhere_stays_finite(name, steps, share):
    """With the schedule of mini-diffusion, which begins with next to nothing but noise."""
    sampler = make_sampler(load_sampler(folder_of(MINI)), name)
    sampler.set_timesteps(steps, device="cpu")
    first = min(int(share * steps), steps - 1)
    run = begin_run(sampler, name, first=first, seed=1)
    noise = torch.randn(8, 4, 4, generator=torch.Generator().manual_seed(0))
    latent = run.mixed(torch.zeros_like(noise), noise, first)
    for index in range(first, run.count):
        said = run.heard(latent, index) / 2
        foreseen, latent = run.foreseen(said, latent, index), run.step(said, latent, index)
        assert foreseen.isfinite().all() and latent.isfinite().all()
        assert latent.dtype == torch.float32


@pytest.mark.parametrize("name", ["ddim", "euler", "euler-a", "dpm++2m", "unipc"])
def test_starting_in_the_middle_is_what_the_library_does(name):
    """The steps of the library's picture-to-picture, with a denoiser that is a formula."""
    strength, picture = 0.5, torch.randn(4, 8, 8)
    run = run_of(name, first=3)
    latent = run.mixed(picture, torch.randn(4, 8, 8, generator=run.dice), 3)

    sampler = make_sampler(own_of(name), name)
    pipeline = type("Pipeline", (), {"scheduler": sampler})()
    sampler.set_timesteps(STEPS)
    get_timesteps = img2img.StableDiffusionImg2ImgPipeline.get_timesteps
    times, _ = get_timesteps(pipeline, STEPS, strength, "cpu")
    dice = torch.Generator().manual_seed(3)
    noise = torch.randn(1, 4, 8, 8, generator=dice)
    theirs = sampler.add_noise(picture[None], noise, times[:1])
    more = {} if name == "dpm++2m" or "unipc" in name else {"generator": dice}
    for number, time in enumerate(times):
        index = 3 + number
        assert run.time(index) == time
        heard = run.heard(latent, index)
        theirs_heard = sampler.scale_model_input(theirs, time)
        latent = run.step(heard.sin(), latent, index)
        theirs = sampler.step(theirs_heard.sin(), time, theirs, return_dict=False, **more)[0]
    torch.testing.assert_close(latent, theirs[0], atol=1e-4, rtol=1e-4)
