"""Segment Anything: what is decoded is what the libraries themselves make of the same picture."""

from __future__ import annotations

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache as remember
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from segment_anything import SamPredictor
from segment_anything.utils.amg import calculate_stability_score

from playground.models import sam
from playground.models.sam import Encoded, Masks, Prompts
from playground.models.sam_decoder import Fallback, SamDecoder
from playground.models.sam_weights import load_package_sam
from playground.visitors.errors import PersonError
from tests.models.tiny_sams import SAM_CHECKPOINTS

ROOT = Path(sam.__file__).parents[2]
MINI = ROOT / "assets" / "models" / "mini-sam"
CLOSE = 1e-4
LIBRARY_CLASSES = {
    "sam": "SamModel",
    "sam2": "Sam2Model",
    "sam2-video": "Sam2Model",
    "edgetam": "EdgeTamModel",
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Where the tiny checkpoint of a layout lies; written when first asked for."""

    @remember
    def folder_of(layout: str) -> Path:
        folder = tmp_path_factory.mktemp(layout)
        SAM_CHECKPOINTS[layout](folder)
        return folder

    return folder_of


@pytest.fixture(scope="module")
def models(folders):
    """The joined model of a layout; built when first asked for."""
    return remember(lambda layout: built(folders(layout)))


@pytest.fixture(scope="module")
def mini():
    return built(MINI)


def built(folder: Path) -> sam.Sam:
    return sam.join(folder, sam.build("encoder", folder), sam.build("decoder", folder))


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Discs of plain colours: something that a segmenter can see."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    pixels = np.full((height, width, 3), 200, np.uint8)
    for _ in range(5):
        y, x, radius = rng.uniform(0, (height, width, height / 3))
        pixels[(rows - y) ** 2 + (columns - x) ** 2 < radius**2] = rng.integers(0, 255, 3)
    return pixels


def prompts(kind: str, scale: float = 1.0) -> Prompts:
    """One of the ways to ask, in a picture of at least 90 * `scale` pixels a side."""
    none, box = np.zeros((0, 2), np.float32), np.array([10.0, 12, 70, 60], np.float32) * scale
    two = np.array([[40.5, 30.5], [80.25, 10.0]], np.float32) * scale
    return {
        "point": Prompts(two[:1], np.array([1]), is_multimask=True),
        "points": Prompts(two, np.array([1, 0])),
        "box": Prompts(none, np.zeros(0, int), box),
        "both": Prompts(two, np.array([1, 0]), box, is_multimask=True),
    }[kind]


KINDS_OF_PROMPTS = ("point", "points", "box", "both")


def exact(model: sam.Sam, pixels: np.ndarray, asked: Prompts) -> tuple[np.ndarray, np.ndarray]:
    """Our logits and IoU for a picture, before anything is rounded to float16."""
    square, resized_hw = model.encoder.prepare(pixels)
    levels = [level[0] for level in model.encoder.run(square[None])]
    side, low_hw = model.encoder.input_side, model.encoder.low_hw
    kept = Encoded((), (pixels.shape[0], pixels.shape[1]), resized_hw, side, low_hw)
    points, labels = sam.input_points(kept, asked, pads_box=model.decoder.pads_box)
    mask = None if asked.mask_logits is None else asked.mask_logits[None, None]
    logits, iou = model.decoder.run(levels, points[None], labels[None], mask)
    logits, iou = model.decoder.select(logits, iou, asked.is_multimask)
    return logits[0], iou[0]


def predicted(predictor: SamPredictor, asked: Prompts):
    """What the package's predictor says to the same prompts; it counts pixels from 0."""
    has_points = len(asked.points_xy) > 0
    return predictor.predict(
        point_coords=asked.points_xy - 0.5 if has_points else None,
        point_labels=asked.labels if has_points else None,
        box=None if asked.box_xyxy is None else asked.box_xyxy - 0.5,
        mask_input=None if asked.mask_logits is None else asked.mask_logits[None],
        multimask_output=asked.is_multimask,
    )


# Parity with the authors' package.


@pytest.mark.parametrize("size_hw", [(100, 140), (300, 200)])
def test_masks_are_those_of_the_package(mini, size_hw):
    predictor = SamPredictor(load_package_sam(MINI))
    pixels = picture(*size_hw)
    predictor.set_image(pixels)
    [kept] = sam.encode(mini, [pixels])
    for kind, is_fed_back in product(KINDS_OF_PROMPTS, (False, True)):
        asked = prompts(kind)
        if is_fed_back:
            before = predicted(predictor, replace(asked, is_multimask=False))[2][0]
            asked = replace(asked, mask_logits=before)
        masks, iou, low = predicted(predictor, asked)
        logits, guess = exact(mini, pixels, asked)
        assert np.abs(logits - low).max() <= CLOSE and np.abs(guess - iou).max() <= CLOSE
        enlarged = np.stack([sam.full_mask(candidate, kept) for candidate in low])
        assert np.array_equal(enlarged, masks)
        # What is kept and what is answered has 16 bits: a pixel at the border may change sides.
        for rounded, mask in zip(sam.decode(mini, kept, asked).logits, masks, strict=True):
            assert (sam.full_mask(rounded, kept) != mask).sum() <= 0.001 * mask.size


@pytest.mark.parametrize("layout", LIBRARY_CLASSES)
def test_masks_are_those_of_transformers(folders, models, layout):
    model_class = getattr(transformers, LIBRARY_CLASSES[layout])
    library = model_class.from_pretrained(folders(layout)).eval()
    if layout == "sam":
        # The library normalises with 1e-6 in the decoder of SAM, its authors' package with 1e-5.
        for module in library.mask_decoder.transformer.modules():
            if isinstance(module, torch.nn.LayerNorm):
                module.eps = 1e-5
    check_against_library(models(layout), library)


def test_masks_of_mini_sam_are_those_of_transformers(mini):
    library = transformers.SamModel.from_pretrained(MINI, dtype=torch.float32).eval()
    check_against_library(mini, library)


def check_against_library(model: sam.Sam, library) -> None:
    """The same square and prompts through transformers' own forward pass."""
    pixels = picture(90, 120)
    square, resized_hw = model.encoder.prepare(pixels)
    scale = np.array(resized_hw[::-1]) / (120, 90)
    for kind in KINDS_OF_PROMPTS:
        asked = prompts(kind)
        inputs = {"pixel_values": torch.from_numpy(square)[None]}
        if len(asked.points_xy):
            points = (asked.points_xy - 0.5) * scale
            inputs["input_points"] = torch.tensor(points, dtype=torch.float32)[None, None]
            inputs["input_labels"] = torch.tensor(asked.labels)[None, None]
        if asked.box_xyxy is not None:
            box = ((asked.box_xyxy.reshape(2, 2) - 0.5) * scale).reshape(4)
            inputs["input_boxes"] = torch.tensor(box, dtype=torch.float32)[None, None]
        with torch.no_grad():
            answer = library(**inputs, multimask_output=asked.is_multimask)
        logits, iou = exact(model, pixels, asked)
        assert np.abs(logits - answer.pred_masks[0, 0].numpy()).max() <= CLOSE
        assert np.abs(iou - answer.iou_scores[0, 0].numpy()).max() <= CLOSE


def test_a_library_squashes_and_the_package_pads(models):
    pixels = picture(50, 80)
    [padded] = sam.encode(models("sam"), [pixels])
    assert (padded.resized_hw, padded.low_picture_hw) == ((40, 64), (10, 16))
    [squashed] = sam.encode(models("sam2"), [pixels])
    assert (squashed.resized_hw, squashed.low_picture_hw) == ((64, 64), (16, 16))
    assert len(squashed.features) == 3 and len(padded.features) == 1


# The two parts.


@pytest.mark.parametrize("layout", SAM_CHECKPOINTS)
def test_each_part_serves_alone_and_holds_nothing_of_the_other(folders, models, layout):
    model = models(layout)
    encoder, decoder = model.encoder, model.decoder
    [kept] = sam.encode(encoder, [picture(40, 60)])
    asked = prompts("point", 0.5)
    alone, joined = sam.decode(decoder, kept, asked), sam.decode(model, kept, asked)
    assert np.array_equal(alone.logits, joined.logits)
    assert alone.logits.shape == (3, *kept.low_hw) and alone.logits.dtype == np.float16
    assert all(level.dtype == np.float16 for level in kept.features)
    assert kept.bytes_held == sum(2 * level.size for level in kept.features)
    whole = sum(tensor.nbytes for part in (encoder, decoder) for tensor in part.module.parameters())
    stored = sum(file.stat().st_size for file in folders(layout).glob("*.safetensors"))
    assert whole < stored


@pytest.mark.parametrize("layout", SAM_CHECKPOINTS)
def test_the_graph_and_the_module_agree(models, layout):
    encoder, decoder = models(layout).encoder, models(layout).decoder
    on_accelerator = replace(decoder, graph=None)
    assert on_accelerator.is_batched and not decoder.is_batched
    [kept] = sam.encode(encoder, [picture(40, 60)])
    mask = np.random.default_rng(0).normal(size=kept.low_hw).astype(np.float32)
    for kind in KINDS_OF_PROMPTS:
        for asked in (prompts(kind, 0.5), replace(prompts(kind, 0.5), mask_logits=mask)):
            graph = sam.decode(decoder, kept, asked)
            module = sam.decode(on_accelerator, kept, asked)
            assert np.allclose(graph.logits, module.logits, atol=2e-3, rtol=2e-3)
            assert np.allclose(graph.iou, module.iou, atol=CLOSE)


def test_clicks_of_many_visitors_run_side_by_side(mini):
    [kept] = sam.encode(mini, [picture(100, 140)])
    asked = [prompts(kind) for kind in KINDS_OF_PROMPTS] * 4
    one_by_one = [sam.decode(mini, kept, each).logits for each in asked]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(lambda each: sam.decode(mini, kept, each).logits, asked))
    assert all(np.array_equal(a, b) for a, b in zip(one_by_one, at_once, strict=True))


