"""Recipes of a view: what a link or a small file says of it. Anyone may forge one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from playground.understanding.added import OWN
from playground.understanding.asked import (
    MOST_PICTURES,
    MOST_WORDS,
    VIEWS,
    read_matter,
)
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.numbers import read_number
from playground.visitors.words import read_optional_words
from playground.zero_shot import HIGHEST_SCALE, LOWEST_SCALE

PANELS = ("matrix", "map", "where")
MATRIX_VIEWS = ("cosine", "logit", "row", "column", "each")


def read_recipe(
    value: object, models: Collection[str], pictures: Collection[str], *, instead: Sequence[str]
) -> tuple[dict[str, Any], tuple[Note, ...]]:
    """Checks a recipe.

    Args:
        value: What arrived.
        models: Keys of the models that there are; any other becomes the first of them.
        pictures: Ids of the pictures that there are. Own pictures are in no recipe, so only those
            that are still kept are among them; any other that it names is left out.
        instead: Ids that are compared where none of its pictures is here.

    Returns:
        A recipe of which every field is there and of its kind, and what the person is told: which
        pictures or models are not here.

    Raises:
        PersonError: `recipe.mistake.form` for what is no recipe, and those of words and numbers.
    """
    if not isinstance(value, Mapping):
        raise PersonError("recipe.mistake.form")
    notes: list[Note] = []
    named = value.get("pictures")
    ids = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    kept = [name for name in ids if name in pictures][:MOST_PICTURES]
    picture = value.get("picture")
    looked_into = [picture] if isinstance(picture, str) and picture else []
    gone = [name for name in dict.fromkeys([*ids, *looked_into]) if name not in pictures]
    if gone:
        own = sum(name.startswith(OWN) for name in gone)
        notes.append(Note("note.recipe.pictures", {"count": len(gone), "own": own}))
    if gone and not kept:
        kept = list(instead)
        notes.append(Note("note.recipe.instead"))
    matter, told = read_matter(
        {
            "pictures": kept,
            "texts": value.get("texts"),
            "templates": value.get("templates"),
            "none": value.get("none", False),
        }
    )
    model = value.get("model")
    if not isinstance(model, str) or model not in models:
        model = next(iter(models))
        notes.append(Note("note.recipe.model", {"model": model}))
    return {
        "model": model,
        "pictures": kept,
        "texts": list(matter.texts),
        "templates": list(matter.templates),
        "none": matter.has_none,
        "panel": _one_of(value.get("panel"), PANELS),
        "show": _one_of(value.get("show"), MATRIX_VIEWS),
        "scale": _scale(value.get("scale")),
        "view": _one_of(value.get("view"), VIEWS),
        "ends": _ends(value.get("ends")),
        "picture": picture if isinstance(picture, str) and picture in pictures else kept[0],
        "sentence": _words(value.get("sentence")),
    }, (*notes, *told)


def _one_of(value: object, choices: tuple[str, ...]) -> str:
    return value if isinstance(value, str) and value in choices else choices[0]


def _scale(value: object) -> float | None:
    """A temperature of one's own; None for the model's."""
    if value is None:
        return None
    return read_number(value, name_key="label_bars.scale", low=LOWEST_SCALE, high=HIGHEST_SCALE)


def _ends(value: object) -> list[str]:
    told = value if isinstance(value, list) and len(value) == 2 else ["", ""]
    return [_words(end) for end in told]


def _words(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return read_optional_words(text, most_characters=MOST_WORDS).text
