"""The part of a Segment Anything model that looks at the picture, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(eq=False)
class SamEncoder:
    """Turns pictures into features.

    Attributes:
        module: The weights.
        compute: `compute(module, squares)` is the list of feature levels, each (B, C, h, w).
        prepare: Turns a picture, uint8 (H, W, 3), into float32 (3, side, side) and tells what
            height and width of that square hold it.
        input_side: Side of the square.
        low_hw: Height and width of the logits that the decoder will make.
    """

    module: Any
    compute: Callable[..., Sequence[Any]]
    prepare: Callable[[np.ndarray], tuple[np.ndarray, tuple[int, int]]]
    input_side: int
    low_hw: tuple[int, int]

    def run(self, squares: np.ndarray) -> list[np.ndarray]:
        """Encodes pictures.

        Args:
            squares: float32 (B, 3, side, side), as `prepare` makes them.

        Returns:
            Levels, each float32 (B, C, h, w).
        """
        import torch

        first = next(self.module.parameters())
        with torch.inference_mode():
            inputs = torch.from_numpy(squares).to(first.device, first.dtype)
            return [level.float().cpu().numpy() for level in self.compute(self.module, inputs)]
