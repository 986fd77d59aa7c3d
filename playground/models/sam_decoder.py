"""The part of a Segment Anything model that answers clicks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from playground.cache import has_accelerator
from playground.models.sam_graph import DecoderGraph


@dataclass(frozen=True)
class Fallback:
    """When the single mask is unstable, the best of the three candidates stands in for it.

    Attributes:
        delta: Offset of the two thresholds whose masks are compared.
        least_stability: 0..1; below it the single mask is not trusted.

    Source: `dynamic_multimask_via_stability` of SAM 2 (Ravi et al. 2024, arXiv:2408.00714).
    """

    delta: float
    least_stability: float


@dataclass(eq=False)
class SamDecoder:
    """Turns features and prompts into logits.

    Attributes:
        module: The weights.
        compute: `compute(module, *features, points_xy, labels, mask, has_mask)` is the logits of
            all mask tokens (B, 4, h, w), the single-mask token first, and their IoU (B, 4).
        low_hw: Height and width of the logits.
        graph: The same for ONNX Runtime; None where the module runs on an accelerator.
        pads_box: Whether a padding point stands even beside a box.
        fallback: What is done about an unstable single mask; None: nothing.
    """

    module: Any
    compute: Callable[..., tuple[Any, Any]]
    low_hw: tuple[int, int]
    graph: DecoderGraph | None
    pads_box: bool = False
    fallback: Fallback | None = None

    @property
    def is_batched(self) -> bool:
        """Whether many prompts at once are faster than one after another."""
        return self.graph is None

    def run(
        self,
        features: Sequence[np.ndarray],
        points_xy: np.ndarray,
        labels: np.ndarray,
        mask: np.ndarray | None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Decodes B prompts of M points each for one picture.

        Args:
            features: Levels of the picture, each (C, h, w).
            points_xy: float32 (B, M, 2), pixels of the square, counted from the first one's centre.
            labels: float32 (B, M), as `input_points` writes them.
            mask: float32 (1, 1, *low_hw), logits from before, or None.

        Returns:
            float32 (B, 4, *low_hw) logits and float32 (B, 4) IoU of all mask tokens.
        """
        has_mask = np.asarray([mask is not None], np.float32)
        if mask is None:
            mask = np.zeros((1, 1, *self.low_hw), np.float32)
        inputs = [np.ascontiguousarray(level[None], np.float32) for level in features]
        inputs += [points_xy, labels, mask, has_mask]
        if self.graph is not None and len(points_xy) == 1:
            return self.graph.run(inputs)
        return self.run_torch(inputs)

    def run_torch(self, inputs: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Decodes where the module is.

        Args:
            inputs: float32, in the order of `compute`.

        Returns:
            See `run`.
        """
        import torch

        device = next(self.module.parameters()).device
        with torch.inference_mode():
            tensors = [torch.from_numpy(given).to(device) for given in inputs]
            logits, iou = self.compute(self.module, *tensors)
        return logits.cpu().numpy(), iou.cpu().numpy()

    def select(
        self, logits: np.ndarray, iou: np.ndarray, is_multimask: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Keeps the mask tokens that were asked for.

        Args:
            logits: (B, 4, h, w), as `run` makes them.
            iou: (B, 4).
            is_multimask: Three candidates, else one.

        Returns:
            (B, K, h, w) and (B, K); K is 3 or 1.
        """
        if is_multimask:
            return logits[:, 1:], iou[:, 1:]
        chosen = np.zeros(len(iou), int)
        if self.fallback is not None:
            single, delta = logits[:, 0], self.fallback.delta
            strict = np.count_nonzero(single > delta, axis=(-2, -1))
            lax = np.count_nonzero(single > -delta, axis=(-2, -1))
            # An empty mask counts as stable there.
            is_stable = strict >= self.fallback.least_stability * lax
            chosen = np.where(is_stable, 0, 1 + iou[:, 1:].argmax(axis=1))
        rows = np.arange(len(iou))
        return logits[rows, chosen][:, None], iou[rows, chosen][:, None]


def graph_of(
    module: Any,
    compute: Callable[..., Any],
    levels_chw: Sequence[tuple[int, int, int]],
    low_hw: tuple[int, int],
) -> DecoderGraph | None:
    """Makes the graph where clicks are answered on a processor.

    Args:
        module, compute, low_hw: See `SamDecoder`.
        levels_chw: Shape of each level of features.

    Returns:
        None where there is an accelerator: it decodes a click in some milliseconds.
    """
    if has_accelerator():
        return None
    return DecoderGraph(module, compute, levels_chw, low_hw)
