"""ScienceQA's columns on a small set counted by hand, and its published rows."""

from __future__ import annotations

import pytest

from playground.vqa.items import Item
from playground.vqa.published_rows import PUBLISHED_ROWS
from playground.vqa.science_qa import COLUMNS, choice_prompt, column_scores, columns_of


def problem(subject, grade, hint="", picture=""):
    return Item(
        "1",
        "which?",
        "en",
        ("x",),
        picture,
        choices=("x", "y"),
        right_choice=0,
        hint=hint,
        facts={"subject": subject, "grade": grade},
    )


BOTH = problem("natural science", "grade2", hint="h", picture="p")
PICTURE = problem("social science", "grade7", picture="p")
TEXT = problem("language science", "grade6", hint="h")
NEITHER = problem("natural science", "grade12")


@pytest.mark.parametrize(
    ("item", "columns"),
    [
        (BOTH, ("NAT", "TXT", "IMG", "G1-6", "Avg")),
        (PICTURE, ("SOC", "IMG", "G7-12", "Avg")),
        (TEXT, ("LAN", "TXT", "G1-6", "Avg")),
        (NEITHER, ("NAT", "NO", "G7-12", "Avg")),
        (problem("cooking", "kindergarten"), ("NO", "Avg")),
        (problem("cooking", "grade13"), ("NO", "Avg")),
        (problem("cooking", "grade\u00b2"), ("NO", "Avg")),
    ],
)
def test_columns_of_a_question(item, columns):
    assert columns_of(item) == columns


def test_scores_by_hand():
    scores = column_scores([(BOTH, 1.0), (PICTURE, 0.0), (TEXT, 1.0), (NEITHER, 0.0)])
    assert scores == {
        "NAT": (2, 0.5),
        "SOC": (1, 0.0),
        "LAN": (1, 1.0),
        "TXT": (2, 1.0),
        "IMG": (2, 0.5),
        "NO": (1, 0.0),
        "G1-6": (2, 1.0),
        "G7-12": (2, 0.0),
        "Avg": (4, 0.5),
    }
    assert tuple(scores) == COLUMNS
    assert "SOC" not in column_scores([(BOTH, 1.0)])


def test_the_prompt_of_llava():
    assert choice_prompt(BOTH, last_line="Choose.") == "Context: h\nwhich?\nA. x\nB. y\nChoose."
    assert choice_prompt(NEITHER, last_line="Choose.") == "which?\nA. x\nB. y\nChoose."


def test_published_rows_are_whole_and_plausible():
    for row in PUBLISHED_ROWS:
        assert len(row.percents) == len(COLUMNS) and row.url.startswith("https://arxiv.org/")
        # Every question has one subject and one group of grades: the mean lies between them.
        for names in (("NAT", "SOC", "LAN"), ("G1-6", "G7-12")):
            parts = [row.percent(name) for name in names]
            assert min(parts) <= row.percent("Avg") <= max(parts), row.method
    by_method = {row.method: row.percent("Avg") for row in PUBLISHED_ROWS}
    assert by_method["Random chance"] == 39.83 and by_method["LLaVA + GPT-4"] == 92.53
