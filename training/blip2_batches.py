"""Batches for mini-blip2: pictures, captions for the first stage, packed questions for the second.

One worker process makes one whole batch. A picture brings many questions in both languages, which
share its vision and query tokens.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerFast

from training.backgrounds import BACKGROUNDS
from training.batches import NO_CONCEPT, fit_matrix
from training.concepts import CONCEPTS
from training.llama_batches import TextBatches
from training.llama_vocabulary import DECODE
from training.packing import Packed, Segment, encode, fill, pack
from training.painting import Painting
from training.sampling import Split, sample_scene
from training.scene_text import caption_spans, draw_dialogue, draw_questions, question_spans
from training.scenes import Language, Scene
from training.twins import paint_as_sent, twin_of
from training.wording import CaptionKind, caption, full_caption

CAPTION_TOKENS = 24
TALK_TOKENS = 112
# Every second step brings rows of text without a picture: the language model is mini-llama, and
# must not forget how to read.
TEXT_EVERY, TEXT_ROWS = 2, 16
READ_CONCEPTS = 12
_KINDS = tuple(BACKGROUNDS)
_LANGUAGES = tuple(Language)
_TWINS = 0.4
# Two or more of a kind are rare in scenes; counting needs them.
_REPEATED_TRIES = 0.25


@dataclass
class Captions:
    """Captions of a batch in one language; B scenes, L tokens, ``CAPTION_TOKENS`` at most.

    Attributes:
        ids: (B, L) int64, ``<s>`` and the caption, padded on the right.
        decoded: (B, L) int64, ``<dec>``, the caption and ``</s>``, padded on the right.
        fits: (B, B) bool, [i, j] true if caption j may be true of scene i.
    """

    ids: torch.Tensor
    decoded: torch.Tensor
    fits: torch.Tensor


@dataclass
class Reading:
    """What can be read off a picture; B scenes, K concepts asked for.

    Attributes:
        concepts: (B, K) int64, which concepts are asked for, present or not.
        counts: (B, K) int64, how many of each there are.
        boxes: (B, K, 3) float32, x, y and size in parts of the side, where there is just one.
    """

    concepts: torch.Tensor
    counts: torch.Tensor
    boxes: torch.Tensor


@dataclass
class SceneBatch:
    """What one step learns from; B scenes, P patches.

    Attributes:
        number: Which step.
        pixels: (B, 3, side, side) uint8, RGB.
        patch_concepts: (B, P) int64, concept that covers most of a patch, or ``NO_CONCEPT``.
        patch_boxes: (B, P, 3) float32, x, y and size of the thing that covers it, 0..1.
        background: (B,) int64, index of the background kind.
        english: English captions.
        chinese: Chinese captions.
        reading: For the helper that reads the queries.
        talk: Packed questions, talks and captions, one row for each scene.
        text: Packed texts without a picture, or none at this step.
    """

    number: int
    pixels: torch.Tensor
    patch_concepts: torch.Tensor
    patch_boxes: torch.Tensor
    background: torch.Tensor
    english: Captions
    chinese: Captions
    reading: Reading
    talk: Packed
    text: Packed | None

    def to(self, device: torch.device) -> "SceneBatch":
        """Copy to a device.

        Args:
            device: Where to.

        Returns:
            The batch there.
        """
        moved: SceneBatch = _moved(self, device)
        return moved


def _moved(value: Any, device: torch.device) -> Any:
    if isinstance(value, torch.Tensor):
        return value.to(device, non_blocking=True)
    if isinstance(value, (Captions, Reading, Packed, SceneBatch)):
        moved = (_moved(getattr(value, field.name), device) for field in fields(value))
        return type(value)(*moved)
    return value


class SceneBatches(Dataset[SceneBatch]):
    """Batch number i is always the same batch; ``__getitem__`` makes it.

    Args:
        tokenizer: Turns texts into tokens.
        side_px: Side of the pictures.
        patch_px: Side of a patch of the vision tower.
        batch_size: Scenes in a batch.
        queries: Query tokens that stand before each row of talk.
        steps: Length of the whole training; scenes grow over its first part.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        *,
        side_px: int,
        patch_px: int,
        batch_size: int,
        queries: int,
        steps: int,
    ) -> None:
        self._tokenizer, self._queries = tokenizer, queries
        self._side_px, self._patch_px = side_px, patch_px
        self._batch_size, self._steps = batch_size, steps
        self._texts = TextBatches(tokenizer, TEXT_ROWS)

    def __getitem__(self, step: int) -> SceneBatch:
        rng = random.Random(step)
        scenes = self._draw_scenes(step, rng)
        paintings = [paint_as_sent(scene, self._side_px, rng) for scene in scenes]
        pictures = np.stack([painting.picture for painting in paintings])
        patches = [
            patch_truth(scene, painting, self._patch_px)
            for scene, painting in zip(scenes, paintings, strict=True)
        ]
        return SceneBatch(
            step,
            torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))),
            torch.from_numpy(np.stack([concepts for concepts, _ in patches])),
            torch.from_numpy(np.stack([boxes for _, boxes in patches])),
            torch.tensor([_KINDS.index(scene.background.kind) for scene in scenes]),
            self._captions(scenes, Language.EN, rng),
            self._captions(scenes, Language.ZH, rng),
            _reading(scenes, rng),
            self._talk(scenes, rng),
            self._texts[step] if step % TEXT_EVERY == 0 else None,
        )

    def _draw_scenes(self, step: int, rng: random.Random) -> list[Scene]:
        progress = step / max(1, self._steps)
        scenes: list[Scene] = []
        number = step * self._batch_size
        while len(scenes) < self._batch_size:
            count = _draw_count(progress, rng)
            scene = _draw_scene(number, count, rng)
            number += 1
            scenes.append(scene)
            twin = twin_of(scene) if rng.random() < _TWINS else None
            if twin is not None and len(scenes) < self._batch_size:
                scenes.append(twin)
        return scenes

    def _captions(self, scenes: list[Scene], language: Language, rng: random.Random) -> Captions:
        written = []
        for index, scene in enumerate(scenes):
            around = scenes[max(0, index - 1) : index] + scenes[index + 1 : index + 2]
            if any(other.seed == scene.seed for other in around) and rng.random() < 0.8:
                written.append(caption(scene, language, rng, CaptionKind.RELATION))
            elif rng.random() < 0.5:
                written.append(full_caption(scene, language, rng))
            else:
                written.append(caption(scene, language, rng))
        tokens = self._tokenizer(
            [told.text for told in written],
            add_special_tokens=False,
            truncation=True,
            max_length=CAPTION_TOKENS - 2,
        ).input_ids
        decode = self._tokenizer.convert_tokens_to_ids(DECODE)
        bos, eos = self._tokenizer.bos_token_id, self._tokenizer.eos_token_id
        pad = self._tokenizer.pad_token_id
        return Captions(
            self._padded([[bos, *ids, pad] for ids in tokens]),
            self._padded([[decode, *ids, eos] for ids in tokens]),
            torch.from_numpy(fit_matrix(scenes, written)),
        )

    def _padded(self, rows: list[list[int]]) -> torch.Tensor:
        pad, longest = self._tokenizer.pad_token_id, max(len(row) for row in rows)
        return torch.tensor([row + [pad] * (longest - len(row)) for row in rows])

    def _talk(self, scenes: list[Scene], rng: random.Random) -> Packed:
        rows: list[tuple[Segment | None, Sequence[Segment]]] = []
        for scene in scenes:
            texts = [
                question_spans([question], rng.choice(_LANGUAGES), rng)
                for question in draw_questions(scene, 14, rng)
            ]
            turns = draw_dialogue(scene, rng)
            if turns and rng.random() < 0.6:
                spans = question_spans(turns, rng.choice(_LANGUAGES), rng)
                texts.insert(rng.randrange(3), spans)
            if rng.random() < 0.7:
                texts.insert(rng.randrange(3), caption_spans(scene, rng))
            segments = encode(self._tokenizer, texts, start=True, end=True)
            rows.append((None, fill(0, segments, TALK_TOKENS)))
        return pack(rows, TALK_TOKENS, self._tokenizer.pad_token_id, self._queries)


