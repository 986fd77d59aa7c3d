"""Segment Anything: a picture is encoded once, each click is decoded from what was kept.

Kirillov et al. 2023 (arXiv:2304.02643) and its kin; what they do differently stands in
`sam_kinds.py`. Two parts, built apart: the encoder is large and runs once a picture, the decoder is
small and serves all clicks without it. Every function takes the part alone or the joined model.

Coordinates are pixels of the picture, (0, 0) its top left corner, pixel centres at .5. The
libraries count pixels instead, the first one's centre at 0: theirs are ours minus 0.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from playground.models.sam_decoder import SamDecoder
from playground.models.sam_encoder import SamEncoder
from playground.models.sam_kinds import kind_of

# Of the squares that pictures are resized to: bounds the activations of one forward pass.
MOST_PIXELS_AT_ONCE = 1024**2
# Points of the grid in one forward pass on an accelerator, as the package does it.
MOST_POINTS_AT_ONCE = 64
STABILITY_OFFSET = 1.0
# Where libraries count pixels, the first one's centre is at 0.
PIXEL_CENTRE = 0.5


@dataclass(frozen=True)
class Sam:
    """A joined model."""

    encoder: SamEncoder
    decoder: SamDecoder


@dataclass(frozen=True)
class Encoded:
    """What is kept of a picture, so that clicks need no encoder.

    Attributes:
        features: float16, each (C, h, w). SAM 1: one. SAM 2 and EdgeTAM: the finest level first,
            the one that the decoder attends to last.
        size_hw: Height and width of the picture.
        resized_hw: What of the square holds the picture.
        input_side: Side of the square that the encoder was given.
        low_hw: Height and width of the logits that the decoder makes of the whole square.
    """

    features: tuple[np.ndarray, ...]
    size_hw: tuple[int, int]
    resized_hw: tuple[int, int]
    input_side: int
    low_hw: tuple[int, int]

    @property
    def bytes_held(self) -> int:
        """Bytes of the features."""
        return sum(level.nbytes for level in self.features)

    @property
    def low_picture_hw(self) -> tuple[int, int]:
        """What of the logits holds the picture; a begun row or column counts."""
        height, width = (
            -(-resized * low // self.input_side)
            for resized, low in zip(self.resized_hw, self.low_hw, strict=True)
        )
        return height, width


@dataclass(frozen=True)
class Prompts:
    """What was asked of one mask.

    Attributes:
        points_xy: float32 (N, 2), pixels of the picture; N may be 0.
        labels: int (N,), 1 include, 0 exclude.
        box_xyxy: float32 (4,), pixels of the picture, or None.
        mask_logits: float32 `low_hw`, the logits of the mask before this prompt, or None.
        is_multimask: Three candidates for an ambiguous prompt, else one mask.
    """

    points_xy: np.ndarray
    labels: np.ndarray
    box_xyxy: np.ndarray | None = None
    mask_logits: np.ndarray | None = None
    is_multimask: bool = False


@dataclass(frozen=True)
class Masks:
    """What the decoder answered: K candidates, after `decode_points` N prompts of K candidates.

    Attributes:
        logits: float16 (K, *low_hw) or (N, K, *low_hw); above 0 is the mask.
        iou: float32 (K,) or (N, K), the model's own guess of its IoU, about 0..1.
        stability: float32 (K,) or (N, K), 0..1, see `stability`.
    """

    logits: np.ndarray
    iou: np.ndarray
    stability: np.ndarray


def build(part: str, folder: Path) -> SamEncoder | SamDecoder:
    """Builds one part from the folder of a whole model.

    Args:
        part: `"encoder"` or `"decoder"`.
        folder: A checked model folder.

    Returns:
        The part on the CPU, without the weights of the other.

    Raises:
        PersonError: `mistake.model.mismatch` for a family that is not known or missing weights.
    """
    kind = kind_of(folder)
    return kind.build_encoder(folder) if part == "encoder" else kind.build_decoder(folder)


def join(folder: Path, encoder: SamEncoder, decoder: SamDecoder) -> Sam:
    """Joins the two parts.

    Args:
        folder: The folder that the parts were built from.
        encoder: What `build("encoder", folder)` made.
        decoder: What `build("decoder", folder)` made.

    Returns:
        The model.
    """
    return Sam(encoder, decoder)


def encode(model: Sam | SamEncoder, pixels: Sequence[np.ndarray]) -> list[Encoded]:
    """Encodes pictures; made for `cache.batch`, which takes one answer per picture.

    Args:
        model: The joined model, or its part "encoder" alone.
        pixels: N pictures, each uint8 (H, W, 3), RGB, of any size.

    Returns:
        N encoded pictures.

    Source: Kirillov 2023, section 3 ("Image encoder").
    """
    encoder = model.encoder if isinstance(model, Sam) else model
    at_once = max(1, MOST_PIXELS_AT_ONCE // encoder.input_side**2)
    found: list[Encoded] = []
    for start in range(0, len(pixels), at_once):
        found += _encode_at_once(encoder, pixels[start : start + at_once])
    return found


def decode(model: Sam | SamDecoder, encoded: Encoded, prompts: Prompts) -> Masks:
    """Makes masks for one set of prompts.

    Args:
        model: The joined model, or its part "decoder" alone.
        encoded: What `encode` made of the picture with the same model.
        prompts: Points or a box, at least one, and the mask before.

    Returns:
        K = 3 with `is_multimask` (what the package calls multimask output), else K = 1.

    Raises:
        ValueError: Without point and box, or with a mask of another size.

    Source: Kirillov 2023, section 3 ("Prompt encoder", "Mask decoder", "Resolving ambiguity").
    """
    decoder = model.decoder if isinstance(model, Sam) else model
    points_xy, labels = input_points(encoded, prompts, pads_box=decoder.pads_box)
    mask = prompts.mask_logits
    if mask is not None and mask.shape != encoded.low_hw:
        raise ValueError(f"mask of {mask.shape}, not {encoded.low_hw}")
    if prompts.box_xyxy is None and not len(prompts.points_xy):
        raise ValueError("no prompt")
    logits, iou = decoder.run(
        encoded.features,
        points_xy[None],
        labels[None],
        None if mask is None else mask.astype(np.float32)[None, None],
    )
    logits, iou = decoder.select(logits, iou, prompts.is_multimask)
    return _masks(logits[0], iou[0], encoded)


def decode_points(model: Sam | SamDecoder, encoded: Encoded, points_xy: np.ndarray) -> Masks:
    """Makes three candidates for each of many single points, such as a grid over the picture.

    Args:
        model: The joined model, or its part "decoder" alone.
        encoded: What `encode` made of the picture with the same model.
        points_xy: float (N, 2), pixels of the picture.

    Returns:
        Logits (N, 3, *low_hw), IoU (N, 3), stability (N, 3).
    """
    decoder = model.decoder if isinstance(model, Sam) else model
    one = np.ones(1, np.int64)
    prompts = [Prompts(point[None], one, is_multimask=True) for point in points_xy]
    inputs = [input_points(encoded, asked) for asked in prompts]
    found: list[tuple[np.ndarray, np.ndarray]] = []
    at_once = MOST_POINTS_AT_ONCE if decoder.is_batched else 1
    for start in range(0, len(inputs), at_once):
        some = inputs[start : start + at_once]
        points, labels = (np.stack(rows) for rows in zip(*some, strict=True))
        logits, iou = decoder.run(encoded.features, points, labels, None)
        logits, iou = decoder.select(logits, iou, is_multimask=True)
        found.append((logits.astype(np.float16), iou))
    if not found:
        found = [(np.zeros((0, 3, *encoded.low_hw), np.float16), np.zeros((0, 3), np.float32))]
    every_logits, every_iou = (np.concatenate(rows) for rows in zip(*found, strict=True))
    return _masks(every_logits, every_iou, encoded)


def input_points(
    encoded: Encoded, prompts: Prompts, *, pads_box: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Writes points and box as the decoder is given them.

    Args:
        encoded: The picture.
        prompts: What was asked.
        pads_box: Whether a padding point stands even beside a box, as in SAM 2.

    Returns:
        float32 (M, 2), pixels of the square, and float32 (M,) labels: 1 include, 0 exclude, 2 and
        3 the corners of the box, -1 the padding that says there is no more.

    Source: `SamPredictor.predict` and `SamOnnxModel` of the package segment_anything.
    """
    scale = np.asarray(encoded.resized_hw[::-1], np.float64) / encoded.size_hw[::-1]
    box = prompts.box_xyxy
    corners = np.zeros((0, 2)) if box is None else np.asarray(box, np.float64).reshape(2, 2)
    points_xy = np.concatenate([np.asarray(prompts.points_xy).reshape(-1, 2), corners])
    points_xy = (points_xy - PIXEL_CENTRE) * scale
    labels = np.concatenate([np.asarray(prompts.labels), [] if box is None else [2, 3]])
    if box is None or pads_box:
        points_xy = np.concatenate([points_xy, np.zeros((1, 2))])
        labels = np.concatenate([labels, [-1]])
    return points_xy.astype(np.float32), labels.astype(np.float32)


