"""The talks that ship are what the model says: one is had again."""

from __future__ import annotations

import pytest

from playground.cache import Cache
from playground.catalog import cache_items, entry
from playground.chatting.questions import language_of_question
from playground.chatting.stored import EXAMPLES, STORED, read_questions, read_stored, stored_file
from playground.collection import read_collection
from playground.models import blip2
from playground.settings import read_settings
from playground.stored_talks import talk_about

QUESTIONS = read_questions()


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_the_opening_is_what_mini_blip2_says(language):
    item, collection = entry("mini-blip2"), read_collection()
    cache = Cache(cache_items([item], read_settings([], {})))
    picture = collection.read(collection.place_of(EXAMPLES[0]))
    seen = cache.batch(blip2.part_of(item, "eyes"), blip2.see, picture.pixels)
    talk = talk_about(cache, item, picture, seen, language, QUESTIONS[EXAMPLES[0]][language].asked)
    stored = read_stored(stored_file(STORED, item.key, EXAMPLES[0]), language)
    assert [reply.text for reply in stored.caption] == [reply.text for reply in talk.caption]
    for kept, made in zip(stored.turns, talk.turns, strict=True):
        assert kept.question == made.question and kept.replies[0].text == made.replies[0].text
        for word, again in zip(kept.replies[0].words, made.replies[0].words, strict=True):
            assert word.probability == pytest.approx(again.probability, abs=0.02)


def test_every_example_has_questions_in_both_languages():
    assert set(QUESTIONS) == set(EXAMPLES)
    assert all(set(asked) == {"en", "zh-Hant"} for asked in QUESTIONS.values())
    assert len(QUESTIONS[EXAMPLES[0]]["en"].asked) == 3


def test_what_is_offered_beside_was_not_asked_yet():
    for by_language in QUESTIONS.values():
        for language, about in by_language.items():
            assert len(about.tries) == 3 and not set(about.tries) & set(about.asked)
            expected = {language_of_question(one) for one in (*about.asked, *about.tries)}
            assert expected == {language}