def patch_truth(scene: Scene, painting: Painting, patch_px: int) -> tuple[np.ndarray, np.ndarray]:
    """Say what covers each patch.

    Args:
        scene: What was painted, with at least one object.
        painting: Its picture, a whole number of patches wide.
        patch_px: Side of a patch.

    Returns:
        (P,) int64, index of the concept or ``NO_CONCEPT``, row by row; and (P, 3) float32, x, y
        and size of the thing that covers most of the patch, in parts of the side.
    """
    side = painting.picture.shape[0] // patch_px
    shape = (-1, side, patch_px, side, patch_px)
    cover = painting.visible_masks.reshape(shape).mean((2, 4)).reshape(-1, side * side)
    concepts = np.array([thing.concept.index for thing in scene.objects])
    boxes = np.array([(thing.x, thing.y, thing.size) for thing in scene.objects], np.float32)
    covering = cover.argmax(0)
    return np.where(cover.max(0) >= 0.25, concepts[covering], NO_CONCEPT), boxes[covering]


def _draw_count(progress: float, rng: random.Random) -> int:
    # One thing first, then two and three, now and then up to five.
    if rng.random() < max(0.15, 0.7 - 2 * progress):
        return 1
    return rng.choices((2, 3, 4, 5), (5, 4, 0.7, 0.4))[0]


def _draw_scene(number: int, count: int, rng: random.Random) -> Scene:
    scene = sample_scene(number, Split.TRAINING, min_objects=count, max_objects=count)
    if count == 1 or rng.random() >= _REPEATED_TRIES:
        return scene
    for offset in range(1, 6):
        other = sample_scene(
            number + offset * 50_000_000, Split.TRAINING, min_objects=count, max_objects=count
        )
        if max(other.counts().values()) > 1:
            return other
    return scene


def _reading(scenes: list[Scene], rng: random.Random) -> Reading:
    concepts = torch.zeros(len(scenes), READ_CONCEPTS, dtype=torch.int64)
    counts = torch.zeros(len(scenes), READ_CONCEPTS, dtype=torch.int64)
    boxes = torch.zeros(len(scenes), READ_CONCEPTS, 3)
    for row, scene in enumerate(scenes):
        present = scene.counts()
        absent = [c.key for c in rng.sample(CONCEPTS, READ_CONCEPTS + 6) if c.key not in present]
        keys = [*present, *absent][:READ_CONCEPTS]
        indices = {concept.key: concept.index for concept in CONCEPTS}
        concepts[row] = torch.tensor([indices[key] for key in keys])
        counts[row] = torch.tensor([present.get(key, 0) for key in keys])
        for column, key in enumerate(keys):
            thing = scene.only(key)
            if thing is not None:
                boxes[row, column] = torch.tensor([thing.x, thing.y, thing.size])
    return Reading(concepts, counts, boxes)
