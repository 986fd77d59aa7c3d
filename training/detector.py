"""Train the detector that judges mini-diffusion's pictures: ``python -m training.detector``.

A judge must not be the model that guided the drawing, so it shares nothing with mini-clip: a
convolutional network of its own that tells which concepts a picture shows, and on what.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn
from torch.utils.data import Dataset

from training.backgrounds import BACKGROUNDS
from training.batch_stream import stream
from training.batches import presence_matrix
from training.concepts import CONCEPTS
from training.loop import Loop, Options, read_options
from training.painting import paint, paint_picture
from training.sampling import Split, sample_scene
from training.scenes import Scene

SEED = 20_150_604
FOLDER = Path(__file__).parent / "judge"
SIDE_PX = 96
FEATURES = 160
_WEIGHTS = "model.safetensors"
_CELL_PX = 8
_CELLS_SIDE = SIDE_PX // _CELL_PX
_NO_CONCEPT = len(CONCEPTS)
_NO_CONCEPT_WEIGHT = 0.3
_COVERED = 0.3
_KINDS = tuple(BACKGROUNDS)


@dataclass(frozen=True)
class Seen:
    """What the detector says about B pictures.

    Attributes:
        cells: (B, 161, 12, 12) float32, logits of the concept in each cell; the last is none.
        presence: (B, 160) float32, logits; above 0 means that the concept is there.
        background: (B, 18) float32, logits, in the order of ``BACKGROUNDS``.
        features: (B, 160) float32, the mean feature, for distances between sets of pictures.
    """

    cells: torch.Tensor
    presence: torch.Tensor
    background: torch.Tensor
    features: torch.Tensor


class _Block(nn.Module):
    """Two convolutions around a shortcut.

    Source: He et al. 2016, "Deep Residual Learning for Image Recognition", figure 2.
    """

    def __init__(self, width: int, out_width: int, stride: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(8, width), nn.GroupNorm(8, out_width)
        self.conv1 = nn.Conv2d(width, out_width, 3, stride, 1)
        self.conv2 = nn.Conv2d(out_width, out_width, 3, 1, 1)
        self.shortcut = nn.Conv2d(width, out_width, stride, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inside = self.conv1(F.relu(self.norm1(x)))
        return self.shortcut(x) + self.conv2(F.relu(self.norm2(inside)))


class Detector(nn.Module):
    """Says what stands in each cell of 8 px, what is in the picture, and what is behind."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 32, 3, 2, 1),
            _Block(32, 64, 2),
            _Block(64, 128, 2),
            _Block(128, FEATURES, 1),
            _Block(FEATURES, FEATURES, 1),
            nn.GroupNorm(8, FEATURES),
            nn.ReLU(),
        )
        self.cell_head = nn.Conv2d(FEATURES, _NO_CONCEPT + 1, 1)
        self.background_head = nn.Linear(FEATURES, len(BACKGROUNDS))
        self.presence_scale = nn.Parameter(torch.ones(()))
        self.presence_bias = nn.Parameter(torch.full((), -9.0))

    def forward(self, pictures: torch.Tensor) -> Seen:
        """Look at pictures.

        Args:
            pictures: (B, 3, H, W) uint8, RGB, of any size.

        Returns:
            What is seen.
        """
        pixels = pictures.float() / 127.5 - 1
        if pixels.shape[-1] != SIDE_PX:
            pixels = F.interpolate(
                pixels, (SIDE_PX, SIDE_PX), mode="bilinear", antialias=True, align_corners=False
            )
        features = self.body(pixels)
        cells = self.cell_head(features).float()
        # The strongest cells decide, against "nothing there" in the same cell.
        evidence = (cells[:, :-1] - cells[:, -1:]).flatten(2).logsumexp(-1)
        mean = features.float().mean((2, 3))
        return Seen(
            cells,
            self.presence_scale * evidence + self.presence_bias,
            self.background_head(mean).float(),
            mean,
        )


@dataclass
class Batch:
    """What one step learns from; B scenes.

    Attributes:
        pictures: (B, 3, 96, 96) uint8, RGB.
        cells: (B, 12, 12) int64, the concept that covers a cell, or 160.
        presence: (B, 160) float32, 1 where the concept is there.
        background: (B,) int64.
    """

    pictures: torch.Tensor
    cells: torch.Tensor
    presence: torch.Tensor
    background: torch.Tensor


class DetectorBatches(Dataset[Batch]):
    """Batch number i is always the same batch.

    Args:
        batch_size: Scenes in a batch.
        steps: Number of batches.
    """

    def __init__(self, batch_size: int, steps: int) -> None:
        self._batch_size, self._steps = batch_size, steps

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> Batch:
        first = step * self._batch_size
        scenes = [
            sample_scene(number, Split.TRAINING, min_objects=0 if number % 20 == 0 else 1)
            for number in range(first, first + self._batch_size)
        ]
        paintings = [paint(scene, SIDE_PX) for scene in scenes]
        cells = [_cells(p.visible_masks, s) for p, s in zip(paintings, scenes, strict=True)]
        return Batch(
            torch.from_numpy(np.stack([p.picture for p in paintings])).permute(0, 3, 1, 2),
            torch.from_numpy(np.stack(cells)),
            torch.from_numpy(presence_matrix(scenes)).float(),
            torch.tensor([_KINDS.index(scene.background.kind) for scene in scenes]),
        )


