"""The file that is taken away: lmms-eval's layout, and ScienceQA's own."""

from __future__ import annotations

import json

import pytest

from playground.vqa.items import Item, QuestionSet, Reply
from playground.vqa.leaderboard import Scored
from playground.vqa.result_file import result_json
from playground.vqa.runner import measure

FREE = Item("a", "圖？", "zh-Hant", ("有", "是"), "a.png", kind="is_there")
CHOICE = Item(
    "7",
    "which?",
    "en",
    ("dog",),
    "",
    kind="natural science",
    choices=("cat", "dog"),
    right_choice=1,
    hint="h",
    facts={"subject": "natural science", "grade": "grade2"},
)


def written(items, replies, metric):
    questions = QuestionSet("set", items, metric, lambda name: None, whole=9)
    given = iter(replies)
    result = measure(
        items, metric, lambda some: [next(given) for _ in some], lambda _: None, lambda: False
    )
    scored = Scored("set", "m", "M", "r", "en", "written", len(items), 9, result.score, 0.0)
    return json.loads(result_json(questions, result, scored))


def test_free_answers():
    told = written((FREE,), [Reply("有。")], "exact")
    assert told["results"]["set"]["exact_match,none"] == 1.0
    assert told["results"]["set"]["by_type"] == {"is_there": 1.0}
    assert told["n-samples"]["set"] == {"original": 9, "effective": 1}
    (sample,) = told["samples"]["set"]
    assert sample["target"] == ["有", "是"] and sample["resps"] == [["有。"]]
    assert sample["exact_match"] == 1.0 and "scienceqa_results" not in told


def test_options():
    told = written((CHOICE,), [Reply("B", 1)], "choice")
    (sample,) = told["samples"]["set"]
    assert (sample["target"], sample["filtered_resps"]) == ("B", ["B"])
    assert sample["doc"]["choices"] == ["cat", "dog"] and sample["doc"]["hint"] == "h"
    assert told["scienceqa_results"] == {"7": 1}


def test_an_option_that_could_not_be_read():
    told = written((CHOICE,), [Reply("perhaps")], "choice")
    assert told["scienceqa_results"] == {"7": -1}
    assert told["results"]["set"]["unread_share"] == 1.0


def test_people():
    people = Item("a", "q?", "en", ("2",) * 3 + ("3",) * 7, "a.png")
    told = written((people,), [Reply("two")], "vqa_v2")
    assert told["results"]["set"]["vqa_accuracy,none"] == pytest.approx(0.9)
