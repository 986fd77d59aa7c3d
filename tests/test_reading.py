import doctest
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import reading
from playground.catalog import CATALOG, entry
from playground.reading import can_read, language_to_find, readers

ENGLISH, CHINESE, BOTH = ("en",), ("zh-Hant",), ("en", "zh-Hant")
KNOWN = ("en", "zh-Hant")


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("a red cat", True, False),
        ("紅色的貓", False, True),
        ("cat 和 dog", False, True),
        ("ｃａｔ", True, False),
        ("café", True, False),
        ("кот", False, True),
        ("", True, True),
        ("123 😀 !?", True, True),
    ],
)
def test_letters_tell_who_can_read(text, english, chinese):
    assert can_read(text, ENGLISH) == english
    assert can_read(text, CHINESE) == chinese
    assert can_read(text, BOTH)


@given(st.text(max_size=40))
def test_any_text_can_be_read_by_somebody(text):
    assert can_read(text, ENGLISH) or can_read(text, CHINESE)


def test_examples_in_the_docstrings():
    assert doctest.testmod(reading).failed == 0


def test_what_is_missing():
    mini = entry("mini-clip")
    english, chinese = replace(mini, languages=ENGLISH), replace(mini, languages=CHINESE)
    assert language_to_find(english, "zh-Hant", [], KNOWN) == "zh-Hant"
    assert language_to_find(english, "en", ["一隻貓", ""], KNOWN) == "zh-Hant"
    assert language_to_find(english, "en", ["a cat"], KNOWN) is None
    assert language_to_find(chinese, "en", [], KNOWN) == "en"
    assert language_to_find(chinese, "zh-Hant", ["a cat"], KNOWN) == "en"
    assert language_to_find(chinese, "zh-Hant", ["一隻貓"], KNOWN) is None
    assert language_to_find(mini, "zh-Hant", ["a cat", "貓"], KNOWN) is None


def test_those_on_this_machine_come_first_and_published_before_built_in():
    clip = [item for item in CATALOG if item.family == "clip"]
    found = readers(clip, "zh-Hant", lambda item: item.key in ("mini-clip", "siglip2-b16"))
    assert [item.key for item in found] == [
        "siglip2-b16",
        "mini-clip",
        "metaclip2-b32",
        "chinese-clip-b16",
    ]
    assert readers(clip, "zh-Hant", lambda item: item.is_built_in)[0].key == "mini-clip"
