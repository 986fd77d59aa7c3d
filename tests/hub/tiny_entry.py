"""Catalogue entries of tiny published models, and where a test keeps them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from playground.catalog import entry
from playground.entries import Entry
from playground.settings import Settings, read_settings

# Random enough for a digest, long enough to be cut into pieces.
WEIGHT_BYTES = 200_000


def published(key: str = "tiny", **changes: Any) -> Entry:
    """An entry that is not built in."""
    facts: dict[str, Any] = {
        "key": key,
        "title": f"Tiny {key}",
        "parts": (f"{key}/text", f"{key}/vision"),
        "source": f"org/{key}",
        "is_built_in": False,
    }
    return replace(entry("mini-clip"), **(facts | changes))


def save_plain_repository(folder: Path, **config: Any) -> Path:
    """Files in the layout of a CLIP, whose weights are well formed and mean nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {"architectures": ["CLIPModel"], "model_type": "clip"} | config
    (folder / "config.json").write_text(json.dumps(told))
    (folder / "README.md").write_text("not needed")
    (folder / "pytorch_model.bin").write_bytes(b"not wanted")
    (folder / "model.safetensors").write_bytes(safetensors(WEIGHT_BYTES))
    return folder


PIPELINE_FILES = (
    "model_index.json",
    "scheduler/*.json",
    "unet/*.json",
    "unet/*.safetensors",
    "vae/*.json",
    "vae/*.safetensors",
)


def published_pipeline(key: str = "tiny", **changes: Any) -> Entry:
    """An entry of a pipeline that is not built in."""
    facts: dict[str, Any] = {"class_name": "StableDiffusionPipeline", "files": PIPELINE_FILES}
    return published(key, **(facts | changes))


def save_plain_pipeline(folder: Path, **index: Any) -> Path:
    """Files in the layout of a Stable Diffusion, each weight twice; they mean nothing."""
    told = {
        "_class_name": "StableDiffusionPipeline",
        "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
        "feature_extractor": [None, None],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    for name in ("scheduler", "unet", "vae", "safety_checker"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "model_index.json").write_text(json.dumps(told | index))
    (folder / "scheduler/scheduler_config.json").write_text("{}")
    for name in ("unet", "vae"):
        (folder / name / "config.json").write_text("{}")
        for variant in ("", ".fp16", ".non_ema"):
            weights = folder / name / f"diffusion_pytorch_model{variant}.safetensors"
            weights.write_bytes(safetensors(300 if variant else 600))
        (folder / name / "diffusion_pytorch_model.bin").write_bytes(b"not wanted")
    (folder / "safety_checker/model.safetensors").write_bytes(safetensors(99))
    (folder / "v1-5-pruned.safetensors").write_bytes(safetensors(99))
    return folder


def safetensors(size: int) -> bytes:
    """A well-formed file with one tensor of that many bytes."""
    told = {"a": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}
    header = json.dumps(told).encode()
    body = bytes(i * i % 251 for i in range(size))
    return len(header).to_bytes(8, "little") + header + body


def settings_at(folder: Path, download: str = "") -> Settings:
    """Settings whose models lie in a folder."""
    return read_settings(
        [], {"PLAYGROUND_MODELS_FOLDER": str(folder), "PLAYGROUND_DOWNLOAD": download}
    )
