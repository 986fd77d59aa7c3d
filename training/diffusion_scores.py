"""How well mini-diffusion draws what it was asked for, judged by a detector trained apart."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline

from training.backgrounds import BACKGROUNDS
from training.concepts import CONCEPTS
from training.detector import Detector, look_at
from training.diffusion import GUIDANCE, STEPS, draw
from training.inpainting import inpaint
from training.painting import paint_picture
from training.sampling import Split, sample_scene
from training.scenes import Language, Scene
from training.vae_model import PICTURE_SIDE_PX, to_pixels
from training.wording import full_caption

_KINDS = tuple(BACKGROUNDS)


@dataclass(frozen=True)
class Order:
    """What is asked for, and how it can be checked.

    Attributes:
        scene: A scene that would fit.
        words: Its full caption.
    """

    scene: Scene
    words: str


def orders(split: Split, language: Language, objects: int, count: int) -> list[Order]:
    """Write sentences that name everything in a scene and its background.

    Args:
        split: Which held-out scenes.
        language: In which language; the scenes are the same in both.
        objects: 1 or 2 things; two are never of the same concept.
        count: How many, 1 or more; the concepts take turns as the first thing.

    Returns:
        The orders.
    """
    rng = random.Random(objects)
    made: list[Order] = []
    number = 0
    while len(made) < count:
        concept = CONCEPTS[len(made) * 7 % len(CONCEPTS)]
        scene = sample_scene(
            number, split, min_objects=objects, max_objects=objects, concept_key=concept.key
        )
        number += 1
        if len(scene.counts()) == objects:
            made.append(Order(scene, full_caption(scene, language, rng).text))
    return made


def hits(detector: Detector, pictures: np.ndarray, scenes: list[Scene]) -> dict[str, float]:
    """Let the judge look for what was asked.

    Args:
        detector: The judge.
        pictures: (N, H, W, 3) uint8, RGB.
        scenes: N scenes, what was asked for.

    Returns:
        0..1 each: ``all_found`` (pictures with all asked things) and ``background``.
    """
    seen = look_at(detector, pictures)
    found = [
        all(bool(seen.presence[row, thing.concept.index] > 0) for thing in scene.objects)
        for row, scene in enumerate(scenes)
    ]
    kinds = torch.tensor([_KINDS.index(scene.background.kind) for scene in scenes])
    return {
        "all_found": float(np.mean(found)),
        "background": float((seen.background.argmax(1) == kinds).float().mean()),
    }


def frechet_distance(first: torch.Tensor, second: torch.Tensor) -> float:
    """Distance between two sets of features, each taken for a normal distribution.

    Source: Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule Converge to a Local
    Nash Equilibrium", section 2 and equation 6; here with the features of the judge.

    Args:
        first: (N, D) float, N of 2 or more.
        second: (M, D) float, M of 2 or more.

    Returns:
        0 or more, up to rounding.
    """
    one, two = first.double(), second.double()
    covariance_one, covariance_two = torch.cov(one.T), torch.cov(two.T)
    # The trace of the root of a product is the sum of the roots of its eigenvalues.
    eigenvalues = torch.linalg.eigvals(covariance_one @ covariance_two).real.clamp(min=0)
    apart = (one.mean(0) - two.mean(0)).square().sum()
    spread = covariance_one.trace() + covariance_two.trace() - 2 * eigenvalues.sqrt().sum()
    return float(apart + spread)


def painted(scenes: list[Scene]) -> np.ndarray:
    """Paint scenes at the size of the model.

    Args:
        scenes: N scenes.

    Returns:
        (N, 128, 128, 3) uint8, RGB.
    """
    return np.stack([paint_picture(scene, PICTURE_SIDE_PX) for scene in scenes])


def reconstructed(vae: AutoencoderKL, scenes: list[Scene]) -> np.ndarray:
    """Paint scenes and pass them through the autoencoder: no drawing can be sharper.

    Args:
        vae: On the CPU.
        scenes: N scenes.

    Returns:
        (N, 128, 128, 3) uint8, RGB.
    """
    parts = []
    with torch.no_grad():
        for pixels in to_pixels(torch.from_numpy(painted(scenes)).permute(0, 3, 1, 2)).split(16):
            decoded = vae.decode(vae.encode(pixels).latent_dist.mode()).sample
            parts.append(((decoded.clamp(-1, 1) + 1) * 127.5).round().byte())
    return torch.cat(parts).permute(0, 2, 3, 1).numpy()


def inpainting_hits(
    pipeline: StableDiffusionPipeline,
    detector: Detector,
    split: Split,
    language: Language,
    count: int,
) -> float:
    """Draw a thing into the middle of an empty background.

    Args:
        pipeline: The model.
        detector: The judge.
        split: Which held-out backgrounds.
        language: Of the sentences.
        count: How many, 1 or more.

    Returns:
        Part of the pictures in which the thing is found, 0..1.
    """
    asked = orders(split, language, 1, count)
    scenes = [order.scene for order in asked]
    empty = painted([Scene((), scene.background, scene.seed) for scene in scenes])
    edge = PICTURE_SIDE_PX // 8
    mask = np.zeros((PICTURE_SIDE_PX,) * 2, bool)
    mask[edge:-edge, edge:-edge] = True
    words = [order.words for order in asked]
    drawn = inpaint(pipeline, words, empty, mask, steps=STEPS, guidance=GUIDANCE)
    return hits(detector, drawn, scenes)["all_found"]


@dataclass(frozen=True)
class DrawingScores:
    """Scores in one language.

    Attributes:
        one_found: Part of the one-object orders whose thing is found, 0..1.
        both_found: Part of the two-object orders of which both are found, 0..1.
        background: Part of all orders whose background is right, 0..1.
        inpainted: Part of the things that were drawn into a background and found, 0..1.
        distance: Frechet distance to held-out scenes.
    """

    one_found: float
    both_found: float
    background: float
    inpainted: float
    distance: float


def drawing_scores(
    pipeline: StableDiffusionPipeline,
    detector: Detector,
    split: Split,
    language: Language,
    counts: tuple[int, int, int],
) -> DrawingScores:
    """Draw held-out orders and let the judge look.

    Args:
        pipeline: The model.
        detector: The judge.
        split: Which held-out scenes.
        language: Of the sentences.
        counts: How many orders of one thing, of two things, and to inpaint; 1 or more each.

    Returns:
        The scores.
    """
    single = orders(split, language, 1, counts[0])
    double = orders(split, language, 2, counts[1])
    pictures = [draw(pipeline, [order.words for order in asked]) for asked in (single, double)]
    one, two = (
        hits(detector, drawn, [order.scene for order in asked])
        for drawn, asked in zip(pictures, (single, double), strict=True)
    )
    scenes = [order.scene for order in single + double]
    background = (one["background"] * counts[0] + two["background"] * counts[1]) / len(scenes)
    truth = look_at(detector, painted(scenes)).features
    drawn_features = look_at(detector, np.concatenate(pictures)).features
    return DrawingScores(
        one["all_found"],
        two["all_found"],
        background,
        inpainting_hits(pipeline, detector, split, language, counts[2]),
        frechet_distance(drawn_features, truth),
    )


@dataclass(frozen=True)
class Yardstick:
    """What the judge says about painted scenes of the same kind: the best one could hope for.

    Attributes:
        one_found: As in ``DrawingScores``.
        both_found: As in ``DrawingScores``.
        background: As in ``DrawingScores``.
        distance: Frechet distance between two halves of other held-out scenes.
        wrongly_found: How often a thing is found where another one was painted, 0..1.
    """

    one_found: float
    both_found: float
    background: float
    distance: float
    wrongly_found: float


def yardstick(
    detector: Detector,
    split: Split,
    counts: tuple[int, int, int],
    shown: Callable[[list[Scene]], np.ndarray] = painted,
) -> Yardstick:
    """Let the judge look at painted scenes instead of drawn ones.

    Args:
        detector: The judge.
        split: Which held-out scenes.
        counts: As for ``drawing_scores``.
        shown: Makes the pictures of scenes, e.g. passes them through the autoencoder.

    Returns:
        Its scores.
    """
    single, double = (
        [order.scene for order in orders(split, Language.EN, objects, count)]
        for objects, count in ((1, counts[0]), (2, counts[1]))
    )
    one, two = (hits(detector, shown(scenes), scenes) for scenes in (single, double))
    wrong = hits(detector, shown(single), single[1:] + single[:1])
    total = counts[0] + counts[1]
    halves = [
        [
            sample_scene(start + i, split, min_objects=n, max_objects=n)
            for n, count in ((1, counts[0]), (2, counts[1]))
            for i in range(count)
        ]
        for start in (500_000, 600_000)
    ]
    features = [look_at(detector, shown(half)).features for half in halves]
    return Yardstick(
        one["all_found"],
        two["all_found"],
        (one["background"] * counts[0] + two["background"] * counts[1]) / total,
        frechet_distance(*features),
        wrong["all_found"],
    )
