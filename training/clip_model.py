"""mini-clip's sizes, its losses, and the helper heads that are thrown away after training."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTokenizer

from training.backgrounds import BACKGROUNDS
from training.batches import NO_CONCEPT, Batch
from training.concepts import CONCEPTS
from training.vocabulary import CONTEXT_TOKENS

SIDE_PX = 96
PATCH_PX = 12
WIDTH = 192
VISION_LAYERS = 6
TEXT_LAYERS = 4
_HIGHEST_SCALE = float(np.log(100.0))
_NO_CONCEPT_WEIGHT = 0.3


def build_model(tokenizer: CLIPTokenizer) -> CLIPModel:
    """Build an untrained mini-clip.

    Text width equals projection width, because Kandinsky's prior needs it, and equals the vision
    width, so that Idefics can take the tower.

    Args:
        tokenizer: Its vocabulary decides the size of the token table.

    Returns:
        The unmodified ``CLIPModel``, float32.
    """
    text = {
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_hidden_layers": TEXT_LAYERS,
        "num_attention_heads": 6,
        "max_position_embeddings": CONTEXT_TOKENS,
        "vocab_size": len(tokenizer),
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        # quick_gelu is not fused on the CPU and costs a third of a step.
        "hidden_act": "gelu",
        "projection_dim": WIDTH,
    }
    vision = {
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_hidden_layers": VISION_LAYERS,
        "num_attention_heads": 6,
        "image_size": SIDE_PX,
        "patch_size": PATCH_PX,
        "hidden_act": "gelu",
        "projection_dim": WIDTH,
    }
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=WIDTH)
    # The fused attention's backward pass is twice as slow as plain matmuls on the CPU.
    return CLIPModel._from_config(config, attn_implementation="eager")


def build_image_processor() -> CLIPImageProcessor:
    """Build the image processor that belongs to mini-clip.

    Returns:
        Resizes the shorter side to 96 px, crops the middle, normalises as CLIP does.
    """
    return CLIPImageProcessor(
        size={"shortest_edge": SIDE_PX}, crop_size={"height": SIDE_PX, "width": SIDE_PX}
    )


@dataclass
class Losses:
    """The parts of the loss at one step; each a scalar tensor.

    Attributes:
        captions: Picture against caption, both languages (Radford et al. 2021, figure 3).
        names: Picture against the prompts of all concepts.
        words: Caption against the prompts of all concepts, so that a caption lies near all that
            it names and a picture that shows a part of it is still near.
        patches: What covers each patch.
        background: What is behind.
    """

    captions: torch.Tensor
    names: torch.Tensor
    words: torch.Tensor
    patches: torch.Tensor
    background: torch.Tensor

    def weighted(self) -> dict[str, torch.Tensor]:
        """The losses by name, as they are added up and made small."""
        return {
            "captions": self.captions,
            "names": 2 * self.names,
            "words": self.words,
            "patches": self.patches,
            "background": 0.2 * self.background,
        }


class ClipWithHelpers(nn.Module):
    """mini-clip and the heads that teach it faster; only ``clip`` is kept.

    Args:
        clip: The model.
        image_mean: (3,) float, mean that the image processor subtracts, in 0..1.
        image_std: (3,) float, deviation that it divides by, in 0..1.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, clip: CLIPModel, image_mean: list[float], image_std: list[float]) -> None:
        super().__init__()
        self.clip = clip
        self.patch_head = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, NO_CONCEPT + 1))
        self.background_head = nn.Linear(WIDTH, len(BACKGROUNDS))
        self.patch_scale = nn.Parameter(torch.tensor(float(np.log(10.0))))
        self.nothing_score = nn.Parameter(torch.tensor(0.0))
        shape = (1, 3, 1, 1)
        self.register_buffer("mean", torch.tensor(image_mean).view(shape), persistent=False)
        self.register_buffer("std", torch.tensor(image_std).view(shape), persistent=False)

    def forward(self, batch: Batch) -> Losses:
        """Compute the losses of one batch.

        Args:
            batch: On the device of the model.

        Returns:
            The losses.
        """
        pixels = (batch.pixels.float() / 255 - self.mean) / self.std
        seen = self.clip.vision_model(pixel_values=pixels)
        pooled = self.clip.visual_projection(seen.pooler_output)
        picture = F.normalize(pooled.float(), dim=-1)
        english, chinese, prompts = (
            self._read(ids) for ids in (batch.english, batch.chinese, batch.prompts)
        )
        scale = self.clip.logit_scale.clamp(max=_HIGHEST_SCALE).exp()
        captions = contrastive_loss(scale * picture @ english.T, batch.english_fits)
        captions = captions + contrastive_loss(scale * picture @ chinese.T, batch.chinese_fits)
        words = _word_loss(scale * english @ prompts.T, batch.english_names)
        words = words + _word_loss(scale * chinese @ prompts.T, batch.chinese_names)
        return Losses(
            captions / 2,
            name_loss(scale * picture @ prompts.T, batch.presence),
            words / 2,
            self._patch_loss(seen.last_hidden_state[:, 1:], prompts, batch.patch_concepts),
            F.cross_entropy(self.background_head(pooled).float(), batch.background),
        )

    def _read(self, token_ids: torch.Tensor) -> torch.Tensor:
        pooled = self.clip.get_text_features(input_ids=token_ids).pooler_output
        return F.normalize(pooled.float(), dim=-1)

    def _patch_loss(
        self, patches: torch.Tensor, prompts: torch.Tensor, truth: torch.Tensor
    ) -> torch.Tensor:
        weight = torch.ones(len(CONCEPTS) + 1, device=truth.device)
        weight[NO_CONCEPT] = _NO_CONCEPT_WEIGHT
        flat = truth.flatten()
        by_head = self.patch_head(patches).float().flatten(0, 1)
        # The same through CLIP's own projection: patches of the shipped model know names too.
        norm = self.clip.vision_model.post_layernorm
        aligned = F.normalize(self.clip.visual_projection(norm(patches)).float(), dim=-1)
        by_name = self.patch_scale.exp() * aligned.flatten(0, 1) @ prompts.T
        nothing = self.nothing_score.expand(len(by_name), 1)
        by_name = torch.cat([by_name, nothing], 1)
        return 0.5 * (
            F.cross_entropy(by_head, flat, weight) + F.cross_entropy(by_name, flat, weight)
        )


