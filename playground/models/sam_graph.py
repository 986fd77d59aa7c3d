"""The decoder as a graph for ONNX Runtime, which on a processor answers in half the time of torch.

Measured by `benchmarks/segment_decode.py`. One thread a click and no spinning: on few cores, more
threads wait for each other, and clicks of several visitors run side by side anyway.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

OPSET = 17
OUTPUTS = ("logits", "iou")


class DecoderGraph:
    """Computes what `SamDecoder.compute` does, for one prompt of any number of points.

    Args:
        module: The weights; they are copied.
        compute: See `SamDecoder`.
        levels_chw: Shape of each level of features.
        low_hw: Height and width of the logits.
    """

    def __init__(
        self,
        module: Any,
        compute: Callable[..., Any],
        levels_chw: Sequence[tuple[int, int, int]],
        low_hw: tuple[int, int],
    ) -> None:
        import onnxruntime

        levels = [f"level_{number}" for number in range(len(levels_chw))]
        self._names = [*levels, "points_xy", "labels", "mask", "has_mask"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            _export(module, compute, self._names, _example(levels_chw, low_hw)),
            options,
            providers=["CPUExecutionProvider"],
        )

    def run(self, inputs: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Decodes one prompt; several threads may call it at once.

        Args:
            inputs: float32, in the order of `compute`; the first axis of each is 1.

        Returns:
            float32 (1, 4, h, w) logits and float32 (1, 4) IoU.
        """
        logits, iou = self._session.run(OUTPUTS, dict(zip(self._names, inputs, strict=True)))
        return logits, iou


def _example(
    levels_chw: Sequence[tuple[int, int, int]], low_hw: tuple[int, int]
) -> tuple[torch.Tensor, ...]:
    """Two points and padding, so that no number of points looks like a constant."""
    import torch

    levels = [torch.zeros(1, *shape) for shape in levels_chw]
    labels = torch.tensor([[1.0, 0.0, -1.0]])
    return *levels, torch.zeros(1, 3, 2), labels, torch.zeros(1, 1, *low_hw), torch.zeros(1)


def _export(
    module: Any,
    compute: Callable[..., Any],
    names: Sequence[str],
    example: tuple[torch.Tensor, ...],
) -> bytes:
    import torch

    class Exported(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = module

        def forward(self, *inputs: torch.Tensor) -> Any:
            return compute(self.module, *inputs)

    # The annotation of the library knows paths only.
    written: Any = io.BytesIO()
    with torch.no_grad(), warnings.catch_warnings():
        # Of the tracer: each shape that the libraries look at, and that there is a newer exporter,
        # which needs one package more.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Exported().eval(),
            example,
            written,
            dynamo=False,
            opset_version=OPSET,
            input_names=list(names),
            output_names=list(OUTPUTS),
            dynamic_axes={"points_xy": {1: "points"}, "labels": {1: "points"}},
        )
    return written.getvalue()
