"""The autoencoder's sizes, its losses, and the scaling of its latents."""

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from torch import nn

PICTURE_SIDE_PX = 128
LATENT_SIDE = 16
LATENT_CHANNELS = 8
_WIDTHS = (24, 48, 96, 128)
_KL_WEIGHT = 2e-4
_EDGE_WEIGHT = 1.0
_EDGE_SCALES = 3
_FLIPPED, _HALVED = 0.2, 0.25
_FIRST_LOG_VARIANCE = -5.0


def build_vae() -> AutoencoderKL:
    """Build an untrained autoencoder: 128 px to 16 x 16 x 8 and back.

    A cell of 8 px holds as much detail here as one of 32 px in a picture of 512 px, so it gets
    eight channels where Stable Diffusion has four; the two were not compared under equal training.

    Returns:
        The unmodified ``AutoencoderKL``, float32.
    """
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * len(_WIDTHS),
        up_block_types=("UpDecoderBlock2D",) * len(_WIDTHS),
        block_out_channels=_WIDTHS,
        layers_per_block=1,
        latent_channels=LATENT_CHANNELS,
        norm_num_groups=8,
        sample_size=PICTURE_SIDE_PX,
        scaling_factor=1.0,
        force_upcast=False,
        # It learns from crops of 64 px; attention over a larger picture would be new to it.
        mid_block_add_attention=False,
    )
    _initialize(vae)
    return vae


def _initialize(vae: AutoencoderKL) -> None:
    """Keep the deviation of the signal from layer to layer.

    With the default of PyTorch it shrinks at each convolution outside a residual branch, and the
    first hundreds of steps go by before the decoder hears the latent at all.
    """
    for name, module in vae.named_modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
            assert module.bias is not None
            nn.init.zeros_(module.bias)
            if name.endswith("conv2"):
                nn.init.zeros_(module.weight)
    log_variance = vae.quant_conv
    assert isinstance(log_variance, nn.Conv2d) and log_variance.bias is not None
    with torch.no_grad():
        log_variance.weight[LATENT_CHANNELS:] *= 0.1
        log_variance.bias[LATENT_CHANNELS:] = _FIRST_LOG_VARIANCE


def to_pixels(pictures: torch.Tensor) -> torch.Tensor:
    """Change the range of pictures as the pipeline's image processor does.

    Args:
        pictures: (B, 3, H, W) uint8.

    Returns:
        (B, 3, H, W) float32 in -1..1.
    """
    return pictures.float() / 127.5 - 1


def autoencoder_losses(vae: AutoencoderKL, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
    """Compute the weighted losses of one batch.

    In a part of the steps the latent is flipped or halved, and the decoder must return the
    picture flipped or halved: a latent that behaves like a small picture is easier to denoise.

    Source: Rombach et al. 2022, section 3.1 (perceptual compression with a slight KL penalty);
    Kouzelis et al. 2025, "EQ-VAE", section 3 (equivariance). Differences of neighbouring pixels
    at three scales take the place of the perceptual network and of the discriminator.

    Args:
        vae: The model.
        pixels: (B, 3, H, W) float32 in -1..1.

    Returns:
        Scalars ``pixels``, ``edges`` and ``kl``.
    """
    posterior = vae.encode(pixels).latent_dist
    latents = posterior.sample()
    chance = float(torch.rand(()))
    if chance < _FLIPPED:
        latents, pixels = latents.flip(-1), pixels.flip(-1)
    elif chance < _FLIPPED + _HALVED:
        latents, pixels = F.avg_pool2d(latents, 2), F.avg_pool2d(pixels, 2)
    decoded = vae.decode(latents).sample.float()
    return {
        "pixels": (decoded - pixels).abs().mean(),
        "edges": _EDGE_WEIGHT * edge_loss(decoded, pixels),
        "kl": _KL_WEIGHT * kl_per_number(posterior),
    }


def edge_loss(decoded: torch.Tensor, pixels: torch.Tensor) -> torch.Tensor:
    """Compare the differences of neighbouring pixels at three scales.

    Args:
        decoded: (B, 3, H, W) float32.
        pixels: (B, 3, H, W) float32, the truth.

    Returns:
        Scalar, 0 or more.
    """
    total = pixels.new_zeros(())
    error = decoded - pixels
    for _ in range(_EDGE_SCALES):
        for dim in (-1, -2):
            total = total + error.diff(dim=dim).abs().mean()
        error = F.avg_pool2d(error, 2)
    return total / (2 * _EDGE_SCALES)


def kl_per_number(posterior: DiagonalGaussianDistribution) -> torch.Tensor:
    """Divergence from the standard normal distribution, a mean over the numbers of the latent.

    Source: Kingma & Welling 2014, "Auto-Encoding Variational Bayes", appendix B.

    Args:
        posterior: What the encoder says.

    Returns:
        Scalar in nats, 0 or more.
    """
    mean, log_variance = posterior.mean.float(), posterior.logvar.float()
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()


@torch.no_grad()
def standardize_latents(vae: AutoencoderKL, pixels: torch.Tensor) -> None:
    """Give each latent channel mean 0 and deviation 1 by changing the two 1 x 1 convolutions.

    ``StableDiffusionPipeline`` knows one factor for all channels and no shift, so both are built
    in. The reconstruction stays the same.

    Source: Rombach et al. 2022, appendix G (the latent is scaled to unit deviation).

    Args:
        vae: Is changed.
        pixels: (B, 3, H, W) float32 in -1..1, from which the statistics are taken.
    """
    channels = LATENT_CHANNELS
    latents = vae.encode(pixels).latent_dist.mode()
    mean, std = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    before, after = vae.quant_conv, vae.post_quant_conv
    assert isinstance(before, nn.Conv2d) and isinstance(after, nn.Conv2d)
    assert before.bias is not None and after.bias is not None
    after.bias += (after.weight[..., 0, 0] * mean).sum(1)
    after.weight *= std[None, :, None, None]
    before.weight[:channels] /= std[:, None, None, None]
    before.bias[:channels] = (before.bias[:channels] - mean) / std
    before.bias[channels:] -= 2 * std.log()


def psnr(decoded: torch.Tensor, pixels: torch.Tensor) -> float:
    """Peak signal-to-noise ratio, the mean over pictures.

    Args:
        decoded: (B, 3, H, W) float32 in -1..1; is clamped to it.
        pixels: (B, 3, H, W) float32 in -1..1, the truth.

    Returns:
        Decibels.
    """
    error = (decoded.clamp(-1, 1) - pixels).square().mean((1, 2, 3))
    return float((10 * torch.log10(4 / error.clamp(min=1e-10))).mean())
