"""The small sums of the chat, and the boxes that a hand draws."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MANY = settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck))
SHARES = st.floats(0, 1, allow_nan=False)
SIZE = {"width": 300, "height": 200}


@MANY
@given(st.lists(st.lists(SHARES, max_size=10), min_size=60, max_size=120))
def test_the_rest_is_what_is_missing_to_one(call_all, lists):
    cases = [[[["word", part, 1] for part in parts]] for parts in lists]
    for parts, rest in zip(lists, call_all("chat/sureness", "restOf", cases), strict=True):
        assert 0 <= rest <= 1
        assert rest == pytest.approx(max(0, 1 - sum(parts)), abs=1e-9)


def test_the_least_sure_word_has_letters(call_all):
    words = [{"t": " a", "p": 0.9}, {"t": " ", "p": 0.1}, {"t": " cat", "p": 0.4}]
    found = call_all("chat/sureness", "leastSure", [[words], [words[1:2]], [[]]])
    assert found == [2, -1, -1]


def test_steps_of_sureness(call_all):
    cases = [[p] for p in (1, 0.8, 0.79, 0.4, 0.39, 0)]
    steps = ["sure", "sure", "unsure", "unsure", "guess", "guess"]
    assert call_all("chat/sureness", "stepOf", cases) == steps


def test_a_word_that_adds_nothing_is_named_by_the_list_of_the_ten(call_all):
    space = {"t": "", "id": 7, "o": [["", 0.6, 2], [" ", 0.2, 7]]}
    half = {"t": "", "id": 8, "o": [["\ufffd", 0.9, 8]]}
    found = call_all("chat/sureness", "ownText", [[space], [half], [half | {"id": 9, "t": "a"}]])
    assert found == [" ", "\ufffd", "a"]


@MANY
@given(st.lists(st.text("ab \n\t，貓\u3000", max_size=6), min_size=60, max_size=120))
def test_a_text_taken_apart_joins_to_itself(call_all, texts):
    found = call_all("chat/sureness", "apart", [[text] for text in texts])
    for text, (before, seen, after) in zip(texts, found, strict=True):
        assert before + seen + after == text
        assert seen == text.strip() and (before + after).strip() == ""


@MANY
@given(
    st.lists(
        st.tuples(
            st.floats(-50, 400), st.floats(-50, 400), st.floats(-50, 400), st.floats(-50, 400)
        ),
        min_size=60,
        max_size=120,
    )
)
def test_boxes_stay_in_order_and_inside(call_all, corners):
    cases = [[[x0, y0], [x1, y1], SIZE] for x0, y0, x1, y1 in corners]
    boxes = call_all("shared/boxes", "boxOf", cases)
    drawn = [
        box
        for box, (x0, y0, x1, y1) in zip(boxes, corners, strict=True)
        # A box wholly beside the picture is given up by its size.
        if max(x0, x1) >= 0 and min(x0, x1) <= 300 and max(y0, y1) >= 0 and min(y0, y1) <= 200
    ]
    assert drawn
    for left, top, right, bottom in drawn:
        assert 0 <= left <= right <= 300 and 0 <= top <= bottom <= 200


@MANY
@given(st.lists(st.tuples(st.integers(-400, 400), st.integers(-400, 400)), min_size=60))
def test_a_moved_box_keeps_its_size_and_stays_inside(call_all, steps):
    box = [40, 50, 140, 120]
    for left, top, right, bottom in call_all(
        "shared/boxes", "moved", [[box, list(by), SIZE] for by in steps]
    ):
        assert (right - left, bottom - top) == (100, 70)
        assert left >= 0 and top >= 0 and right <= 300 and bottom <= 200
    for left, top, right, bottom in call_all(
        "shared/boxes", "stretched", [[box, list(by), SIZE, 8] for by in steps]
    ):
        assert (left, top) == (40, 50)
        assert left + 8 <= right <= 300 and top + 8 <= bottom <= 200
