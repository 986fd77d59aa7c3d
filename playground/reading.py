"""Which languages a model reads, and whom to ask instead."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable

from playground.entries import Entry

LATIN_LANGUAGE = "en"


def can_read(text: str, languages: Collection[str]) -> bool:
    """Tells by its letters whether a model can make sense of a text.

    Args:
        text: Any text. Digits, signs and emoji say nothing of a language.
        languages: What the model reads, as in `Entry.languages`.

    Returns:
        False for other than Latin letters where the model reads English only, and for Latin
        letters alone where it does not read English.

    Example:
        >>> can_read("a cat", ["en"]), can_read("\\u732b", ["en"]), can_read("cat", ["zh-Hant"])
        (True, False, False)
    """
    letters = [character for character in text if character.isalpha()]
    if not letters:
        return True
    has_other = any("LATIN" not in unicodedata.name(letter, "") for letter in letters)
    if LATIN_LANGUAGE not in languages:
        return has_other
    return not has_other or len(languages) > 1


def language_to_find(
    item: Entry, visitors_language: str, texts: Iterable[str], known: Collection[str]
) -> str | None:
    """Tells which language somebody needs that a model does not read.

    Args:
        item: The model that was chosen.
        visitors_language: Of the page.
        texts: What was typed.
        known: All languages of the page.

    Returns:
        The language to find another model for; None if this one will do.
    """
    missing = [language for language in known if language not in item.languages]
    if visitors_language in missing:
        return visitors_language
    if all(can_read(text, item.languages) for text in texts):
        return None
    return missing[0] if missing else None


def readers(
    entries: Iterable[Entry], language: str, is_here: Callable[[Entry], bool]
) -> tuple[Entry, ...]:
    """Lists the models that read a language.

    Args:
        entries: Where to look.
        language: The language.
        is_here: Whether a model's files are on this machine.

    Returns:
        Those on this machine first; among equals published ones, which know the whole world,
        before built-in ones, and those of many languages before those of one.
    """
    found = [item for item in entries if language in item.languages]
    return tuple(
        sorted(found, key=lambda item: (not is_here(item), item.is_built_in, -len(item.languages)))
    )
