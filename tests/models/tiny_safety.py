"""A checker small enough to make in a test, in the layout of the published one."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from safetensors.torch import load_file, save_file
from transformers import CLIPConfig, CLIPImageProcessor

VISION = {
    "hidden_size": 20,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 16,
    "patch_size": 8,
}
TOWER = "vision_model."


def save_tiny_checker(
    folder: Path, *, threshold: float = 0.5, special: float = 0.5
) -> StableDiffusionSafetyChecker:
    """Writes a loadable checker with random concepts, its tower named as in 2022."""
    torch.manual_seed(0)
    module = StableDiffusionSafetyChecker(CLIPConfig(vision_config=VISION, projection_dim=8)).eval()
    with torch.no_grad():
        module.concept_embeds.normal_()
        module.special_care_embeds.normal_()
        module.concept_embeds_weights.fill_(threshold)
        module.special_care_embeds_weights.fill_(special)
    module.save_pretrained(folder)
    file = folder / "model.safetensors"
    weights = load_file(file)
    old = {f"{TOWER}{n}" if n.startswith(TOWER) else n: t for n, t in weights.items()}
    save_file(old, file, metadata={"format": "pt"})
    size = {"crop_size": {"height": 16, "width": 16}, "size": {"shortest_edge": 16}}
    CLIPImageProcessor(**size).save_pretrained(folder)
    return module
