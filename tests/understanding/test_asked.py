"""What a person asks, and what anyone may forge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.understanding.asked import (
    MOST_PICTURES,
    Matter,
    read_chart,
    read_matter,
    read_pictures,
    read_sentence,
)
from playground.visitors.errors import PersonError
from tests.faults import bad_words

anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
FIELDS = ("pictures", "texts", "templates", "none", "view", "ends")


def asked(**changes):
    fields = {"pictures": ["a", "b"], "texts": ["cat", "dog"], "templates": ["a {}"], "none": True}
    return fields | changes


def test_a_matter_is_read():
    matter, notes = read_matter(asked())
    assert matter == Matter(("a", "b"), ("cat", "dog"), ("a {}",), True)
    assert notes == ()
    assert matter.filled(("cow",)) == [["a cow"]]


def test_one_text_is_enough_and_doubles_count_once():
    matter, notes = read_matter(asked(texts="Cat\ncat", pictures=["a", "a"]))
    assert matter.texts == ("Cat",)
    assert matter.pictures == ("a",)
    assert [note.key for note in notes] == ["note.labels.repeated"]


@pytest.mark.parametrize("pictures", [None, [], "a", [1], [f"{n}" for n in range(13)]])
def test_no_pictures_or_too_many_are_told(pictures):
    with pytest.raises(PersonError, match=r"understand\.mistake\.pictures") as told:
        read_pictures(pictures)
    assert told.value.values["most"] == MOST_PICTURES


def test_braces_and_signs_stay_as_they_are():
    matter, _ = read_matter(asked(texts=["{class}", "%s"], templates=["a {} of %s"]))
    assert matter.filled(matter.texts) == [["a {class} of %s", "a %s of %s"]]


@given(st.dictionaries(st.sampled_from(FIELDS), anything))
def test_forged_fields_are_refused_with_a_sentence(fields):
    for read in (read_matter, read_chart):
        try:
            read(fields)
        except PersonError:
            continue


@pytest.mark.parametrize("ends", [None, ["cat"], ["cat", "  "], ["cat", "Cat"], ["cat", 1], "cd"])
def test_an_axis_needs_two_different_ends(ends):
    with pytest.raises(PersonError, match=r"understand\.mistake\.ends"):
        read_chart({"view": "own", "ends": ends})


def test_ends_count_for_an_axis_of_ones_own_only():
    assert read_chart({"view": "own", "ends": ["dog ", "cat"]}).ends == ("dog", "cat")
    assert read_chart({"view": "apart", "ends": ["dog", "cat"]}).ends == ()


@pytest.mark.parametrize(
    "words", ["", None, 3, bad_words.NUL, bad_words.LONE_SURROGATE, bad_words.ENORMOUS]
)
def test_bad_words_are_no_sentence(words):
    with pytest.raises(PersonError):
        read_sentence(words)


def test_a_sentence_is_one_line():
    assert read_sentence(" a cat\n and  a dog ")[0] == "a cat and a dog"
