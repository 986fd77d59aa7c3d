"""Finds words that are kept out of a classroom, also where somebody tried to hide them.

A word list knows no meaning: it misses whatever is said in other words and objects to harmless
things that sound alike. How often is measured by `python -m benchmarks.safety_words`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

WORDS = Path(__file__).parents[2] / "assets" / "safety" / "words.json"
UNDRESSING = "sexual"
# Letters of other alphabets that look like Latin ones.
# Source: Unicode Technical Standard 39, confusables.txt (the lower-case letters among them).
_LOOKALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u0261"
    "\u03b1\u03bf\u03c1\u03bd\u03c5\u03b9\u03ba\u03c4\u0131\u0142"
    "\u0578\u057d\u0585\u0570\u0581\u0566"
    "\u1d00\u0299\u1d04\u1d05\u1d07\ua730\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d\u0274"
    "\u1d0f\u1d18\u0280\ua731\u1d1b\u1d1c\u1d20\u1d21\u028f\u1d22",
    "aeopcyxijshdqgaopvuiktilnuohgqabcdefghijklmnoprstuvwyz",
)
# Letters in black circles and squares, which no normal form takes out.
_FRAMED = {
    first + place: chr(ord("a") + place) for first in (0x1F150, 0x1F170) for place in range(26)
}
_DIGITS_FOR_LETTERS = str.maketrans("013457@$!", "oieastasi")
_PIECE = re.compile(r"[a-z0-9@$!*]+")
_BETWEEN_LETTERS = re.compile(r"^[\s.\-_*·,/|~+'\"]{1,3}$")
_CHINESE_GAP = re.compile(r"(?<=[\u3040-\u9fff])[\s.\-_*·/|~+]+(?=[\u3040-\u9fff])")
_SPACE = re.compile(r"\s+")
_RUN = re.compile(r"(.)\1{2,}")
# Marks over letters, and signs without a shape.
_UNSEEN = frozenset({"Mn", "Me", "Cf"})
_SHORTEST_HIDDEN, _LONGEST_HIDDEN = 4, 24
_ENDINGS = ("", "s", "es", "ed", "d", "ing", "y", "ly")


@dataclass(frozen=True)
class Hit:
    """What was found.

    Attributes:
        reason: Key in the list, such as `"sexual"`.
        word: The word of the list.
    """

    reason: str
    word: str


@dataclass(frozen=True)
class _List:
    """One list, ready for a search.

    Attributes:
        single: Reason and word by each form of a Latin word.
        phrases: Pieces of a phrase, reason, phrase.
        chinese: Reason by Chinese word.
    """

    single: Mapping[str, Hit]
    phrases: Sequence[tuple[tuple[str, ...], Hit]]
    chinese: Mapping[str, Hit]


class WordList:
    """Searches texts. Safe to use from many threads.

    Args:
        file: The list: `blocked` by reason and language, `without` (what may not be among the
            words for what is not to be drawn), `harmless` phrases that are passed over, and
            `simplified` characters with the traditional ones.
    """

    def __init__(self, file: Path = WORDS) -> None:
        told = json.loads(file.read_text(encoding="utf-8"))
        self._traditional = str.maketrans(told["simplified"])
        self._blocked = _prepared(told["blocked"], self._plain)
        self._undressing = _prepared({UNDRESSING: told["without"]}, self._plain)
        harmless = told["harmless"]
        self._harmless = sorted((tuple(row.split()) for row in harmless["en"]), key=len)[::-1]
        chinese = [self._plain(phrase) for phrase in harmless["zh-Hant"]]
        self._harmless_chinese = sorted(chinese, key=len)[::-1]

    def find(self, text: str, *, is_without: bool = False) -> Hit | None:
        """Returns the first word of the list in a text, or None.

        Args:
            text: A prompt.
            is_without: Whether it says what is *not* to be drawn: then clothes are on the list too.
        """
        plain = self._plain(text)
        chinese = _CHINESE_GAP.sub("", plain)
        for phrase in self._harmless_chinese:
            chinese = chinese.replace(phrase, "\n")
        pieces = self._without_harmless(plain)
        lists = (self._blocked, self._undressing) if is_without else (self._blocked,)
        for words in lists:
            hit = _find_chinese(words, chinese) or _find_latin(words, pieces)
            if hit is not None:
                return hit
        return None

    def _plain(self, text: str) -> str:
        wide = unicodedata.normalize("NFKC", text).casefold()
        apart = unicodedata.normalize("NFD", wide)
        bare = "".join(c for c in apart if unicodedata.category(c) not in _UNSEEN)
        plain = _SPACE.sub(" ", unicodedata.normalize("NFC", bare))
        return plain.translate(_LOOKALIKES).translate(_FRAMED).translate(self._traditional)

    def _without_harmless(self, plain: str) -> list[_Piece]:
        pieces = [_Piece(m.group(), m.start(), m.end(), plain) for m in _PIECE.finditer(plain)]
        place, kept = 0, []
        while place < len(pieces):
            here = tuple(piece.text.strip("!*$@") for piece in pieces[place : place + 6])
            length = next((len(p) for p in self._harmless if here[: len(p)] == p), 0)
            if not length:
                kept.append(pieces[place])
            place += length or 1
        return kept


@dataclass(frozen=True)
class _Piece:
    """A run of letters, digits and signs that stand for letters, and where it stands."""

    text: str
    start: int
    end: int
    whole: str

    def touches(self, following: _Piece) -> bool:
        """Whether only signs and spaces, three at most, stand before the next one."""
        return bool(_BETWEEN_LETTERS.match(self.whole[self.end : following.start]))


def _prepared(
    by_reason: Mapping[str, Mapping[str, Sequence[str]]], plain: Callable[[str], str]
) -> _List:
    single: dict[str, Hit] = {}
    phrases: list[tuple[tuple[str, ...], Hit]] = []
    chinese: dict[str, Hit] = {}
    for reason, by_language in by_reason.items():
        for word in by_language["en"]:
            pieces = tuple(_PIECE.findall(word))
            hit = Hit(reason, word)
            if len(pieces) > 1:
                phrases.append((pieces, hit))
                continue
            for form in _forms(word):
                single.setdefault(form, hit)
        chinese |= {plain(word): Hit(reason, word) for word in by_language["zh-Hant"]}
    return _List(single, phrases, chinese)


def _forms(word: str) -> set[str]:
    forms = {word + ending for ending in _ENDINGS if len(word) > 2 or not ending}
    if word.endswith("e"):
        forms |= {word[:-1] + ending for ending in ("ing", "ity")}
    # "retarded" and "asses" are meant, "assed" and "cocky" hardly ever; short words take few.
    return forms if len(word) > 4 else {word, word + "s", word + "es"} | _doubled(word)


def _doubled(word: str) -> set[str]:
    return {word + word[-1] + ending for ending in ("ed", "ing")} if len(word) > 3 else set()


def _find_chinese(words: _List, text: str) -> Hit | None:
    for word, hit in words.chinese.items():
        if word in text:
            return hit
    return None


def _find_latin(words: _List, pieces: Sequence[_Piece]) -> Hit | None:
    for piece in pieces:
        for form in _readings(piece.text):
            if form in words.single:
                return words.single[form]
        if "*" in piece.text.strip("*"):
            hit = _masked(words, piece.text)
            if hit is not None:
                return hit
    texts = [piece.text.strip("!*$@") for piece in pieces]
    for phrase, hit in words.phrases:
        for place in range(len(texts) - len(phrase) + 1):
            if tuple(texts[place : place + len(phrase)]) == phrase:
                return hit
    return _find_spread(words, pieces)


def _readings(text: str) -> Iterator[str]:
    """A piece as it stands, without long runs, and with digits read as letters."""
    stripped = text.strip("!*$@")
    for form in dict.fromkeys((stripped, text)):
        readings = [form]
        if any(c.isalpha() for c in form) and not form.isalpha():
            readings.append(form.translate(_DIGITS_FOR_LETTERS))
        for reading in readings:
            yield reading
            if _RUN.search(reading):
                yield _RUN.sub(r"\1", reading)
                yield _RUN.sub(r"\1\1", reading)


def _masked(words: _List, text: str) -> Hit | None:
    """A word with a star in the place of a letter."""
    if 2 * text.count("*") > len(text):
        return None
    pattern = re.compile(re.escape(text).replace(r"\*", "."))
    return next((hit for form, hit in words.single.items() if pattern.fullmatch(form)), None)


def _find_spread(words: _List, pieces: Sequence[_Piece]) -> Hit | None:
    """Words whose letters or halves are pulled apart: n u d e, n-u-d-e, nu-de."""
    for run in _runs(pieces):
        joined = "".join(run).translate(_DIGITS_FOR_LETTERS)
        hit = words.single.get(joined) or _within(words, joined)
        if hit is not None:
            return hit
    for first, second in pairwise(pieces):
        gap = first.whole[first.end : second.start]
        joined = first.text + second.text
        if gap in ("-", "_", ".", "·", "*") and joined in words.single:
            return words.single[joined]
    return None


def _within(words: _List, joined: str) -> Hit | None:
    for start in range(len(joined)):
        for length in range(_SHORTEST_HIDDEN, min(len(joined) - start, _LONGEST_HIDDEN) + 1):
            if joined[start : start + length] in words.single:
                return words.single[joined[start : start + length]]
    return None


def _runs(pieces: Iterable[_Piece]) -> Iterator[list[str]]:
    """Runs of three single letters or more, with little between them."""
    run: list[_Piece] = []
    for piece in pieces:
        if len(piece.text) == 1 and run and run[-1].touches(piece):
            run.append(piece)
            continue
        if len(run) > 2:
            yield [one.text for one in run]
        run = [piece] if len(piece.text) == 1 else []
    if len(run) > 2:
        yield [one.text for one in run]
