"""How the parts of a diffusers folder are read: safetensors only, nothing missing, no code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.models.diffusion_parts import Denoiser
from playground.models.diffusion_precision import component_dtype
from playground.models.loading import load_pretrained
from playground.models.pipeline_folders import INDEX, variant_of
from playground.visitors.errors import PersonError

if TYPE_CHECKING:
    import torch


def read_index(folder: Path) -> dict[str, Any]:
    """Reads what a folder says of itself.

    Args:
        folder: A checked model folder.

    Returns:
        `model_index.json`: the class of the pipeline, and by name [library, class] of each part.
    """
    told: dict[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    return told


def load_module(
    folder: Path,
    name: str,
    expected: str,
    *,
    dtype: torch.dtype | None = None,
) -> Any:
    """Builds one module of diffusers.

    Args:
        folder: A checked model folder.
        name: Its folder below, such as `"unet"`.
        expected: Its class in diffusers.
        dtype: What it runs in; as `component_dtype` says if left out.

    Returns:
        The module on the CPU, in evaluation mode, without gradients.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    import diffusers
    from diffusers.utils import logging

    below = folder / name
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        module, report = getattr(diffusers, expected).from_pretrained(
            below,
            dtype=component_dtype(folder, name) if dtype is None else dtype,
            variant=variant_of(below),
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    finally:
        logging.set_verbosity(level)
    if report["missing_keys"] or report["mismatched_keys"]:
        raise PersonError("mistake.model.mismatch", {"model": folder.name})
    return module.eval().requires_grad_(False)


def load_encoder(folder: Path, name: str, class_name: str, **options: Any) -> Any:
    """Builds one text encoder of transformers.

    Args:
        folder: A checked model folder.
        name: Its folder below, such as `"text_encoder"`.
        class_name: Its class in transformers.
        options: Further arguments of `from_pretrained`.

    Returns:
        The module on the CPU, in evaluation mode, without gradients.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    import transformers

    below = folder / name
    variant = variant_of(below)
    if variant is not None:
        options["variant"] = variant
    told = {"dtype": component_dtype(folder, name)} | options
    return load_pretrained(getattr(transformers, class_name), below, **told)


def load_tokenizer(folder: Path, name: str) -> Any:
    """Reads one tokenizer of a folder.

    Args:
        folder: A checked model folder.
        name: Its folder below, such as `"tokenizer"`.
    """
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder / name, local_files_only=True)


def load_sampler(folder: Path) -> Any:
    """Reads the sampler that a folder configures; the class is one of diffusers, by its name.

    Args:
        folder: A checked model folder.

    Raises:
        PersonError: `mistake.model.mismatch` for a class that diffusers does not have.
    """
    import diffusers

    told = read_index(folder).get("scheduler")
    found = getattr(diffusers, str(told[1]), None) if isinstance(told, list) else None
    if found is None or not issubclass(found, diffusers.SchedulerMixin):
        raise PersonError("mistake.model.mismatch", {"model": folder.name})
    return found.from_pretrained(folder / "scheduler", local_files_only=True)


def cell_px(folder: Path) -> int:
    """Returns the pixels of the side of one cell of a latent, from the autoencoder's `config.json`.

    Args:
        folder: A checked model folder.
    """
    told: Mapping[str, Any] = json.loads(
        (folder / "vae" / "config.json").read_text(encoding="utf-8")
    )
    return int(2 ** (len(told["block_out_channels"]) - 1))


def build_transformer(kind: str, class_name: str, folder: Path, *, patch: int = 1) -> Denoiser:
    """Builds the transformer from the folder of a whole model.

    Args:
        kind: Key in `diffusion_kinds.KINDS`.
        class_name: The library's class.
        folder: A checked model folder.
        patch: Side, in cells of the autoencoder, of what the denoiser takes as one cell.

    Returns:
        The part on the CPU.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    return Denoiser(
        kind=kind,
        module=load_module(folder, "transformer", class_name),
        scheduler=load_sampler(folder),
        cell_px=patch * cell_px(folder),
        told=read_index(folder),
    )
