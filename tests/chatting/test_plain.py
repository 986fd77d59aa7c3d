"""Words as the browser and the stored talks read them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from playground.chatting.parts_of_picture import read_part
from playground.chatting.plain import plain_part, plain_word, word_of
from playground.models.blip2 import Choice, Word
from playground.segmenting.run_lengths import to_runs


def test_a_word_comes_back():
    others = tuple(Choice(n, f" w{n}", round(0.3 / (n + 1), 5)) for n in range(10))
    word = Word(2, " w2", 0.1, others)
    told = plain_word(word)
    assert set(told) == {"t", "p", "id", "o"} and len(told["o"]) == 10
    assert word_of(told) == word
    more = replace(word, others=(*others, Choice(99, "x", 0.0)))
    assert plain_word(more) == told


@pytest.mark.parametrize("told", [{}, {"t": "a", "p": "x", "id": 1, "o": []}, {"o": [[1]]}])
def test_what_is_no_word(told):
    with pytest.raises((KeyError, ValueError, TypeError)):
        word_of(told)


def test_parts_come_back():
    mask = np.zeros((60, 80), bool)
    mask[9:30, 9:50] = True
    masked = {"runs": to_runs(mask), "width": 80, "height": 60, "name": "cat"}
    for told in (None, {"box": [1, 2, 30, 40]}, masked):
        assert plain_part(read_part(told, (60, 80)), (60, 80)) == told
