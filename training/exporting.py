"""What every export does first: an empty folder, and a copy in half precision."""

import copy
from pathlib import Path
from typing import TypeVar

from torch import nn

SHARD_BYTES = 6_000_000
M = TypeVar("M", bound=nn.Module)


def empty_weights(folder: Path) -> None:
    """Make a folder, and take the weights of an earlier export out of it.

    Args:
        folder: Of a model of transformers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("model*.safetensors*"):
        old.unlink()


def half_copy(model: M) -> M:
    """Copy a model in half precision, on the processor.

    Args:
        model: Stays as it is.

    Returns:
        The copy.
    """
    return copy.deepcopy(model).cpu().half()
