"""A picture as a CLIP is given it: cut and scaled, in patches that can be hidden one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from playground.models.clip import Clip
from playground.visitors.errors import PersonError

if TYPE_CHECKING:
    import torch

# What models of any shape get beside the patches: SigLIP 2's NaFlex.
SHAPES, MASK = "spatial_shapes", "pixel_attention_mask"


@dataclass(frozen=True)
class Framed:
    """A picture as the model is given it: cut and scaled to the model's own size.

    Attributes:
        values: float32 (3, H, W), normalised.
        shown: uint8 (H, W, 3), the same for people.
        grid_hw: Rows and columns of patches.
    """

    values: np.ndarray
    shown: np.ndarray
    grid_hw: tuple[int, int]

    def hidden(self, parts: np.ndarray) -> np.ndarray:
        """Returns the picture without some patches: the picture's own mean colour stands there.

        Args:
            parts: bool (K, P), which patches to hide, K times.

        Returns:
            float32 (K, 3, H, W).
        """
        rows, columns = self.grid_hw
        height, width = self.values.shape[1:]
        masks = parts.reshape(-1, rows, columns)
        masks = masks[:, np.arange(height) * rows // height][
            :, :, np.arange(width) * columns // width
        ]
        colour = self.values.mean(axis=(1, 2), keepdims=True)
        return np.where(masks[:, None], colour, self.values).astype(np.float32)


def frame_picture(model: Clip, picture: np.ndarray) -> Framed:
    """Cuts and scales a picture as the model is given it.

    Args:
        model: A joined CLIP.
        picture: uint8 (H, W, 3), RGB, of any size.

    Raises:
        PersonError: `understand.mistake.no_map` for a model that takes pictures in a way of its
            own.
    """
    processor, side = model.image_processor, _patch_side(model.vision)
    inputs = processor(images=[Image.fromarray(picture)], return_tensors="np")
    values = np.asarray(inputs["pixel_values"])[0].astype(np.float32)
    if values.ndim == 2 and SHAPES in inputs:
        rows, columns = (int(count) for count in np.asarray(inputs[SHAPES])[0])
        # Behind the patches stands padding, which the model does not look at.
        patches = values[: rows * columns].reshape(rows, columns, side, side, 3)
        values = patches.transpose(4, 0, 2, 1, 3).reshape(3, rows * side, columns * side)
    if values.ndim != 3:
        raise PersonError("understand.mistake.no_map")
    mean, spread = (
        np.asarray(numbers, np.float32).reshape(-1, 1, 1)
        for numbers in (processor.image_mean, processor.image_std)
    )
    shown = np.clip((values * spread + mean) * 255.0 + 0.5, 0, 255).astype(np.uint8)
    grid = (values.shape[1] // side, values.shape[2] // side)
    return Framed(values, np.ascontiguousarray(shown.transpose(1, 2, 0)), grid)


def inputs_of(model: Clip, values: torch.Tensor) -> dict[str, torch.Tensor]:
    """Returns what the vision tower reads.

    Args:
        model: A joined CLIP.
        values: (K, 3, H, W), framed pictures of one size.
    """
    import torch

    if SHAPES not in model.image_processor.model_input_names:
        return {"pixel_values": values}
    side, count = _patch_side(model.vision), len(values)
    rows, columns = values.shape[2] // side, values.shape[3] // side
    patches = values.reshape(count, 3, rows, side, columns, side).permute(0, 2, 4, 3, 5, 1)
    ones = torch.ones((count, rows * columns), dtype=torch.int32, device=values.device)
    shapes = torch.tensor([[rows, columns]] * count, device=values.device)
    return {"pixel_values": patches.reshape(count, rows * columns, -1), MASK: ones, SHAPES: shapes}


def _patch_side(module: Any) -> int:
    config = getattr(module.config, "vision_config", module.config)
    return int(config.patch_size)
