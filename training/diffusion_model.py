"""The denoiser's sizes, its noise schedule, its loss, and the heads that teach it faster."""

import copy
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from diffusers import DDIMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import nn

from training.concepts import CONCEPTS
from training.diffusion_batches import NO_CONCEPT, Batch
from training.vae_model import LATENT_CHANNELS, LATENT_SIDE

TEXT_WIDTH = 192
_WIDTHS = (80, 160)
_HEADS = 5
_TRAINING_TIMES = 1000
_AVERAGE_DECAY = 0.999
_OBJECT_WEIGHT = 2.0
_CELLS_WEIGHT = 0.1
_NO_CONCEPT_WEIGHT = 0.2
# Times are drawn from a logit-normal distribution; the rest from all times alike.
_TIME_MEAN, _TIME_SPREAD, _ALL_TIMES_ALIKE = 0.2, 1.0, 0.2


def build_unet() -> UNet2DConditionModel:
    """Build an untrained denoiser for latents of 16 x 16 x 8.

    Convolutions at 16 x 16, convolutions and six transformer layers at 8 x 8, where the words
    come in.

    Returns:
        The unmodified ``UNet2DConditionModel``, float32.
    """
    unet = UNet2DConditionModel(
        sample_size=LATENT_SIDE,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        mid_block_type=None,
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=_WIDTHS,
        layers_per_block=1,
        transformer_layers_per_block=(1, 2),
        # By an old mistake of the library this is the number of heads.
        attention_head_dim=_HEADS,
        cross_attention_dim=TEXT_WIDTH,
        norm_num_groups=16,
    )
    _initialize(unet)
    return unet


def _initialize(unet: UNet2DConditionModel) -> None:
    """Start each residual branch at zero, and keep the deviation of the signal elsewhere.

    Source: Peebles & Xie 2023, "Scalable Diffusion Models with Transformers", section 3.2.
    """
    for name, module in unet.named_modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
            assert module.bias is not None
            nn.init.zeros_(module.bias)
            if name.endswith(("conv2", "proj_out", "conv_out")):
                nn.init.zeros_(module.weight)


def build_scheduler() -> DDIMScheduler:
    """Build the noise schedule that belongs to mini-diffusion.

    A latent of 16 x 16 is drowned by less noise than one of 64 x 64, so the cosine schedule takes
    the place of Stable Diffusion's. It ends in pure noise, which sampling starts from.

    Source: Nichol & Dhariwal 2021, "Improved Denoising Diffusion Probabilistic Models", equation
    17; Lin et al. 2024, "Common Diffusion Noise Schedules and Sample Steps are Flawed", section 3.

    Returns:
        The scheduler; predicts velocity.
    """
    return DDIMScheduler(
        num_train_timesteps=_TRAINING_TIMES,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,
    )


@dataclass(frozen=True)
class Noised:
    """A batch of latents at random times.

    Attributes:
        noisy: (B, 8, 16, 16) float32.
        times: (B,) int64, 0 (clean) to 999 (noise).
        velocity: (B, 8, 16, 16) float32, what the denoiser should say.
        signal: (B,) float32 in 0..1, share of the latent in the variance.
    """

    noisy: torch.Tensor
    times: torch.Tensor
    velocity: torch.Tensor
    signal: torch.Tensor


def add_noise(latents: torch.Tensor, signal_by_time: torch.Tensor) -> Noised:
    """Add noise at times drawn from a logit-normal distribution.

    Source: Salimans & Ho 2022, "Progressive Distillation for Fast Sampling of Diffusion Models",
    appendix D (velocity); Esser et al. 2024, "Scaling Rectified Flow Transformers for
    High-Resolution Image Synthesis", section 3.1 (logit-normal times).

    Args:
        latents: (B, 8, 16, 16) float32 of deviation 1.
        signal_by_time: (1000,) float32, ``alphas_cumprod`` of the scheduler.

    Returns:
        The noisy latents and what belongs to them.
    """
    count, device = len(latents), latents.device
    part = torch.sigmoid(_TIME_MEAN + _TIME_SPREAD * torch.randn(count, device=device))
    alike = torch.rand(count, device=device) < _ALL_TIMES_ALIKE
    part = torch.where(alike, torch.rand(count, device=device), part)
    times = (part * len(signal_by_time)).long().clamp(max=len(signal_by_time) - 1)
    signal = signal_by_time[times]
    kept, added = (s.sqrt().view(-1, 1, 1, 1) for s in (signal, 1 - signal))
    noise = torch.randn_like(latents)
    return Noised(kept * latents + added * noise, times, kept * noise - added * latents, signal)


