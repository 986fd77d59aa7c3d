"""How well a CLIP names and finds held-out scenes; used while training and for the model card."""

import random
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from transformers import CLIPModel, CLIPProcessor

from training.backgrounds import BACKGROUNDS
from training.concepts import CONCEPTS
from training.nouns import plain_noun
from training.painting import paint_picture
from training.relations import relations_between
from training.sampling import Split, sample_scene
from training.scenes import Language, Scene
from training.wording import CaptionKind, caption, full_caption

_BATCH = 64
# The painter's side is not the model's: the pictures go through the processor as a visitor's do.
PICTURE_SIDE_PX = 256


@dataclass(frozen=True)
class Clip:
    """A model and its processor, as they are loaded from a folder."""

    model: CLIPModel
    processor: CLIPProcessor

    @torch.inference_mode()
    def read(self, texts: list[str]) -> torch.Tensor:
        """Encode texts.

        Args:
            texts: N texts.

        Returns:
            (N, D) float32 of length 1.
        """
        parts = []
        for start in range(0, len(texts), 4 * _BATCH):
            tokens = self.processor.tokenizer(
                texts[start : start + 4 * _BATCH],
                padding=True,
                truncation=True,
                return_tensors="pt",
            )
            parts.append(self.model.get_text_features(**tokens).pooler_output)
        return F.normalize(torch.cat(parts), dim=-1)

    @torch.inference_mode()
    def look(self, pictures: list[np.ndarray]) -> torch.Tensor:
        """Encode pictures.

        Args:
            pictures: N pictures, each (H, W, 3) uint8, RGB.

        Returns:
            (N, D) float32 of length 1.
        """
        parts = []
        for start in range(0, len(pictures), _BATCH):
            images = [Image.fromarray(picture) for picture in pictures[start : start + _BATCH]]
            pixels = self.processor.image_processor(images, return_tensors="pt").pixel_values
            parts.append(self.model.get_image_features(pixel_values=pixels).pooler_output)
        return F.normalize(torch.cat(parts), dim=-1)


def plain_prompts(language: Language) -> list[str]:
    """Name every concept in the way of the CLIP paper: "a photo of a cat".

    Args:
        language: In which language.

    Returns:
        One prompt for each concept, in the order of ``CONCEPTS``.
    """
    frame = "a photo of {}" if language is Language.EN else "一張{}的照片"
    return [frame.format(plain_noun(concept, 1, language)) for concept in CONCEPTS]


def zero_shot_accuracy(clip: Clip, split: Split, scenes_per_concept: int) -> dict[str, float]:
    """Name the one object of a scene among all concepts.

    Args:
        clip: The model.
        split: Which held-out scenes.
        scenes_per_concept: Scenes of each concept, 1 or more.

    Returns:
        Accuracy 0..1 by name: the plain prompt and the bare first name, in each language.
    """
    scenes = [
        sample_scene(number, split, max_objects=1, concept_key=concept.key)
        for concept in CONCEPTS
        for number in range(
            concept.index * scenes_per_concept, (concept.index + 1) * scenes_per_concept
        )
    ]
    pictures = clip.look([paint_picture(scene, PICTURE_SIDE_PX) for scene in scenes])
    truth = torch.tensor([scene.objects[0].concept.index for scene in scenes])
    prompts = {
        "photo_en": plain_prompts(Language.EN),
        "photo_zh": plain_prompts(Language.ZH),
        "name_en": [concept.names_en[0] for concept in CONCEPTS],
        "name_zh": [concept.names_zh[0] for concept in CONCEPTS],
    }
    return {
        name: float(((pictures @ clip.read(texts).T).argmax(1) == truth).float().mean())
        for name, texts in prompts.items()
    }


def retrieval_recalls(clip: Clip, scenes: list[Scene]) -> dict[str, float]:
    """Find a scene among all by its full caption.

    Args:
        clip: The model.
        scenes: The scenes; captions are drawn with a fixed seed.

    Returns:
        R@1, R@5 (caption to picture) and R@1 the other way, 0..1, in each language.
    """
    pictures = clip.look([paint_picture(scene, PICTURE_SIDE_PX) for scene in scenes])
    truth = torch.arange(len(scenes))
    scores: dict[str, float] = {}
    for language, name in ((Language.EN, "en"), (Language.ZH, "zh")):
        rng = random.Random(7)
        texts = [full_caption(scene, language, rng).text for scene in scenes]
        table = clip.read(texts) @ pictures.T
        best = table.topk(5, 1).indices
        scores[f"r1_{name}"] = float((best[:, 0] == truth).float().mean())
        scores[f"r5_{name}"] = float((best == truth[:, None]).any(1).float().mean())
        scores[f"picture_to_caption_r1_{name}"] = float((table.argmax(0) == truth).float().mean())
    return scores


