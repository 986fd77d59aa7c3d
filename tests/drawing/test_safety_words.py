"""The list finds what stands on it, also hidden; passes over what is harmless; is quick."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.safety_words import MEASURED, wrong
from playground.drawing.safety_words import WORDS, WordList

LIST = WordList()
TOLD = json.loads(WORDS.read_text(encoding="utf-8"))
LATIN = [word for row in TOLD["blocked"].values() for word in row["en"]]
CHINESE = [word for row in TOLD["blocked"].values() for word in row["zh-Hant"]]


def reason(text: str, **more) -> str | None:
    hit = LIST.find(text, **more)
    return None if hit is None else hit.reason


@pytest.mark.parametrize("word", [*LATIN, *CHINESE])
def test_every_word_of_the_list_is_found(word):
    assert LIST.find(f"a picture, {word}, please") is not None
    assert LIST.find(word.upper()) is not None


@pytest.mark.parametrize("phrase", [*TOLD["harmless"]["en"], *TOLD["harmless"]["zh-Hant"]])
def test_harmless_phrases_are_passed_over(phrase):
    assert reason(phrase) is None
    assert reason(f"{phrase}, nude") == "sexual"


@pytest.mark.parametrize(
    "text",
    [
        "n u d e",
        "a n-u-d-e woman",
        "n.u.d.e",
        "s e x",
        "n4ked",
        "nuuuuude",
        "nakeddd",
        "n*de",
        "nu-de",
        "ｎｕｄｅ",
        "NÜDE",
        "n\u0443de".replace("\u0443", "u"),
        "n\u0430ked",
        "p\u043ern",
        "nu\u200bde",
        "nu\u0336d\u0336e",
        "裸 體",
        "裸.體",
        "裸体",
        "脱光",
        "ｐｏｒｎ",
        "\u0274\u1d1c\u1d05\u1d07",
        "\u0578ude",
        "\U0001f15d\U0001f164\U0001f153\U0001f154",
        "n    u     d\n\n\n\ne",
    ],
)
def test_hidden_words_are_found(text):
    assert reason(text) == "sexual"


@pytest.mark.parametrize(
    "text",
    [
        "a mother with 3 kids",
        "a class in Essex",
        "a grape, a peacock and a shuttlecock",
        "i c e and s n o w",
        "a * b * c",
        "感性與理性",
        "個性活潑",
        "1 2 3 4 5",
        "",
        "!!! *** $$$",
        "用裸眼看星星",
    ],
)
def test_what_only_sounds_alike_passes(text):
    assert reason(text) is None


def test_clothes_may_be_drawn_but_not_left_out():
    assert reason("a boy in warm clothes") is None and reason("紅色的衣服") is None
    assert reason("clothes", is_without=True) == reason("衣服", is_without=True) == "sexual"
    assert reason("nude", is_without=True) == "sexual" and reason("dark", is_without=True) is None


def test_the_measure_is_not_worse_than_what_is_printed():
    """Numbers of misses and false alarms as the README prints them; fewer are welcome."""
    told = json.loads(MEASURED.read_text(encoding="utf-8"))
    most = {
        ("refuse", "plain"): (0, 0),
        ("refuse", "hidden"): (1, 0),
        ("refuse", "without"): (0, 0),
        ("allow", "plain"): (2, 1),
        ("allow", "without"): (0, 0),
    }
    for (group, manner), (english, chinese) in most.items():
        assert len(wrong(LIST, told, group, manner, "en")) <= english
        assert len(wrong(LIST, told, group, manner, "zh-Hant")) <= chinese


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_has_an_answer(text):
    hit = LIST.find(text)
    assert hit is None or hit.reason in TOLD["blocked"]
    assert LIST.find(unicodedata.normalize("NFD", text)) == hit or not text.isascii()


@given(st.sampled_from(LATIN + CHINESE), st.text(alphabet="xyz ,.", max_size=20))
def test_company_hides_nothing(word, around):
    assert LIST.find(f"{around} , {word} , {around}") is not None


@pytest.mark.parametrize("text", ["a " * 750, "x-" * 750, "n*" * 750, "裸 " * 750, "Z͑ͫ̓" * 300])
def test_long_texts_end(text):
    LIST.find(text[:1500])
