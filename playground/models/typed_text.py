"""What people type is text: the name of a mark, such as that of a picture, is no mark."""

from __future__ import annotations

import re
from typing import Any


def as_text(tokenizer: Any, text: str) -> str:
    """Breaks up what a tokenizer would take for one of its marks even when told to take none.

    `split_special_tokens=True` is enough for most; a vocabulary of whole pieces (T5) finds
    `</s>` among its pieces all the same.

    Args:
        tokenizer: A tokenizer of the library.
        text: What was typed.

    Returns:
        The text, in which such a mark has a space behind its first character; mostly unchanged.
        Give it to the tokenizer with `split_special_tokens=True`.
    """
    marks = [mark for mark in tokenizer.all_special_tokens if mark in text]
    if not marks:
        return text
    found = tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    if not set(tokenizer.convert_tokens_to_ids(marks)) & set(found):
        return text
    return without_marks(tokenizer, text)


def without_marks(tokenizer: Any, text: str) -> str:
    """Breaks up every mark of a tokenizer, for text that goes into a frame with marks of its own.

    Args:
        tokenizer: A tokenizer of the library.
        text: What was typed.

    Returns:
        The text, in which a mark has a space behind its first character.
    """
    marks = [mark for mark in tokenizer.all_special_tokens if mark in text]
    if not marks:
        return text
    pattern = "|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True))
    return re.sub(pattern, lambda mark: f"{mark[0][0]} {mark[0][1:]}", text)
