"""The table of scores in the card of mini-diffusion."""

from functools import partial
from pathlib import Path

import torch
from diffusers import AutoencoderKL

from training.detector import load_detector
from training.diffusion import load_pipeline
from training.diffusion_scores import (
    DrawingScores,
    Yardstick,
    drawing_scores,
    reconstructed,
    yardstick,
)
from training.sampling import Split
from training.scenes import Language
from training.vae import reconstruction_psnr

_COUNTS = (160, 100, 48)
_PSNR_SCENES = 200


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
    decoded = yardstick(detector, Split.TEST, _COUNTS, partial(reconstructed, vae))
    return table_of((english, chinese), (decoded, best), decibels, _COUNTS)


def table_of(
    drawn: tuple[DrawingScores, DrawingScores],
    painted: tuple[Yardstick, Yardstick],
    decibels: float,
    counts: tuple[int, int, int],
) -> str:
    """Lay scores out as Markdown.

    Args:
        drawn: Scores for English and for Traditional Chinese.
        painted: What the judge says about painted scenes that have gone through the autoencoder,
            and about painted scenes as they are.
        decibels: Peak signal-to-noise ratio of the autoencoder.
        counts: Numbers of orders of one thing, of two things, and to inpaint.

    Returns:
        A table, one line for each score.
    """
    one, two, into = counts
    every = (*drawn, *painted)
    lines = [
        "| judged by a detector trained apart | English | 繁體中文 "
        "| painted, through the autoencoder | painted |",
        "|---|---|---|---|---|",
        _line(f"the asked thing is found, {one} orders of one thing", [s.one_found for s in every]),
        _line(f"both things are found, {two} orders of two things", [s.both_found for s in every]),
        _line(f"the background is right, {one + two} orders", [s.background for s in every]),
        _line(
            f"found after inpainting, {into} empty backgrounds",
            [*(s.inpainted for s in drawn), None, None],
        ),
        _line(
            "a thing is found where another one was painted (error of the judge)",
            [None, None, *(s.wrongly_found for s in painted)],
        ),
        "| Frechet distance to held-out scenes; painted: between two held-out halves | "
        + " | ".join(f"{scores.distance:.2f}" for scores in every)
        + " |",
        f"| peak signal-to-noise ratio, {_PSNR_SCENES} scenes | - | - | {decibels:.1f} dB | - |",
    ]
    return "\n".join(lines)


def _line(what: str, shares: list[float | None]) -> str:
    shown = ("-" if share is None else f"{share:.1%}" for share in shares)
    return f"| {what} | {' | '.join(shown)} |"