def _cells(masks: np.ndarray, scene: Scene) -> np.ndarray:
    if not scene.objects:
        return np.full((_CELLS_SIDE, _CELLS_SIDE), _NO_CONCEPT)
    shape = (len(masks), _CELLS_SIDE, _CELL_PX, _CELLS_SIDE, _CELL_PX)
    share = masks.reshape(shape).mean((2, 4))
    concepts = np.array([thing.concept.index for thing in scene.objects])
    return np.where(share.max(0) >= _COVERED, concepts[share.argmax(0)], _NO_CONCEPT)


def detector_losses(seen: Seen, batch: Batch) -> dict[str, torch.Tensor]:
    """Compute the weighted losses of one batch.

    Args:
        seen: What the detector said.
        batch: The truth, on the same device.

    Returns:
        Scalars ``cells``, ``presence`` and ``background``.
    """
    weight = torch.ones(_NO_CONCEPT + 1, device=seen.cells.device)
    weight[_NO_CONCEPT] = _NO_CONCEPT_WEIGHT
    apart = F.binary_cross_entropy_with_logits(seen.presence, batch.presence, reduction="none")
    return {
        "cells": F.cross_entropy(seen.cells, batch.cells, weight),
        "presence": 0.3 * apart.sum(1).mean(),
        "background": 0.3 * F.cross_entropy(seen.background, batch.background),
    }


@torch.inference_mode()
def look_at(detector: Detector, pictures: np.ndarray) -> Seen:
    """Look at pictures in small batches.

    Args:
        detector: The model, on the CPU.
        pictures: (N, H, W, 3) uint8, RGB.

    Returns:
        What is seen.
    """
    parts = [
        detector(torch.from_numpy(pictures[start : start + 64]).permute(0, 3, 1, 2))
        for start in range(0, len(pictures), 64)
    ]
    names = ("cells", "presence", "background", "features")
    return Seen(*(torch.cat([getattr(part, name) for part in parts]) for name in names))


def judge_errors(detector: Detector, scenes: list[Scene]) -> dict[str, float]:
    """Measure the judge itself on painted scenes.

    Args:
        detector: The model, on the CPU.
        scenes: Scenes that it has not learnt from, each with a thing.

    Returns:
        0..1 each: ``found`` (things that are there and seen), ``false_alarms`` (concepts seen for
        each picture that are not there; may be above 1) and ``background`` (named rightly).
    """
    seen = look_at(detector, np.stack([paint_picture(scene, SIDE_PX) for scene in scenes]))
    there, said = torch.from_numpy(presence_matrix(scenes)), seen.presence > 0
    kinds = torch.tensor([_KINDS.index(scene.background.kind) for scene in scenes])
    return {
        "found": float(said[there].float().mean()),
        "false_alarms": float((said & ~there).sum(1).float().mean()),
        "background": float((seen.background.argmax(1) == kinds).float().mean()),
    }


def load_detector(folder: Path = FOLDER) -> Detector:
    """Load the trained detector.

    Args:
        folder: Holds its weights.

    Returns:
        The model in float32.

    Raises:
        FileNotFoundError: If it has not been trained.
    """
    detector = Detector()
    detector.load_state_dict({k: v.float() for k, v in load_file(folder / _WEIGHTS).items()})
    return detector.eval()


class DetectorLearner:
    """The detector as the training loop sees it.

    Args:
        device: Where it learns.
        options: What the command line says.
    """

    def __init__(self, device: torch.device, options: Options) -> None:
        self.options, self.device = options, device
        self.model = Detector().to(device)

    def batches(self, first_step: int) -> Iterator[Batch]:
        """See ``Learner``."""
        options = self.options
        made = DetectorBatches(options.batch_size, options.steps)
        return stream(made, len(made), first_step, options.workers)

    def losses(self, batch: Batch, progress: float) -> dict[str, torch.Tensor]:
        """See ``Learner``."""
        moved = Batch(*(tensor.to(self.device) for tensor in vars(batch).values()))
        return detector_losses(self.model(moved.pictures), moved)

    def stepped(self) -> None:
        """See ``Learner``."""

    def export(self, folder: Path) -> None:
        """See ``Learner``."""
        folder.mkdir(parents=True, exist_ok=True)
        weights = {k: v.cpu().half().contiguous() for k, v in self.model.state_dict().items()}
        save_file(weights, folder / _WEIGHTS)

    def look(self) -> str:
        """Measure on validation scenes.

        Returns:
            A line for each number of things.
        """
        detector = Detector()
        detector.load_state_dict({k: v.cpu() for k, v in self.model.state_dict().items()})
        lines = []
        for count in (1, 2):
            scenes = [
                sample_scene(n, Split.VALIDATION, min_objects=count, max_objects=count)
                for n in range(200)
            ]
            errors = judge_errors(detector.eval(), scenes)
            lines.append(f"  {count}: " + ", ".join(f"{k} {v:.3f}" for k, v in errors.items()))
        return "\n".join(lines)


def read_detector_options(arguments: list[str] | None = None) -> Options:
    """Read the command line.

    Args:
        arguments: Words after the command; ``None`` reads ``sys.argv``.

    Returns:
        The options.
    """
    return read_options(
        "detector",
        "Train the detector that judges mini-diffusion.",
        arguments,
        output=FOLDER,
        steps=2500,
        batch_size=48,
        warmup=100,
        workers=1,
    )


def main() -> None:
    """Train from the command line."""
    options = read_detector_options()
    Loop(lambda device: DetectorLearner(device, options), options, SEED).run()


if __name__ == "__main__":
    main()
