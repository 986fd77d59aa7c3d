"""What arrives from a browser is measured before a model sees it."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.segmenting.prompts import (
    MOST_POINTS,
    read_logits,
    read_prompts,
    read_steps,
    write_logits,
)
from playground.sentences import read_sentences
from playground.visitors.errors import PersonError
from tests.segmenting.fakes import encoded_of

ENCODED = encoded_of((48, 64))
NAN, INF = float("nan"), float("inf")


def key_of(told):
    with pytest.raises(PersonError) as caught:
        read_prompts(told, ENCODED)
    assert caught.value.key in read_sentences("en")
    return caught.value.key.removeprefix("segment.mistake.")


def test_points_and_a_box_as_they_were_sent():
    told = {"points": [[1.5, 2.25, 1], [63.5, 47.5, 0]], "box": [1, 2, 30, 40], "multimask": True}
    prompts = read_prompts(told, ENCODED)
    assert prompts.points_xy.tolist() == [[1.5, 2.25], [63.5, 47.5]]
    assert prompts.labels.tolist() == [1, 0] and prompts.is_multimask
    assert prompts.box_xyxy.tolist() == [1, 2, 30, 40] and prompts.mask_logits is None
    assert prompts.points_xy.dtype == prompts.box_xyxy.dtype == np.float32


def test_edges_of_the_picture_are_inside():
    corners = [[0, 0, 1], [64, 0, 1], [0, 48, 1], [64, 48, 0]]
    assert len(read_prompts({"points": corners}, ENCODED).points_xy) == 4


@pytest.mark.parametrize("box", [[30, 40, 1, 2], [30, 2, 1, 40], [1, 40, 30, 2]])
def test_a_box_drawn_backwards_is_in_order(box):
    assert read_prompts({"box": box}, ENCODED).box_xyxy.tolist() == [1, 2, 30, 40]


@pytest.mark.parametrize("box", [[5, 5, 5, 5], [5, 5, 5, 20], [5, 5, 20, 5]])
def test_a_box_without_area(box):
    assert key_of({"box": box}) == "box_empty"


@pytest.mark.parametrize(
    "point", [[-1, 5, 1], [5, -0.5, 1], [64.5, 5, 1], [5, 48.5, 1], [1e8, 5, 1]]
)
def test_clicks_outside(point):
    assert key_of({"points": [point]}) == "outside"
    assert key_of({"box": [point[0], point[1], 20, 20]}) == "outside"


@pytest.mark.parametrize(
    "point",
    [
        [NAN, 5, 1],
        [5, INF, 1],
        [5, -INF, 1],
        [1e300, 5, 1],
        [10**400, 5, 1],
        ["5", 5, 1],
        [None, 5, 1],
        [True, 5, 1],
        [5, 5, 2],
        [5, 5, -1],
        [5, 5, 0.5],
        [5, 5],
        [5, 5, 1, 1],
        "551",
        {"x": 5},
        None,
    ],
    ids=repr,
)
def test_what_is_no_click(point):
    assert key_of({"points": [point]}) == "form"


@pytest.mark.parametrize("box", [[NAN, 1, 2, 3], [1, 2, 3], "1234", {}, [1, 2, 3, None], 7])
def test_what_is_no_box(box):
    assert key_of({"box": box}) == "form"


@pytest.mark.parametrize("multimask", [1, "true", None, []])
def test_what_is_no_yes_or_no(multimask):
    assert key_of({"points": [[5, 5, 1]], "multimask": multimask}) == "form"


def test_a_thousand_clicks():
    many = [[5 + 0.01 * n, 5, 1] for n in range(1000)]
    assert key_of({"points": many}) == "too_many"
    assert key_of({"points": many[: MOST_POINTS + 1]}) == "too_many"
    assert len(read_prompts({"points": many[:MOST_POINTS]}, ENCODED).labels) == MOST_POINTS


def test_the_same_place_wanted_and_not_wanted():
    assert key_of({"points": [[5, 5, 1], [9, 9, 1], [5, 5, 0]]}) == "both"
    assert len(read_prompts({"points": [[5, 5, 1], [5, 5, 1]]}, ENCODED).labels) == 2


@pytest.mark.parametrize("told", [{}, {"points": []}, {"points": None, "box": None}])
def test_nothing_asked(told):
    assert key_of(told) == "no_prompt"
    assert key_of(told | {"mask": write_logits(np.zeros((16, 16)))}) == "no_prompt"


def test_logits_come_back():
    logits = np.random.default_rng(1).normal(size=(16, 16)).astype(np.float16)
    assert (read_logits(write_logits(logits), (16, 16)) == logits).all()


@pytest.mark.parametrize(
    "mask",
    [
        "",
        "%%%%",
        "é" * 700,
        7,
        ["a"],
        base64.b64encode(b"\0" * 510).decode(),
        base64.b64encode(b"\0" * 514).decode(),
        "A" * 10**6,
        write_logits(np.full((16, 16), np.nan)),
        write_logits(np.full((16, 16), np.inf)),
    ],
    ids=lambda mask: repr(mask)[:20],
)
def test_what_is_no_mask(mask):
    assert key_of({"points": [[5, 5, 1]], "mask": mask}) == "mask"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("points", "box", "mask", "steps"), JSON)))
def test_whatever_arrives_is_prompts_or_a_sentence(told):
    for read in (
        lambda: read_prompts(told, ENCODED),
        lambda: read_steps(told.get("steps"), (48, 64)),
    ):
        try:
            read()
        except PersonError as error:
            assert error.key in read_sentences("en")


def test_steps_as_they_were_taken():
    told = [
        {
            "points": [[5, 6, 1]],
            "box": None,
            "multimask": True,
            "chosen": 2,
            "uses_previous": False,
        },
        {"points": [[5, 6, 1], [9, 9, 0]], "box": [1, 1, 20, 20], "uses_previous": True},
    ]
    first, second = read_steps(json.loads(json.dumps(told)), (48, 64))
    assert first.points_xy == [(5, 6)] and first.chosen == 2 and first.is_multimask
    assert second.box_xyxy == (1, 1, 20, 20) and second.uses_previous and second.chosen == 0


@pytest.mark.parametrize(
    ("steps", "key"),
    [
        (None, "form"),
        ({}, "form"),
        ([], "no_prompt"),
        (["a"], "form"),
        ([{}], "no_prompt"),
        ([{"points": [[5, 5, 1]], "chosen": 3}], "form"),
        ([{"points": [[5, 5, 1]], "chosen": "0"}], "form"),
        ([{"points": [[5, 5, 1]], "chosen": 0.5}], "form"),
        ([{"points": [[5, 5, 1]], "multimask": 1}], "form"),
        ([{"points": [[500, 5, 1]]}], "outside"),
        ([{"points": [[5, 5, 1]]}] * 1000, "form"),
    ],
)
def test_steps_that_cannot_be_repeated(steps, key):
    with pytest.raises(PersonError) as caught:
        read_steps(steps, (48, 64))
    assert caught.value.key == f"segment.mistake.{key}"
