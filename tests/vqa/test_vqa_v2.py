"""VQAv2 accuracy on cases worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.vqa.vqa_v2 import vqa_accuracy

OTHERS = ["blue", "green", "grey", "black", "brown", "pink", "gold", "white", "teal", "plum"]


@pytest.mark.parametrize(
    ("matches", "score"),
    [
        (0, 0.0),
        # One person agrees: in 9 of 10 subsets 1 match, in the one without that person none.
        (1, 9 / 10 * 1 / 3),
        # Two: in 8 subsets 2 matches, in 2 subsets 1: (8 * 2/3 + 2 * 1/3) / 10.
        (2, 0.6),
        # Three: in 7 subsets 3 matches, in 3 subsets 2: (7 + 3 * 2/3) / 10.
        (3, 0.9),
        (4, 1.0),
        (10, 1.0),
    ],
)
def test_leave_one_out(matches, score):
    answers = ["red"] * matches + OTHERS[: 10 - matches]
    assert vqa_accuracy("red", answers) == pytest.approx(score)


def test_both_sides_are_normalised():
    answers = ["2", "two", "Two.", "the two", *OTHERS[:6]]
    assert vqa_accuracy("two", answers) == 1.0
    assert vqa_accuracy("TWO?", answers) == 1.0
    assert vqa_accuracy("three", answers) == 0.0


def test_other_numbers_of_people():
    # Two people who agree: each subset has one answer, which matches once: 1/3.
    assert vqa_accuracy("yes", ["yes", "yes"]) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="two answers"):
        vqa_accuracy("yes", ["yes"])


@given(st.lists(st.sampled_from(["yes", "no", "2"]), min_size=2, max_size=12))
def test_more_agreement_never_scores_less(answers):
    scores = {said: vqa_accuracy(said, answers) for said in ("yes", "no", "2")}
    assert all(0 <= score <= 1 for score in scores.values())
    for one in scores:
        for other in scores:
            if answers.count(one) >= answers.count(other):
                assert scores[one] >= scores[other] - 1e-12
