"""What a comparison draws: every value checked, only what is compared differs."""

from __future__ import annotations

import itertools
import math
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.drawing.orders import read_order
from playground.page.draw_compare_plan import (
    AXES,
    MOST_CELLS,
    blend_orders,
    fill_pattern,
    order_key,
    read_plan,
)
from playground.visitors.errors import PersonError
from tests.drawing.entries import drawing_entry
from tests.drawing.fakes import order_of

TOY = drawing_entry()
GRID = {
    "mode": "grid",
    "kind": "seed_guidance",
    "words": "a cat",
    "rows": [1, 2],
    "columns": [1, 4, 8],
}
CHANGE = {"mode": "change", "words": "a cat", "second": "a dog", "seed": 5}
BLEND = {"mode": "blend", "words": "a cat", "second": "a dog", "seed": 5, "count": 5}


def plan_of(fields):
    return read_plan(TOY, fields, lambda asked: read_order(TOY, asked))


def differing(orders):
    """Names of what is not the same in all orders."""
    facts = [asdict(order) for order in orders]
    return {name for name in facts[0] if len({repr(fact[name]) for fact in facts}) > 1}


def test_a_grid_of_seeds_and_guidance_differs_in_nothing_else():
    plan = plan_of(GRID)
    assert [(o.seed, o.guidance) for o in plan.orders] == [
        *((1, 1.0), (1, 4.0), (1, 8.0)),
        *((2, 1.0), (2, 4.0), (2, 8.0)),
    ]
    assert differing(plan.orders) == {"seed", "guidance"}
    assert (plan.rows, plan.columns, plan.axes) == ((1, 2), (1, 4, 8), ("seed", "guidance"))


def test_a_grid_of_steps_and_samplers():
    fields = {**GRID, "kind": "steps_scheduler", "rows": [5, 10], "columns": ["ddim", "euler"]}
    plan = plan_of(fields)
    assert [(o.steps, o.scheduler) for o in plan.orders] == [
        *((5, "ddim"), (5, "euler"), (10, "ddim"), (10, "euler")),
    ]
    assert differing(plan.orders) == {"steps", "scheduler"}


def test_a_grid_of_words_fills_the_pattern():
    fields = {
        **GRID,
        "kind": "words_words",
        "words": "{A} {B}",
        "rows": ["a cat", "a bus"],
        "columns": ["in the snow", "at night"],
    }
    plan = plan_of(fields)
    assert [order.words for order in plan.orders] == [
        *("a cat in the snow", "a cat at night", "a bus in the snow", "a bus at night"),
    ]
    assert differing(plan.orders) == {"words"}


@pytest.mark.parametrize("fields", [GRID | {"kind": "steps_scheduler"}, CHANGE, BLEND])
def test_without_a_seed_all_pictures_share_one_and_it_is_told(fields):
    fields = {**fields, "seed": None}
    if fields["mode"] == "grid":
        fields |= {"rows": [5, 10], "columns": ["ddim"]}
    plan = plan_of(fields)
    assert len({order.seed for order in plan.orders}) == 1
    assert [note.values["seed"] for note in plan.notes] == [plan.orders[0].seed]


def test_a_grid_of_seeds_tells_of_no_seed_of_its_own():
    assert plan_of({**GRID, "seed": None}).notes == ()


def test_one_word_changed_changes_nothing_but_the_words():
    plan = plan_of(CHANGE)
    assert plan.words == ("a cat", "a dog")
    assert differing(plan.orders) == {"words"}


def test_a_blend_goes_from_one_prompt_to_the_other():
    plan = plan_of(BLEND)
    assert [order.blend for order in plan.orders] == [0, 0.25, 0.5, 0.75, 0]
    assert plan.shares == (0, 0.25, 0.5, 0.75, 1)
    # The ends are the prompts themselves, which any other comparison may have drawn.
    assert [order.words for order in plan.orders] == ["a cat"] * 4 + ["a dog"]
    assert [order.blend_words for order in plan.orders] == ["", "a dog", "a dog", "a dog", ""]
    assert {order.seed for order in plan.orders} == {5}


@given(st.integers(3, 30))
def test_blends_are_evenly_spaced(count):
    orders = blend_orders(order_of(words="a"), "b", count)
    assert len(orders) == count
    shares = [0.0, *(order.blend for order in orders[1:-1]), 1.0]
    steps = [after - before for before, after in itertools.pairwise(shares)]
    assert all(math.isclose(step, 1 / (count - 1)) for step in steps)


def test_values_count_once():
    plan = plan_of({**GRID, "rows": [1, 1, 1.0, 2], "columns": [4]})
    assert [order.seed for order in plan.orders] == [1, 2]