@pytest.mark.parametrize("layout", ["sam", "sam2-video"])
def test_pictures_of_several_visitors_are_encoded_together(models, layout):
    encoder = models(layout).encoder
    pictures = [picture(40, 60, 1), picture(60, 40, 2), picture(64, 64, 3)]
    together = sam.encode(encoder, pictures)
    for pixels, kept in zip(pictures, together, strict=True):
        [alone] = sam.encode(encoder, [pixels])
        assert replace(kept, features=()) == replace(alone, features=())
        for a, b in zip(kept.features, alone.features, strict=True):
            assert np.allclose(a, b, atol=2e-3, rtol=2e-3)
    assert sam.encode(encoder, []) == []


@pytest.mark.parametrize("layout", SAM_CHECKPOINTS)
def test_sixteen_bits_are_enough_for_an_encoder(models, layout):
    """What it is kept in on an accelerator."""
    encoder = models(layout).encoder
    half = replace(encoder, module=copy.deepcopy(encoder.module).half())
    pixels = [picture(40, 60)]
    [rough], [fine] = sam.encode(half, pixels), sam.encode(encoder, pixels)
    for a, b in zip(rough.features, fine.features, strict=True):
        assert np.abs(a.astype(np.float32) - b).max() <= 0.02 * np.abs(b).max()


