"""Questions as they arrive from people: cleaned, measured, and in which language they are."""

from __future__ import annotations

import re

from playground.visitors.words import Words, read_words

MOST_CHARACTERS = 500
# CJK ideographs with their extensions, Bopomofo, and kana.
_CHINESE = re.compile(
    "[\u3007\u3105-\u312f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def read_question(text: object) -> Words:
    """Returns a question, cleaned as all words are, on one line.

    What looks like markup, a frame ("Answer:") or an order to the model stays as it was typed: it
    is text, and no more than text can come of it.

    Args:
        text: What arrived.

    Raises:
        PersonError: `mistake.words.` and one of empty, not_text, broken, too_long.
    """
    words = read_words(text, most_characters=MOST_CHARACTERS)
    return Words(" ".join(words.text.split()), words.notes)


def language_of_question(question: str) -> str:
    """Returns "zh-Hant" for text with a Chinese character in it, else "en"."""
    return "zh-Hant" if _CHINESE.search(question) else "en"
