import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline
from transformers import CLIPTextModel, CLIPTokenizer

from tests.sources import ROOT
from training.diffusion import build_pipeline
from training.diffusion_model import build_unet
from training.inpainting import inpaint
from training.vae_model import build_vae

CLIP = ROOT / "assets" / "models" / "mini-clip"


@pytest.fixture(scope="module")
def pipeline() -> StableDiffusionPipeline:
    torch.manual_seed(0)
    reader = CLIPTextModel.from_pretrained(CLIP, dtype=torch.float32)
    words = CLIPTokenizer.from_pretrained(CLIP)
    return build_pipeline(build_vae().eval(), reader, words, build_unet().eval())


def draw(
    pipeline: StableDiffusionPipeline, pictures: np.ndarray, mask: np.ndarray, seed: int = 0
) -> np.ndarray:
    words = ["a cat"] * len(pictures)
    return inpaint(pipeline, words, pictures, mask, steps=2, guidance=3.0, seed=seed)


def test_only_the_masked_part_changes(pipeline: StableDiffusionPipeline) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    mask = np.zeros((64, 64), bool)
    mask[10:40, 20:50] = True
    drawn = draw(pipeline, pictures, mask)
    assert drawn.dtype == np.uint8 and np.array_equal(drawn[:, ~mask], pictures[:, ~mask])
    assert (drawn[:, mask] != pictures[:, mask]).mean() > 0.5
    assert np.array_equal(drawn, draw(pipeline, pictures, mask))
    assert not np.array_equal(drawn, draw(pipeline, pictures, mask, seed=5))


def test_an_empty_mask_changes_nothing(pipeline: StableDiffusionPipeline) -> None:
    pictures = np.full((1, 64, 64, 3), 77, np.uint8)
    assert np.array_equal(draw(pipeline, pictures, np.zeros((64, 64), bool)), pictures)


def test_the_denoiser_sees_the_rest_of_the_picture(pipeline: StableDiffusionPipeline) -> None:
    mask = np.zeros((64, 64), bool)
    mask[:, 32:] = True
    dark, bright = (np.full((1, 64, 64, 3), value, np.uint8) for value in (10, 240))
    one, two = (draw(pipeline, picture, mask)[:, mask] for picture in (dark, bright))
    assert not np.array_equal(one, two)
