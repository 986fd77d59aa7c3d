"""Which numbers the parts of a model that draws run in, chosen from the memory that is free."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from playground.cache import has_accelerator
from playground.models.loading import run_dtype
from playground.models.precision import FULL, choose, count_weights, place_here

if TYPE_CHECKING:
    import torch

# In the order in which the parts are built.
WORDS, DENOISERS, PIXELS = ("text_encoder", "text_encoder_2"), ("unet", "transformer"), "vae"


def component_dtype(folder: Path, name: str) -> torch.dtype:
    """Chooses what a component runs in.

    On an accelerator 16 bits: for transformers bfloat16 where the card knows it, in whose wider
    range they were trained. On a processor 32 bits where all that is still to be built fits so,
    else bfloat16; the autoencoder, which is small, always 32.

    Args:
        folder: A checked pipeline folder.
        name: The component's folder below.
    """
    import torch

    if has_accelerator():
        if not (folder / "transformer").is_dir():
            return run_dtype(folder / name)
        half: torch.dtype = getattr(torch, place_here(folder / name).half)
        return half
    if name == PIXELS:
        return torch.float32
    to_come = (*(() if name in DENOISERS else WORDS), *DENOISERS, PIXELS)
    chosen = choose(count_weights(folder, components=to_come), place_here(folder))
    return torch.float32 if chosen.name == FULL else torch.bfloat16
