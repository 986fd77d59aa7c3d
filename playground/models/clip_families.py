"""What each kin of CLIP does differently: classes, tokens, padding, prompts.

All of them put pictures and words into one space; `playground.models.clip` runs every one the same
way and asks here where they part. Adding a family is adding one `ClipFamily`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.models.loading import load_pretrained
from playground.models.open_clip_weights import is_open_clip, read_open_clip_config, read_tower
from playground.visitors.errors import PersonError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Tower:
    """One half of a model, as a part of its own.

    Attributes:
        class_name: Class of transformers that loads it from the folder of the whole model.
        read: `read(module, inputs)` gives float (N, D), of any length.
        drops: Attributes taken off after loading, where the library has a class for the whole
            model only.
    """

    class_name: str
    read: Callable[[Any, Mapping[str, torch.Tensor]], torch.Tensor]
    drops: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClipFamily:
    """One kin of CLIP.

    Attributes:
        class_name: Class of transformers for the whole model.
        text: Its text tower.
        vision: Its vision tower.
        prompts_key: Language key of the sentences that labels are written into.
        token_inputs: What of the tokenizer's answer the text tower is given.
        is_padded_full: Whether every text is padded to the whole context, as in training.
        is_lowercase: Whether it was trained on lowercase text only.
        most_tokens: Tokens of a text in training, where the tower has room for more; None if not.
        reads_at_start: Whether a text's embedding is read at its first token, not at its end.
        width: `width(config)` is D, the numbers of an embedding.
    """

    class_name: str
    text: Tower
    vision: Tower
    prompts_key: str = "clip_search.templates.photo"
    token_inputs: tuple[str, ...] = ("input_ids", "attention_mask")
    is_padded_full: bool = False
    is_lowercase: bool = False
    most_tokens: int | None = None
    reads_at_start: bool = False
    width: Callable[[Any], int] = lambda config: config.projection_dim


def _text_embeds(module: Any, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
    return module(**inputs).text_embeds


def _image_embeds(module: Any, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
    return module(**inputs).image_embeds


def _pooled(module: Any, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
    return module(**inputs).pooler_output


def _text_features(module: Any, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
    return module.get_text_features(**inputs).pooler_output


def _image_features(module: Any, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
    return module.get_image_features(**inputs).pooler_output


def _siglip(prefix: str) -> ClipFamily:
    """Zhai 2023 (arXiv:2303.15343) and Tschannen 2025 (arXiv:2502.14786).

    Trained on lowercase text padded to 64 tokens that are all attended to, so there is no mask:
    the embedding is read at the last place, which is padding for most texts.
    """
    return ClipFamily(
        class_name=f"{prefix}Model",
        text=Tower(f"{prefix}TextModel", _pooled),
        vision=Tower(f"{prefix}VisionModel", _pooled),
        prompts_key="clip_search.templates.siglip",
        token_inputs=("input_ids",),
        is_padded_full=True,
        is_lowercase=True,
        width=lambda config: config.text_config.projection_size,
    )


# By `model_type` of a folder's `config.json`.
FAMILIES: Mapping[str, ClipFamily] = {
    "clip": ClipFamily(
        class_name="CLIPModel",
        text=Tower("CLIPTextModelWithProjection", _text_embeds),
        vision=Tower("CLIPVisionModelWithProjection", _image_embeds),
    ),
    # Chuang 2025 (arXiv:2507.22062): CLIP, with the tokenizer of XLM-R for the words of the world.
    "metaclip_2": ClipFamily(
        class_name="MetaClip2Model",
        text=Tower("MetaClip2TextModelWithProjection", _text_embeds),
        vision=Tower("MetaClip2VisionModelWithProjection", _image_embeds),
    ),
    # Yang 2022 (arXiv:2211.01335): a BERT reads the words; there is no class for one projected
    # tower. `cn_clip.clip.tokenize` of the authors cuts at 52, BERT has room for 512.
    "chinese_clip": ClipFamily(
        class_name="ChineseCLIPModel",
        text=Tower("ChineseCLIPModel", _text_features, ("vision_model", "visual_projection")),
        vision=Tower("ChineseCLIPModel", _image_features, ("text_model", "text_projection")),
        token_inputs=("input_ids", "attention_mask", "token_type_ids"),
        most_tokens=52,
        reads_at_start=True,
    ),
    "siglip": _siglip("Siglip"),
    # Pictures of any shape ("NaFlex").
    "siglip2": _siglip("Siglip2"),
}


def family_of_class(class_name: str) -> ClipFamily:
    """Returns the family of a catalogue entry.

    Args:
        class_name: `Entry.class_name`.

    Raises:
        KeyError: No family has this class.
    """
    for family in FAMILIES.values():
        if family.class_name == class_name:
            return family
    raise KeyError(class_name)


def read_family(folder: Path) -> tuple[ClipFamily, Any]:
    """Reads which family a folder belongs to, and its configuration.

    Args:
        folder: A checked model folder.

    Returns:
        The family, and the library's configuration of the whole model.

    Raises:
        PersonError: `mistake.model.mismatch` for a family that is not known here.
    """
    import transformers

    if is_open_clip(folder):
        return FAMILIES["clip"], read_open_clip_config(folder)
    told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    family = FAMILIES.get(str(told.get("model_type")))
    if family is None:
        raise PersonError("mistake.model.mismatch", {"model": folder.name})
    config_class = getattr(transformers, family.class_name).config_class
    return family, config_class.from_pretrained(folder, local_files_only=True)


def build_tower(name: str, folder: Path) -> Any:
    """Builds one tower from the folder of a whole model.

    Args:
        name: `"text"` or `"vision"`.
        folder: A checked model folder.

    Returns:
        A transformers module on the CPU that holds nothing of the other tower.

    Raises:
        PersonError: `mistake.model.mismatch` when weights are missing.
    """
    import transformers

    family, config = read_family(folder)
    is_text = name == "text"
    tower = family.text if is_text else family.vision
    tower_class = getattr(transformers, tower.class_name)
    if not tower.drops:
        projection = getattr(config, "projection_dim", None)
        config = config.text_config if is_text else config.vision_config
        if projection is not None:
            # Published files often leave the tower's own field at its default; the joint one is
            # right.
            config.projection_dim = projection
    tensors = read_tower(folder, is_text=is_text) if is_open_clip(folder) else None
    module = load_pretrained(tower_class, folder, config=config, tensors=tensors)
    for attribute in tower.drops:
        delattr(module, attribute)
    return module
