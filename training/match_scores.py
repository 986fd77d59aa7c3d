"""How well mini-blip2's retrieval class tells which caption belongs to which picture."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from transformers import Blip2ForImageTextRetrieval, Blip2Processor

from training.painting import paint_picture
from training.sampling import Split, sample_scene
from training.scenes import Language, Scene
from training.scores import retrieval_scenes
from training.wording import CaptionKind, caption, full_caption

MATCH_VARIANT = "itm"
_SIDE_PX = 256
_BATCH = 48


@dataclass(frozen=True)
class Matcher:
    """A retrieval model and its processor, as they are loaded from a folder."""

    model: Blip2ForImageTextRetrieval
    processor: Blip2Processor

    @torch.inference_mode()
    def fits(self, pictures: Sequence[np.ndarray], texts: Sequence[str]) -> np.ndarray:
        """Judge pairs with the image-text matching head.

        Args:
            pictures: N pictures, each (H, W, 3) uint8, RGB.
            texts: N texts.

        Returns:
            (N,) float32, probability 0..1 that a text fits its picture.
        """
        judged = []
        for start in range(0, len(texts), _BATCH):
            window = slice(start, start + _BATCH)
            # Texts begin at position 0 only if they are padded on the right.
            inputs = self.processor(
                images=[Image.fromarray(picture) for picture in pictures[window]],
                text=list(texts[window]),
                padding=True,
                padding_side="right",
                return_tensors="pt",
            )
            logits = self.model(**inputs, use_image_text_matching_head=True).logits_per_image
            judged.append(logits.softmax(1)[:, 1])
        return torch.cat(judged).numpy()

    @torch.inference_mode()
    def similarities(self, pictures: Sequence[np.ndarray], texts: Sequence[str]) -> np.ndarray:
        """Compare all pictures with all texts by the contrastive heads.

        Source: Li et al. 2023, "BLIP-2", section 3.1: the most similar query counts.

        Args:
            pictures: N pictures, each (H, W, 3) uint8, RGB.
            texts: M texts.

        Returns:
            (N, M) float32, -1..1.
        """
        images, words = [], []
        for start in range(0, len(pictures), _BATCH):
            window = slice(start, start + _BATCH)
            inputs = self.processor(
                images=[Image.fromarray(picture) for picture in pictures[window]],
                text=list(texts[window]),
                padding=True,
                padding_side="right",
                return_tensors="pt",
            )
            # One pass gives both sides; the model normalises them itself.
            output = self.model(**inputs)
            images.append(F.normalize(output.image_embeds, dim=-1))
            words.append(F.normalize(output.text_embeds, dim=-1))
        table = torch.einsum("nqd,md->nmq", torch.cat(images), torch.cat(words)).amax(-1)
        return table.numpy()


def load_matcher(folder: Path) -> Matcher:
    """Load the retrieval class from the same folder as the generating one.

    Args:
        folder: Holds the model, its heads and the processor.

    Returns:
        The model in float32 on the CPU.
    """
    model = Blip2ForImageTextRetrieval.from_pretrained(
        folder, variant=MATCH_VARIANT, dtype=torch.float32
    )
    return Matcher(model.eval(), Blip2Processor.from_pretrained(folder))


def retrieval_recall(matcher: Matcher, language: Language, split: Split, count: int) -> float:
    """Find each scene by its full caption among all.

    Args:
        matcher: The model.
        language: Of the captions.
        split: Which held-out scenes, with two or three things.
        count: How many, 1 or more.

    Returns:
        R@1 from caption to picture, 0..1.
    """
    scenes = retrieval_scenes(split, count)
    rng = random.Random(7)
    texts = [full_caption(scene, language, rng).text for scene in scenes]
    table = matcher.similarities([paint_picture(scene, _SIDE_PX) for scene in scenes], texts)
    return float((table.argmax(0) == np.arange(count)).mean())


def matching_accuracy(matcher: Matcher, language: Language, split: Split, count: int) -> float:
    """Judge true captions and those of another scene, as many of each.

    Args:
        matcher: The model.
        language: Of the captions.
        split: Which held-out scenes, with two or three things.
        count: How many scenes, 2 or more.

    Returns:
        Part judged rightly at 0.5, 0..1; guessing gives 0.5.
    """
    scenes = retrieval_scenes(split, count)
    rng = random.Random(8)
    texts = [full_caption(scene, language, rng).text for scene in scenes]
    pictures = [paint_picture(scene, _SIDE_PX) for scene in scenes]
    true = matcher.fits(pictures, texts) >= 0.5
    false = matcher.fits(pictures, texts[1:] + texts[:1]) < 0.5
    return float((true.mean() + false.mean()) / 2)


def one_thing_wrong(matcher: Matcher, language: Language, split: Split, count: int) -> float:
    """Judge the true caption against one in which one of two things is another.

    Args:
        matcher: The model.
        language: Of the captions.
        split: Which held-out scenes, with two different things.
        count: How many, 1 or more.

    Returns:
        Part in which the true caption is judged likelier, 0..1; guessing gives 0.5.
    """
    true: list[str] = []
    wrong: list[str] = []
    pictures: list[np.ndarray] = []
    for number, scene in enumerate(_pairs(split, count)):
        other = sample_scene(number + 500_000, split, min_objects=2, max_objects=2)
        mixed = Scene((scene.objects[0], other.objects[1]), scene.background, scene.seed)
        pictures.append(paint_picture(scene, _SIDE_PX))
        for texts, told in ((true, scene), (wrong, mixed)):
            rng = random.Random(number)
            texts.append(caption(told, language, rng, CaptionKind.FULL).text)
    return float((matcher.fits(pictures, true) > matcher.fits(pictures, wrong)).mean())


def places_swapped(matcher: Matcher, language: Language, split: Split, count: int) -> float:
    """Judge a scene against its twin, in which two things have changed places.

    Args:
        matcher: The model.
        language: Of the captions, which tell a relation.
        split: Which held-out scenes, with two different things.
        count: How many, 1 or more.

    Returns:
        Part in which the true scene is judged likelier, 0..1; guessing gives 0.5.
    """
    scenes = _pairs(split, count)
    rng = random.Random(11)
    texts = [caption(scene, language, rng, CaptionKind.RELATION).text for scene in scenes]
    right = matcher.fits([paint_picture(scene, _SIDE_PX) for scene in scenes], texts)
    swapped = [paint_picture(scene.swapped(0, 1), _SIDE_PX) for scene in scenes]
    return float((right > matcher.fits(swapped, texts)).mean())


def _pairs(split: Split, count: int) -> list[Scene]:
    scenes: list[Scene] = []
    number = 0
    while len(scenes) < count:
        scene = sample_scene(number, split, min_objects=2, max_objects=2)
        number += 1
        if len(scene.counts()) == 2:
            scenes.append(scene)
    return scenes
