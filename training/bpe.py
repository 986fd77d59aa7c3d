"""What the two byte-level vocabularies share: learnt merges, and spelling in byte symbols."""

from collections import Counter
from itertools import pairwise

from tokenizers import pre_tokenizers


def learn_merges(spelled: list[list[str]]) -> list[tuple[str, str]]:
    """Learn BPE until every word is one token; ties go to the alphabet.

    The trainer of ``tokenizers`` breaks ties at random, and a vocabulary that differs from run to
    run would make a checkpoint worthless.

    Source: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units",
    algorithm 1.

    Args:
        spelled: The words, each cut into symbols.

    Returns:
        The merges in the order in which they apply.
    """
    merges: list[tuple[str, str]] = []
    while True:
        pairs = Counter(pair for parts in spelled for pair in pairwise(parts))
        if not pairs:
            return merges
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        spelled = [_joined(parts, best) for parts in spelled]


def bytes_of(character: str) -> list[str]:
    """Spell a character in the symbols that stand for bytes.

    Args:
        character: One character.

    Returns:
        One symbol for each byte of its UTF-8.
    """
    [(symbols, _)] = pre_tokenizers.ByteLevel(
        add_prefix_space=False, use_regex=False
    ).pre_tokenize_str(character)
    return list(symbols)


def _joined(parts: list[str], pair: tuple[str, str]) -> list[str]:
    done: list[str] = []
    for part in parts:
        if done and (done[-1], part) == pair:
            done[-1] += part
        else:
            done.append(part)
    return done
