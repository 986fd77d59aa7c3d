"""The shipped questions: whole, in both languages, small, given away."""

from __future__ import annotations

import json

import pytest

from playground.sentences import read_sentences
from playground.vqa.shipped import LANGUAGES, SHIPPED, ShippedSet

MOST_BYTES = 1_500_000


@pytest.fixture(scope="module")
def told():
    return json.loads((SHIPPED / "emoji.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_has_an_answer_a_picture_and_a_type_with_a_name(language):
    questions = ShippedSet().in_language(language)
    assert len({item.id for item in questions.items}) == len(questions.items) > 500
    names = read_sentences(language)
    for item in questions.items:
        assert item.question and item.answers[0] and item.language == language
        assert names[f"vqa.kind.{item.kind}"]
    assert questions.is_shared and questions.metric == "exact"
    assert questions.open_picture(questions.items[0].picture).pixels.shape == (256, 256, 3)


def test_pictures_listed_are_pictures_there(told):
    there = {path.name for path in (SHIPPED / "pictures").iterdir()}
    assert {one["picture"] for one in told["questions"]} == set(told["alt"]) == there
    assert all(set(words) == set(LANGUAGES) for words in told["alt"].values())


def test_it_says_where_it_comes_from(told):
    assert told["split"] == "test" and "CC0-1.0" in told["licence"]
    assert told["source"] == "python -m training.vqa_set"


def test_it_is_small():
    sizes = [path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()]
    assert sum(sizes) <= MOST_BYTES
