import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from playground.visitors.errors import PersonError
from playground.visitors.words import fill_template, read_labels, read_optional_words, read_words
from tests.faults import bad_words as bad

ANY_TEXT = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
        st.sampled_from(
            "\u200b\u200d\ufe0f\ufe0e\u202e\u2060\u0301\u0338←〈1👩❤🏽e=\n\r\u2028 ,，、"
        ),
    )
)


def key_of(call, *args, **kwargs):
    with pytest.raises(PersonError) as caught:
        call(*args, **kwargs)
    return caught.value.key


def cleaned(text):
    return read_words(text, most_characters=2000)


@pytest.mark.parametrize("text", ["", " \n\t\u3000 ", None, "\u200b\u3164\ufeff"])
def test_row_33_nothing_to_read(text):
    assert key_of(read_words, text, most_characters=600) == "mistake.words.empty"
    assert read_optional_words(text, most_characters=600).text == ""


def test_row_34_an_enormous_text_is_refused_unread(monkeypatch):
    def refuse(*_args):
        raise AssertionError("an enormous text was worked on")

    monkeypatch.setattr("playground.visitors.words._clean", refuse)
    with pytest.raises(PersonError) as caught:
        read_words(bad.ENORMOUS, most_characters=600)
    assert caught.value.key == "mistake.words.too_long"
    assert caught.value.values == {"count": 2_000_000, "most": 600}
    assert key_of(read_labels, bad.ENORMOUS) == "mistake.words.too_long"
    assert key_of(read_labels, ["a"] * 500_000) == "mistake.labels.too_many"


def test_the_limit_counts_what_is_kept():
    assert read_words("a" * 600 + "\u200b" * 5, most_characters=600).text == "a" * 600
    assert key_of(read_words, "a" * 601, most_characters=600) == "mistake.words.too_long"


@pytest.mark.parametrize(
    ("text", "kept", "count"),
    [
        (bad.ZERO_WIDTH, "cat", 3),
        (bad.BIDI, "a gnp.exe b", 2),
        (bad.TAGS, "dog", 19),
        (bad.STYLES, "x", 40),
        ("a\x07b\x1b[31mc\x85d", "ab[31mc\nd", 2),
    ],
)
def test_row_36_unseen_characters_are_removed_and_told(text, kept, count):
    words = cleaned(text)
    assert words.text == kept
    assert [(note.key, note.values) for note in words.notes] == [
        ("note.words.removed", {"count": count})
    ]


@pytest.mark.parametrize("emoji", [bad.FAMILY, bad.SCIENTIST, bad.RAINBOW, bad.KEYCAP, "❤️‍🔥", "☎︎"])
def test_emoji_made_of_several_characters_stay(emoji):
    assert cleaned(f"a {emoji} b").text == f"a {emoji} b"
    assert cleaned(f"a {emoji} b").notes == ()


def test_a_joiner_between_letters_goes():
    assert cleaned("c\u200dat").text == "cat"
    assert cleaned("\U0001f469\u200dx").text == "\U0001f469x"


@pytest.mark.parametrize("text", [bad.LONE_SURROGATE, bad.NUL, "\udc00"])
def test_row_37_broken_characters(text):
    assert key_of(read_words, text, most_characters=600) == "mistake.words.broken"
    assert key_of(read_labels, ["cat", text]) == "mistake.words.broken"


@pytest.mark.parametrize("text", [bad.ZALGO, bad.THOUSAND_EMOJI, bad.ONE_LONG_WORD])
def test_row_38_strange_but_harmless_text_is_kept(text):
    words = cleaned(text)
    assert words.text == unicodedata.normalize("NFC", text) and words.notes == ()


@pytest.mark.parametrize("text", (*bad.MARKUP, *bad.FORMATS))
def test_rows_39_and_40_markup_and_formats_are_text(text):
    assert cleaned(text).text == text
    assert fill_template(f"a photo of {{}} {text}", text) == f"a photo of {text} {text}"
    assert read_labels([text, "cat"]).labels == (text, "cat")


def test_row_40_only_the_place_of_the_label_is_filled():
    assert fill_template("a {label}, not a {class}", "{0}") == "a {0}, not a {class}"
    assert fill_template("100% {}", "%s") == "100% %s"
    assert fill_template("a photo", "cat") == "a photo cat"


def test_row_41_labels():
    assert key_of(read_labels, " , ,\n") == "mistake.labels.none"
    assert key_of(read_labels, None) == "mistake.labels.none"
    assert key_of(read_labels, "cat") == "mistake.labels.too_few"
    assert read_labels("cat", fewest=1).labels == ("cat",)
    assert read_labels([str(i) for i in range(30)]).labels[-1] == "29"
    assert key_of(read_labels, [str(i) for i in range(31)]) == "mistake.labels.too_many"
    assert key_of(read_labels, ["x" * 81, "cat"]) == "mistake.labels.too_long"
    assert key_of(read_labels, [1, 2]) == "mistake.words.not_text"
    assert key_of(read_labels, {"a": 1}) == "mistake.words.not_text"


def test_row_41_labels_that_differ_by_case_or_width_are_one():
    labels = read_labels("Cat, dog; CAT\ndog，ＤＯＧ、bird")
    assert labels.labels == ("Cat", "dog", "bird")
    assert [(n.key, n.values) for n in labels.notes] == [("note.labels.repeated", {"count": 3})]
    assert key_of(read_labels, "cat, CAT") == "mistake.labels.too_few"


def test_row_42_traditional_and_simplified_and_wide_letters_stay_as_typed():
    assert read_labels("貓、猫，ｃａｔ dog").labels == ("貓", "猫", "ｃａｔ dog")


@pytest.mark.parametrize("text", [5, 1.0, True, ["a"], {"a": 1}, b"cat"])
def test_what_is_no_text_is_not_guessed_at(text):
    assert key_of(read_words, text, most_characters=600) == "mistake.words.not_text"


@given(ANY_TEXT)
@example("\u2329\u200d\U0001f469")
@example("\u2190\u200b\u0338\ufe0f")
@example("e\u200b\u0301")
def test_cleaning_twice_changes_nothing_more(text):
    once = read_optional_words(text, most_characters=2000)
    twice = read_optional_words(once.text, most_characters=2000)
    assert twice.text == once.text
    assert twice.notes == ()
    assert unicodedata.is_normalized("NFC", once.text)


@given(st.one_of(ANY_TEXT, st.lists(ANY_TEXT)))
def test_labels_are_few_short_different_and_stay_the_same(value):
    try:
        labels = read_labels(value).labels
    except PersonError:
        return
    assert 2 <= len(labels) <= 30
    assert all(0 < len(label) <= 80 and "\n" not in label for label in labels)
    assert read_labels(list(labels)).labels == labels
    assert len({label.casefold() for label in labels}) == len(labels)
