import numpy as np
import pytest
import torch
from segment_anything import SamPredictor
from segment_anything.modeling import Sam

from training.sam_model import (
    GRID,
    MASK_PX,
    PATCH_PX,
    SIDE_PX,
    WINDOW,
    CropSam,
    Prompts,
    build_sam,
    soft_targets,
)


@pytest.fixture(scope="module")
def sam() -> Sam:
    torch.manual_seed(3)
    built = build_sam()
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    return built


def test_the_quick_forward_answers_as_the_package_does(sam: Sam) -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (SIDE_PX, SIDE_PX, 3), np.uint8)
    predictor = SamPredictor(sam)
    predictor.set_image(picture)
    crops = CropSam(sam)
    pixels = torch.from_numpy(picture).permute(2, 0, 1)[None]
    clicks, box = np.array([(40.0, 90.0), (200.0, 17.0)]), np.array((20.0, 30.0, 90.0, 222.0))
    with torch.no_grad():
        looked = crops.look(pixels, torch.zeros(1, 2, dtype=torch.long))
        before = torch.randn(2, 1, SIDE_PX // MASK_PX, SIDE_PX // MASK_PX)
        prompts = Prompts(
            torch.zeros(2, dtype=torch.long),
            torch.from_numpy(clicks).float().expand(2, -1, -1),
            torch.tensor([(1, 0), (1, 0)]),
            torch.from_numpy(box).float()[None],
        )
        logits, ious = crops.decode(looked, prompts, before, torch.tensor((False, False)))
    told = {"mask_input": before[0].numpy(), "return_logits": True}
    _, clicked_ious, clicked = predictor.predict(clicks, np.array((1, 0)), **told)
    assert np.allclose(logits[0, 1:], clicked, atol=1e-4)
    assert np.allclose(ious[0, 1:], clicked_ious, atol=1e-4)
    told["mask_input"] = before[1].numpy()
    _, _, boxed = predictor.predict(clicks[1:], np.array((0,)), box, multimask_output=False, **told)
    assert np.allclose(logits[1, :1], boxed, atol=1e-4)


def test_a_prompt_without_a_mask_is_one_that_forgets_it(sam: Sam) -> None:
    crops = CropSam(sam)
    with torch.no_grad():
        looked = crops.look(torch.zeros(1, 3, 64, 64), torch.zeros(1, 2, dtype=torch.long))
        prompts = Prompts(
            torch.zeros(1, dtype=torch.long),
            torch.tensor([[(10.0, 10.0)]]),
            torch.ones(1, 1, dtype=torch.long),
            torch.zeros(0, 4),
        )
        without, _ = crops.decode(looked, prompts, None, torch.tensor((False,)))
        forgot, _ = crops.decode(looked, prompts, torch.randn(1, 1, 32, 32), torch.tensor((True,)))
    assert torch.allclose(without, forgot, atol=1e-5)


def test_a_crop_takes_its_own_piece_of_the_frame(sam: Sam) -> None:
    crops = CropSam(sam)
    left, top = WINDOW, 2 * WINDOW
    side_px = WINDOW * PATCH_PX
    with torch.no_grad():
        looked = crops.look(torch.zeros(1, 3, side_px, side_px), torch.tensor([(left, top)]))
    code = sam.prompt_encoder.get_dense_pe()
    assert code.shape[-2:] == (GRID, GRID)
    assert torch.equal(looked.position, code[..., top : top + WINDOW, left : left + WINDOW])


def test_soft_targets_keep_the_area() -> None:
    masks = torch.zeros(2, 8, 8, dtype=torch.uint8)
    masks[0, 1:4, 1:6] = 1
    targets = soft_targets(masks)
    assert targets.shape == (2, 4, 4)
    assert torch.equal(targets.sum((1, 2)) * MASK_PX**2, masks.float().sum((1, 2)))
