import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.drawing import sampled_scenes
from training.concepts import CATEGORIES, COLOURS, CONCEPTS, concept_named
from training.facts import FactKind, place_of, things_in
from training.nouns import concepts_of_category
from training.question_frames import QUESTION_FRAMES
from training.questions import QuestionKind, ask, dialogue, questions
from training.relations import Relation, relations_between
from training.sampling import Split, sample_scene
from training.scenes import Language, Scene, SceneObject

few = settings(max_examples=80, deadline=None)
randoms = st.randoms(use_true_random=False)
scenes = sampled_scenes(most=4)


def named(text: str, language: Language) -> list[str]:
    """Concepts whose first name stands in a sentence, in order; longer names win."""
    found: list[tuple[int, int, str]] = []
    for concept in CONCEPTS:
        name = (concept.names_en if language is Language.EN else concept.names_zh)[0]
        start = text.find(name)
        if start >= 0:
            found.append((start, -len(name), concept.key))
    found.sort()
    kept: list[tuple[int, int, str]] = []
    for start, length, key in found:
        if not kept or start >= kept[-1][0] - kept[-1][1]:
            kept.append((start, length, key))
    return [key for _, _, key in kept]


def single(scene: Scene, key: str) -> SceneObject:
    thing = scene.only(key)
    assert thing is not None
    return thing


@few
@given(scenes, randoms)
def test_every_question_is_whole_in_both_languages(scene: Scene, rng: random.Random) -> None:
    for question in questions(scene, rng):
        for language in Language:
            asked, answer = question.asked(language), question.answer(language)
            assert asked and answer and "{" not in asked
            assert asked[-1] in ("?.？。")
            assert asked.isascii() == answer.isascii() == (language is Language.EN)


@few
@given(scenes, randoms)
def test_both_languages_ask_about_the_same_things(scene: Scene, rng: random.Random) -> None:
    for question in questions(scene, rng):
        if question.kind in (QuestionKind.WHERE, QuestionKind.COLOUR, QuestionKind.NEIGHBOUR):
            english = named(question.english, Language.EN)
            chinese = named(question.chinese, Language.ZH)
            assert english == chinese and len(english) == 1


@few
@given(scenes, randoms)
def test_what_and_background_tell_the_scene(scene: Scene, rng: random.Random) -> None:
    what, behind = (ask(scene, k, rng) for k in (QuestionKind.WHAT, QuestionKind.BACKGROUND))
    assert what is not None and what.fact == things_in(scene)
    assert behind is not None and behind.fact.value == scene.background.kind


@few
@given(scenes, randoms)
def test_where_is_true_or_says_that_nothing_is_there(scene: Scene, rng: random.Random) -> None:
    question = ask(scene, QuestionKind.WHERE, rng)
    if question is None:
        return
    [key] = named(question.chinese, Language.ZH)
    if question.fact.kind is FactKind.MISSING:
        assert question.fact.value == key and key not in scene.counts()
    else:
        assert question.fact == place_of(single(scene, key))


@few
@given(scenes, randoms)
def test_numbers_are_counted(scene: Scene, rng: random.Random) -> None:
    question = ask(scene, QuestionKind.HOW_MANY, rng)
    assert question is not None
    [key] = named(question.chinese, Language.ZH)
    assert question.fact.value == scene.counts().get(key, 0)


@few
@given(scenes, randoms)
def test_colours_are_those_of_the_concept(scene: Scene, rng: random.Random) -> None:
    question = ask(scene, QuestionKind.COLOUR, rng)
    if question is None:
        return
    [key] = named(question.chinese, Language.ZH)
    if question.fact.kind is FactKind.MISSING:
        assert key not in scene.counts()
    else:
        assert key in scene.counts() and question.fact.value == concept_named(key).colour


@few
@given(scenes, randoms)
def test_is_there_is_true(scene: Scene, rng: random.Random) -> None:
    question = ask(scene, QuestionKind.IS_THERE, rng)
    assert question is not None
    categories = [
        key
        for key, (_, zh) in CATEGORIES.items()
        if f"有{zh}嗎" in question.chinese or f"沒有{zh}？" in question.chinese
    ]
    present = set(scene.counts())
    if categories:
        assert question.fact.value == bool(concepts_of_category(categories[0]) & present)
    else:
        [key] = named(question.chinese, Language.ZH)
        assert question.fact.value == (key in present)
    assert question.answer(Language.ZH) == ("有" if question.fact.value else "沒有")


