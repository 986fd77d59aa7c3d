"""Every published kind is measured: fetched from a local hub, asked a set, judged.

Tiny checkpoints with random weights: their scores mean nothing, how they are asked does.
"""

from __future__ import annotations

import json

import pytest

from playground.models import blip2
from playground.models.blip2_kinds import KINDS
from playground.page.measure_asking import LIKELIHOOD, WRITTEN
from playground.page.measuring import Measuring
from playground.visitors.errors import PersonError
from tests.demos.test_blip2_chat_published import (
    ANSWERING,
    CAPTIONER,
    CLASSES,
    KEYS,
    MATCHER,
    hub,
    service,
)
from tests.page.test_chat_measure import DOWNLOAD, NOTES, run, save_own

__all__ = ["hub", "service"]
FREE = [{"picture": "a.png", "question": f"what {n}?", "answer": "cat"} for n in range(3)]
CHOICES = [
    {"picture": "a.png", "question": f"which {n}?", "answer": "B", "choices": ["cat", "dog"]}
    for n in range(3)
]
ASKED = [key for key in ANSWERING if key != CAPTIONER]
READING = [key for key in ASKED if key != CLASSES]


@pytest.fixture(scope="module")
def measuring(service):
    return Measuring(service)


def samples(shown):
    (found,) = json.loads(shown[-1][DOWNLOAD]["value"])["samples"].values()
    return found


def test_the_kinds_are_all_tried():
    assert {*READING, CLASSES, CAPTIONER, MATCHER} == set(KEYS.values())


@pytest.mark.parametrize("key", ASKED)
def test_free_answers(measuring, tmp_path, key):
    found = samples(run(measuring, model=key, set_key="own", files=save_own(tmp_path, FREE)))
    assert len(found) == 3 and all(isinstance(one["resps"][0][0], str) for one in found)


@pytest.mark.parametrize("way", [LIKELIHOOD, WRITTEN])
@pytest.mark.parametrize("key", READING)
def test_options(measuring, tmp_path, key, way):
    files = save_own(tmp_path, CHOICES)
    shown = run(measuring, model=key, set_key="own", files=files, way=way)
    found = samples(shown)
    assert len(found) == 3
    can_score = KINDS[measuring.service.item(key).class_name].score is not None
    assert ("cannot tell" in shown[-1][NOTES]) == (way == LIKELIHOOD and not can_score)
    if way == LIKELIHOOD and can_score:
        assert {one["filtered_resps"][0] for one in found} <= {"A", "B"}


def test_classes_read_no_options(measuring, tmp_path):
    with pytest.raises(PersonError, match=r"vqa\.mistake\.no_choices"):
        run(measuring, model=CLASSES, set_key="own", files=save_own(tmp_path, CHOICES))


@pytest.mark.parametrize("key", [CAPTIONER, MATCHER])
def test_what_answers_no_questions_is_refused(measuring, key):
    with pytest.raises(PersonError, match=r"vqa\.mistake\.no_answers"):
        run(measuring, model=key)


def test_chinese_is_refused_where_it_is_not_read(measuring):
    key = next(
        key for key in ASKED if blip2.facts(measuring.service.item(key)).languages == ("en",)
    )
    with pytest.raises(PersonError, match=r"vqa\.mistake\.language"):
        run(measuring, model=key, language="zh-Hant")
