import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from training.diffusion_batches import NO_CONCEPT, Batch
from training.diffusion_model import (
    TEXT_WIDTH,
    DiffusionWithHelpers,
    add_noise,
    build_scheduler,
    build_unet,
)
from training.loop import build_optimizer, read_options
from training.vae_model import LATENT_CHANNELS


@pytest.fixture(scope="module")
def model() -> DiffusionWithHelpers:
    torch.manual_seed(0)
    return DiffusionWithHelpers(build_unet())


def batch(count: int = 4) -> Batch:
    cells = torch.randint(0, NO_CONCEPT + 1, (count, 8, 8), dtype=torch.uint8)
    cover = torch.randint(0, 256, (count, 16, 16), dtype=torch.uint8)
    return Batch(0, torch.randn(count, LATENT_CHANNELS, 16, 16).half(), cover, cells, [""] * count)


def test_the_schedule_ends_in_pure_noise_and_sampling_starts_there() -> None:
    scheduler = build_scheduler()
    assert float(scheduler.alphas_cumprod[-1]) < 1e-6
    assert bool((scheduler.alphas_cumprod.diff() < 0).all())
    scheduler.set_timesteps(20)
    assert int(scheduler.timesteps[0]) == 999


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_the_latent_follows_from_what_the_denoiser_should_say(seed: int) -> None:
    torch.manual_seed(seed)
    latents = torch.randn(6, LATENT_CHANNELS, 16, 16)
    schedule = build_scheduler()
    noised = add_noise(latents, schedule.alphas_cumprod)
    kept, added = (s.sqrt().view(-1, 1, 1, 1) for s in (noised.signal, 1 - noised.signal))
    torch.testing.assert_close(
        kept * noised.noisy - added * noised.velocity, latents, atol=1e-4, rtol=1e-4
    )
    assert torch.equal(noised.signal, schedule.alphas_cumprod[noised.times])
    noise = kept * noised.velocity + added * noised.noisy
    torch.testing.assert_close(
        schedule.add_noise(latents, noise, noised.times), noised.noisy, atol=1e-4, rtol=1e-4
    )


def test_all_times_occur_and_most_lie_between() -> None:
    torch.manual_seed(0)
    times = add_noise(
        torch.zeros(4000, LATENT_CHANNELS, 1, 1), build_scheduler().alphas_cumprod
    ).times
    assert int(times.min()) < 20 and int(times.max()) > 980
    assert 0.55 < float(((times > 250) & (times < 750)).float().mean()) < 0.85


def test_it_learns_one_batch(model: DiffusionWithHelpers) -> None:
    learner = copy.deepcopy(model)
    # A copy of the model must not write its features into the first one.
    learner = DiffusionWithHelpers(learner.unet)
    one, words = batch(), torch.randn(4, 32, TEXT_WIDTH)
    optimizer = build_optimizer(learner, read_options("x", "", [], peak_rate=1e-3))
    seen = []
    for _ in range(12):
        torch.manual_seed(5)
        losses = learner(one, words, 0.0)
        optimizer.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        optimizer.step()
        seen.append({name: value.item() for name, value in losses.items()})
    assert seen[-1]["noise"] < 0.8 * seen[0]["noise"]
    assert seen[-1]["cells"] < 0.8 * seen[0]["cells"]


@torch.no_grad()
def test_words_matter_once_the_branches_have_opened(model: DiffusionWithHelpers) -> None:
    torch.manual_seed(0)
    unet = build_unet()
    for parameter in unet.parameters():
        parameter += 0.02 * torch.randn_like(parameter)
    noisy, times = torch.randn(1, LATENT_CHANNELS, 16, 16), torch.tensor([500])
    words = torch.randn(2, 32, TEXT_WIDTH)
    said = unet(noisy.expand(2, -1, -1, -1), times.expand(2), words).sample
    assert not torch.allclose(said[0], said[1], atol=1e-4)


@torch.no_grad()
def test_the_average_follows_and_is_not_trained(model: DiffusionWithHelpers) -> None:
    follower = DiffusionWithHelpers(build_unet())
    assert not any(p.requires_grad for p in follower.average.parameters())
    for parameter in follower.unet.parameters():
        parameter += 1
    old = copy.deepcopy(follower.average.conv_in.bias)
    follower.update_average(0)
    moved = follower.average.conv_in.bias - old
    torch.testing.assert_close(moved, torch.full_like(moved, 0.9))
    follower.update_average(10**6)
    again = follower.average.conv_in.bias - old - moved
    torch.testing.assert_close(again, torch.full_like(again, 0.1 * 0.001), atol=1e-5, rtol=0.1)