@few
@given(scenes, randoms)
def test_the_neighbour_is_the_only_one_on_that_side(scene: Scene, rng: random.Random) -> None:
    question = ask(scene, QuestionKind.NEIGHBOUR, rng)
    if question is None:
        return
    [key] = named(question.english, Language.EN)
    thing = single(scene, key)
    sides = [
        side
        for side in (Relation.LEFT_OF, Relation.RIGHT_OF, Relation.ABOVE, Relation.BELOW)
        for frame in QUESTION_FRAMES[side.value][0]
        if frame.split("{0}")[0] in question.english
    ]
    there = [o for o in scene.objects if o is not thing and sides[0] in relations_between(o, thing)]
    assert question.fact.value == ((there[0].concept_key, 1),) and len(there) == 1


@few
@given(scenes, randoms)
def test_the_bigger_one_is_bigger(scene: Scene, rng: random.Random) -> None:
    question = ask(scene, QuestionKind.BIGGER, rng)
    if question is None:
        return
    first, second = (single(scene, key) for key in named(question.english, Language.EN))
    bigger = max(first, second, key=lambda thing: thing.size)
    smaller = min(first, second, key=lambda thing: thing.size)
    wanted = bigger if "bigger" in question.english else smaller
    assert question.fact.value == wanted.concept_key
    assert ("大" in question.chinese.replace("大象", "")) == (wanted is bigger)


@few
@given(scenes, randoms)
def test_yes_and_no_are_true(scene: Scene, rng: random.Random) -> None:
    question = ask(scene, QuestionKind.YES_NO, rng)
    if question is None:
        return
    keys = named(question.chinese, Language.ZH)
    colours = [key for key, (_, zh) in COLOURS.items() if f"是{zh}" in question.chinese]
    if colours:
        assert question.fact.value == (concept_named(keys[0]).colour in colours)
        return
    [frame] = {
        name
        for name, (_, frames) in QUESTION_FRAMES.items()
        for text in frames
        if name.startswith("is_")
        and text.format(*(concept_named(key).names_zh[0] for key in (keys * 2)[:2]))
        == question.chinese
        and name != "is_there"
        and name != "is_colour"
    }
    relation = Relation(frame.removeprefix("is_"))
    held = relations_between(single(scene, keys[0]), single(scene, keys[1]))
    assert question.fact.value == (relation in held)


@few
@given(scenes, randoms)
def test_a_dialogue_goes_on_about_the_same_thing(scene: Scene, rng: random.Random) -> None:
    turns = dialogue(scene, rng)
    if turns is None:
        return
    first, second = turns
    assert first.subject is not None
    thing = single(scene, first.subject)
    assert "it" in second.english.rstrip("?").split() and "它" in second.chinese
    if second.kind is QuestionKind.COLOUR:
        assert second.fact.value == thing.concept.colour
    elif second.kind is QuestionKind.WHERE:
        assert second.fact == place_of(thing)
    else:
        [other] = named(second.english, Language.EN)
        held = relations_between(thing, single(scene, other))
        assert second.fact.value == (Relation.BIGGER_THAN in held)


@pytest.mark.parametrize("kind", QuestionKind)
def test_every_kind_is_asked_often_enough(kind: QuestionKind) -> None:
    rng = random.Random(0)
    asked = [ask(sample_scene(n, Split.TEST), kind, rng) for n in range(200)]
    assert sum(question is not None for question in asked) >= 20


def test_yes_and_no_are_about_equally_frequent() -> None:
    rng = random.Random(0)
    for kind in (QuestionKind.IS_THERE, QuestionKind.YES_NO):
        asked = [ask(sample_scene(n, Split.TEST), kind, rng) for n in range(600)]
        answers = [question.fact.value for question in asked if question is not None]
        assert 0.4 < sum(map(bool, answers)) / len(answers) < 0.65
