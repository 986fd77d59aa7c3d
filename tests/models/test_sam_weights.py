from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from segment_anything import SamPredictor
from segment_anything.modeling import Sam
from transformers import SamModel, SamProcessor

from playground.models.sam_weights import (
    TIED_NAME,
    build_package_sam,
    load_package_sam,
    package_name,
    package_names,
)
from training.sam import export
from training.sam_model import build_config, build_sam

CLICKS = np.array([(50.0, 60.0), (100.0, 90.0), (20.0, 150.0)])
LABELS = np.array((1, 0, 1))
BOX = np.array((20.0, 30.0, 220.0, 150.0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    sam = build_sam()
    with torch.no_grad():
        for parameter in sam.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    made = tmp_path_factory.mktemp("sam")
    export(sam, made)
    return made


@pytest.fixture(scope="module")
def package(folder: Path) -> Sam:
    return load_package_sam(folder)


@pytest.fixture(scope="module")
def other(folder: Path) -> SamModel:
    return SamModel.from_pretrained(folder, dtype=torch.float32).eval()


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    noise = np.random.default_rng(0).integers(0, 255, (30, 50, 3), np.uint8)
    return np.asarray(Image.fromarray(noise).resize((300, 180)))


def test_every_name_has_its_partner(other: SamModel, package: Sam) -> None:
    names = package_names(other.state_dict())
    assert set(names.values()) == set(package.state_dict())
    assert len(set(names.values())) == len(names)
    assert TIED_NAME not in names


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_a_deeper_head_keeps_the_order_of_its_layers(depth: int) -> None:
    config = build_config()
    config.mask_decoder_config.iou_head_depth = depth
    ours = build_package_sam(config.to_dict()).state_dict()
    theirs = SamModel(config).state_dict()
    names = package_names(theirs, depth)
    assert set(names.values()) == set(ours)
    assert all(theirs[name].shape == ours[package].shape for name, package in names.items())


def test_the_full_size_is_mapped_too() -> None:
    name = "vision_encoder.layers.31.attn.rel_pos_h"
    assert package_name(name) == "image_encoder.blocks.31.attn.rel_pos_h"
    name = "mask_decoder.transformer.layers.1.cross_attn_image_to_token.q_proj.weight"
    assert package_name(name) == name


def test_both_libraries_give_the_same_masks(
    folder: Path, package: Sam, other: SamModel, picture: np.ndarray
) -> None:
    predictor = SamPredictor(package)
    predictor.set_image(picture)
    processor = SamProcessor.from_pretrained(folder)
    inputs = processor(
        Image.fromarray(picture),
        input_points=[[CLICKS.tolist()]],
        input_labels=[[LABELS.tolist()]],
        return_tensors="pt",
    )
    size_hw = predictor.input_size
    pixels = torch.from_numpy(predictor.transform.apply_image(picture)).permute(2, 0, 1)[None]
    exact = package.preprocess(pixels.float())
    # The two libraries round one resized byte apart at most.
    assert (inputs.pixel_values - exact)[..., : size_hw[0], : size_hw[1]].abs().max() < 1.1 / 57
    assert torch.equal(inputs.pixel_values[..., size_hw[0] :, :], exact[..., size_hw[0] :, :])
    with torch.no_grad():
        answered = other(
            pixel_values=exact,
            input_points=inputs.input_points,
            input_labels=inputs.input_labels,
        )
    _, ious, logits = predictor.predict(CLICKS, LABELS)
    assert np.abs(answered.pred_masks[0, 0].numpy() - logits).max() <= 1e-4
    assert np.abs(answered.iou_scores[0, 0].numpy() - ious).max() <= 1e-4


def test_boxes_and_earlier_masks_give_the_same_masks(
    package: Sam, other: SamModel, picture: np.ndarray
) -> None:
    predictor = SamPredictor(package)
    predictor.set_image(picture)
    _, _, before = predictor.predict(box=BOX, multimask_output=False)
    _, ious, logits = predictor.predict(box=BOX, mask_input=before, multimask_output=False)
    box = torch.from_numpy(predictor.transform.apply_boxes(BOX, picture.shape[:2])).float()
    with torch.no_grad():
        answered = other(
            image_embeddings=predictor.features,
            input_boxes=box[None],
            input_masks=torch.from_numpy(before)[None],
            multimask_output=False,
        )
    assert np.abs(answered.pred_masks[0, 0].numpy() - logits).max() <= 1e-4
    assert np.abs(answered.iou_scores[0, 0].numpy() - ious).max() <= 1e-4


def test_a_missing_weight_is_told(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    weights = load_file(folder / "model.safetensors")
    weights.pop("mask_decoder.iou_token.weight")
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(RuntimeError, match="iou_token"):
        load_package_sam(tmp_path)
