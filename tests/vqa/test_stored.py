"""A run that was made beforehand: read only for the same files and the same questions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from playground.vqa.items import Item, QuestionSet, Reply
from playground.vqa.runner import measure
from playground.vqa.stored import read_stored, stored_file, write_stored

ITEMS = tuple(Item(str(n), "q?", "en", ("yes",), "a.png", kind="k") for n in range(3))
QUESTIONS = QuestionSet("emoji", ITEMS, "exact", lambda name: None, whole=3)


@pytest.fixture
def file(tmp_path):
    result = measure(
        ITEMS,
        "exact",
        lambda some: [Reply("yes" if item.id == "1" else "no") for item in some],
        lambda _: None,
        lambda: False,
    )
    path = stored_file("mini", "en", tmp_path)
    write_stored(result, "abc", path)
    return path


def test_it_is_judged_anew(file):
    result = read_stored(file, "abc", QUESTIONS)
    assert result.is_whole and [one.score for one in result.judged] == [0.0, 1.0, 0.0]
    other = replace(QUESTIONS, items=tuple(replace(item, answers=("no",)) for item in ITEMS))
    assert read_stored(file, "abc", other).score == pytest.approx(2 / 3)


def test_it_is_of_other_files_or_other_questions(file, tmp_path):
    assert read_stored(file, "abd", QUESTIONS) is None
    assert read_stored(file, "abc", replace(QUESTIONS, items=ITEMS[:2])) is None
    assert read_stored(tmp_path / "absent.json", "abc", QUESTIONS) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"fingerprint": "abc", "said": 7}'])
def test_a_damaged_one_is_none(file, text):
    file.write_text(text)
    assert read_stored(file, "abc", QUESTIONS) is None
