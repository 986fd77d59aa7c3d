import math

import pytest
import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from hypothesis import given, settings
from hypothesis import strategies as st

from training.vae_model import (
    LATENT_CHANNELS,
    autoencoder_losses,
    build_vae,
    edge_loss,
    kl_per_number,
    psnr,
    standardize_latents,
    to_pixels,
)


def test_pixels_have_the_range_of_the_pipeline() -> None:
    ends = to_pixels(torch.tensor([0, 255], dtype=torch.uint8))
    assert ends.tolist() == [-1.0, 1.0]


@torch.no_grad()
def test_it_makes_eight_times_smaller_latents_and_hears_them_from_the_start() -> None:
    torch.manual_seed(0)
    vae = build_vae()
    latents = vae.encode(torch.rand(1, 3, 64, 64) * 2 - 1).latent_dist.mode()
    assert latents.shape == (1, LATENT_CHANNELS, 8, 8)
    decoded = vae.decode(latents).sample
    assert decoded.shape == (1, 3, 64, 64)
    assert (vae.decode(-latents).sample - decoded).std() > 0.1


@torch.no_grad()
def test_standard_latents_decode_to_the_same_pictures() -> None:
    torch.manual_seed(0)
    vae = build_vae()
    assert vae.quant_conv is not None and vae.quant_conv.bias is not None
    vae.quant_conv.bias += torch.randn_like(vae.quant_conv.bias)
    pixels = torch.rand(3, 3, 32, 32) * 2 - 1
    before = vae.encode(pixels).latent_dist
    decoded = vae.decode(before.mode()).sample
    ratio = before.std / before.mode().std((0, 2, 3), keepdim=True)
    standardize_latents(vae, pixels)
    after = vae.encode(pixels).latent_dist
    assert after.mode().mean((0, 2, 3)).abs().max() < 1e-4
    torch.testing.assert_close(after.mode().std((0, 2, 3)), torch.ones(LATENT_CHANNELS))
    torch.testing.assert_close(vae.decode(after.mode()).sample, decoded, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(after.std, ratio, atol=1e-4, rtol=1e-3)


def test_each_step_teaches_encoder_and_decoder() -> None:
    for seed in range(3):
        torch.manual_seed(seed)
        vae = build_vae()
        losses = autoencoder_losses(vae, torch.rand(1, 3, 32, 32) * 2 - 1)
        torch.stack(list(losses.values())).sum().backward()
        for part in (vae.encoder.conv_in, vae.decoder.conv_in, vae.decoder.conv_out):
            assert part.weight.grad is not None and part.weight.grad.abs().sum() > 0


@settings(max_examples=20, deadline=None)
@given(st.floats(-3, 3), st.floats(0.1, 3))
def test_divergence_from_the_standard_normal(mean: float, std: float) -> None:
    parameters = torch.cat(
        [torch.full((1, LATENT_CHANNELS, 2, 2), v) for v in (mean, 2 * math.log(std))], 1
    )
    posterior = DiagonalGaussianDistribution(parameters)
    normal = torch.distributions.Normal
    truth = torch.distributions.kl_divergence(normal(mean, std), normal(0.0, 1.0))
    assert float(kl_per_number(posterior)) == pytest.approx(float(truth), rel=1e-3, abs=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.floats(-0.5, 0.5))
def test_edges_do_not_see_a_flat_error(error: float) -> None:
    pixels = torch.rand(1, 3, 16, 16)
    assert float(edge_loss(pixels + error, pixels)) == pytest.approx(0, abs=1e-6)
    stripes = (torch.arange(16) % 2).float().expand(1, 3, 16, 16)
    assert float(edge_loss(pixels + stripes, pixels)) == pytest.approx(1 / 6, abs=1e-5)


def test_psnr_of_a_known_error() -> None:
    pixels = torch.zeros(2, 3, 8, 8)
    # Half of the range is 1, so an error of 0.2 is a tenth of the whole.
    assert psnr(pixels + 0.2, pixels) == pytest.approx(20)
