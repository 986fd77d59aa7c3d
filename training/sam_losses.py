"""What makes a mask good: focal and dice losses, and the IoU that the model must foretell."""

import torch
import torch.nn.functional as F

# Squared distance at which two codes are as likely of one piece as of two.
_LIKE_WITHIN = 2.0


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
    """Loss of each mask: 3 parts focal, 1 part dice, both doubled.

    Source: Kirillov et al. 2023, appendix A, "Losses". There it is 20 parts focal with a class
    weight, for a hundred thousand steps; in a short training that much focal loss keeps all
    chances below a half and the masks empty.

    Args:
        logits: (..., h, w) float32.
        targets: Broadcastable to ``logits``, 0..1.

    Returns:
        (...) float32.
    """
    return 6 * focal_losses(logits, targets) + 2 * dice_losses(logits, targets)


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


def border_cells(pieces: torch.Tensor) -> torch.Tensor:
    """Mark the cells of the mask grid at or beside which one piece ends.

    Args:
        pieces: (B, H, W) integers.

    Returns:
        (B, 1, H/2, W/2) float32, 1 at a border.
    """
    numbers = pieces.float()[:, None]
    differs = F.max_pool2d(numbers, 2) != -F.max_pool2d(-numbers, 2)
    return F.max_pool2d(differs.float(), 3, 1, 1)


def likeness_loss(codes: torch.Tensor, pieces: torch.Tensor, drawn: int = 192) -> torch.Tensor:
    """Codes of one piece must be near each other, codes of two pieces apart.

    Source: Fathi et al. 2017, "Semantic instance segmentation via deep metric learning",
    section 3.1, equation 1, with a threshold in place of their logistic scale.

    Args:
        codes: (B, C, h, w) float32.
        pieces: (B, h, w) integers.
        drawn: Cells drawn at random from each picture.

    Returns:
        Binary cross-entropy over all pairs, like and unlike pairs weighing the same.
    """
    count, channels = codes.shape[:2]
    places = torch.randint(0, codes[0, 0].numel(), (count, drawn), device=codes.device)
    chosen = codes.flatten(2).gather(2, places[:, None].expand(-1, channels, -1))
    kinds = pieces.flatten(1).gather(1, places)
    length = chosen.square().sum(1)
    apart = length[:, :, None] + length[:, None] - 2 * chosen.transpose(1, 2) @ chosen
    alike = kinds[:, :, None] == kinds[:, None]
    losses = F.binary_cross_entropy_with_logits(
        _LIKE_WITHIN - apart, alike.float(), reduction="none"
    )
    like, unlike = (losses * alike).sum() / alike.sum(), (losses * ~alike).sum()
    return 0.5 * (like + unlike / (~alike).sum().clamp(min=1))
