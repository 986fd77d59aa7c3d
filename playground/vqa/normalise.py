"""Answers made comparable: the normalisation of the VQA challenge, and a mild one of our own.

Source: Antol et al. 2015, "VQA: Visual Question Answering", section 3.3, and the challenge's
evaluation page (visualqa.org/evaluation): lower case, number words to digits, articles away,
apostrophes put back into contractions, punctuation away but for periods and commas in numbers.
"""

from __future__ import annotations

import re
import unicodedata

_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
# A comma inside a number: its text loses punctuation without a space in its place.
_NUMBER_COMMA = re.compile(r"\d,\d")
_PERIOD = re.compile(r"\.(?!\d)")
_ARTICLES = frozenset({"a", "an", "the"})
_NUMBERS = "zero one two three four five six seven eight nine ten"
_NUMBER_WORDS = {word: str(number) for number, word in enumerate(_NUMBERS.split())} | {"none": "0"}
# The challenge's list, as it is spelt properly; a form that lacks one apostrophe gets it back.
_CONTRACTIONS = """
ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't
haven't he'd he'd've he's how'd how'll how's isn't it'd it'd've it'll ma'am mightn't mightn't've
might've mustn't must've needn't not've o'clock oughtn't 'ow's'at shan't she'd've should've
shouldn't shouldn't've somebody'd've somebody'll somebody's someone'd someone'd've someone'll
someone's something'd something'd've something'll that's there'd there'd've there're there's they'd
they'd've they'll they're they've 'twas wasn't we'd've we've weren't what'll what're what's what've
when's where'd where's where've who'd who'd've who'll who's who've why'll why're why's won't
would've wouldn't wouldn't've y'all y'all'll y'all'd've you'd you'd've you'll you're you've
"""
_ENDS = " \t\n.。!！?？"


def _mended(proper: str) -> dict[str, str]:
    """Every spelling that lacks exactly one apostrophe, to the proper one."""
    places = [place for place, letter in enumerate(proper) if letter == "'"]
    return {proper[:place] + proper[place + 1 :]: proper for place in places}


# The list has this one the wrong way round; scores are comparable only if it stays so.
_MENDED = {"somebody'd": "somebodyd"} | {
    wrong: right for proper in _CONTRACTIONS.split() for wrong, right in _mended(proper).items()
}


def normalise_vqa(answer: str) -> str:
    """Returns an answer in the form in which the VQA challenge compares answers.

    Its rules are kept to the letter, also where they are odd: a mark goes without a space in its
    place if somewhere in the answer it stands beside a space, or if the answer holds a number with
    a comma; else a space takes its place.

    Args:
        answer: What was said, or what a person answered.

    Returns:
        Lower-case words with one space between.

    Source: see the head of this file.
    """
    text = answer.replace("\n", " ").replace("\t", " ").strip()
    has_number_comma = _NUMBER_COMMA.search(text) is not None
    cleaned = text
    for mark in _PUNCTUATION:
        stands_beside_space = f"{mark} " in text or f" {mark}" in text
        cleaned = cleaned.replace(mark, "" if stands_beside_space or has_number_comma else " ")
    words = _PERIOD.sub("", cleaned).lower().split()
    digits = (_NUMBER_WORDS.get(word, word) for word in words)
    return " ".join(_MENDED.get(word, word) for word in digits if word not in _ARTICLES)


def plain(answer: str) -> str:
    """Returns an answer as it is compared word for word.

    Case, the width of letters, spaces and the sign at the end do not count; everything else does.
    """
    folded = unicodedata.normalize("NFKC", answer).casefold()
    return " ".join(folded.split()).strip(_ENDS)
