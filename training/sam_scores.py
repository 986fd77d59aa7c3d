"""How well a Sam cuts out held-out things, asked through the package's own predictor."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from segment_anything import SamPredictor
from segment_anything.modeling import Sam

from playground.models.sam_weights import load_package_sam
from training.dead_leaves import LEAST_PART, paint_leaves
from training.painting import paint
from training.regions import deepest_point, squared_distances
from training.sam_model import SIDE_PX
from training.sampling import Split, sample_scene

GOOD_IOU, MOST_CLICKS = 0.9, 20
_FEW_CLICKS = 3
_ASKED_PER_PICTURE = 4
_SCENES, _LEAVES = 60, 40
_COUNTED = {"emoji scenes": 20, "dead leaves": 10}
_ODD_SIDE_PX = 320


@dataclass(frozen=True)
class Question:
    """A picture and the things to cut out of it.

    Attributes:
        picture: (H, W, 3) uint8, RGB.
        masks: (N, H, W) bool, what is meant; none is empty.
    """

    picture: np.ndarray
    masks: np.ndarray


@dataclass(frozen=True)
class Answer:
    """How one thing was cut out.

    Attributes:
        ious: IoU after 1, 2, ... clicks, until it is good or there were enough clicks.
        candidates: (3,) float, IoU of the candidates of the first click.
        foretold: (3,) float, what the model expected of them.
        boxed: IoU from its exact box.
    """

    ious: tuple[float, ...]
    candidates: np.ndarray
    foretold: np.ndarray
    boxed: float

    def after(self, clicks: int) -> float:
        """IoU after some clicks, or after the last one that was needed.

        Args:
            clicks: 1 or more.

        Returns:
            0..1.
        """
        return self.ious[min(clicks, len(self.ious)) - 1]

    def clicks_needed(self) -> int:
        """Clicks to an IoU of 0.9, 20 where it was not reached (NoC@90)."""
        reached = [number for number, iou in enumerate(self.ious, 1) if iou >= GOOD_IOU]
        return reached[0] if reached else MOST_CLICKS


def scene_questions(split: Split, count: int, side_px: int = SIDE_PX) -> list[Question]:
    """Ask for every object of emoji scenes, by its visible part.

    Args:
        split: Which held-out scenes.
        count: How many scenes.
        side_px: Side of the pictures.

    Returns:
        One question for each scene.
    """
    questions = []
    for number in range(count):
        painting = paint(sample_scene(number, split), side_px)
        questions.append(_large_enough(painting.picture, painting.visible_masks))
    return questions


def leaf_questions(split: Split, count: int, side_px: int = SIDE_PX) -> list[Question]:
    """Ask for a few regions of each picture of dead leaves, drawn at random.

    Args:
        split: Which held-out pictures.
        count: How many pictures.
        side_px: Side of the pictures, at most 384.

    Returns:
        One question for each picture.
    """
    questions = []
    for number in range(count):
        leaves = paint_leaves(number, split, side_px)
        rng = np.random.default_rng(number)
        asked = rng.permutation(len(leaves.masks))[:_ASKED_PER_PICTURE]
        questions.append(Question(leaves.picture, leaves.masks[asked]))
    return questions


def odd_questions(questions: list[Question]) -> list[Question]:
    """Cut pictures to other shapes, wide and tall, so that the model must pad them.

    Args:
        questions: With square pictures.

    Returns:
        The same number, each 0.5 to 0.8 as wide as it is high or the other way round.
    """
    cut = []
    for number, question in enumerate(questions):
        side_px = len(question.picture)
        kept = round(side_px * np.random.default_rng(number).uniform(0.5, 0.8))
        piece = np.s_[:kept] if number % 2 else np.s_[:, :kept]
        masks = question.masks[(slice(None), *(piece if isinstance(piece, tuple) else (piece,)))]
        cut.append(_large_enough(question.picture[piece], masks))
    return cut


def _large_enough(picture: np.ndarray, masks: np.ndarray) -> Question:
    return Question(picture, masks[masks.mean((1, 2)) >= LEAST_PART])


def iou(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two masks.

    Args:
        one: (H, W) bool.
        other: (H, W) bool.

    Returns:
        0..1; 0 where both are empty.
    """
    return float((one & other).sum() / max(1, (one | other).sum()))


