"""The mini-diffusion that ships: its files, its classes, and that it draws what it is asked for."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import load_file

from tests.sources import ROOT
from training.detector import load_detector
from training.diffusion import draw, load_pipeline
from training.diffusion_scores import hits, orders, painted
from training.inpainting import inpaint
from training.sampling import Split
from training.scenes import Language, Scene
from training.vae import reconstruction_psnr

FOLDER = ROOT / "assets" / "models" / "mini-diffusion"
CLIP_FOLDER = ROOT / "assets" / "models" / "mini-clip"


@pytest.fixture(scope="module")
def pipeline() -> StableDiffusionPipeline:
    return load_pipeline(FOLDER, CLIP_FOLDER)


def weight_files() -> list[Path]:
    return sorted(FOLDER.rglob("*.safetensors"))


def test_files_are_small_half_precision_and_hold_no_pickle() -> None:
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert max(path.stat().st_size for path in files) <= 9_000_000
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".md"}
    assert {t.dtype for path in weight_files() for t in load_file(path).values()} == {torch.float16}


def test_the_classes_are_the_librarys_own(pipeline: StableDiffusionPipeline) -> None:
    assert type(pipeline) is StableDiffusionPipeline
    assert type(pipeline.vae) is AutoencoderKL
    assert type(pipeline.unet) is UNet2DConditionModel
    assert pipeline.safety_checker is None


def test_the_autoencoder_keeps_scenes(pipeline: StableDiffusionPipeline) -> None:
    assert reconstruction_psnr(pipeline.vae, Split.VALIDATION, 16) >= 23


def test_a_seed_draws_the_same_picture_alone_and_in_a_batch(
    pipeline: StableDiffusionPipeline,
) -> None:
    words = ["a cat", "一隻貓", "a rocket in the night sky"]
    together = draw(pipeline, words, seed=5)
    alone = draw(pipeline, words[2:], seed=7)
    assert np.abs(together[2].astype(int) - alone[0]).max() <= 1
    assert not np.array_equal(together[0], together[2])


@pytest.mark.parametrize("language", list(Language))
def test_the_asked_thing_is_found_on_its_background(
    pipeline: StableDiffusionPipeline, language: Language
) -> None:
    asked = orders(Split.VALIDATION, language, 1, 24)
    drawn = draw(pipeline, [order.words for order in asked])
    seen = hits(load_detector(), drawn, [order.scene for order in asked])
    assert seen["all_found"] >= 0.5
    assert seen["background"] >= 0.7


def test_inpainting_draws_inside_the_mask_and_nowhere_else(
    pipeline: StableDiffusionPipeline,
) -> None:
    [order] = orders(Split.VALIDATION, Language.EN, 1, 1)
    empty = painted([Scene((), order.scene.background, order.scene.seed)])
    mask = np.zeros((128, 128), bool)
    mask[32:96, 32:96] = True
    drawn = inpaint(pipeline, [order.words], empty, mask, steps=8, guidance=4)
    assert np.array_equal(drawn[0][~mask], empty[0][~mask])
    assert np.abs(drawn[0][mask].astype(int) - empty[0][mask]).mean() > 4


def test_the_card_tells_what_was_measured() -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    table = card.partition("<!-- scores -->")[2].partition("<!-- /scores -->")[0]
    rows = re.findall(r"^\| (.+?) \| ([\d.]+%|-|[\d.]+) \|", table, re.M)
    assert len(rows) >= 6
    for words in ("held-out", "python -m training.diffusion", "seeds 20211220", "## Limits"):
        assert words in card
