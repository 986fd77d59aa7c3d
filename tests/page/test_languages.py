"""Which language a visitor gets, and what becomes of sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.page.languages import LANGUAGES, Languages, best_language, language_of

SENTENCES = {
    "en": {"a": "See {name}", "only.english": "English", "range": "{name} up to {high}"},
    "zh-Hant": {"a": "\u770b {name}", "range": "{name} \u6700\u591a {high}"},
}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-MO,en", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("zh-Hant", "zh-Hant"),
        ("yue", "zh-Hant"),
        ("yue-Hant-HK", "zh-Hant"),
        ("zh", "zh-Hant"),
        ("en-GB,zh-TW;q=0.9", "en"),
        ("de,zh-TW;q=0.4,en;q=0.9", "en"),
        ("zh-CN,zh-TW;q=0.2", "zh-Hant"),
        ("xx", "en"),
        ("", "en"),
        ("zh-CN", "en"),
        (";;;q=,,en;q=x", "en"),
        ("a" * 10_000, "en"),
        ("zh-TW," * 2_000, "zh-Hant"),
    ],
)
def test_browsers_get_their_language(header, language):
    assert best_language(header) == language


@given(st.text())
def test_any_header_gets_a_language(header):
    assert best_language(header) in LANGUAGES


class FakeRequest:
    def __init__(self, query, headers):
        self.query_params, self.headers = query, headers


def test_the_address_wins_over_the_browser():
    asked = FakeRequest({"lang": "zh-TW"}, {"accept-language": "en"})
    assert language_of(asked) == "zh-Hant"
    assert language_of(FakeRequest({"lang": "en"}, {"accept-language": "zh-TW"})) == "en"
    assert language_of(FakeRequest({"lang": "kl"}, {"accept-language": "zh-TW"})) == "zh-Hant"
    assert language_of(FakeRequest({"lang": "x" * 10_000}, {})) == "en"
    assert language_of(None) == "en"


def test_a_missing_sentence_is_english_and_then_its_key():
    languages = Languages(SENTENCES)
    assert languages.say("only.english", "zh-Hant") == "English"
    assert languages.say("nowhere", "zh-Hant") == "nowhere"


def test_values_are_filled_and_keys_among_them_are_translated():
    languages = Languages(SENTENCES)
    assert languages.say("a", "en", name="{name} %s {0}") == "See {name} %s {0}"
    assert languages.say("range", "zh-Hant", name_key="only.english", high=3) == (
        "English \u6700\u591a 3"
    )


def test_a_value_that_is_missing_does_not_break_the_answer():
    assert Languages(SENTENCES).say("a", "en") == "See {name}"


def test_several_sentences_make_one_marker():
    languages = Languages(SENTENCES)
    marker = languages.compose(lambda say: f"<b>{say('a')}</b>{say('only.english')}")
    shown = languages.for_gradio.translations_dict
    assert shown["en"][marker.key] == "<b>See {name}</b>English"
    assert shown["zh-TW"][marker.key].startswith("<b>\u770b")


def test_a_broken_language_file_leaves_english(tmp_path):
    (tmp_path / "en.json").write_text('{"a": "See"}')
    (tmp_path / "zh-Hant.json").write_text('{"a": ')
    languages = Languages.read(tmp_path)
    assert languages.say("a", "zh-Hant") == "See"
    assert languages.for_gradio.translations_dict["zh-TW"]["a"] == "See"
