"""Batches for mini-clip: pictures, captions in both languages, and the answers for the helpers.

One worker process makes one whole batch, so that which caption fits which picture is known
where the scenes still are.
"""

import random
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import CLIPTokenizer

from training.backgrounds import BACKGROUNDS
from training.concepts import CONCEPTS, concept_named
from training.nouns import NUMBERS_EN
from training.painting import Painting
from training.sampling import Split, sample_scene
from training.scenes import Language, Scene
from training.twins import paint_as_sent, twin_of
from training.vocabulary import CONTEXT_TOKENS
from training.wording import Caption, CaptionKind, caption, name_prompt

NO_CONCEPT = len(CONCEPTS)
_KINDS = tuple(BACKGROUNDS)
_TWINS = 0.5


@dataclass
class Batch:
    """What one step learns from; B scenes, P patches, C concepts, L tokens.

    Attributes:
        pixels: (B, 3, side, side) uint8, RGB.
        patch_concepts: (B, P) int64, concept that covers most of a patch, or ``NO_CONCEPT``.
        presence: (B, C) float32, 1 where the concept is in the scene.
        background: (B,) int64, index of the background kind.
        english: (B, L) int64 tokens of one English caption for each scene.
        chinese: (B, L) int64 tokens of one Chinese caption for each scene.
        english_fits: (B, B) bool, [i, j] true if caption j may be true of scene i.
        chinese_fits: (B, B) bool, the same for Chinese.
        english_names: (B, C) float32, 1 where the English caption names the concept.
        chinese_names: (B, C) float32, the same for Chinese.
        prompts: (C, L) int64 tokens of one prompt for each concept, in either language.
    """

    pixels: torch.Tensor
    patch_concepts: torch.Tensor
    presence: torch.Tensor
    background: torch.Tensor
    english: torch.Tensor
    chinese: torch.Tensor
    english_fits: torch.Tensor
    chinese_fits: torch.Tensor
    english_names: torch.Tensor
    chinese_names: torch.Tensor
    prompts: torch.Tensor

    def to(self, device: torch.device) -> "Batch":
        """Copy to a device.

        Args:
            device: Where to.

        Returns:
            The batch there.
        """
        return Batch(*(getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)))


@dataclass(frozen=True)
class Curriculum:
    """How hard the scenes are over time.

    Attributes:
        steps: Length of the whole training.
        easy_part: Part of the training, 0 to 1, over which the share of one-object scenes falls
            from ``easy_share`` to ``final_share``.
        easy_share: Share of one-object scenes at the start, 0 to 1.
        final_share: Share of one-object scenes later on, 0 to 1.
    """

    steps: int
    easy_part: float = 0.15
    easy_share: float = 0.8
    final_share: float = 0.3

    def single_share(self, step: int) -> float:
        """Share of one-object scenes at a step.

        Args:
            step: 0 or more.

        Returns:
            A share, 0 to 1.
        """
        progress = min(1.0, step / max(1.0, self.easy_part * self.steps))
        return self.easy_share + progress * (self.final_share - self.easy_share)


