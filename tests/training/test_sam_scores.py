import numpy as np
import pytest
import torch

from training.sam_model import SIDE_PX, build_sam
from training.sam_scores import (
    MOST_CLICKS,
    Answer,
    Question,
    answers_of,
    correcting_click,
    draw_sheet,
    iou,
    leaf_questions,
    odd_questions,
    overlay,
    scene_questions,
    summary,
)
from training.sampling import Split


def square(left: int, right: int) -> np.ndarray:
    mask = np.zeros((20, 40), bool)
    mask[5:15, left:right] = True
    return mask


def test_iou_counts_what_is_common() -> None:
    assert iou(square(0, 10), square(5, 15)) == pytest.approx(1 / 3)
    assert iou(square(0, 0), square(0, 0)) == 0


def test_the_largest_mistake_is_clicked_in_its_middle() -> None:
    truth = square(10, 30)
    assert correcting_click(truth, truth) is None
    point, label = correcting_click(square(10, 18), truth) or ((0, 0), -1)
    assert label == 1 and truth[point[1], point[0]] and 18 <= point[0] < 30
    point, label = correcting_click(square(4, 30) | square(34, 36), truth) or ((0, 0), -1)
    assert label == 0 and 4 <= point[0] < 10


def test_clicks_are_counted_to_a_good_mask() -> None:
    three = np.array((0.5, 0.6, 0.7))
    quick = Answer((0.5, 0.92), three, three, 0.9)
    never = Answer((0.5,) * MOST_CLICKS, three, three[::-1], 0.1)
    assert (quick.clicks_needed(), never.clicks_needed()) == (2, MOST_CLICKS)
    assert (quick.after(1), quick.after(3)) == (0.5, 0.92)
    scores = summary([quick, never])
    assert scores["noc90"] == (2 + MOST_CLICKS) / 2
    assert scores["best_of_three"] == pytest.approx(0.7)
    assert scores["box"] == pytest.approx(0.5)
    assert scores["sure"] == pytest.approx(0)


def test_nothing_asked_for_is_empty_or_of_another_size() -> None:
    questions = scene_questions(Split.VALIDATION, 3, 96) + leaf_questions(Split.VALIDATION, 3, 96)
    for question in questions + odd_questions(questions):
        assert question.masks.shape[1:] == question.picture.shape[:2]
        assert question.masks.any((1, 2)).all()
    shapes = [question.picture.shape[:2] for question in odd_questions(questions)]
    assert all(0.5 <= min(shape) / max(shape) <= 0.81 for shape in shapes)
    assert len({shape[0] > shape[1] for shape in shapes}) == 2


def test_a_model_without_training_is_measured_and_drawn() -> None:
    torch.manual_seed(0)
    sam = build_sam()
    questions = [Question(q.picture, q.masks[:1]) for q in scene_questions(Split.VALIDATION, 1)]
    answers = answers_of(sam, questions, 2)
    assert len(answers) == 1 and 1 <= len(answers[0].ious) <= 3
    assert all(0 <= value <= 1 for value in answers[0].ious)
    assert answers[0].candidates.shape == answers[0].foretold.shape == (3,)
    assert draw_sheet(sam, questions, columns=1).size == (2 * SIDE_PX, SIDE_PX)


def test_an_overlay_keeps_what_is_inside() -> None:
    picture = np.full((20, 40, 3), 200, np.uint8)
    drawn = overlay(picture, square(10, 30))
    assert (drawn[square(10, 30)] == 200).all() and (drawn[~square(10, 30)] == 50).all()
