"""Train mini-diffusion on emoji scenes: ``python -m training.diffusion``.

Follows Rombach et al. 2022 (figure 3): a denoiser works on the latents of an autoencoder and hears
the words through cross-attention. The words are read by the text tower of mini-clip, which stays as
it is. The autoencoder is trained first (``training.vae``, then ``training.vae_decoder``), unless
that was done before.
"""

import copy
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.utils import logging as diffusers_logging
from PIL import Image
from transformers import CLIPTextModel, CLIPTokenizer
from transformers.utils import logging as transformers_logging

from training import vae as autoencoder
from training import vae_decoder as decoder
from training.diffusion_batches import Batch, LatentBatches, load_batches
from training.diffusion_model import DiffusionWithHelpers, build_scheduler, build_unet
from training.exporting import SHARD_BYTES
from training.loop import Loop, Options, read_options

SEED = 20_220_413
OUTPUT = Path("assets/models/mini-diffusion")
CLIP_FOLDER = Path("assets/models/mini-clip")
STEPS = 20
GUIDANCE = 4.0
_SHOWN_GUIDANCE = (1.0, 3.0, 5.0)
_SAMPLE_WORDS = (
    "a cat",
    "a red apple on a wooden table",
    "a rocket in the night sky",
    "a dog and a car on the grass",
    "the sea",
    "一隻貓",
    "沙灘上的椰子樹",
    "雪地裡有一隻企鵝",
    "房間裡有一把吉他和一個禮物",
    "披薩的照片",
)


def read_diffusion_options(arguments: list[str] | None = None) -> Options:
    """Read the command line.

    Args:
        arguments: Words after the command; ``None`` reads ``sys.argv``.

    Returns:
        The options.
    """
    return read_options(
        "diffusion",
        "Train mini-diffusion on emoji scenes.",
        arguments,
        steps=20_000,
        batch_size=32,
        peak_rate=8e-4,
        warmup=300,
        look_every=1000,
        save_every=100,
    )


def load_vae() -> AutoencoderKL:
    """Load the autoencoder: the one trained here, sharpened if it was, or the one that ships.

    Returns:
        The model in float32, frozen.

    Raises:
        OSError: If there is neither; train it first with ``python -m training.vae``.
    """
    trained = (decoder.TUNED_FOLDER, autoencoder.FOLDER)
    folder = next((path for path in trained if path.is_dir()), OUTPUT / "vae")
    vae = AutoencoderKL.from_pretrained(folder, dtype=torch.float32)
    return vae.requires_grad_(False).eval()


