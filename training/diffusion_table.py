"""The table of scores in the card of mini-diffusion."""

from pathlib import Path

import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline

from training.detector import load_detector
from training.diffusion_scores import DrawingScores, Yardstick, drawing_scores, yardstick
from training.sampling import Split
from training.scenes import Language
from training.vae import reconstruction_psnr

_COUNTS = (160, 100, 48)
_PSNR_SCENES = 200


def load_pipeline(folder: Path) -> StableDiffusionPipeline:
    """Load mini-diffusion as visitors' machines do.

    Args:
        folder: Holds the model.

    Returns:
        The pipeline in float32 on the CPU.

    Raises:
        OSError: If there is no model in the folder.
    """
    pipeline = StableDiffusionPipeline.from_pretrained(folder, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def diffusion_table(folder: Path) -> str:
    """Measure mini-diffusion on test scenes; the judge is measured on painted ones beside it.

    Args:
        folder: Holds the model.

    Returns:
        A table in Markdown.

    Raises:
        FileNotFoundError: If the judge has not been trained: ``python -m training.detector``.
    """
    detector, pipeline = load_detector(), load_pipeline(folder)
    english, chinese = (
        drawing_scores(pipeline, detector, Split.TEST, language, _COUNTS) for language in Language
    )
    vae = AutoencoderKL.from_pretrained(folder / "vae", dtype=torch.float32).eval()
    decibels = reconstruction_psnr(vae, Split.TEST, _PSNR_SCENES)
    best = yardstick(detector, Split.TEST, _COUNTS)
    return table_of(english, chinese, best, decibels, _COUNTS)


def table_of(
    english: DrawingScores,
    chinese: DrawingScores,
    best: Yardstick,
    decibels: float,
    counts: tuple[int, int, int],
) -> str:
    """Lay scores out as Markdown.

    Args:
        english: Scores for English.
        chinese: Scores for Traditional Chinese.
        best: What the judge says about painted scenes.
        decibels: Peak signal-to-noise ratio of the autoencoder.
        counts: Numbers of orders of one thing, of two things, and to inpaint.

    Returns:
        A table, one line for each score.
    """
    one, two, painted_into = counts
    lines = [
        "| judged by a detector trained apart | English | 繁體中文 | painted scenes |",
        "|---|---|---|---|",
        f"| the asked thing is found, {one} orders of one thing | {english.one_found:.1%} "
        f"| {chinese.one_found:.1%} | {best.one_found:.1%} |",
        f"| both things are found, {two} orders of two things | {english.both_found:.1%} "
        f"| {chinese.both_found:.1%} | {best.both_found:.1%} |",
        f"| the background is right, {one + two} orders | {english.background:.1%} "
        f"| {chinese.background:.1%} | {best.background:.1%} |",
        f"| found after inpainting, {painted_into} empty backgrounds | {english.inpainted:.1%} "
        f"| {chinese.inpainted:.1%} | - |",
        "| a thing is found where another one was painted (error of the judge) | - | - "
        f"| {best.wrongly_found:.1%} |",
        "| Frechet distance to held-out scenes; last: between two held-out halves "
        f"| {english.distance:.2f} | {chinese.distance:.2f} | {best.distance:.2f} |",
        f"| autoencoder: peak signal-to-noise ratio, {_PSNR_SCENES} scenes | - | - "
        f"| {decibels:.1f} dB |",
    ]
    return "\n".join(lines)
