"""How every family reads its weights: safetensors only, nothing missing, in the dtype it runs in.

Heavy libraries are imported inside the functions: this module is imported before a model is needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.cache import has_accelerator
from playground.visitors.errors import PersonError

if TYPE_CHECKING:
    import torch


def run_dtype(folder: Path) -> torch.dtype:
    """Returns the dtype that weights are kept in.

    On an accelerator the file's own where that has 16 bits, so that the mapped file is the home
    copy; else float16, which moves mini-clip's logits by 0.005 where bfloat16 moves them by 0.05.
    On a processor float32: bfloat16 is twice as fast on new ones but moves the logits of a CLIP
    B/32 by up to 0.13, which a softmax shows, and old ones crawl in it (`benchmarks/cpu_dtype.py`).

    Args:
        folder: Folder with safetensors weights.
    """
    import torch

    if not has_accelerator():
        return torch.float32
    stored = {"F16": torch.float16, "BF16": torch.bfloat16}
    return stored.get(stored_dtype(folder), torch.float16)


def stored_dtype(folder: Path) -> str:
    """Returns the dtype of most weights of a folder, as safetensors names it: "F32", "BF16" ...

    Args:
        folder: Folder with safetensors weights.

    Returns:
        Its name; "" where there are no weights.
    """
    from safetensors import safe_open

    seen: Counter[str] = Counter()
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118 - not a mapping
                seen[tensors.get_slice(name).get_dtype()] += 1
    return seen.most_common(1)[0][0] if seen else ""


def read_tensors(folder: Path, names: Sequence[str]) -> dict[str, torch.Tensor]:
    """Reads a few weights by their names, in the dtype of the file.

    Args:
        folder: A checked model folder.
        names: Which ones.

    Returns:
        Those that are there, by name, in the order asked for.
    """
    from safetensors import safe_open

    found: dict[str, torch.Tensor] = {}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            there = set(tensors.keys())
            found |= {name: tensors.get_tensor(name) for name in names if name in there}
    return {name: found[name] for name in names if name in found}


def load_pretrained(
    model_class: Any,
    folder: Path,
    *,
    config: Any = None,
    tensors: Mapping[str, torch.Tensor] | None = None,
    **options: Any,
) -> Any:
    """Builds one module from a folder that `check_folder` has passed.

    Args:
        model_class: A transformers class with `from_pretrained`.
        folder: Folder with `config.json` and safetensors weights.
        config: Configuration to use in place of the folder's, for a part of a bigger checkpoint.
        tensors: Weights to use in place of the folder's, by the library's names; they need
            `config`.
        options: Further arguments of `from_pretrained`; `dtype` is `run_dtype` if left out.

    Returns:
        The module on the CPU, in evaluation mode, without gradients.

    Raises:
        PersonError: `mistake.model.mismatch` when the file lacks weights that the class needs
            (transformers would fill them with random numbers and only log it).
    """
    from transformers.utils import logging

    extra: dict[str, Any] = {"dtype": run_dtype(folder)} | options
    if config is not None:
        extra["config"] = config
    if tensors is not None:
        extra["state_dict"] = dict(tensors)
    level = logging.get_verbosity()
    # A tower read from a full checkpoint reports the other tower's tensors as "unexpected".
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        module, report = model_class.from_pretrained(
            folder if tensors is None else None,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
            **extra,
        )
    finally:
        logging.set_verbosity(level)
    if report["missing_keys"] or report["mismatched_keys"]:
        raise PersonError("mistake.model.mismatch", {"model": folder.name})
    return module.eval().requires_grad_(False)