def build_pipeline(
    vae: AutoencoderKL,
    text_encoder: CLIPTextModel,
    tokenizer: CLIPTokenizer,
    unet: UNet2DConditionModel,
) -> StableDiffusionPipeline:
    """Put the parts together.

    Args:
        vae: With latents of deviation 1.
        text_encoder: Text tower of mini-clip.
        tokenizer: Its tokenizer.
        unet: The denoiser.

    Returns:
        The unmodified pipeline; it draws nothing but emoji, so it has no safety checker.
    """
    pipeline = StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=build_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def export(pipeline: StableDiffusionPipeline, folder: Path) -> None:
    """Write the model as ``StableDiffusionPipeline`` reads it: fp16, shards of 6 MB.

    The words are read by mini-clip's own text tower, which is not stored a second time:
    ``load_pipeline`` joins it.

    Args:
        pipeline: In training precision; not changed.
        folder: Where to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*/*.safetensors*"):
        old.unlink()
    for name in ("vae", "unet"):
        part = copy.deepcopy(getattr(pipeline, name)).half()
        part.save_pretrained(folder / name, max_shard_size=SHARD_BYTES)
    pipeline.scheduler.save_pretrained(folder / "scheduler")
    pipeline.save_config(folder)


def load_pipeline(
    folder: Path = OUTPUT, clip_folder: Path | None = None
) -> StableDiffusionPipeline:
    """Load mini-diffusion as visitors' machines do.

    Args:
        folder: Holds the model.
        clip_folder: Holds mini-clip, whose text tower reads the words.

    Returns:
        The pipeline in float32 on the CPU.

    Raises:
        OSError: If there is no model in the folder.
    """
    reader, tokenizer = load_reader(clip_folder or CLIP_FOLDER)
    pipeline = StableDiffusionPipeline.from_pretrained(
        folder, text_encoder=reader, tokenizer=tokenizer, dtype=torch.float32
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def load_reader(clip_folder: Path) -> tuple[CLIPTextModel, CLIPTokenizer]:
    """Load the text tower of mini-clip.

    Args:
        clip_folder: Holds mini-clip.

    Returns:
        The tower in float32, frozen, and its tokenizer.
    """
    # The fused attention is no faster for 32 tokens.
    reader = CLIPTextModel.from_pretrained(
        clip_folder, dtype=torch.float32, attn_implementation="eager"
    )
    return reader.requires_grad_(False).eval(), CLIPTokenizer.from_pretrained(clip_folder)


def draw(
    pipeline: StableDiffusionPipeline, words: list[str], guidance: float = GUIDANCE, seed: int = 0
) -> np.ndarray:
    """Draw a picture for each sentence.

    Args:
        pipeline: The model.
        words: N sentences.
        guidance: 1 is none.
        seed: Of the noise; picture number i starts from ``seed + i``.

    Returns:
        (N, 128, 128, 3) uint8, RGB.
    """
    parts = []
    for start in range(0, len(words), 32):
        some = words[start : start + 32]
        generators = [torch.Generator().manual_seed(seed + start + i) for i in range(len(some))]
        drawn = pipeline(
            some,
            num_inference_steps=STEPS,
            guidance_scale=guidance,
            generator=generators,
            output_type="np",
        )
        parts.append((drawn.images * 255 + 0.5).astype(np.uint8))
    return np.concatenate(parts)


class DiffusionLearner:
    """mini-diffusion as the training loop sees it.

    Args:
        device: Where it learns.
        options: What the command line says.
    """

    def __init__(self, device: torch.device, options: Options) -> None:
        # Half of mini-clip is not needed here, which would be told each time.
        diffusers_logging.set_verbosity_error()
        transformers_logging.set_verbosity_error()
        self.options, self.device = options, device
        self.model = DiffusionWithHelpers(build_unet()).to(device)
        self._vae = load_vae().to(device)
        reader, self._tokenizer = load_reader(CLIP_FOLDER)
        self._reader = reader.to(device)
        self._step = 0

    def batches(self, first_step: int) -> Iterator[Batch]:
        """See ``Learner``."""
        options = self.options
        made = LatentBatches(self._vae, options.checkpoints, options.batch_size)
        return load_batches(made, first_step, options.steps)

    def losses(self, batch: Batch, progress: float) -> dict[str, torch.Tensor]:
        """See ``Learner``."""
        self._step = batch.step
        return self.model(batch.to(self.device), self._read(batch.captions), progress)

    @torch.no_grad()
    def _read(self, words: list[str]) -> torch.Tensor:
        # All 32 tokens, as the pipeline does: the denoiser must know the padding.
        tokens = self._tokenizer(
            words,
            padding="max_length",
            truncation=True,
            max_length=self._tokenizer.model_max_length,
            return_tensors="pt",
        )
        return self._reader(tokens.input_ids.to(self.device)).last_hidden_state

    def stepped(self) -> None:
        """See ``Learner``."""
        self.model.update_average(self._step)

    def _pipeline(self) -> StableDiffusionPipeline:
        parts = (self._vae, self._reader, self.model.average)
        vae, reader, unet = (copy.deepcopy(part).cpu().float().eval() for part in parts)
        return build_pipeline(vae, reader, self._tokenizer, unet)

    def export(self, folder: Path) -> None:
        """See ``Learner``."""
        export(self._pipeline(), folder)

    def look(self) -> str:
        """Draw a sheet: a row for each guidance, a column for each of the fixed sentences.

        Returns:
            Where it is.
        """
        pipeline = self._pipeline()
        words = list(_SAMPLE_WORDS)
        rows = [np.concatenate(list(draw(pipeline, words, g)), 1) for g in _SHOWN_GUIDANCE]
        folder = self.options.checkpoints / "samples"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"step-{self._step + 1:06d}.png"
        Image.fromarray(np.concatenate(rows)).save(path)
        return f"  {path}"


def train_autoencoder() -> None:
    """Train the autoencoder and sharpen its decoder; what was trained to its end stays as it is."""
    for part in (autoencoder, decoder):
        loop = part.build_loop([])
        if not loop.was_ended:
            loop.run()


def main() -> None:
    """Train from the command line."""
    options = read_diffusion_options()
    train_autoencoder()
    Loop(lambda device: DiffusionLearner(device, options), options, SEED).run()


if __name__ == "__main__":
    main()
