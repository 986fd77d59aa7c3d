"""A model that has forgotten what it learned: the matrices of its blocks, shuffled.

Rows and columns are shuffled, so every number stays, and nothing is copied: a shuffled matrix times
a vector is the matrix times the vector, each shuffled in its turn.

Source: Adebayo 2018 (arXiv:1810.03292), section 3: what an explanation of a trained model and that
of a randomised one have in common does not come from what the model learned.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def scramble_weights(module: Any, seed: int) -> None:
    """Shuffles the matrices of all blocks of a module; its tensors stay as they are.

    Args:
        module: A copy of one's own: its layers compute otherwise from now on.
        seed: The same seed shuffles in the same way.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    for block in reversed(_blocks(module)):
        for layer in block.modules():
            if isinstance(layer, torch.nn.Linear):
                rows, columns = (
                    torch.randperm(size, generator=generator).to(layer.weight.device)
                    for size in layer.weight.shape
                )
                own: Any = layer
                own.forward = partial(_shuffled, layer, rows, torch.argsort(columns))


def _shuffled(
    layer: torch.nn.Linear, rows: torch.Tensor, places: torch.Tensor, values: torch.Tensor
) -> torch.Tensor:
    """What the layer would compute with `weight[rows][:, columns]`; `places` undoes `columns`."""
    from torch.nn.functional import linear

    product = linear(values[..., places], layer.weight)[..., rows]
    return product if layer.bias is None else product + layer.bias


def _blocks(module: Any) -> list[Any]:
    """The layers of the longest stack: those that the attention flows through."""
    import torch

    stacks = [list(part) for part in module.modules() if isinstance(part, torch.nn.ModuleList)]
    return max(stacks, key=len, default=[])
