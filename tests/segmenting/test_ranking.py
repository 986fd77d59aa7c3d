"""Words rank proposals; one that stands for others gives them its score."""

import numpy as np

from playground.segmenting.ranking import GREY, MOST_CROPS, crop, rank, to_look_at
from tests.segmenting.fakes import proposal_of


def test_a_crop_shows_the_thing_and_pales_the_rest():
    pixels = np.full((48, 64, 3), (10, 200, 30), np.uint8)
    part = crop(pixels, proposal_of((2, 6), (4, 8)), (12, 16))
    assert part.shape == (20, 20, 3)
    assert tuple(part[10, 10]) == (10, 200, 30)
    assert abs(float(part[0, 0, 0]) - (0.25 * 10 + 0.75 * GREY)) < 1


def test_crops_at_the_corner_and_of_one_cell_have_pixels():
    pixels = np.zeros((48, 64, 3), np.uint8)
    for rows, columns in (((11, 12), (15, 16)), ((0, 1), (0, 1)), ((0, 12), (0, 16))):
        assert min(crop(pixels, proposal_of(rows, columns), (12, 16)).shape[:2]) >= 4


def test_scores_are_shared_and_the_rest_has_none():
    items = [
        proposal_of((0, 4), (0, 4), iou=0.9),
        proposal_of((0, 4), (0, 4), iou=0.8),
        proposal_of((6, 9), (6, 9), iou=0.7),
        proposal_of((6, 9), (0, 3), iou=0.2),
    ]
    looked_at = to_look_at(items)
    assert looked_at == {0: [0, 1], 2: [2]}
    vectors = np.array([[1, 0], [0, 1]], np.float32)
    ranking = rank("cat", np.array([0, 1], np.float32), vectors, looked_at, len(items))
    assert ranking.scores == (0, 0, 1, None)
    assert ranking.words == "cat" and ranking.most == 1


def test_without_good_proposals_nothing_is_scored():
    ranking = rank("cat", np.ones(2, np.float32), np.zeros((0, 2), np.float32), {}, 3)
    assert ranking.scores == (None, None, None) and ranking.most == 1


def test_not_more_crops_than_a_visitor_would_wait_for():
    items = [proposal_of((row, row + 1), (col, col + 1)) for row in range(12) for col in range(16)]
    assert len(to_look_at(items)) == MOST_CROPS