def full_logits(logits: np.ndarray, encoded: Encoded) -> np.ndarray:
    """Enlarges logits to the picture's size, in the package's two steps.

    Args:
        logits: float (h, w), as in `Masks.logits`.
        encoded: The picture.

    Returns:
        float32 (H, W).

    Source: `Sam.postprocess_masks` of the package segment_anything.
    """
    import torch
    from torch.nn.functional import interpolate

    square = torch.from_numpy(np.ascontiguousarray(logits, dtype=np.float32))[None, None]
    side, (height, width) = encoded.input_side, encoded.resized_hw
    with torch.no_grad():
        square = interpolate(square, (side, side), mode="bilinear", align_corners=False)
        part = square[..., :height, :width]
        full = interpolate(part, encoded.size_hw, mode="bilinear", align_corners=False)
    return full[0, 0].numpy()


def full_mask(logits: np.ndarray, encoded: Encoded, threshold: float = 0.0) -> np.ndarray:
    """Makes the mask that is shown.

    Args:
        logits: float (h, w), as in `Masks.logits`.
        encoded: The picture.
        threshold: What a logit must exceed.

    Returns:
        bool (H, W).
    """
    return full_logits(logits, encoded) > threshold


def stability(logits: np.ndarray, threshold: float = 0.0) -> np.ndarray:
    """How little a mask changes when its threshold does: the IoU of a strict and a lax mask.

    Args:
        logits: float (..., h, w).
        threshold: What a logit must exceed.

    Returns:
        float32 (...), 0..1; 0 for a mask that is empty either way.

    Source: Kirillov 2023, section 4 ("stable"); `calculate_stability_score` of the package.
    """
    strict = np.count_nonzero(logits > threshold + STABILITY_OFFSET, axis=(-2, -1))
    lax = np.count_nonzero(logits > threshold - STABILITY_OFFSET, axis=(-2, -1))
    return (strict / np.maximum(lax, 1)).astype(np.float32)


