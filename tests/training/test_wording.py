import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.drawing import sampled_scenes
from training.backgrounds import BACKGROUNDS
from training.concepts import concept_named
from training.nouns import plural_en
from training.phrases import RELATION_FRAMES
from training.relations import Relation, relations_between
from training.scenes import Background, Language, Scene, SceneObject
from training.wording import CaptionKind, caption, full_caption, name_prompt

few = settings(max_examples=80, deadline=None)
languages = st.sampled_from(Language)


def names_of(key: str, language: Language) -> set[str]:
    concept = concept_named(key)
    if language is Language.ZH:
        return set(concept.names_zh)
    return set(concept.names_en) | {plural_en(name) for name in concept.names_en}


@few
@given(
    sampled_scenes(most=5),
    languages,
    st.randoms(use_true_random=False),
    st.sampled_from([None, *CaptionKind]),
)
def test_a_caption_may_fit_its_own_scene_and_is_in_its_language(
    scene: Scene, language: Language, rng: random.Random, kind: CaptionKind | None
) -> None:
    written = caption(scene, language, rng, kind)
    assert written.language is language
    present = set(scene.counts())
    assert all(group & present for group in written.groups)
    assert written.background in (None, scene.background.kind)
    assert written.exact or written.may_fit(scene)
    assert written.text.isascii() == (language is Language.EN)
    assert "{" not in written.text


@few
@given(sampled_scenes(most=4), languages, st.randoms(use_true_random=False))
def test_a_full_caption_names_everything(
    scene: Scene, language: Language, rng: random.Random
) -> None:
    text = full_caption(scene, language, rng).text
    for key in scene.counts():
        assert any(name in text for name in names_of(key, language)), text
    names = BACKGROUNDS[scene.background.kind]
    nouns = (
        (names.noun_en, names.place_en)
        if language is Language.EN
        else (names.noun_zh, names.place_zh)
    )
    assert any(noun in text for noun in nouns)


@few
@given(sampled_scenes(most=3), sampled_scenes(most=3), languages, st.randoms(use_true_random=False))
def test_names_fit_exactly_the_scenes_that_hold_them(
    scene: Scene, other: Scene, language: Language, rng: random.Random
) -> None:
    written = caption(scene, language, rng, CaptionKind.NAMES)
    if written.exact:
        assert not written.may_fit(other)
    else:
        named = {key for group in written.groups for key in group}
        assert written.may_fit(other) == (named <= set(other.counts()))


@pytest.mark.parametrize("language", Language)
def test_relation_captions_are_true(language: Language) -> None:
    left = SceneObject("cat", 0.2, 0.5, 0.3, 0.0, False, 0)
    right = SceneObject("car", 0.8, 0.5, 0.3, 0.0, False, 1)
    scene = Scene((left, right), Background("grass", 0), 0)
    assert relations_between(left, right) == (Relation.LEFT_OF,)
    for seed in range(60):
        text = caption(scene, language, random.Random(seed), CaptionKind.RELATION).text
        cat = min(text.find(name) for name in names_of("cat", language) if name in text)
        car = min(text.find(name) for name in names_of("car", language) if name in text)
        told = [
            relation
            for relation, frames in RELATION_FRAMES[language].items()
            for frame in frames
            if relation in (Relation.LEFT_OF, Relation.RIGHT_OF)
            and all(part in text for part in _fixed_parts(frame))
        ]
        assert told
        if (
            language is Language.EN
            and "on the left and" not in text
            and "on the right and" not in text
        ):
            assert ("left" in text) == (cat < car), text


def _fixed_parts(frame: str) -> list[str]:
    return [part.strip() for part in frame.replace("{b}", "{a}").split("{a}") if part.strip()]


@pytest.mark.parametrize("language", Language)
def test_prompts_name_their_concept(language: Language) -> None:
    rng = random.Random(2)
    for key in ("cat", "glasses", "bread", "bubble_tea"):
        for _ in range(40):
            text = name_prompt(concept_named(key), language, rng)
            assert any(name in text for name in names_of(key, language))


def test_a_scene_without_objects_is_its_background() -> None:
    scene = Scene((), Background("beach", 0), 0)
    assert "beach" in caption(scene, Language.EN, random.Random(0)).text
