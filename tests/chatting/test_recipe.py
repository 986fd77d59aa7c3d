"""Recipes: the same talk comes back; what anyone may have changed is refused in a sentence."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.chatting.conversation import Settings
from playground.chatting.parts_of_picture import Part
from playground.chatting.recipe import FORMAT, UsedModel, read_recipe, write_recipe
from playground.page.chat_asking import read_settings
from playground.visitors.errors import PersonError
from tests.chatting.talks import picture_of, reply_of, talk_of, turn_of

MODELS = {"a": UsedModel("a", "", "f00d"), "b": UsedModel("b", "c" * 40, "c" * 40)}


def told_talk():
    drawn = reply_of("a cat", forced=(5, 7), settings=Settings(0.7, 3, 20))
    turns = (
        replace(turn_of("1", "what?", "a cat"), replies=(drawn, reply_of("dog", "b"))),
        turn_of("2", "它在哪裡？", "top", part=Part((1, 2, 30, 40))),
    )
    return talk_of(*turns, caption=(reply_of("a cat on grass"),), models=("a", "b"))


def read(text):
    return read_recipe(text.encode(), read_settings)


def test_the_same_talk_comes_back():
    talk = told_talk()
    recipe = read(write_recipe(talk, MODELS))
    assert recipe.content_id == talk.picture.content_id and recipe.name == "my cat.png"
    assert recipe.models == tuple(MODELS.values())
    assert [turn.question for turn in recipe.turns] == ["what?", "它在哪裡？"]
    assert [turn.language for turn in recipe.turns] == ["en", "zh-Hant"]
    assert [turn.part for turn in recipe.turns] == [None, Part((1, 2, 30, 40))]
    first = recipe.turns[0].replies[0]
    assert first.settings == Settings(0.7, 3, 20) and first.forced == (5, 7)
    assert first.words == () and first.state == "waiting" and first.history is None
    assert recipe.texts == {
        ("caption", 0): "a cat on grass",
        ("again-0", 0): "a cat",
        ("again-0", 1): "dog",
        ("again-1", 0): "top",
    }


def test_it_holds_no_pixels_and_no_path():
    talk = replace(told_talk(), name="/home/ada/secret/my cat.png", picture=picture_of(200))
    text = write_recipe(talk, MODELS)
    assert "secret" not in text and len(text) < 3000 and "my cat.png" in text


def test_what_a_model_remembered_is_told_where_the_talk_has_changed_since():
    as_now = reply_of("top", history=(("what?", "a cat"),))
    as_then = reply_of("top", history=(("what?", "a dog"),))
    talk = talk_of(
        turn_of("1", "what?", "a cat"),
        replace(turn_of("2", "where?"), replies=(as_now, replace(as_then, model="b"))),
    )
    answers = json.loads(write_recipe(talk, MODELS))["turns"][1]["answers"]
    assert "history" not in answers[0] and answers[1]["history"] == [["what?", "a dog"]]
    again = read(write_recipe(talk, MODELS)).turns[1].replies
    assert [reply.history for reply in again] == [None, (("what?", "a dog"),)]


def changed(*path, value):
    told = json.loads(write_recipe(told_talk(), MODELS))
    *way, last = path
    place = told
    for step in way:
        place = place[step]
    place[last] = value
    return json.dumps(told)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "chat.mistake.recipe"),
        ("[]", "chat.mistake.recipe"),
        ("{", "chat.mistake.recipe"),
        ("[" * 100_000, "chat.mistake.recipe"),
        ('{"format": "another"}', "chat.mistake.recipe"),
        (changed("version", value=2), "chat.mistake.recipe_version"),
        (changed("turns", value="x"), "chat.mistake.recipe"),
        (changed("turns", value=[{}]), "chat.mistake.recipe"),
        (changed("turns", value=[{}] * 61), "chat.mistake.too_many_turns"),
        (changed("turns", 0, "question", value=""), "mistake.words.empty"),
        (changed("turns", 0, "question", value="a" * 100_000), "mistake.words.too_long"),
        (changed("turns", 0, "question", value=7), "mistake.words.not_text"),
        (changed("turns", 1, "part", value={"box": [0, 0, 1]}), "chat.mistake.part"),
        (changed("turns", 0, "answers", value=[{}]), "chat.mistake.recipe"),
        (changed("turns", 0, "answers", value=[{}, {}, {}]), "chat.mistake.recipe"),
        (changed("turns", 0, "answers", 0, "seed", value=-1), "mistake.number.range"),
        (changed("turns", 0, "answers", 0, "seed", value="7"), "mistake.number.not_a_number"),
        (changed("turns", 0, "answers", 0, "most_tokens", value=10**9), "mistake.number.range"),
        (changed("turns", 0, "answers", 0, "forced", value=["x"]), "chat.mistake.recipe"),
        (changed("turns", 0, "answers", 0, "forced", value=[-1]), "chat.mistake.recipe"),
        (changed("turns", 0, "answers", 0, "forced", value=[1] * 2000), "chat.mistake.recipe"),
        (changed("turns", 0, "answers", 0, "history", value=[[1, 2]]), "chat.mistake.recipe"),
        (changed("turns", 0, "answers", 0, "model", value=None), "chat.mistake.recipe"),
        (changed("picture", "height", value="tall"), "chat.mistake.recipe"),
        (changed("models", value=[7]), "chat.mistake.recipe"),
        (changed("caption", value={}), "chat.mistake.recipe"),
    ],
)
def test_forged_recipes(text, key):
    with pytest.raises(PersonError) as caught:
        read(text)
    assert caught.value.key == key


def test_bytes_that_are_no_text():
    with pytest.raises(PersonError):
        read_recipe(b"\xff\xfe\x00", read_settings)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.sampled_from(["picture", "models", "caption", "turns"]), VALUES)
def test_any_value_in_any_place_is_read_or_refused(name, value):
    told = {**json.loads(write_recipe(told_talk(), MODELS)), name: value}
    assert told["format"] == FORMAT
    try:
        read(json.dumps(told))
    except PersonError as error:
        assert error.key.startswith(("chat.mistake.", "mistake."))