def test_large_squares_are_encoded_one_after_another(mini, monkeypatch):
    seen = []
    run = mini.encoder.run
    monkeypatch.setattr(
        mini.encoder, "run", lambda squares: seen.append(len(squares)) or run(squares)
    )
    monkeypatch.setattr(sam, "MOST_PIXELS_AT_ONCE", 2 * 256**2)
    assert len(sam.encode(mini, [picture(20, 30)] * 3)) == 3
    assert seen == [2, 1]


# The grid.


@pytest.mark.parametrize("layout", SAM_CHECKPOINTS)
@pytest.mark.parametrize("is_batched", [False, True])
def test_a_grid_is_many_single_clicks(models, layout, is_batched):
    decoder = models(layout).decoder
    decoder = replace(decoder, graph=None) if is_batched else decoder
    [kept] = sam.encode(models(layout), [picture(40, 60)])
    points = np.array([[5.5, 6], [30, 20], [59, 39]])
    grid = sam.decode_points(decoder, kept, points)
    assert grid.logits.shape == (3, 3, *kept.low_hw) and grid.iou.shape == (3, 3)
    for number, point in enumerate(points):
        asked = Prompts(point[None], np.array([1]), is_multimask=True)
        alone = sam.decode(decoder, kept, asked)
        assert np.allclose(grid.logits[number], alone.logits, atol=2e-3, rtol=2e-3)
        assert np.allclose(grid.iou[number], alone.iou, atol=CLOSE)
        assert np.allclose(
            grid.stability[number], sam.decode(decoder, kept, asked).stability, atol=0.2
        )


def test_a_grid_of_no_points(mini):
    [kept] = sam.encode(mini, [picture(40, 60)])
    grid = sam.decode_points(mini, kept, np.zeros((0, 2)))
    assert grid.logits.shape == (0, 3, 128, 128)
    assert grid.iou.shape == grid.stability.shape == (0, 3)


# What is refused.


def test_no_prompt_is_refused(mini):
    [kept] = sam.encode(mini, [picture(40, 60)])
    nothing = Prompts(np.zeros((0, 2)), np.zeros(0, int))
    with pytest.raises(ValueError, match="no prompt"):
        sam.decode(mini, kept, nothing)
    small = np.zeros((4, 4), np.float32)
    with pytest.raises(ValueError, match="not"):
        sam.decode(mini, kept, replace(prompts("point", 0.5), mask_logits=small))


def test_an_unknown_kin_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}), encoding="utf-8")
    with pytest.raises(PersonError, match=r"model\.mismatch"):
        sam.build("encoder", tmp_path)


