"""Reading what a person wants to look into; everything that arrives may be forged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.numbers import read_choice, read_flag
from playground.visitors.words import fill_template, read_labels, read_words
from playground.zero_shot import read_templates

MOST_PICTURES, MOST_TEXTS, MOST_TEXT_CHARACTERS = 12, 12, 80
MOST_WORDS = 200
# The drawing's axes: principal ones of all points as they lie, principal ones with each kind moved
# to its own middle, or an axis between two texts.
VIEWS = ("apart", "together", "own")


@dataclass(frozen=True)
class Matter:
    """Pictures and texts to compare.

    Attributes:
        pictures: N ids.
        texts: M texts as the person wrote them.
        templates: T sentences with "{}" where a text goes.
        has_none: Whether "none of these" takes part.
    """

    pictures: tuple[str, ...]
    texts: tuple[str, ...]
    templates: tuple[str, ...]
    has_none: bool

    def filled(self, texts: tuple[str, ...]) -> list[list[str]]:
        """Returns texts written into every template: T lists."""
        return [[fill_template(template, text) for text in texts] for template in self.templates]


@dataclass(frozen=True)
class Chart:
    """How the space is to be drawn.

    Attributes:
        view: One of `VIEWS`.
        ends: The two texts of an axis of one's own, left and right; empty for the other views.
    """

    view: str
    ends: tuple[str, ...] = ()


def read_matter(asked: Mapping[str, Any]) -> tuple[Matter, tuple[Note, ...]]:
    """Checks pictures, texts and templates.

    Args:
        asked: Fields pictures, texts, templates and none, as they arrived.

    Returns:
        The matter, and what the person is told about it.

    Raises:
        PersonError: `understand.mistake.pictures` for none or too many, and those of words.
    """
    texts = read_labels(
        asked.get("texts"), fewest=1, most=MOST_TEXTS, most_characters=MOST_TEXT_CHARACTERS
    )
    templates, notes = read_templates(asked.get("templates"))
    none = read_flag(asked.get("none", False), name_key="understand.ui.none")
    pictures = read_pictures(asked.get("pictures"))
    return Matter(pictures, texts.labels, templates, none), (*texts.notes, *notes)


def read_pictures(value: object) -> tuple[str, ...]:
    """Checks a list of ids of pictures: each once, 1 to `MOST_PICTURES`.

    Raises:
        PersonError: `understand.mistake.pictures`.
    """
    ids = value if isinstance(value, list | tuple) else ()
    named = tuple(dict.fromkeys(item for item in ids if isinstance(item, str) and item))
    if not 1 <= len(named) <= MOST_PICTURES:
        raise PersonError("understand.mistake.pictures", {"most": MOST_PICTURES})
    return named


def read_chart(asked: Mapping[str, Any]) -> Chart:
    """Checks how the space is to be drawn.

    Args:
        asked: Fields view and ends, as they arrived.

    Raises:
        PersonError: `understand.mistake.ends` for an axis without two different ends, and those
            of words and choices.
    """
    view = read_choice(asked.get("view"), name_key="understand.ui.view", choices=VIEWS)
    if view != "own":
        return Chart(view)
    told = asked.get("ends")
    ends = told if isinstance(told, list | tuple) and len(told) == 2 else (None, None)
    if not all(isinstance(end, str) and end.strip() for end in ends):
        raise PersonError("understand.mistake.ends")
    left, right = (read_words(end, most_characters=MOST_TEXT_CHARACTERS).text for end in ends)
    if left.casefold() == right.casefold():
        raise PersonError("understand.mistake.ends")
    return Chart(view, (left, right))


def read_sentence(value: object) -> tuple[str, tuple[Note, ...]]:
    """Checks the words that are looked for in a picture.

    Raises:
        PersonError: Those of words.
    """
    words = read_words(value, most_characters=MOST_WORDS)
    return " ".join(words.text.split()), words.notes
