"""Which numbers a big model's weights are kept in, chosen from the memory that is free.

32 bits where they fit, else 16, else 8 bits a weight in the linear layers. The weights are read
as the file has them, mapped, and turned one by one, so that no more than the result is held.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.cache import host_memory
from playground.cache.mover import TorchMover
from playground.models.files import weight_files
from playground.models.loading import load_pretrained, stored_dtype
from playground.visitors.notes import Note

if TYPE_CHECKING:
    import torch

FULL, INT8 = "float32", "int8"
# Of 8 bits: embeddings, norms and scales stay in 16.
BYTES_A_WEIGHT = {FULL: 4.0, "bfloat16": 2.0, "float16": 2.0, INT8: 1.1}
# Beside the weights: activations, what is remembered of the text so far, the library itself.
SPARE_SHARE, SPARE_BYTES = 0.1, 500_000_000
STORED = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}
INT8_MOST = 127
MOST_ROWS, BLOCK = 16, 32


@dataclass(frozen=True)
class Place:
    """Where a model is to run.

    Attributes:
        free_bytes: What its weights and activations may take; None where the system does not tell.
        half: 16-bit format that runs well there: `"bfloat16"` or `"float16"`.
        prefers_half: Whether 16 bits come first, as on accelerators.
    """

    free_bytes: int | None
    half: str
    prefers_half: bool = False


@dataclass(frozen=True)
class Precision:
    """What was chosen, and why.

    Attributes:
        name: `"float32"`, `"bfloat16"`, `"float16"` or `"int8"`.
        half: What activations, and weights beside the linear layers, are in with `"int8"`.
        needed_bytes: What it was chosen for, in it, with room to run.
        full_bytes: The same in 32 bits.
        free_bytes: What was free when it was chosen; None where the system does not tell.
        is_usual: Whether it is what would be chosen with all memory free.
    """

    name: str
    half: str
    needed_bytes: int
    full_bytes: int
    free_bytes: int | None
    is_usual: bool = True

    @property
    def note(self) -> Note:
        """The sentence for the screen."""
        values = {
            "needed": _gigabytes(self.needed_bytes),
            "full": _gigabytes(self.full_bytes),
            "free": _gigabytes(self.free_bytes or 0),
        }
        if self.name == FULL:
            return Note("model.precision.full", {"needed": values["needed"]})
        key = "model.precision.int8" if self.name == INT8 else "model.precision.half"
        return Note(key, values | {"format": self.name})


def choose(weights: int, place: Place) -> Precision:
    """Chooses the best precision that fits; 8 bits where none does, which is then refused aloud.

    Args:
        weights: How many weights the whole model has.
        place: Where it is to run.

    Returns:
        The choice.
    """
    names = (place.half, INT8) if place.prefers_half else (FULL, place.half, INT8)
    free = place.free_bytes
    fitting = (name for name in names if free is None or needed_bytes(weights, name) <= free)
    name = next(fitting, INT8)
    return Precision(
        name=name,
        half=place.half,
        needed_bytes=needed_bytes(weights, name),
        full_bytes=needed_bytes(weights, FULL),
        free_bytes=free,
        is_usual=name == names[0],
    )


def needed_bytes(weights: int, name: str) -> int:
    """Returns the memory of a model in one precision, with room to run."""
    return round(weights * BYTES_A_WEIGHT[name] * (1 + SPARE_SHARE)) + SPARE_BYTES


def precision_for(folder: Path, *, only: tuple[str, ...] = ()) -> Precision:
    """Chooses for the model of a folder and the device that comes first here.

    The eyes, built first, leave room for the whole model; the language model, built last, needs to
    fit what is free then.

    Args:
        folder: A checked model folder.
        only: What the names of the weights begin with that are still to come; all if left out.
    """
    return choose(count_weights(folder, only) or count_weights(folder), place_here(folder))


def place_here(folder: Path) -> Place:
    """Looks where the model of a folder would run now.

    Args:
        folder: A checked model folder: a file that has 16 bits already keeps its own.
    """
    import torch

    device, budget = next(iter(TorchMover().devices().items()))
    stored = STORED.get(stored_dtype(folder), FULL)
    if device == "cpu":
        free = host_memory.available_bytes()
        return Place(budget if free is None else min(budget, free), "bfloat16")
    if stored != FULL:
        return Place(budget, stored, prefers_half=True)
    # FLAN-T5 overflows in float16: cards that know bfloat16 get it.
    has_bfloat16 = device.startswith("cuda") and torch.cuda.get_device_capability()[0] >= 8
    return Place(budget, "bfloat16" if has_bfloat16 else "float16", prefers_half=True)


def count_weights(
    folder: Path, only: tuple[str, ...] = (), *, components: tuple[str, ...] = ()
) -> int:
    """Counts the weights of a folder's files from their heads.

    Args:
        folder: A checked model folder.
        only: What the names of those that count begin with; all if left out.
        components: Of a pipeline, whose weights count; all if left out.
    """
    total = 0
    for file in weight_files(folder, title=folder.name, components=components):
        with file.open("rb") as stream:
            head = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
        head.pop("__metadata__", None)
        total += sum(
            prod(told["shape"]) for name, told in head.items() if not only or name.startswith(only)
        )
    return total


def stored_torch_dtype(folder: Path) -> torch.dtype:
    """Returns what most weights of a folder are stored in; read so, they stay mapped."""
    import torch

    found: torch.dtype = getattr(torch, STORED.get(stored_dtype(folder), FULL))
    return found


def load_part(
    model_class: Any, folder: Path, precision: Precision, *, drops: Sequence[str] = ()
) -> Any:
    """Builds one part of a model without reading the weights of the others.

    Args:
        model_class: Class of the library for the whole model.
        folder: A checked model folder.
        precision: From `precision_for`.
        drops: Attributes to take off, dotted: what belongs to other parts.

    Returns:
        The module on the CPU, in evaluation mode, without gradients.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    module = load_pretrained(model_class, folder, dtype=stored_torch_dtype(folder))
    for name in drops:
        owner, _, attribute = name.rpartition(".")
        delattr(module.get_submodule(owner), attribute)
    convert(module, precision)
    return module