@pytest.mark.parametrize("layout", ["sam", "sam2"])
def test_missing_weights_are_refused(folders, layout, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = folders(layout)
    for file in folder.glob("*.json"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    kept = load_file(folder / "model.safetensors")
    lost = {"vision_encoder": "encoder", "mask_decoder.transformer": "decoder"}
    for prefix, part in lost.items():
        name = next(name for name in sorted(kept) if name.startswith(prefix))
        rest = {key: tensor for key, tensor in kept.items() if key != name}
        save_file(rest, tmp_path / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(PersonError, match=r"model\.mismatch"):
            sam.build(part, tmp_path)


# Choosing and counting.


def candidates(count: int, low_hw: tuple[int, int] = (6, 8)) -> st.SearchStrategy[np.ndarray]:
    return arrays.arrays(np.float32, (count, *low_hw), elements=st.floats(-4, 4, width=16))


@given(candidates(3))
@settings(deadline=None, max_examples=50)
def test_stability_is_the_packages(logits):
    theirs = calculate_stability_score(torch.from_numpy(logits), 0.0, 1.0).numpy()
    empty = ~np.isfinite(theirs)
    ours = sam.stability(logits)
    assert np.allclose(ours[~empty], theirs[~empty]) and not ours[empty].any()


def kept_of(size_hw: tuple[int, int], resized_hw: tuple[int, int], low_hw: tuple[int, int]):
    return Encoded((), size_hw, resized_hw, input_side=32, low_hw=low_hw)


def test_the_choice_satisfies_all_clicks_before_it_looks_at_the_guess():
    kept = kept_of((32, 32), (32, 32), (8, 8))
    logits = np.full((3, 8, 8), -5, np.float16)
    logits[0] = 5
    logits[1, :, :4] = 5
    masks = Masks(logits, np.array([0.9, 0.5, 0.8], np.float32), np.ones(3, np.float32))
    left_not_right = Prompts(np.array([[4.0, 16], [28, 16]]), np.array([1, 0]))
    assert sam.choose(masks, left_not_right, kept) == 1
    left = Prompts(np.array([[4.0, 16]]), np.array([1]))
    assert sam.choose(masks, left, kept) == 0
    outside = Prompts(np.array([[4.0, 16]]), np.array([0]))
    assert sam.choose(masks, outside, kept) == 2
    box = Prompts(np.zeros((0, 2)), np.zeros(0, int), np.array([0, 0, 9.0, 9]))
    assert sam.choose(masks, box, kept) == 0


@given(candidates(1, (8, 8)), st.floats(0, 31.99), st.floats(0, 15.99))
@settings(deadline=None, max_examples=50)
def test_a_click_is_judged_by_the_mask_that_is_shown(logits, x, y):
    """A wide picture that fills the upper half of the square; away from the border of the mask."""
    kept = kept_of((16, 32), (16, 32), (8, 8))
    shown = sam.full_logits(logits[0], kept)[int(y), int(x)]
    found = sam._logits_at(logits[0], np.array([[int(x) + 0.5, int(y) + 0.5]]), kept)
    assert found == pytest.approx(shown, abs=1e-4)


def test_a_threshold_is_exceeded():
    kept = kept_of((4, 4), (32, 32), (8, 8))
    logits = np.zeros((8, 8), np.float16)
    assert not sam.full_mask(logits, kept).any()
    assert sam.full_mask(logits, kept, threshold=-0.5).all()


def test_an_unstable_single_mask_gives_way_to_the_best_candidate():
    """As transformers' `_dynamic_multimask_via_stability`, of which this is the numpy twin."""
    rng = np.random.default_rng(0)
    fallback = Fallback(0.05, 0.98)
    decoder = SamDecoder(None, lambda *_: (None, None), (8, 8), None, fallback=fallback)
    logits = rng.normal(size=(4, 4, 8, 8)).astype(np.float32)
    logits[0, 0], logits[1, 0] = 3, -3
    iou = rng.uniform(size=(4, 4)).astype(np.float32)
    config = transformers.Sam2MaskDecoderConfig(hidden_size=32, num_attention_heads=2)
    library = transformers.models.sam2.modeling_sam2.Sam2MaskDecoder(config)
    theirs = library._dynamic_multimask_via_stability(
        torch.from_numpy(logits)[None], torch.from_numpy(iou)[None]
    )
    ours = decoder.select(logits, iou, is_multimask=False)
    assert np.array_equal(ours[0], theirs[0][0].numpy())
    assert np.array_equal(ours[1], theirs[1][0].numpy())
    plain = replace(decoder, fallback=None).select(logits, iou, is_multimask=False)
    assert np.array_equal(plain[0], logits[:, :1])
