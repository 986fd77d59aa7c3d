import random

import pytest

from training.facts import FactKind
from training.sampling import Split, sample_scene
from training.scene_text import (
    CAPTION_PROMPTS,
    caption_spans,
    description,
    draw_dialogue,
    draw_questions,
    missing_question,
    plain_caption,
    question_prompt,
    question_spans,
)
from training.scenes import Language

SCENES = [sample_scene(number, Split.VALIDATION) for number in range(40)]


def test_prompts_hold_the_talk_so_far() -> None:
    assert question_prompt((), "what?", Language.EN) == "Question: what? Answer:"
    assert question_prompt([("a?", "b")], "c?", Language.EN) == (
        "Question: a? Answer: b. Question: c? Answer:"
    )
    assert question_prompt([("甲？", "乙")], "丙？", Language.ZH) == (
        "問題：甲？答案：乙。問題：丙？答案："
    )


@pytest.mark.parametrize("language", list(Language))
def test_only_answers_count(language: Language) -> None:
    rng = random.Random(0)
    for scene in SCENES:
        turns = draw_dialogue(scene, rng)
        if not turns:
            continue
        spans = question_spans(turns, language, rng)
        counted = [span.text.strip() for span in spans if span.weight > 0]
        assert counted == [turn.answer(language) for turn in turns]
        told = "".join(span.text for span in spans)
        assert told.startswith(("Question: ", "問題："))


def test_captions_begin_with_their_prompt_and_name_everything() -> None:
    rng = random.Random(0)
    for scene in SCENES:
        for language in Language:
            told = plain_caption(scene, language)
            assert told.startswith(CAPTION_PROMPTS[language])
        english = plain_caption(scene, Language.EN)
        for key in scene.counts():
            concept = next(t.concept for t in scene.objects if t.concept_key == key)
            assert concept.names_en[0][:3] in english
            assert concept.names_zh[0] in plain_caption(scene, Language.ZH)
        assert sum(span.weight for span in caption_spans(scene, rng)) == 1


@pytest.mark.parametrize("language", list(Language))
def test_descriptions_hold_the_answers(language: Language) -> None:
    for number, scene in enumerate(SCENES):
        told = description(scene, language, random.Random(number))
        for question in draw_questions(scene, 12, random.Random(number)):
            if question.fact.kind is FactKind.PLACE:
                assert question.answer(language) in told


def test_what_is_missing_is_really_missing() -> None:
    for number, scene in enumerate(SCENES):
        question = missing_question(scene, random.Random(number))
        assert question.fact.kind is FactKind.MISSING
        assert question.fact.value not in scene.counts()
        assert question.answer(Language.EN).startswith("there is no ")
        assert question.answer(Language.ZH).startswith("沒有")
