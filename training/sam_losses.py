"""What makes a mask good: focal and dice losses, and the IoU that the model must foretell."""

import torch
import torch.nn.functional as F


def focal_losses(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Focal loss of each mask, for targets between 0 and 1.

    Source: Lin et al. 2017, section 3 (gamma 2, no class weight), with the distance to a soft
    target in place of 1 - p_t: Li et al. 2020, section 3.

    Args:
        logits: (..., h, w) float32.
        targets: Broadcastable to ``logits``, 0..1.

    Returns:
        (...) float32, mean over the cells.
    """
    targets = targets.expand_as(logits)
    entropy = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return ((logits.sigmoid() - targets).square() * entropy).mean((-2, -1))


def dice_losses(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Dice loss of each mask.

    Source: Milletari et al. 2016, section 3, with 1 added above and below.

    Args:
        logits: (..., h, w) float32.
        targets: Broadcastable to ``logits``, 0..1.

    Returns:
        (...) float32, 0..1.
    """
    chances = logits.sigmoid()
    common = (chances * targets).sum((-2, -1))
    total = chances.sum((-2, -1)) + targets.sum((-2, -1))
    return 1 - (2 * common + 1) / (total + 1)


def mask_losses(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Loss of each mask: 20 parts focal, 1 part dice.

    Source: Kirillov et al. 2023, appendix A, "Losses".

    Args:
        logits: (..., h, w) float32.
        targets: Broadcastable to ``logits``, 0..1.

    Returns:
        (...) float32.
    """
    return 20 * focal_losses(logits, targets) + dice_losses(logits, targets)


def true_ious(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Measure how well masks cover what was meant.

    Args:
        logits: (..., h, w) float; more than 0 is inside.
        targets: Broadcastable to ``logits``, 0..1; more than a half is inside.

    Returns:
        (...) float32, intersection over union, 0..1; 0 where both are empty.
    """
    inside, truth = logits > 0, targets > 0.5
    common = (inside & truth).sum((-2, -1)).float()
    return common / (inside | truth).sum((-2, -1)).clamp(min=1)
