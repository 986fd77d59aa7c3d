"""Words of sentences, joined from tokens and taken out again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.understanding.sentence_words import heat_of_words, without, words_of

CASES = {
    "spaced": ("a red cat", ["a", "red", "cat"], ["a", "red", "cat"]),
    "halves": ("a hedgehog", ["a", "hedge", "hog"], ["a", "hedgehog"]),
    "marks": ("a pig, a cat!", ["a", "pig", ",", "a", "cat", "!"], ["a", "pig", "a", "cat"]),
    "spaces in pieces": ("a red cat", ["a", " red", " cat"], ["a", "red", "cat"]),
    "chinese": ("一隻貓頭鷹", ["一", "隻", "貓頭鷹"], ["一", "隻", "貓頭鷹"]),
    "mixed": ("一件T恤", ["一", "件", "T", "恤"], ["一", "件", "T", "恤"]),
    "half a character": ("一隻鸚", ["一", "隻", "鸚", ""], ["一", "隻", "鸚"]),
    "nothing": ("", [], []),
    "marks only": ("?!", ["?", "!"], []),
}


@pytest.mark.parametrize("name", CASES)
def test_tokens_join_to_words(name):
    sentence, pieces, expected = CASES[name]
    words = words_of(sentence, pieces)
    assert [word.text for word in words] == expected
    assert [sentence[word.start : word.end] for word in words] == expected


def test_each_token_of_a_word_counts_for_it():
    words = words_of("a hedgehog", ["a", "hedge", "hog"])
    assert heat_of_words(np.array([1.0, 2.0, 4.0]), words).tolist() == [1.0, 6.0]
    # Tokens that were not read have no heat.
    assert heat_of_words(np.array([1.0, 2.0]), words).tolist() == [1.0, 2.0]


def test_words_are_left_out():
    words = words_of("a pig, a cat", ["a", "pig", ",", "a", "cat"])
    assert without("a pig, a cat", words, np.array([0, 1, 0, 0], bool)) == "a , a cat"
    assert without("a pig, a cat", words, np.zeros(4, bool)) == "a pig, a cat"


@given(st.lists(st.sampled_from(["a", "cat", "貓", "不", "T恤", "dog"]), min_size=1, max_size=8))
def test_leaving_all_out_leaves_no_word(parts):
    sentence = " ".join(parts)
    words = words_of(sentence, parts)
    assert without(sentence, words, np.ones(len(words), bool)) == ""
    assert without(sentence, words, np.zeros(len(words), bool)) == sentence