class ClipBatches(Dataset[Batch]):
    """Batch number i is always the same batch; ``__getitem__`` makes it.

    Args:
        tokenizer: Turns captions into tokens.
        side_px: Side of the pictures.
        patch_px: Side of a patch of the vision tower.
        batch_size: Scenes in a batch.
        curriculum: How hard the scenes are.
    """

    def __init__(
        self,
        tokenizer: CLIPTokenizer,
        side_px: int,
        patch_px: int,
        batch_size: int,
        curriculum: Curriculum,
    ) -> None:
        self._tokenizer = tokenizer
        self._side_px = side_px
        self._patch_px = patch_px
        self._batch_size = batch_size
        self._curriculum = curriculum

    def __len__(self) -> int:
        return self._curriculum.steps

    def __getitem__(self, step: int) -> Batch:
        rng = random.Random(step)
        scenes = self._draw_scenes(step, rng)
        paintings = [paint_as_sent(scene, self._side_px, rng) for scene in scenes]
        english, english_fits, english_names = self._captions(scenes, Language.EN, rng)
        chinese, chinese_fits, chinese_names = self._captions(scenes, Language.ZH, rng)
        prompts = [
            _roughened(name_prompt(concept, language, rng), language, rng)
            for concept in CONCEPTS
            for language in [rng.choice(tuple(Language))]
        ]
        pictures = np.stack([painting.picture for painting in paintings])
        return Batch(
            torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))),
            torch.from_numpy(
                np.stack([self._patches(*pair) for pair in zip(scenes, paintings, strict=True)])
            ),
            torch.from_numpy(presence_matrix(scenes)).float(),
            torch.tensor([_KINDS.index(scene.background.kind) for scene in scenes]),
            english,
            chinese,
            english_fits,
            chinese_fits,
            english_names,
            chinese_names,
            self._tokens(prompts),
        )

    def _draw_scenes(self, step: int, rng: random.Random) -> list[Scene]:
        single_share = self._curriculum.single_share(step)
        scenes: list[Scene] = []
        number = step * self._batch_size
        while len(scenes) < self._batch_size:
            few, many = (
                (1, 1) if rng.random() < single_share else (2, 3 if rng.random() < 0.93 else 5)
            )
            scene = sample_scene(number, Split.TRAINING, min_objects=few, max_objects=many)
            number += 1
            scenes.append(scene)
            twin = twin_of(scene) if rng.random() < _TWINS else None
            if twin is not None and len(scenes) < self._batch_size:
                scenes.append(twin)
        return scenes

    def _captions(
        self, scenes: list[Scene], language: Language, rng: random.Random
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        written: list[Caption] = []
        for index, scene in enumerate(scenes):
            twins = any(
                0 <= other < len(scenes) and scenes[other].seed == scene.seed
                for other in (index - 1, index + 1)
            )
            kind = CaptionKind.RELATION if twins and rng.random() < 0.8 else None
            written.append(caption(scene, language, rng, kind))
        texts = [_roughened(c.text, language, rng) for c in written]
        fits, names = fit_matrix(scenes, written), named_matrix(written)
        return self._tokens(texts), torch.from_numpy(fits), torch.from_numpy(names).float()

    def _tokens(self, texts: list[str]) -> torch.Tensor:
        return self._tokenizer(
            texts,
            padding=True,
            truncation=True,
            max_length=CONTEXT_TOKENS,
            return_tensors="pt",
        ).input_ids

    def _patches(self, scene: Scene, painting: Painting) -> np.ndarray:
        side = self._side_px // self._patch_px
        shape = (-1, side, self._patch_px, side, self._patch_px)
        cover = painting.visible_masks.reshape(shape).mean((2, 4)).reshape(-1, side * side)
        concepts = np.array([thing.concept.index for thing in scene.objects])
        return np.where(cover.max(0) >= 0.25, concepts[cover.argmax(0)], NO_CONCEPT)


def presence_matrix(scenes: list[Scene]) -> np.ndarray:
    """Tell which concepts are in which scenes.

    Args:
        scenes: B scenes.

    Returns:
        (B, C) bool.
    """
    presence = np.zeros((len(scenes), len(CONCEPTS)), bool)
    for row, scene in zip(presence, scenes, strict=True):
        row[[thing.concept.index for thing in scene.objects]] = True
    return presence


def named_matrix(captions: list[Caption]) -> np.ndarray:
    """Tell which concepts each caption names; "something red" names none.

    Args:
        captions: B captions.

    Returns:
        (B, C) bool.
    """
    named = np.zeros((len(captions), len(CONCEPTS)), bool)
    for row, written in zip(named, captions, strict=True):
        keys = [key for group in written.groups if len(group) == 1 for key in group]
        row[[concept_named(key).index for key in keys]] = True
    return named


def fit_matrix(scenes: list[Scene], captions: list[Caption]) -> np.ndarray:
    """Tell which captions may be true of which scenes, so that they are not taught as wrong.

    Args:
        scenes: B scenes.
        captions: B captions; number i was written for scene i.

    Returns:
        (B, B) bool, [i, j] true if caption j may be true of scene i; true on the diagonal.
    """
    presence = presence_matrix(scenes)
    kinds = np.array([_KINDS.index(scene.background.kind) for scene in scenes])
    fits = np.zeros((len(scenes), len(captions)), bool)
    for column, written in enumerate(captions):
        if written.exact:
            continue
        fit = np.ones(len(scenes), bool)
        if written.background is not None:
            fit &= kinds == _KINDS.index(written.background)
        for group in written.groups:
            members = [concept_named(key).index for key in group]
            fit &= presence[:, members].any(1)
        fits[:, column] = fit
    np.fill_diagonal(fits, True)
    return fits


def _roughened(text: str, language: Language, rng: random.Random) -> str:
    """Write it as people type: full stops, digits for numbers, a word nobody knows."""
    chance = rng.random()
    if language is Language.ZH and rng.random() < 0.3:
        text = text.replace("，", ",")
    if chance < 0.06:
        return text + rng.choice(".!?" if language is Language.EN else "。！？")
    if chance < 0.09 and language is Language.EN:
        letters = "".join(rng.choices("abcdefghijklmnoprstuwyz", k=rng.randint(3, 7)))
        return rng.choice((f"{letters} {text}", f"{text} {letters}"))
    if chance < 0.09:
        characters = "".join(chr(rng.randint(0x4E00, 0x9FA5)) for _ in range(rng.randint(1, 2)))
        return rng.choice((characters + text, text + characters))
    if chance < 0.11 and language is Language.EN:
        words = text.split(" ")
        return " ".join(str(NUMBERS_EN.index(w)) if w in NUMBERS_EN[1:] else w for w in words)
    return text
