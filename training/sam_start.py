"""What mini-sam is before the first step: chance, set so that little has to be found out.

A vision transformer with random weights takes hundreds of steps to notice anything finer than
the mean colour of a patch, and a decoder takes hundreds to find the place that was clicked.
Both are known beforehand. All of it is learned further; the classes and shapes stay as they are.
"""

import math
from typing import Any

import torch
from segment_anything.modeling import Sam
from torch import nn

from training.sam_model import GRID, PATCH_PX

# Directions with less variance than this (squared, of 1) are noise and are not blown up.
_NOISE = 0.05
_WAVES = 0.7
_SLOWEST_PATCHES = 100.0
# Product of the gains of a query and its key.
_SHARPNESS = 6.0
_QUIET_LABELS = 0.3


def start_well(sam: Sam, pixels: torch.Tensor) -> None:
    """Set the first weights of a model.

    Args:
        sam: With random weights; changed.
        pixels: (N, 3, H, W) uint8, some training pictures.
    """
    with torch.no_grad():
        whiten_patches(sam, pixels)
        sam.image_encoder.pos_embed.copy_(_position_waves(sam.image_encoder.pos_embed.shape[-1]))
        for attention in _lookups(sam):
            attention.q_proj.weight.mul_(math.sqrt(_SHARPNESS))
            attention.k_proj.weight.copy_(attention.q_proj.weight)
        labels: Any = sam.prompt_encoder.point_embeddings
        for label in labels:
            label.weight.mul_(_QUIET_LABELS)


def whiten_patches(sam: Sam, pixels: torch.Tensor) -> None:
    """Make the patch embedding tell edges and textures as loudly as mean colours.

    Source: Bell and Sejnowski 1997, "The 'independent components' of natural scenes are edge
    filters", section 2 (principal components divided by their standard deviation).

    Args:
        sam: Its patch embedding is set.
        pixels: (N, 3, H, W) uint8, with more patches than a patch has numbers.
    """
    normal = (pixels.float() - sam.pixel_mean) / sam.pixel_std
    patches = nn.functional.unfold(normal, PATCH_PX, stride=PATCH_PX).transpose(1, 2)
    patches = patches.flatten(0, 1)
    projection = sam.image_encoder.patch_embed.proj
    variances, directions = torch.linalg.eigh(torch.cov(patches.T))
    count = projection.weight.shape[0]
    kept = directions.flip(1)[:, :count] / (variances.flip(0)[:count] + _NOISE).sqrt()
    # A test's model may be wider than a patch has directions.
    projection.weight[: kept.shape[1]] = kept.T.view(-1, *projection.weight.shape[1:])
    projection.bias[: kept.shape[1]] = -(patches.mean(0) @ kept)


def _position_waves(width: int) -> torch.Tensor:
    """Waves of many lengths along rows and columns, mixed: (1, GRID, GRID, width)."""
    count = math.ceil(width / 4)
    lengths = torch.logspace(math.log10(4.0), math.log10(_SLOWEST_PATCHES), count)
    angles = torch.arange(GRID)[:, None] * (2 * math.pi / lengths)
    waves = torch.cat([angles.sin(), angles.cos()], 1)
    columns, rows = waves[None].expand(GRID, -1, -1), waves[:, None].expand(-1, GRID, -1)
    both = torch.cat([columns, rows], -1)[..., :width]
    mixing = torch.linalg.qr(torch.randn(width, width))[0]
    return (_WAVES * both @ mixing)[None]


def _lookups(sam: Sam) -> list[Any]:
    """Attention between prompts and picture: alike places shall find each other."""
    transformer = sam.mask_decoder.transformer
    found: list[Any] = [transformer.final_attn_token_to_image]
    layers: Any = transformer.layers
    for layer in layers:
        found += [layer.cross_attn_token_to_image, layer.cross_attn_image_to_token]
    return found
