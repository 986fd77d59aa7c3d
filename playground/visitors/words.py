"""Words that people type: measured, normalised, freed of what cannot be seen."""

import re
import unicodedata
from dataclasses import dataclass

from playground.visitors.errors import PersonError
from playground.visitors.notes import Note

# Characters that a reader never sees, though a model does: the C0 and C1 controls but tab and
# newline, and the Default_Ignorable_Code_Point list (bidi overrides, zero-width, fillers, tags).
# Source: Unicode Character Database, DerivedCoreProperties.txt.
_UNSEEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb"
    "\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_EMOJI = "\u2190-\u21ff\u2300-\u23ff\u2460-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
# What may carry U+FE0E/FE0F (text or emoji style): emoji, keycaps and a few signs.
_STYLED = _EMOJI + "#*0-9\u00a9\u00ae\u203c\u2049\u2122\u2139\u3030\u303d\u3297\u3299"
_JOINER_OUTSIDE_EMOJI = rf"(?<![{_EMOJI}])(?<![{_EMOJI}]\ufe0f)\u200d|\u200d(?![{_EMOJI}])"
_STYLE_OF_NOTHING = rf"(?<![{_STYLED}])[\ufe0e\ufe0f]"
_REMOVED = re.compile(rf"[{_UNSEEN}]|{_JOINER_OUTSIDE_EMOJI}|{_STYLE_OF_NOTHING}")
_LINE_END = re.compile("\r\n|[\r\u0085\u2028\u2029]")
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_LABEL_END = re.compile("[\n,，、;；]")
# Room for invisible characters before the exact count is taken; keeps the work bounded.
_RAW_PER_CHARACTER = 4


@dataclass(frozen=True)
class Words:
    """Text fit for a model.

    Attributes:
        text: NFC text without invisible characters, without space at either end.
        notes: What the person is told about it.
    """

    text: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Labels:
    """Labels for a choice between things.

    Attributes:
        labels: Cleaned labels in the order given, each once.
        notes: What the person is told about them.
    """

    labels: tuple[str, ...]
    notes: tuple[Note, ...] = ()


def read_words(text: object, *, most_characters: int) -> Words:
    """Returns the words of a person, cleaned.

    Cleaning: NFC; line ends become newlines; controls, bidi overrides, zero-width, filler and tag
    characters go, and are counted in a note. A joiner stays between two emoji, and a style sign
    after one. Traditional and Simplified characters and full-width letters are left as typed.
    Cleaning twice changes nothing more.

    Args:
        text: What arrived; only a `str` is text.
        most_characters: Longest cleaned text. A raw text over 4 times this is refused unread.

    Raises:
        PersonError: "mistake.words.empty", "mistake.words.not_text", "mistake.words.broken" (a NUL
            or half a surrogate pair), "mistake.words.too_long".
    """
    words = read_optional_words(text, most_characters=most_characters)
    if not words.text:
        raise PersonError("mistake.words.empty")
    return words


def read_optional_words(text: object, *, most_characters: int) -> Words:
    """Returns the words of a person, cleaned as `read_words` does; none is allowed.

    Args:
        text: What arrived; None is the empty text.
        most_characters: Longest cleaned text.

    Raises:
        PersonError: As `read_words`, but for "mistake.words.empty".
    """
    if text is None:
        return Words("")
    if not isinstance(text, str):
        raise PersonError("mistake.words.not_text")
    _refuse_long(len(text), most_characters, raw=True)
    if _NOT_TEXT.search(text):
        raise PersonError("mistake.words.broken")
    cleaned, removed = _clean(text)
    _refuse_long(len(cleaned), most_characters, raw=False)
    return Words(cleaned, _notes_for(removed))


def read_labels(
    value: object, *, fewest: int = 2, most: int = 30, most_characters: int = 80
) -> Labels:
    """Returns the labels a person gave, cleaned, each once.

    Text is split at newlines, commas and semicolons, Western or Chinese; a list is taken as it is.
    Empty labels are passed over. Two labels are the same if they differ only by case or by
    full-width letters (NFKC, case-folded): the first spelling stays and a note tells how many
    went. Traditional and Simplified forms are different labels. Fewer than `fewest` is refused,
    because a lone label would always get 100 %.

    Args:
        value: One text, or a list of texts.
        fewest: Fewest labels.
        most: Most labels.
        most_characters: Longest label.

    Raises:
        PersonError: "mistake.labels.none", "mistake.labels.too_few", "mistake.labels.too_many",
            "mistake.labels.too_long", and those of `read_words` but "mistake.words.empty".
    """
    pieces = _label_pieces(value, most=most, most_characters=most_characters)
    labels: dict[str, str] = {}
    removed = repeated = 0
    for piece in pieces:
        label, gone = _clean(" ".join(piece.split()))
        removed += gone
        if not label:
            continue
        if len(label) > most_characters:
            start = label[: most_characters // 4] + "…"
            raise PersonError("mistake.labels.too_long", {"label": start, "most": most_characters})
        same = unicodedata.normalize("NFKC", label).casefold()
        repeated += same in labels
        labels.setdefault(same, label)
    _refuse_count(len(labels), fewest=fewest, most=most)
    notes = _notes_for(removed)
    if repeated:
        notes += (Note("note.labels.repeated", {"count": repeated}),)
    return Labels(tuple(labels.values()), notes)


def fill_template(template: str, label: str) -> str:
    """Returns `template` with `label` in the place of "{}" or "{label}".

    Every other brace, percent sign or backslash stays as it is: templates are text, not a format.
    A template without a place gets the label after it, with a space between.

    Example:
        >>> fill_template("a photo of a {}", "{class}")
        'a photo of a {class}'
    """
    for place in ("{label}", "{}"):
        if place in template:
            return template.replace(place, label)
    return f"{template} {label}".strip()


def _clean(text: str) -> tuple[str, int]:
    # Removal lets marks meet their letters, so the form is made again after it.
    composed = unicodedata.normalize("NFC", _LINE_END.sub("\n", text))
    seen, removed = _REMOVED.subn("", composed)
    return unicodedata.normalize("NFC", seen).strip(), removed


def _refuse_long(count: int, most: int, *, raw: bool) -> None:
    if count > (most * _RAW_PER_CHARACTER if raw else most):
        raise PersonError("mistake.words.too_long", {"count": count, "most": most})


def _notes_for(removed: int) -> tuple[Note, ...]:
    return (Note("note.words.removed", {"count": removed}),) if removed else ()


def _label_pieces(value: object, *, most: int, most_characters: int) -> list[str]:
    longest = most * (most_characters + 1)
    if value is None:
        return []
    if isinstance(value, str):
        _refuse_long(len(value), longest, raw=True)
        pieces = _LABEL_END.split(value)
    elif isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        if len(value) > most * _RAW_PER_CHARACTER:
            raise PersonError("mistake.labels.too_many", {"count": len(value), "most": most})
        pieces = list(value)
        _refuse_long(sum(map(len, pieces)), longest, raw=True)
    else:
        raise PersonError("mistake.words.not_text")
    if any(_NOT_TEXT.search(piece) for piece in pieces):
        raise PersonError("mistake.words.broken")
    return pieces


def _refuse_count(count: int, *, fewest: int, most: int) -> None:
    if not count:
        raise PersonError("mistake.labels.none", {"fewest": fewest})
    if count < fewest:
        raise PersonError("mistake.labels.too_few", {"fewest": fewest})
    if count > most:
        raise PersonError("mistake.labels.too_many", {"count": count, "most": most})
