"""Is an answer right? One door for all metrics."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playground.vqa.items import LETTERS, Item, Metric, Reply
from playground.vqa.normalise import plain
from playground.vqa.vqa_v2 import vqa_accuracy

# "B", "(B)", "B.", "B) ...", "B: ..." and "the answer is B", as models write them.
_LETTER_FIRST = re.compile(r"[\s(\[]*([A-Za-z])(?:[.):\]。、：）]|\s*$)")
_ANSWER_IS = re.compile(r"\banswer(?:\s+is)?\s*:?\s*\(?([A-Z])\b(?!['’])", re.IGNORECASE)


def judge(item: Item, reply: Reply, metric: Metric) -> float:
    """Scores a reply.

    Args:
        item: The question.
        reply: What was said.
        metric: How free answers are judged.

    Returns:
        0 to 1; between them only for VQAv2.
    """
    if item.choices:
        return float(reply.choice == item.right_choice)
    if metric == "vqa_v2":
        return vqa_accuracy(reply.text, item.answers)
    return float(plain(reply.text) in {plain(answer) for answer in item.answers})


def choice_in(text: str, choices: Sequence[str]) -> int | None:
    """Finds the option in a written answer: its letter, or its very words.

    Args:
        text: What was written.
        choices: The options, in the order of the letters.

    Returns:
        The option's index, or None where the answer names none: it then counts as wrong, and is
        told apart as not readable.
    """
    same = [place for place, choice in enumerate(choices) if plain(choice) == plain(text)]
    # An option that is itself a letter ("A", in a question about blood groups) counts as its words.
    if len(same) == 1:
        return same[0]
    found = _LETTER_FIRST.match(text) or _ANSWER_IS.search(text)
    if found is None:
        return None
    place = LETTERS.find(found[1].upper())
    return place if 0 <= place < len(choices) else None
