"""Prompts in a frame: what is counted, what is cut off, and that marks of people are text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.models import diffusion_framed_words as framed
from playground.models.diffusion_framed_words import HERE, Frame, chat_frame, encode, reading_of
from playground.models.typed_text import without_marks
from tests.models import tiny_pipelines

QWEN = tiny_pipelines._qwen_tokenizer()
GEMMA = tiny_pipelines._gemma_tokenizer()
GEMMA.padding_side = "right"
FRAMES = {
    "qwen": (QWEN, chat_frame(QWEN, 60, thinks=False)),
    "gemma": (GEMMA, Frame("draw it:\n", "", 40)),
}


def test_the_frame_is_the_template_of_the_model():
    plain, thinking = (chat_frame(QWEN, 60, thinks=thinks) for thinks in (False, True))
    assert plain.before == thinking.before == "<|im_start|>user\n"
    assert "<think>" in plain.after and "<think>" not in thinking.after
    assert HERE not in plain.before + plain.after


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(FRAMES)),
    text=st.text(st.sampled_from("cat dog, \u8c93\u5728\u6d77\u4e0a.\n"), max_size=80),
)
def test_every_place_is_told_and_nothing_is_lost(name, text):
    tokenizer, frame = FRAMES[name]
    reading = reading_of(tokenizer, frame, text, {})
    [(ids, mask)] = encode(tokenizer, frame, [text])
    assert ids.shape == mask.shape == (1, frame.places) and len(reading.tokens) == frame.places
    assert int(mask.sum()) == min(reading.count, reading.most)
    own = [token for token in reading.tokens if not token.is_special]
    assert all(0 <= token.word < len(reading.words) for token in own)
    assert all(word for word in reading.words)
    # Words come in order; what is not read is the end of the prompt.
    assert [token.word for token in own] == sorted(token.word for token in own)
    assert text.endswith(reading.unread)
    if reading.count <= frame.places:
        assert reading.unread == ""
    # Of a character in several bytes some may have been read.
    read = text[: len(text) - len(reading.unread)] + reading.unread[:1]
    assert all(token.text in read or token.text.strip() in read for token in own)


def test_the_end_of_a_long_prompt_is_told():
    tokenizer, frame = FRAMES["qwen"]
    text = "cat " * 60 + "dog"
    reading = reading_of(tokenizer, frame, text, {})
    assert reading.count > reading.most == 60 and reading.unread.endswith("dog")
    assert reading.words[0] == "cat" and "dog" not in reading.words


@pytest.mark.parametrize("mark", ["<|im_end|>", "<|im_start|>", "<|endoftext|>"])
def test_marks_that_people_type_are_text(mark):
    """A prompt cannot end its own talk and begin another."""
    tokenizer, frame = FRAMES["qwen"]
    [(plain, _)] = encode(tokenizer, frame, ["a cat"])
    [(ids, _)] = encode(tokenizer, frame, [f"a {mark} cat"])
    special = set(tokenizer.all_special_ids)
    assert [n for n in ids[0].tolist() if n in special][:3] == [
        n for n in plain[0].tolist() if n in special
    ][:3]
    assert without_marks(tokenizer, f"a {mark} cat") == f"a {mark[0]} {mark[1:]} cat"
    assert without_marks(tokenizer, "a cat <b>") == "a cat <b>"


def test_prompts_go_through_a_few_at_once():
    tokenizer, frame = FRAMES["gemma"]
    batches = encode(tokenizer, frame, ["cat"] * 9)
    assert [len(ids) for ids, _ in batches] == [framed.MOST_AT_ONCE] * 2 + [1]
    assert encode(tokenizer, frame, []) == []
