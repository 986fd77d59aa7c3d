"""How every family reads its weights: safetensors only, nothing missing, in the dtype it runs in.

Heavy libraries are imported inside the functions: this module is imported before a model is needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.visitors.errors import PersonError

if TYPE_CHECKING:
    import torch


def run_dtype() -> torch.dtype | str:
    """Returns the dtype weights are kept in: float32 on a processor, the file's own elsewhere.

    A checkpoint stored in float16 would come up in float16 on a processor too, where many
    operations are slow or missing.
    """
    import torch

    return "auto" if torch.accelerator.is_available() else torch.float32


def load_pretrained(model_class: Any, folder: Path, *, config: Any = None) -> Any:
    """Builds one module from a folder that `check_folder` has passed.

    Args:
        model_class: A transformers class with `from_pretrained`.
        folder: Folder with `config.json` and safetensors weights.
        config: Configuration to use in place of the folder's, for a part of a bigger checkpoint.

    Returns:
        The module on the CPU, in evaluation mode, without gradients.

    Raises:
        PersonError: `mistake.model.mismatch` when the file lacks weights that the class needs
            (transformers would fill them with random numbers and only log it).
    """
    from transformers.utils import logging

    extra = {} if config is None else {"config": config}
    level = logging.get_verbosity()
    # A tower read from a full checkpoint reports the other tower's tensors as "unexpected".
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        module, report = model_class.from_pretrained(
            folder,
            dtype=run_dtype(),
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
