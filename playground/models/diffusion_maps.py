"""Where each word acts: what the cross-attention of a UNet looks at, read while it draws.

The library's own way in (an attention processor) is used. What the layers compute stays what the
library computes; the maps are worked out beside it, for the rows that hear the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

MOST_SIDE = 32
CROSS_ATTENTION = "attn2.processor"
# Weights of attention that are held at once, in numbers.
MOST_WEIGHTS = 32 * 1024**2


class Recorder:
    """Adds up where the cross-attention looks, over heads and layers."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._size_hw = (0, 0)
        self._sum: Any = None
        self._layers = 0

    @contextmanager
    def listening(self, rows: Sequence[int], size_hw: tuple[int, int]) -> Iterator[None]:
        """Reads the attention of some rows of the forward passes inside the block.

        Args:
            rows: Their numbers in the batch.
            size_hw: Height and width of the latent.
        """
        self._rows, self._size_hw = list(rows), size_hw
        self._sum, self._layers = None, 0
        try:
            yield
        except BaseException:
            # Memory may have run out: nothing of a pass that failed stays on the device.
            self._sum = None
            raise
        finally:
            self._rows = []

    def maps(self) -> list[np.ndarray]:
        """Returns what was read, float16 (T, mh, mw) for each row; [] where nothing was."""
        if self._sum is None:
            return []
        found = (self._sum / self._layers).cpu().numpy().astype(np.float16)
        self._sum = None
        return list(found)

    def look(self, query: torch.Tensor, key: torch.Tensor) -> None:
        """Adds one layer.

        Args:
            query: (B, heads, cells, width).
            key: (B, heads, T, width).

        Source: Rombach et al. 2022 (arXiv:2112.10752), section 3.3 (the weights of
        cross-attention); Tang et al. 2023 (arXiv:2210.04885), section 3 (averaged as maps).
        """
        if not self._rows:
            return
        import torch

        size_hw = self._layer_size(query.shape[2])
        heads, cells, length = query.shape[1], query.shape[2], key.shape[2]
        at_once = max(1, MOST_WEIGHTS // (heads * cells * length))
        parts = []
        for start in range(0, len(self._rows), at_once):
            rows = self._rows[start : start + at_once]
            scores = query[rows] @ key[rows].transpose(-1, -2) * query.shape[-1] ** -0.5
            weights = scores.float().softmax(dim=-1).mean(1)
            parts.append(self._resized(weights.transpose(1, 2).unflatten(2, size_hw)))
        layer = torch.cat(parts)
        self._sum = layer if self._sum is None else self._sum + layer
        self._layers += 1

    def _layer_size(self, cells: int) -> tuple[int, int]:
        height, width = self._size_hw
        while height * width > cells:
            height, width = (height + 1) // 2, (width + 1) // 2
        return height, width

    def _resized(self, maps: torch.Tensor) -> torch.Tensor:
        """Both ways keep the sum over the tokens."""
        from torch.nn.functional import adaptive_avg_pool2d, interpolate

        height, width = self._size_hw
        times = -(-max(height, width) // MOST_SIDE)
        target = (-(-height // times), -(-width // times))
        if tuple(maps.shape[-2:]) == target:
            return maps
        if maps.shape[-2] > target[0]:
            return adaptive_avg_pool2d(maps, target)
        return interpolate(maps, target, mode="bilinear", align_corners=False)


class ReadProcessor:
    """An attention processor that computes what the library's does, and lets a recorder look."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        temb: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """See `diffusers.models.attention_processor.AttnProcessor2_0`, for sequences with words."""
        from torch.nn.functional import scaled_dot_product_attention

        assert encoder_hidden_states is not None
        assert attention_mask is None
        heard = encoder_hidden_states
        query, key, value = (
            states.unflatten(-1, (attn.heads, -1)).transpose(1, 2)
            for states in (attn.to_q(hidden_states), attn.to_k(heard), attn.to_v(heard))
        )
        self._recorder.look(query, key)
        mixed = scaled_dot_product_attention(query, key, value)
        out: torch.Tensor = attn.to_out[0](mixed.transpose(1, 2).flatten(2))
        return out


def install(module: Any) -> Recorder:
    """Lets the cross-attention of a UNet be read.

    Args:
        module: A UNet of diffusers with its own processors.

    Returns:
        What reads it.
    """
    recorder = Recorder()
    # The library's loader of processors empties the mapping that it is given.
    module.set_attn_processor(
        {
            name: ReadProcessor(recorder) if name.endswith(CROSS_ATTENTION) else processor
            for name, processor in module.attn_processors.items()
        }
    )
    return recorder
