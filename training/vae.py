"""Train the autoencoder of mini-diffusion on emoji scenes: ``python -m training.vae``.

Follows Rombach et al. 2022, section 3.1, with a small convolutional autoencoder. It learns from
crops; the diffusion model (``training.diffusion``) then learns in its latents.
"""

import copy
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from PIL import Image

from training.batch_stream import stream
from training.loop import Loop, Options, read_options
from training.painting import paint_picture
from training.sampling import Split, sample_scene
from training.vae_batches import CropBatches
from training.vae_model import (
    PICTURE_SIDE_PX,
    autoencoder_losses,
    build_vae,
    psnr,
    standardize_latents,
    to_pixels,
)

SEED = 20_211_220
FOLDER = Path("runs/vae/model")
_CROP_SIDE_PX = 64
_STATISTICS_SCENES = 128
_SHOWN, _LOOKED_AT = 8, 64


def read_vae_options(arguments: list[str] | None = None) -> Options:
    """Read the command line.

    Args:
        arguments: Words after the command; ``None`` reads ``sys.argv``.

    Returns:
        The options.
    """
    return read_options(
        "vae",
        "Train the autoencoder of mini-diffusion.",
        arguments,
        output=FOLDER,
        steps=8000,
        batch_size=16,
        peak_rate=2e-3,
        warmup=100,
        workers=1,
    )


def scene_pixels(split: Split, count: int) -> torch.Tensor:
    """Paint scenes for the autoencoder.

    Args:
        split: Which scenes.
        count: How many, 1 or more.

    Returns:
        (count, 3, 128, 128) float32 in -1..1.
    """
    pictures = [paint_picture(sample_scene(n, split), PICTURE_SIDE_PX) for n in range(count)]
    return to_pixels(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2))


@torch.no_grad()
def reconstruction_psnr(vae: AutoencoderKL, split: Split, count: int) -> float:
    """Encode and decode scenes.

    Args:
        vae: The model, on the CPU.
        split: Which scenes.
        count: How many, 1 or more.

    Returns:
        Decibels, the mean over scenes.
    """
    parts = scene_pixels(split, count).split(16)
    decoded = [vae.decode(vae.encode(part).latent_dist.mode()).sample for part in parts]
    return psnr(torch.cat(decoded), torch.cat(parts))


def export_vae(vae: AutoencoderKL, folder: Path) -> None:
    """Write the autoencoder as ``AutoencoderKL`` reads it: fp16, latents of deviation 1.

    Args:
        vae: In training precision; not changed.
        folder: Where to.
    """
    half = copy.deepcopy(vae).cpu().float().eval()
    standardize_latents(half, scene_pixels(Split.TRAINING, _STATISTICS_SCENES))
    half.half().save_pretrained(folder)


@torch.no_grad()
def look_at_scenes(model: AutoencoderKL, folder: Path) -> str:
    """Measure on validation scenes and save a sheet: truth above, reconstruction below.

    Args:
        model: Anywhere; not changed.
        folder: Where the sheet goes, as ``latest.png``.

    Returns:
        A line to print.
    """
    vae = copy.deepcopy(model).cpu().eval()
    pixels = scene_pixels(Split.VALIDATION, _LOOKED_AT)
    posterior = vae.encode(pixels).latent_dist
    latents = posterior.mode()
    decoded = torch.cat([vae.decode(part).sample for part in latents.split(16)])
    rows = [torch.cat(list(part[:_SHOWN]), -1) for part in (pixels, decoded)]
    sheet = ((torch.cat(rows, 1).clamp(-1, 1) + 1) * 127.5).byte().permute(1, 2, 0).numpy()
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet).save(folder / "latest.png")
    noise = float((posterior.std.mean((0, 2, 3)) / latents.std((0, 2, 3))).mean())
    return f"  psnr {psnr(decoded, pixels):.2f} dB, noise {noise:.3f} of the latents' deviation"


class VaeLearner:
    """The autoencoder as the training loop sees it.

    Args:
        device: Where it learns.
        options: What the command line says.
    """

    def __init__(self, device: torch.device, options: Options) -> None:
        self.options, self.device = options, device
        self.model = build_vae().to(device)

    def batches(self, first_step: int) -> Iterator[torch.Tensor]:
        """See ``Learner``."""
        options = self.options
        crops = CropBatches(PICTURE_SIDE_PX, _CROP_SIDE_PX, options.batch_size, options.steps)
        return stream(crops, len(crops), first_step, options.workers)

    def losses(self, batch: torch.Tensor, progress: float) -> dict[str, torch.Tensor]:
        """See ``Learner``."""
        return autoencoder_losses(self.model, to_pixels(batch.to(self.device)))

    def stepped(self) -> None:
        """See ``Learner``."""

    def export(self, folder: Path) -> None:
        """See ``Learner``."""
        export_vae(self.model, folder)

    def look(self) -> str:
        """Measure on validation scenes and save a sheet.

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
    """
    options = read_vae_options(arguments)
    return Loop(lambda device: VaeLearner(device, options), options, SEED)


def main() -> None:
    """Train from the command line."""
    build_loop().run()


if __name__ == "__main__":
    main()