def test_what_is_done_to_many_pictures_is_told_once():
    plan = plan_of({**GRID, "without": "a dog", "columns": [1]})
    assert [note.key for note in plan.notes] == ["draw.note.without_guidance"]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"mode": "other"}, "mistake.choice"),
        ({"mode": None}, "mistake.choice"),
        ({"kind": "words_seed"}, "mistake.choice"),
        ({"rows": []}, "draw.mistake.compare.empty_axis"),
        ({"rows": None}, "draw.mistake.compare.empty_axis"),
        ({"rows": "1, 2"}, "draw.mistake.compare.empty_axis"),
        ({"rows": [True]}, "draw.mistake.compare.empty_axis"),
        ({"rows": [None]}, "draw.mistake.compare.empty_axis"),
        ({"rows": [[1]]}, "draw.mistake.compare.empty_axis"),
        ({"rows": list(range(37))}, "draw.mistake.compare.too_many"),
        ({"rows": list(range(13)), "columns": [1, 2, 3]}, "draw.mistake.compare.too_many"),
        ({"rows": [-1]}, "mistake.number.range"),
        ({"rows": [1.5]}, "mistake.number.not_whole"),
        ({"rows": ["1"]}, "mistake.number.not_a_number"),
        ({"rows": [float("nan")]}, "mistake.number.not_a_number"),
        ({"columns": [float("inf")]}, "mistake.number.range"),
        ({"columns": [0]}, "mistake.number.range"),
        ({"words": ""}, "mistake.words.empty"),
        ({"words": ["a cat"]}, "mistake.words.not_text"),
        ({"words": "a" * 2000}, "mistake.words.too_long"),
        ({"seed": 2**32}, "mistake.number.range"),
        ({"kind": "words_words", "rows": [1]}, "mistake.words.not_text"),
        ({"kind": "words_words", "rows": ["a"], "columns": ["b"], "words": 7}, "mistake.words"),
        ({"kind": "steps_scheduler", "rows": [5], "columns": ["magic"]}, "mistake.choice"),
        ({"kind": "steps_scheduler", "rows": [100_000], "columns": ["ddim"]}, "mistake.number"),
    ],
)
def test_what_a_grid_cannot_be_made_of_is_told(changes, key):
    with pytest.raises(PersonError) as raised:
        plan_of({**GRID, **changes})
    assert raised.value.key.startswith(key)


@pytest.mark.parametrize("fields", [CHANGE, BLEND])
@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"second": ""}, "mistake.words.empty"),
        ({"second": None}, "mistake.words.empty"),
        ({"second": 3}, "mistake.words.not_text"),
        ({"second": " a\u200b cat "}, "draw.mistake.compare.same"),
        ({"words": "  "}, "mistake.words.empty"),
    ],
)
def test_two_prompts_must_be_there_and_differ(fields, changes, key):
    with pytest.raises(PersonError) as raised:
        plan_of({**fields, **changes})
    assert raised.value.key == key


@pytest.mark.parametrize("count", [2, 10, 0, -1, 5.5, "5", None, True, float("nan")])
def test_a_blend_has_three_to_nine_pictures(count):
    with pytest.raises(PersonError):
        plan_of({**BLEND, "count": count})


WORDS = st.text(st.characters(exclude_characters="{}"), max_size=8)


@given(st.text(max_size=30), WORDS, WORDS)
def test_words_of_people_are_never_read_as_places(pattern, row, column):
    whole = fill_pattern(pattern, row, column)
    bare = pattern.replace("{A}", "").replace("{B}", "")
    assert row in whole and column in whole
    assert whole.count("{") == bare.count("{")


def test_words_with_braces_stay_as_they_are():
    assert fill_pattern("{A} {B} {C}", "{B}", "{A}") == "{B} {A} {C}"
    assert fill_pattern("", "a", "b") == "a b"
    assert fill_pattern("{B}: {A}, {A}", "a", "b") == "b: a, a"


def test_orders_are_told_apart_by_all_that_is_compared():
    orders = [order for kind in AXES for order in plan_of(_fields(kind)).orders]
    orders += [*plan_of(CHANGE).orders, *plan_of(BLEND).orders[1:-1]]
    keys = [order_key(order) for order in orders]
    assert len(set(keys)) == len(orders)
    assert order_key(order_of(words="a")) == order_key(order_of(words="a"))


def _fields(kind):
    values = {
        "seed_guidance": ([1, 2], [3, 5]),
        "steps_scheduler": ([5, 10], ["ddim", "euler"]),
        "words_words": (["x", "y"], ["z"]),
    }
    rows, columns = values[kind]
    return {**GRID, "kind": kind, "rows": rows, "columns": columns, "seed": 9}


def test_the_most_cells_can_be_drawn():
    plan = plan_of({**GRID, "rows": list(range(6)), "columns": [1, 2, 3, 4, 5, 6]})
    assert len(plan.orders) == MOST_CELLS