def convert(module: Any, precision: Precision) -> None:
    """Turns the weights of a module in place, one by one.

    Args:
        module: A module of the library.
        precision: What they shall be.

    Source: Dettmers et al. 2022 (arXiv:2208.07339), section 2 ("absmax quantization"), for each
    row of a weight; the activations keep 16 bits.
    """
    import torch

    if precision.name == INT8:
        _replace_linear_layers(module)
    dtype = getattr(torch, precision.half if precision.name == INT8 else precision.name)
    kept = _kept_in_full(module) if dtype == torch.float16 else ()
    for name, weight in module.named_parameters():
        wanted = torch.float32 if set(name.split(".")) & set(kept) else dtype
        if weight.is_floating_point() and weight.dtype != wanted:
            weight.data = weight.data.to(wanted)


def _replace_linear_layers(module: Any) -> None:
    """A weight that is an embedding too stays: halved twice it would be held twice."""
    import torch

    embeddings = {
        id(inner.weight) for inner in module.modules() if isinstance(inner, torch.nn.Embedding)
    }
    for owner in list(module.modules()):
        for name, inner in list(owner.named_children()):
            if type(inner) is torch.nn.Linear and id(inner.weight) not in embeddings:
                setattr(owner, name, _int8_linear(inner))


def _int8_linear(linear: torch.nn.Linear) -> Any:
    """Makes the 8-bit twin of a linear layer.

    None of a library's: the weights of torchao 0.18 have no storage that the cache could move, and
    bitsandbytes 0.50 keeps its scales where neither parameters nor buffers tell of them.
    """
    import torch

    class Int8Linear(torch.nn.Module):
        """A linear layer with 8-bit weights and one scale a row; buffers, as the mover wants."""

        def __init__(self, rows: torch.Tensor, bias: torch.nn.Parameter | None) -> None:
            super().__init__()
            scale = rows.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / INT8_MOST
            self.weight = torch.nn.Buffer((rows / scale).round().to(torch.int8))
            self.scale = torch.nn.Buffer(scale[:, 0].clone())
            self.bias = bias

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            scale = self.scale.to(inputs.dtype)
            flat = inputs.reshape(-1, inputs.shape[-1]).contiguous()
            if _is_quick(flat):
                rows = torch._weight_int8pack_mm(flat, self.weight, scale)
            else:
                rows = torch.nn.functional.linear(flat, self.weight.to(inputs.dtype)) * scale
            rows = rows.reshape(*inputs.shape[:-1], -1)
            return rows if self.bias is None else rows + self.bias

    return Int8Linear(linear.weight.detach().float(), linear.bias)


def _is_quick(flat: torch.Tensor) -> bool:
    """Whether the kernel that reads 8-bit weights as they are is the faster one, and can.

    On a processor word by word it is nine times as fast, on many rows at once half as fast
    (`benchmarks/int8_linear.py`). It reads whole blocks of a row, beyond its end if need be, and
    brings the process down: rows of other lengths go the other way.
    """
    import torch

    count, length = flat.shape
    is_fit = flat.device.type == "cpu" and flat.dtype == torch.bfloat16
    return is_fit and count <= MOST_ROWS and length % BLOCK == 0


def _kept_in_full(module: Any) -> set[str]:
    """Names of weights that overflow in float16, as the library's classes tell them."""
    return {
        name
        for inner in module.modules()
        for name in getattr(inner, "_keep_in_fp32_modules", None) or ()
    }


def _gigabytes(size: int) -> float:
    return round(size / 1e9, 1)