class DiffusionWithHelpers(nn.Module):
    """The denoiser, its moving average, and heads that are thrown away after training.

    The heads tell what stands where from the features at 8 x 8, so that the words find their
    places early. Only ``average`` is shipped.

    Args:
        unet: The denoiser.
    """

    signal_by_time: torch.Tensor

    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        self.unet = unet
        self.average = copy.deepcopy(unet).requires_grad_(False)
        # The fused attention's backward pass is twice as slow as plain matmuls on the CPU.
        unet.set_attn_processor(AttnProcessor())
        watched = (unet.down_blocks[-1].attentions[-1], unet.up_blocks[0].attentions[-1])
        self.heads = nn.ModuleList(nn.Linear(_WIDTHS[-1], NO_CONCEPT + 1) for _ in watched)
        self._features: dict[int, torch.Tensor] = {}
        for number, module in enumerate(watched):
            module.register_forward_hook(partial(self._remember, number))
        schedule = build_scheduler().alphas_cumprod
        self.register_buffer("signal_by_time", schedule, persistent=False)

    def _remember(
        self, number: int, _module: nn.Module, _inputs: object, output: tuple[torch.Tensor, ...]
    ) -> None:
        self._features[number] = output[0]

    def forward(
        self, batch: Batch, words: torch.Tensor, progress: float
    ) -> dict[str, torch.Tensor]:
        """Compute the weighted losses of one batch.

        Args:
            batch: On the device of the model.
            words: (B, 32, 192) float32, the last hidden states of the text encoder.
            progress: Part of the training that is over, 0 to 1.

        Returns:
            Scalars ``noise`` and ``cells``.
        """
        noised = add_noise(batch.latents.float(), self.signal_by_time)
        said = self.unet(noised.noisy, noised.times, words).sample.float()
        error = (said - noised.velocity).square().mean(1)
        # Things are a small part of most pictures; at the end all parts count alike again, since
        # the weight also makes the denoiser see things too often.
        weight = 1 + _OBJECT_WEIGHT * max(0.0, 1 - progress) * batch.cover.float() / 255
        return {
            "noise": (weight * error).sum() / weight.sum(),
            "cells": _CELLS_WEIGHT * self._cell_loss(batch.cells, noised.signal),
        }

    def _cell_loss(self, cells: torch.Tensor, signal: torch.Tensor) -> torch.Tensor:
        weight = torch.ones(len(CONCEPTS) + 1, device=cells.device)
        weight[NO_CONCEPT] = _NO_CONCEPT_WEIGHT
        truth = cells.long().flatten(1)
        # In pure noise nobody can know what stands where.
        known = signal[:, None] * weight[truth]
        total = signal.new_zeros(())
        for number, head in enumerate(self.heads):
            features = self._features.pop(number).flatten(2).transpose(1, 2)
            logits = head(features).float().transpose(1, 2)
            loss = F.cross_entropy(logits, truth, reduction="none")
            total = total + (known * loss).sum() / known.sum()
        return total / len(self.heads)

    @torch.no_grad()
    def update_average(self, step: int) -> None:
        """Move the average towards the denoiser; faster in the first steps.

        Args:
            step: Steps done before, 0 or more.
        """
        decay = min(_AVERAGE_DECAY, (1 + step) / (10 + step))
        for old, new in zip(self.average.parameters(), self.unet.parameters(), strict=True):
            old.lerp_(new, 1 - decay)
