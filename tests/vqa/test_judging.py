"""Which option an answer names, and what an answer is worth."""

from __future__ import annotations

import pytest

from playground.vqa.items import Item, Reply
from playground.vqa.judging import choice_in, judge

FRUIT = ("apple", "banana", "cherry")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("B", 1),
        (" b ", 1),
        ("(C)", 2),
        ("A.", 0),
        ("B. banana", 1),
        ("C) cherry", 2),
        ("B: because", 1),
        ("The answer is C.", 2),
        ("Answer: (B)", 1),
        ("the answer is c", 2),
        ("banana", 1),
        ("Banana.", 1),
        ("D", None),
        ("a banana", None),
        ("I think so", None),
        ("", None),
        ("apple and banana", None),
        ("The answer is an apple", None),
    ],
)
def test_the_option_in_an_answer(text, place):
    assert choice_in(text, FRUIT) == place


def test_words_of_an_option_come_before_letters():
    assert choice_in("B", ("B", "A", "0")) == 0
    assert choice_in("A", ("B", "A", "0")) == 1


def item(**changes):
    return Item("1", "what?", "en", **({"answers": ("two cats", "cats")} | changes))


def test_free_answers_word_for_word():
    assert judge(item(), Reply("Two cats."), "exact") == 1.0
    assert judge(item(), Reply("cats"), "exact") == 1.0
    assert judge(item(), Reply("2 cats"), "exact") == 0.0
    assert judge(item(), Reply(""), "exact") == 0.0


def test_free_answers_by_people():
    people = item(answers=("2",) * 3 + ("3",) * 7)
    assert judge(people, Reply("two"), "vqa_v2") == pytest.approx(0.9)


def test_a_choice_counts_by_its_place_whatever_the_metric():
    one = item(answers=("banana",), choices=FRUIT, right_choice=1)
    assert [judge(one, Reply("", place), "vqa_v2") for place in (0, 1, None)] == [0.0, 1.0, 0.0]
