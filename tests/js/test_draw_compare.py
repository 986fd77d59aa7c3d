"""The small sums of Compare: values of an axis, what differs between sentences and pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.page.draw_compare_plan import AXES, MOST_CELLS, fill_pattern
from tests.js.conftest import picture

MANY = settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck))


def test_numbers_stand_apart_by_commas_or_spaces(call_all):
    cases = ["1, 2,3", "1 2  3", "１，２、３", "1;2；3", "4.5, 1e1", "2, 2, 2", "", " , ", "-1"]
    found = call_all("draw/compare_axes", "numbersIn", [[case] for case in cases])
    assert found == [[1, 2, 3]] * 4 + [[4.5, 10], [2], [], [], [-1]]


@pytest.mark.parametrize("text", ["1, two", "1,2,x", "Infinity", "1-3", "NaN"])
def test_what_is_no_number_is_not_read_over(call_all, text):
    assert call_all("draw/compare_axes", "numbersIn", [[text]]) == [None]


def test_lines_count_once_and_empty_ones_not(call_all):
    found = call_all("draw/compare_axes", "linesIn", [["a cat\n\n  a dog \na cat\n"], [" \n"]])
    assert found == [["a cat", "a dog"], []]


@MANY
@given(st.lists(st.tuples(*[st.text("ab {}AB", max_size=9)] * 3), min_size=40, max_size=80))
def test_patterns_are_filled_as_the_server_fills_them(call_all, cases):
    found = call_all("draw/compare_axes", "filled", [list(case) for case in cases])
    assert found == [fill_pattern(*case) for case in cases]


def test_the_page_and_the_server_know_the_same_grids(module_page):
    kinds, most = module_page.evaluate(
        "import('/draw/compare_axes.js').then(({ KINDS, MOST_CELLS }) => [KINDS, MOST_CELLS])"
    )
    assert kinds == {kind: list(axes) for kind, axes in AXES.items()}
    assert most == MOST_CELLS


def test_how_many_pictures_it_takes(call_all):
    cases = [
        {"mode": "grid", "count": 5, "rows": [1, 2], "columns": [1, 2, 3]},
        {"mode": "grid", "count": 5, "rows": None, "columns": [1]},
        {"mode": "blend", "count": 5, "rows": [1], "columns": [1]},
        {"mode": "change", "count": 5},
    ]
    assert call_all("draw/compare_axes", "cellsOf", [[case] for case in cases]) == [6, 0, 5, 2]


WORDS = st.lists(st.sampled_from(["a", "cat", "dog", "貓", "狗", "on", " ", "，"]), max_size=8)


@MANY
@given(st.lists(st.tuples(WORDS.map("".join), WORDS.map("".join)), min_size=60, max_size=100))
def test_start_middle_and_end_give_both_sentences_again(call_all, pairs):
    found = call_all("draw/compare_words", "changeIn", [list(pair) for pair in pairs])
    for (before, after), one in zip(pairs, found, strict=True):
        assert one["start"] + one["before"] + one["end"] == before
        assert one["start"] + one["after"] + one["end"] == after
        assert (before == after) == (one["before"] == one["after"] == "")


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        ("a cat on the grass", "a dog on the grass", ("a ", "cat", "dog", " on the grass")),
        ("草地上的一隻貓", "草地上的一隻狗", ("草地上的一隻", "貓", "狗", "")),
        ("a cat", "a cat, at night", ("a ", "cat", "cat, at night", "")),
        ("a category", "a cat", ("a ", "category", "cat", "")),
        ("", "a cat", ("", "", "a cat", "")),
    ],
)
def test_the_word_that_changed(call_all, before, after, parts):
    (found,) = call_all("draw/compare_words", "changeIn", [[before, after]])
    assert (found["start"], found["before"], found["after"], found["end"]) == parts


def with_alpha(pixels):
    alpha = np.full((*pixels.shape[:2], 1), 255, np.uint8)
    return picture(np.concatenate([pixels, alpha], axis=2))


def test_where_pictures_differ_and_by_how_much(call_all):
    rng = np.random.default_rng(1)
    before = rng.integers(0, 256, (6, 9, 3), np.uint8)
    after = rng.integers(0, 256, (6, 9, 3), np.uint8)
    after[:2] = before[:2]
    (found,) = call_all(
        "draw/compare_difference", "differenceOf", [[with_alpha(before), with_alpha(after)]]
    )
    wanted = np.abs(before.astype(float) - after.astype(float)).mean(axis=2) / 255
    assert np.allclose(found["change"].reshape(6, 9), wanted, atol=1e-6)
    assert found["share"] == pytest.approx((wanted >= 0.1).mean())
    assert (found["change"][:18] == 0).all()


def test_the_same_picture_does_not_differ(call_all):
    same = with_alpha(np.full((4, 4, 3), 90, np.uint8))
    (found,) = call_all("draw/compare_difference", "differenceOf", [[same, same]])
    assert found["share"] == 0 and not found["change"].any()
