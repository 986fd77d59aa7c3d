"""How long work goes, in words."""

from __future__ import annotations

from playground.cache import Progress
from playground.page.languages import Languages
from playground.sizes import amount
from playground.visitors.notes import Note

PLACES_WITH_A_WORD = 5
# Longer waits are told in minutes.
SECONDS_IN_WORDS = 90


def in_words(news: Progress | Note | None, languages: Languages, language: str, title: str) -> str:
    """A sentence for the person who waits.

    Args:
        news: what the cache or the job reported; None before anything is known.
        languages: the sentences.
        language: the visitor's.
        title: the model's name as people know it; may be empty.

    Returns:
        Such as "Loading mini-clip: 3 of 9 MB, about 1 s".
    """
    if news is None:
        return languages.say("status.working", language)
    if isinstance(news, Note):
        return languages.say(news.key, language, **news.values)
    if news.stage == "waiting":
        return _waiting(news.place, languages, language)
    if news.stage == "fetching":
        return fetching(news, languages, language, title)
    if news.stage == "copying" and news.bytes_total:
        return _copying(news, languages, language, title)
    if news.stage == "running":
        return languages.say("status.running", language)
    return languages.say("status.building", language, title=title)


def fetching(news: Progress, languages: Languages, language: str, title: str) -> str:
    """How a download goes, such as "Downloading SigLIP 2: 12 of 375 MB, about 2 min"."""
    if not news.bytes_total:
        return languages.say("status.asking", language, title=title)
    values: dict[str, str | int] = {
        "title": title,
        "done": amount(news.bytes_done),
        "total": amount(news.bytes_total),
    }
    if news.seconds_left is None:
        return languages.say("status.fetching", language, **values)
    seconds = max(1, round(news.seconds_left))
    if seconds >= SECONDS_IN_WORDS:
        values["minutes"] = round(seconds / 60)
        return languages.say("status.fetching_minutes", language, **values)
    return languages.say("status.fetching_seconds", language, **values, seconds=seconds)


def _waiting(place: int | None, languages: Languages, language: str) -> str:
    if place is None:
        return languages.say("status.waiting", language)
    if place <= PLACES_WITH_A_WORD:
        return languages.say(f"status.waiting_{max(place, 1)}", language)
    return languages.say("status.waiting_at", language, place=place)


def _copying(news: Progress, languages: Languages, language: str, title: str) -> str:
    values = {
        "title": title,
        "done": amount(news.bytes_done),
        "total": amount(news.bytes_total),
    }
    if news.seconds_left is None:
        return languages.say("status.copying", language, **values)
    seconds = max(1, round(news.seconds_left))
    return languages.say("status.copying_seconds", language, **values, seconds=seconds)