def name_precision(clip: Clip, scenes: list[Scene]) -> dict[str, float]:
    """Search scenes by one name: mean average precision over the concepts that occur.

    Args:
        clip: The model.
        scenes: The scenes that are searched.

    Returns:
        Mean average precision 0..1 in each language.
    """
    pictures = clip.look([paint_picture(scene, PICTURE_SIDE_PX) for scene in scenes])
    shown = np.zeros((len(scenes), len(CONCEPTS)), bool)
    for row, scene in zip(shown, scenes, strict=True):
        row[[thing.concept.index for thing in scene.objects]] = True
    scores: dict[str, float] = {}
    for language, name in ((Language.EN, "en"), (Language.ZH, "zh")):
        table = (clip.read(plain_prompts(language)) @ pictures.T).numpy()
        found = [
            _average_precision(row, shown[:, index])
            for index, row in enumerate(table)
            if shown[:, index].any()
        ]
        scores[f"map_{name}"] = float(np.mean(found))
    return scores


def _average_precision(scores: np.ndarray, relevant: np.ndarray) -> float:
    hits = relevant[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].mean())


def relation_accuracy(
    clip: Clip, split: Split, count: int, held_out_only: bool
) -> dict[str, float]:
    """Choose between a scene and its twin, in which two objects have changed places.

    Args:
        clip: The model.
        split: Which held-out scenes.
        count: How many pairs, 1 or more.
        held_out_only: Only scenes that show a triple kept from training.

    Returns:
        Accuracy 0..1 in each language; guessing gives 0.5.
    """
    scenes: list[Scene] = []
    number = 0
    while len(scenes) < count:
        scene = sample_scene(
            number, split, min_objects=2, max_objects=2, held_out_only=held_out_only
        )
        number += 1
        if len(scene.counts()) == 2 and relations_between(*scene.objects):
            scenes.append(scene)
    right = clip.look([paint_picture(scene, PICTURE_SIDE_PX) for scene in scenes])
    twins = clip.look([paint_picture(scene.swapped(0, 1), PICTURE_SIDE_PX) for scene in scenes])
    scores: dict[str, float] = {}
    for language, name in ((Language.EN, "en"), (Language.ZH, "zh")):
        rng = random.Random(11)
        told = clip.read(
            [caption(scene, language, rng, CaptionKind.RELATION).text for scene in scenes]
        )
        scores[f"relation_{name}"] = float(
            ((told * right).sum(1) > (told * twins).sum(1)).float().mean()
        )
    return scores


def background_accuracy(clip: Clip, split: Split, count: int) -> dict[str, float]:
    """Name the background of scenes with one to three objects.

    Args:
        clip: The model.
        split: Which held-out scenes.
        count: How many scenes, 1 or more.

    Returns:
        Accuracy 0..1 in each language.
    """
    scenes = [sample_scene(number, split) for number in range(count)]
    pictures = clip.look([paint_picture(scene, PICTURE_SIDE_PX) for scene in scenes])
    kinds = list(BACKGROUNDS)
    truth = torch.tensor([kinds.index(scene.background.kind) for scene in scenes])
    nouns = {
        "background_en": [names.noun_en for names in BACKGROUNDS.values()],
        "background_zh": [names.noun_zh for names in BACKGROUNDS.values()],
    }
    return {
        name: float(((pictures @ clip.read(texts).T).argmax(1) == truth).float().mean())
        for name, texts in nouns.items()
    }


def retrieval_scenes(split: Split, count: int, *, held_out_only: bool = False) -> list[Scene]:
    """Draw the scenes with two or three objects that retrieval is measured on.

    Args:
        split: Which held-out scenes.
        count: How many, 1 or more.
        held_out_only: Only scenes that show a triple kept from training.

    Returns:
        The scenes.
    """
    return [
        sample_scene(number, split, min_objects=2, max_objects=3, held_out_only=held_out_only)
        for number in range(count)
    ]
