"""Sharpen the decoder of mini-diffusion's autoencoder: ``python -m training.vae_decoder``.

``training.vae`` learns from crops and compares pixels only, which leaves things blurred. Here the
encoder stays as it is, so that latents keep their meaning, and the decoder learns on whole scenes
to make pictures in which mini-clip's vision tower sees the same as in the truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import nn
from torch.utils.data import Dataset
from transformers import CLIPImageProcessor, CLIPVisionModel

from training.batch_stream import stream
from training.loop import Loop, Options, read_options
from training.painting import paint
from training.sampling import Split, sample_scene
from training.vae import FOLDER, look_at_scenes
from training.vae_model import PICTURE_SIDE_PX, edge_loss, to_pixels

SEED = 20_220_320
TUNED_FOLDER = Path("runs/vae/tuned")
CLIP_FOLDER = Path("assets/models/mini-clip")
_LAYERS = (1, 3, 6)
_SEEN_WEIGHT = 0.3
_THING_WEIGHT = 2.0
# The denoiser's latents are never quite clean; the decoder must bear that.
_MOST_NOISE, _CLEAN = 0.25, 0.5


def read_decoder_options(arguments: list[str] | None = None) -> Options:
    """Read the command line.

    Args:
        arguments: Words after the command; ``None`` reads ``sys.argv``.

    Returns:
        The options.
    """
    return read_options(
        "vae_decoder",
        "Sharpen the decoder of mini-diffusion's autoencoder.",
        arguments,
        output=TUNED_FOLDER,
        steps=5000,
        batch_size=6,
        peak_rate=1e-3,
        warmup=100,
        workers=1,
    )


@dataclass
class SceneBatch:
    """Whole scenes; B of them.

    Attributes:
        pictures: (B, 3, 128, 128) uint8, RGB.
        cover: (B, 1, 128, 128) bool, where things are.
    """

    pictures: torch.Tensor
    cover: torch.Tensor


class SceneBatches(Dataset[SceneBatch]):
    """Batch number i is always the same batch; ``__getitem__`` makes it.

    Args:
        batch_size: Scenes in a batch.
        steps: Number of batches.
    """

    def __init__(self, batch_size: int, steps: int) -> None:
        self._batch_size, self._steps = batch_size, steps

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> SceneBatch:
        numbers = range(step * self._batch_size, (step + 1) * self._batch_size)
        paintings = [paint(sample_scene(n, Split.TRAINING), PICTURE_SIDE_PX) for n in numbers]
        pictures = np.stack([painting.picture for painting in paintings]).transpose(0, 3, 1, 2)
        cover = np.stack([painting.visible_masks.any(axis=0) for painting in paintings])[:, None]
        return SceneBatch(torch.from_numpy(pictures.copy()), torch.from_numpy(cover))


class Seen(nn.Module):
    """What mini-clip's vision tower sees in a picture, patch by patch; it does not learn.

    Args:
        folder: Holds mini-clip.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.tower = CLIPVisionModel.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager"
        ).requires_grad_(False)
        processor = CLIPImageProcessor.from_pretrained(folder)
        for name, values in (("mean", processor.image_mean), ("std", processor.image_std)):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1), persistent=False)
        self._side_px = self.tower.config.image_size

    def forward(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        """Look at pictures.

        Args:
            pixels: (B, 3, H, W) float in -1..1.

        Returns:
            For each of three layers (B, P, D).
        """
        size = (self._side_px,) * 2
        small = F.interpolate(pixels.float(), size, mode="bilinear", antialias=True)
        inputs = ((small + 1) / 2 - self.mean) / self.std
        layers = self.tower(inputs, output_hidden_states=True).hidden_states
        return [layers[number][:, 1:].float() for number in _LAYERS]


def seen_loss(decoded: list[torch.Tensor], true: list[torch.Tensor]) -> torch.Tensor:
    """Compare what is seen in two pictures.

    Source: Johnson et al. 2016, "Perceptual Losses for Real-Time Style Transfer and
    Super-Resolution", section 3.2, with cosines in place of squared distances.

    Args:
        decoded: For each layer (B, P, D).
        true: The same of the truth.

    Returns:
        Scalar, 0 to 2.
    """
    total = true[0].new_zeros(())
    for one, other in zip(decoded, true, strict=True):
        # What all patches have in common would hide how they differ.
        shared = other.mean((0, 1))
        total = total + 1 - F.cosine_similarity(one - shared, other - shared, dim=-1).mean()
    return total / len(true)


class DecoderLearner:
    """The decoder as the training loop sees it.

    Args:
        device: Where it learns.
        options: What the command line says.
    """

    def __init__(self, device: torch.device, options: Options) -> None:
        self.options, self.device = options, device
        self.model = AutoencoderKL.from_pretrained(FOLDER, dtype=torch.float32).to(device)
        for part in (self.model.encoder, self.model.quant_conv):
            part.requires_grad_(False)
        self._seen = Seen(CLIP_FOLDER).to(device)

    def batches(self, first_step: int) -> Iterator[SceneBatch]:
        """See ``Learner``."""
        made = SceneBatches(self.options.batch_size, self.options.steps)
        return stream(made, len(made), first_step, self.options.workers)

    def losses(self, batch: SceneBatch, progress: float) -> dict[str, torch.Tensor]:
        """See ``Learner``."""
        pixels = to_pixels(batch.pictures.to(self.device))
        with torch.no_grad():
            latents = self.model.encode(pixels).latent_dist.mode().float()
            true = self._seen(pixels)
        noise = _MOST_NOISE * torch.rand(len(latents), 1, 1, 1, device=self.device)
        noise = noise * (torch.rand_like(noise) > _CLEAN)
        latents = latents + noise * torch.randn_like(latents)
        decoded = self.model.decode(latents).sample.float()
        weight = 1 + _THING_WEIGHT * batch.cover.to(self.device).float()
        return {
            "pixels": (weight * (decoded - pixels).abs()).mean() / weight.mean(),
            "edges": edge_loss(decoded, pixels),
            "seen": _SEEN_WEIGHT * seen_loss(self._seen(decoded), true),
        }

    def stepped(self) -> None:
        """See ``Learner``."""

    def export(self, folder: Path) -> None:
        """See ``Learner``."""
        half = AutoencoderKL.from_config(self.model.config)
        half.load_state_dict(self.model.state_dict())
        half.half().save_pretrained(folder)

    def look(self) -> str:
        """See ``VaeLearner.look``.

        Returns:
            Lines to print.
        """
        return look_at_scenes(self.model, self.options.checkpoints / "samples")


def build_loop(arguments: list[str] | None = None) -> Loop:
    """Make the training, or take it up where it was left.

    Args:
        arguments: Words after the command; ``None`` reads ``sys.argv``.

    Returns:
        The training, ready to run.

    Raises:
        OSError: If there is no autoencoder yet.
    """
    options = read_decoder_options(arguments)
    return Loop(lambda device: DecoderLearner(device, options), options, SEED)


def main() -> None:
    """Train from the command line."""
    build_loop().run()


if __name__ == "__main__":
    main()
