"""Where a person would click next: first prompts, and clicks at what is still wrong."""

import torch
import torch.nn.functional as F

from training.sam_model import MASK_PX, PATCH_PX

# Kirillov et al. 2023, appendix A: noise of a tenth of the side, at most 20 px of 1024.
_BOX_NOISE, _MOST_BOX_NOISE_PX = 0.1, 5.0


def first_clicks(masks: torch.Tensor) -> torch.Tensor:
    """Click somewhere inside each mask: anywhere, or rather away from the border.

    Args:
        masks: (N, H, W) uint8, none empty.

    Returns:
        (N, 2) float32, column and row of a pixel inside.
    """
    flat = masks.float().flatten(1)
    depth = F.avg_pool2d(masks.float()[:, None], 13, 1, 6)[:, 0].flatten(1) ** 4
    careful = torch.rand(len(masks), 1, device=masks.device) < 0.6
    place = torch.multinomial(torch.where(careful, flat * depth, flat), 1)[:, 0]
    return torch.stack([place % masks.shape[2], place // masks.shape[2]], 1).float()


def noisy_boxes(masks: torch.Tensor) -> torch.Tensor:
    """Draw a box around each mask, as inexact as people do.

    Source: Kirillov et al. 2023, appendix A, "Training algorithm".

    Args:
        masks: (N, H, W) uint8, none empty.

    Returns:
        (N, 4) float32: left, top, right, bottom in pixels.
    """
    height, width = masks.shape[1:]
    columns, rows = masks.any(1), masks.any(2)
    left, top = columns.int().argmax(1), rows.int().argmax(1)
    right = width - columns.flip(1).int().argmax(1)
    bottom = height - rows.flip(1).int().argmax(1)
    boxes = torch.stack([left, top, right, bottom], 1).float()
    sides = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    noise = (torch.randn_like(boxes) * _BOX_NOISE * sides).clamp(
        -_MOST_BOX_NOISE_PX, _MOST_BOX_NOISE_PX
    )
    limits = boxes.new_tensor((width, height, width, height))
    return (boxes + noise).clamp(min=0).minimum(limits)


def next_clicks(logits: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Click at random where a mask is wrong, mostly inside the larger mistakes.

    Source: Kirillov et al. 2023, appendix A, "Training algorithm" (uniform in the error region).

    Args:
        logits: (N, h, w) float, masks so far; more than 0 is inside.
        targets: (N, h, w) float, covered part of each cell.

    Returns:
        Column and row in pixels of the crop (N, 2) float32, and labels (N,) int64: 1 where
        something was missed, 0 where too much was taken.
    """
    truth = targets > 0.5
    wrong = ((logits > 0) != truth).float()
    depth = F.avg_pool2d(wrong[:, None], 5, 1, 2)[:, 0] ** 2
    # Where nothing is wrong, any place inside the thing will do.
    weights = wrong * depth + 1e-7 * targets + 1e-12
    place = torch.multinomial(weights.flatten(1), 1)[:, 0]
    labels = truth.flatten(1).gather(1, place[:, None])[:, 0].long()
    cells = torch.stack([place % targets.shape[2], place // targets.shape[2]], 1)
    within = torch.randint(0, MASK_PX, cells.shape, device=cells.device)
    return (cells * MASK_PX + within).float(), labels


def in_frame(points_xy: torch.Tensor, origins_xy: torch.Tensor) -> torch.Tensor:
    """Move places of crops to places in the whole frame.

    Args:
        points_xy: (N, 2 or 4) float32 in pixels of the crop, as x, y pairs.
        origins_xy: (N, 2) int64, left and top of each crop in tokens.

    Returns:
        The same places in pixels of the frame.
    """
    shift = origins_xy.to(points_xy.dtype) * PATCH_PX
    return points_xy + shift.repeat(1, points_xy.shape[1] // 2)