def correcting_click(mask: np.ndarray, truth: np.ndarray) -> tuple[tuple[int, int], int] | None:
    """Click in the middle of the largest mistake.

    Source: Xu et al. 2016, "Deep interactive object selection", section 3 (the usual simulated
    person); Kirillov et al. 2023, appendix D.1.

    Args:
        mask: (H, W) bool, the answer.
        truth: (H, W) bool, what is meant.

    Returns:
        Column and row, and 1 for a click on something missed or 0 on something too much;
        ``None`` if nothing is wrong.
    """
    missed, extra = truth & ~mask, mask & ~truth
    if not (missed.any() or extra.any()):
        return None
    depths = [squared_distances(extra), squared_distances(missed)]
    label = int(depths[1].max() >= depths[0].max())
    row, column = np.unravel_index(int(depths[label].argmax()), mask.shape)
    return (int(column), int(row)), label


def play(predictor: SamPredictor, truth: np.ndarray, most_clicks: int) -> Answer:
    """Cut one thing out of the picture that was set.

    Args:
        predictor: With its picture.
        truth: (H, W) bool, what is meant.
        most_clicks: When to give up, 1 or more.

    Returns:
        How it went. The first click is in the middle of the thing and is answered by the
        candidate that the model itself ranks first; later clicks correct the largest mistake.
    """
    points, labels = [deepest_point(truth)], [1]
    masks, foretold, logits = predictor.predict(np.array(points, float), np.array(labels))
    candidates = np.array([iou(mask, truth) for mask in masks])
    best = int(foretold.argmax())
    mask, before = masks[best], logits[best : best + 1]
    ious = [float(candidates[best])]
    while len(ious) < most_clicks and (len(ious) < _FEW_CLICKS or ious[-1] < GOOD_IOU):
        click = correcting_click(mask, truth)
        if click is None:
            break
        points.append(click[0])
        labels.append(click[1])
        masks, _, before = predictor.predict(
            np.array(points, float), np.array(labels), mask_input=before, multimask_output=False
        )
        mask = masks[0]
        ious.append(iou(mask, truth))
    boxed, _, _ = predictor.predict(box=_box(truth), multimask_output=False)
    return Answer(tuple(ious), candidates, foretold, iou(boxed[0], truth))


