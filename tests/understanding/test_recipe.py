"""Recipes come back whole, and forged ones do no harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.understanding.recipe import read_recipe
from playground.visitors.errors import PersonError
from tests.understanding.test_asked import anything

MODELS, PICTURES = ["tiny", "other"], {"red", "green"}
INSTEAD = ("green", "red")
WHOLE = {
    "model": "other",
    "pictures": ["green", "red"],
    "texts": ["a cat"],
    "templates": ["{}"],
    "none": False,
    "panel": "map",
    "show": "column",
    "scale": 12.5,
    "view": "own",
    "ends": ["a", "b"],
    "picture": "red",
    "sentence": "a cat",
}


def test_a_whole_recipe_comes_back_as_it_was():
    assert read_recipe(WHOLE, MODELS, PICTURES, instead=INSTEAD) == (WHOLE, ())


def test_what_is_missing_is_as_usual():
    recipe, notes = read_recipe(
        {"pictures": ["red"], "texts": "cat"}, MODELS, PICTURES, instead=INSTEAD
    )
    assert set(recipe) == set(WHOLE)
    assert (recipe["panel"], recipe["show"], recipe["scale"]) == ("matrix", "cosine", None)
    assert recipe["picture"] == "red"
    assert [note.key for note in notes] == ["note.recipe.model"]


def test_pictures_that_are_not_here_are_told():
    recipe, notes = read_recipe(
        WHOLE | {"pictures": ["own-1", "red", "gone"], "picture": "own-1"},
        MODELS,
        PICTURES,
        instead=INSTEAD,
    )
    assert recipe["pictures"] == ["red"]
    assert recipe["picture"] == "red"
    assert [(note.key, note.values) for note in notes] == [
        ("note.recipe.pictures", {"count": 2, "own": 1})
    ]


def test_where_no_picture_is_here_others_are_compared_and_that_is_told():
    recipe, notes = read_recipe(
        WHOLE | {"pictures": ["own-1"], "picture": "own-2"}, MODELS, PICTURES, instead=INSTEAD
    )
    assert recipe["pictures"] == ["green", "red"] and recipe["picture"] == "green"
    assert [(note.key, note.values) for note in notes] == [
        ("note.recipe.pictures", {"count": 2, "own": 2}),
        ("note.recipe.instead", {}),
    ]


@pytest.mark.parametrize("value", [None, "", [], "text", 3])
def test_what_is_no_recipe_is_told(value):
    with pytest.raises(PersonError, match=r"recipe\.mistake\.form"):
        read_recipe(value, MODELS, PICTURES, instead=INSTEAD)


@pytest.mark.parametrize("scale", [0.5, 201, float("nan"), "12", True])
def test_a_forged_temperature_is_told(scale):
    with pytest.raises(PersonError, match=r"mistake\.number"):
        read_recipe(WHOLE | {"scale": scale}, MODELS, PICTURES, instead=INSTEAD)


@given(st.dictionaries(st.sampled_from(sorted(WHOLE)), anything))
def test_anything_forged_gives_a_whole_recipe_or_a_sentence(changes):
    try:
        recipe, _ = read_recipe(WHOLE | changes, MODELS, PICTURES, instead=INSTEAD)
    except PersonError:
        return
    assert set(recipe) == set(WHOLE)
    assert recipe["model"] in MODELS
    assert set(recipe["pictures"]) <= PICTURES
    assert recipe["picture"] in PICTURES
