from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.models import diffusion
from playground.models.diffusion_words import split_words
from tests.models.mini_drawer import mini_parts


def read(text):
    [found] = diffusion.read(mini_parts()["words"], [text])
    return found


def test_tokens_know_their_words():
    found = read("a red cat, 沙灘上的狗")
    told = [(token.text, token.word) for token in found.tokens if not token.is_special]
    assert [found.words[number] for _, number in told[:4]] == ["a", "red", "cat", ","]
    # Chinese has no spaces: each token is a word.
    chinese = [(text, found.words[number]) for text, number in told[4:]]
    assert chinese and all(text == word for text, word in chinese)
    assert "".join(text for text, _ in chinese) == "沙灘上的狗"
    assert found.unread == "" and found.count == len(told) + 2 and found.most == 32
    marks = [token for token in found.tokens if token.is_special]
    assert len(found.tokens) == 32 and all(token.word == -1 for token in marks)
    assert found.tokens[0].is_special and found.tokens[-1].is_special


def test_a_word_of_several_tokens_is_one():
    found = read("a xylophonist")
    owners = [token.word for token in found.tokens if not token.is_special]
    assert found.words == ("a", "xylophonist") and owners[0] == 0
    assert len(owners) > 2 and set(owners[1:]) == {1}


def test_the_end_that_is_cut_off_is_told():
    text = "a cat and " * 12 + "a dog"
    found = read(text)
    assert found.count > found.most == len(found.tokens) == 32
    assert text.endswith(found.unread) and found.unread.endswith("a dog")
    kept = text[: -len(found.unread)]
    again = read(kept)
    assert again.unread == "" and again.tokens == found.tokens
    torch.testing.assert_close(
        again.tensors["encoder_hidden_states"], found.tensors["encoder_hidden_states"]
    )


def test_nothing_is_read_as_nothing():
    found = read("")
    assert found.words == () and found.count == 2 and found.unread == ""
    assert all(token.is_special for token in found.tokens)


@pytest.mark.parametrize("mark", ["<|endoftext|>", "<|startoftext|>"])
def test_a_mark_that_is_typed_is_text(mark):
    found = read(f"a {mark} cat")
    typed = [token.text for token in found.tokens if not token.is_special]
    assert len(typed) > 3 and typed[-1] == "cat"
    plain = read("a cat").tensors["encoder_hidden_states"]
    assert not torch.allclose(found.tensors["encoder_hidden_states"], plain, atol=1e-2)


def test_many_prompts_are_read_as_each_alone():
    texts = [f"a cat number {number}" for number in range(40)]
    together = diffusion.read(mini_parts()["words"], texts)
    for number in (0, 31, 32, 39):
        alone = read(texts[number])
        torch.testing.assert_close(
            together[number].tensors["encoder_hidden_states"],
            alone.tensors["encoder_hidden_states"],
            atol=1e-4,
            rtol=1e-4,
        )
        assert together[number].tokens == alone.tokens


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read(text):
    found = read(text)
    assert len(found.tokens) == 32 and found.tensors["encoder_hidden_states"].isfinite().all()
    assert all(-1 <= token.word < len(found.words) for token in found.tokens)
    assert {token.word for token in found.tokens} - {-1} == set(range(len(found.words)))


def test_words_from_spans():
    #       0123456789012
    text = "it's 3d, 貓狗!"
    spans = [(0, 2), (2, 3), (3, 4), (5, 6), (6, 7), (7, 8), (9, 10), (9, 10), (10, 11), (11, 12)]
    words, owners = split_words(text, spans)
    assert words == ("it", "'", "s", "3d", ",", "貓", "狗", "!")
    assert owners == (0, 1, 2, 3, 3, 4, 5, 5, 6, 7)
    assert split_words("", []) == ((), ())