def contrastive_loss(logits: torch.Tensor, fits: torch.Tensor) -> torch.Tensor:
    """Symmetric cross-entropy in which captions that fit another picture too do not count.

    Source: Radford et al. 2021, "Learning Transferable Visual Models From Natural Language
    Supervision", section 2.3 and figure 3; leaving out known false negatives is ours.

    Args:
        logits: (B, B) float32, picture i against caption j.
        fits: (B, B) bool, true if caption j may be true of picture i.

    Returns:
        Scalar, 0 or more.
    """
    own = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    logits = logits.masked_fill(fits & ~own, float("-inf"))
    truth = torch.arange(len(logits), device=logits.device)
    return 0.5 * (F.cross_entropy(logits, truth) + F.cross_entropy(logits.T, truth))


def name_loss(logits: torch.Tensor, presence: torch.Tensor) -> torch.Tensor:
    """Each name that is true must beat all names that are not, and the other way around.

    Args:
        logits: (B, C) float32, picture i against concept j.
        presence: (B, C) float32, 1 where the concept is in the picture.

    Returns:
        Scalar, 0 or more.
    """
    true = presence > 0
    losses = []
    for scores, positive in ((logits, true), (logits.T, true.T)):
        rivals = scores.masked_fill(positive, float("-inf")).logsumexp(1, keepdim=True)
        losses.append(F.softplus(rivals - scores)[positive].mean())
    return 0.5 * (losses[0] + losses[1])


def _word_loss(logits: torch.Tensor, named: torch.Tensor) -> torch.Tensor:
    some = named.any(1)
    return name_loss(logits[some], named[some])
