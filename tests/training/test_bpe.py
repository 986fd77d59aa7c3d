from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from training.bpe import bytes_of, learn_merges

WORDS = st.lists(st.text("abcde", min_size=1, max_size=8), min_size=1, max_size=12, unique=True)


def apply(word: str, merges: list[tuple[str, str]]) -> list[str]:
    parts = list(word)
    for pair in merges:
        place = 0
        while place < len(parts) - 1:
            if (parts[place], parts[place + 1]) == pair:
                parts[place : place + 2] = ["".join(pair)]
            else:
                place += 1
    return parts


@given(WORDS)
def test_every_word_becomes_one_token(words: list[str]) -> None:
    merges = learn_merges([list(word) for word in words])
    assert [apply(word, merges) for word in words] == [[word] for word in words]


@given(WORDS)
def test_the_most_frequent_pair_is_learnt_first(words: list[str]) -> None:
    merges = learn_merges([list(word) for word in words])
    pairs = [pair for word in words for pair in pairwise(word)]
    if pairs:
        assert pairs.count(merges[0]) == max(map(pairs.count, pairs))


def test_a_character_is_spelled_by_its_bytes() -> None:
    assert bytes_of("a") == ["a"]
    assert len(bytes_of("貓")) == len("貓".encode())