def _box(mask: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return np.array((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1), float)


def answers_of(sam: Sam, questions: list[Question], most_clicks: int) -> list[Answer]:
    """Cut out everything that is asked for.

    Args:
        sam: The model.
        questions: What to cut out.
        most_clicks: When to give up, 1 or more.

    Returns:
        One answer for each mask.
    """
    predictor = SamPredictor(sam)
    answers = []
    with torch.inference_mode():
        for question in questions:
            predictor.set_image(question.picture)
            answers += [play(predictor, mask, most_clicks) for mask in question.masks]
    return answers


def summary(answers: list[Answer]) -> dict[str, float]:
    """Average answers.

    Args:
        answers: One or more.

    Returns:
        Mean IoU by kind of prompt, the correlation of foretold and true IoU over all candidates
        (``sure``) and over the chosen ones (``sure_chosen``), and the mean number of clicks to
        an IoU of 0.9 (``noc90``).
    """
    foretold = np.stack([answer.foretold for answer in answers])
    true = np.stack([answer.candidates for answer in answers])
    chosen = np.arange(len(answers)), foretold.argmax(1)
    return {
        "one_click": float(np.mean([answer.after(1) for answer in answers])),
        "best_of_three": float(true.max(1).mean()),
        "three_clicks": float(np.mean([answer.after(_FEW_CLICKS) for answer in answers])),
        "box": float(np.mean([answer.boxed for answer in answers])),
        "sure": _correlation(foretold.ravel(), true.ravel()),
        "sure_chosen": _correlation(foretold[chosen], true[chosen]),
        "noc90": float(np.mean([answer.clicks_needed() for answer in answers])),
    }


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    if min(one.std(), other.std()) == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


_LINES = {
    "one_click": "mean IoU after 1 click, the model's own first choice",
    "best_of_three": "mean IoU after 1 click, best of three candidates",
    "three_clicks": "mean IoU after 3 clicks",
    "box": "mean IoU from a box",
    "sure": "correlation of foretold and true IoU, all candidates",
    "sure_chosen": "correlation of foretold and true IoU, first choices",
    "noc90": "clicks to IoU 0.9 (at most 20; 20 scenes, 10 pictures of leaves)",
}


def sam_columns(sam: Sam, split: Split, scenes: int, leaves: int) -> dict[str, dict[str, float]]:
    """Measure on scenes and on dead leaves, square and of other shapes.

    Args:
        sam: The model.
        split: Which held-out pictures.
        scenes: How many square scenes; half as many of other shapes.
        leaves: How many square pictures of dead leaves; half as many of other shapes.

    Returns:
        ``summary`` by kind of picture; the kind tells how many things were asked for.
    """
    large = _ODD_SIDE_PX
    asked = {
        "emoji scenes": scene_questions(split, scenes),
        "dead leaves": leaf_questions(split, leaves),
        "scenes, other shapes": odd_questions(scene_questions(split, scenes // 2, large)),
        "leaves, other shapes": odd_questions(leaf_questions(split, leaves // 2, large)),
    }
    columns = {}
    for kind, questions in asked.items():
        # Counting clicks takes most of the time: done for some of the square pictures.
        counted = 0 if kind.endswith("shapes") else _COUNTED[kind]
        games = answers_of(sam, questions[:counted], MOST_CLICKS)
        answers = games + answers_of(sam, questions[counted:], _FEW_CLICKS)
        scores = summary(answers)
        clicks = [game.clicks_needed() for game in games]
        scores["noc90"] = float(np.mean(clicks)) if clicks else math.nan
        columns[f"{kind} ({len(answers)} things)"] = scores
    return columns


def sam_table(folder: Path) -> str:
    """Measure mini-sam on test pictures, with seeds that training never used.

    Args:
        folder: Holds the model.

    Returns:
        A table in Markdown.
    """
    columns = sam_columns(load_package_sam(folder), Split.TEST, _SCENES, _LEAVES)
    lines = [
        f"| measured on test pictures | {' | '.join(columns)} |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for key, what in _LINES.items():
        values = " | ".join(_written(key, column[key]) for column in columns.values())
        lines.append(f"| {what} | {values} |")
    return "\n".join(lines)


def _written(key: str, value: float) -> str:
    if math.isnan(value):
        return "not counted"
    return f"{value:.2f}" if key == "noc90" else f"{value:.3f}"


def draw_sheet(sam: Sam, questions: list[Question], columns: int = 6) -> Image.Image:
    """Show what single clicks cut out: the picture with its click beside the candidate chosen.

    Args:
        sam: The model.
        questions: Of each the first mask is clicked; pictures of one size.
        columns: Pairs in a row.

    Returns:
        The sheet.
    """
    predictor = SamPredictor(sam)
    pairs = []
    for question in questions:
        predictor.set_image(question.picture)
        x, y = deepest_point(question.masks[0])
        masks, foretold, _ = predictor.predict(np.array([(x, y)], float), np.array([1]))
        marked = question.picture.copy()
        marked[max(0, y - 3) : y + 4, max(0, x - 3) : x + 4] = (255, 0, 255)
        pairs.append(
            np.concatenate([marked, overlay(question.picture, masks[foretold.argmax()])], 1)
        )
    blank = np.zeros_like(pairs[0])
    pairs += [blank] * (-len(pairs) % columns)
    rows = [np.concatenate(pairs[i : i + columns], 1) for i in range(0, len(pairs), columns)]
    return Image.fromarray(np.concatenate(rows))


def overlay(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Keep the colours inside a mask and darken what is outside.

    Args:
        picture: (H, W, 3) uint8.
        mask: (H, W) bool.

    Returns:
        (H, W, 3) uint8.
    """
    return np.where(mask[..., None], picture, picture // 4)