def choose(masks: Masks, prompts: Prompts, encoded: Encoded) -> int:
    """Chooses among candidates: who satisfies most clicks, then who expects the highest IoU.

    Args:
        masks: What `decode` answered.
        prompts: What was asked.
        encoded: The picture.

    Returns:
        Index of the candidate.
    """
    wanted = np.asarray(prompts.labels, bool)
    satisfied = [
        int(((_logits_at(logits, prompts.points_xy, encoded) > 0) == wanted).sum())
        for logits in masks.logits
    ]
    return max(range(len(satisfied)), key=lambda index: (satisfied[index], masks.iou[index]))


def _logits_at(logits: np.ndarray, points_xy: np.ndarray, encoded: Encoded) -> np.ndarray:
    """Bilinear, at the clicks: what the enlarged logits are there, without enlarging them."""
    grow = np.asarray(encoded.resized_hw[::-1], np.float64) / encoded.size_hw[::-1]
    grow = grow * encoded.low_hw[::-1] / encoded.input_side
    x, y = (np.asarray(points_xy, np.float64).reshape(-1, 2) * grow - 0.5).T
    height, width = encoded.low_hw
    x, y = x.clip(0, width - 1), y.clip(0, height - 1)
    left, top = x.astype(int), y.astype(int)
    right, low = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    values = logits.astype(np.float64)
    above = values[top, left] * (1 - x + left) + values[top, right] * (x - left)
    below = values[low, left] * (1 - x + left) + values[low, right] * (x - left)
    return above * (1 - y + top) + below * (y - top)


def _masks(logits: np.ndarray, iou: np.ndarray, encoded: Encoded) -> Masks:
    height, width = encoded.low_picture_hw
    logits = logits.astype(np.float16)
    return Masks(logits, iou.astype(np.float32), stability(logits[..., :height, :width]))


def _encode_at_once(encoder: SamEncoder, pixels: Sequence[np.ndarray]) -> list[Encoded]:
    squares, resized = zip(*(encoder.prepare(picture) for picture in pixels), strict=True)
    levels = encoder.run(np.stack(squares))
    return [
        Encoded(
            features=tuple(level[number].astype(np.float16) for level in levels),
            size_hw=(picture.shape[0], picture.shape[1]),
            resized_hw=resized[number],
            input_side=encoder.input_side,
            low_hw=encoder.low_hw,
        )
        for number, picture in enumerate(pixels)
    ]
