from collections.abc import Sequence

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import PreTrainedTokenizerFast

from training.blip2_model import build_blip2, build_processor
from training.blip2_scores import (
    Blip2,
    answer_accuracy,
    answers_right,
    asked_about,
    asked_about_missing,
    captions_name_all,
    names_all,
    sample_talk,
    second_turns,
)
from training.llama_model import build_llama
from training.questions import QuestionKind
from training.relations import held_out_triples
from training.sampling import Split, sample_scene
from training.scene_text import plain_caption, question_prompt
from training.scenes import Language


@pytest.fixture(scope="module")
def blip2(llama_tokenizer: PreTrainedTokenizerFast) -> Blip2:
    torch.manual_seed(0)
    model = build_blip2(llama_tokenizer, build_llama(llama_tokenizer)).eval()
    return Blip2(model, build_processor(llama_tokenizer))


class Knowing(Blip2):
    """Answers from a table instead of from pictures."""

    def __init__(self, answers: dict[str, str]) -> None:
        object.__setattr__(self, "answers", answers)
        object.__setattr__(self, "prompts", [])

    def write(self, pictures: Sequence[np.ndarray], prompts: Sequence[str]) -> list[str]:
        assert len(pictures) == len(prompts)
        self.prompts.extend(prompts)  # type: ignore[attr-defined]
        return [self.answers.get(prompt, "?") for prompt in prompts]  # type: ignore[attr-defined]


def test_answers_do_not_depend_on_the_company(blip2: Blip2) -> None:
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 255, (64, 64, 3), np.uint8) for _ in range(3)]
    prompts = ["", "Question: where is the cat? Answer:", "照片裡有"]
    together = blip2.write(pictures, prompts)
    alone = [blip2.write([p], [t])[0] for p, t in zip(pictures, prompts, strict=True)]
    assert together == alone


def test_a_picture_need_not_be_encoded_again(blip2: Blip2) -> None:
    picture = Image.fromarray(np.full((64, 64, 3), 90, np.uint8))
    inputs = blip2.processor(images=picture, text="Question: what? Answer:", return_tensors="pt")
    features = blip2.model.get_image_features(inputs["pixel_values"]).pooler_output
    ids = inputs["input_ids"]
    embeddings = blip2.model.get_input_embeddings()(ids)
    place = (ids == blip2.model.config.image_token_id)[..., None]
    cached = blip2.model.language_model.generate(
        inputs_embeds=embeddings.masked_scatter(place, features),
        input_ids=ids,
        attention_mask=inputs["attention_mask"],
        max_new_tokens=5,
        do_sample=False,
    )
    whole = blip2.model.generate(**inputs, max_new_tokens=5, do_sample=False)
    assert torch.equal(cached, whole)


def test_questions_are_drawn_by_kind() -> None:
    for kind in QuestionKind:
        asked = asked_about(kind, Split.VALIDATION, 3)
        assert [q.kind for _, q in asked] == [kind] * 3
    for scene, _ in asked_about(QuestionKind.BIGGER, Split.VALIDATION, 2, held_out_only=True):
        assert held_out_triples(scene)
    for scene, question in asked_about_missing(Split.VALIDATION, 4):
        assert question.fact.value not in scene.counts()


def test_right_answers_are_counted() -> None:
    asked = asked_about(QuestionKind.WHERE, Split.VALIDATION, 4)
    prompts = [question_prompt((), q.asked(Language.ZH), Language.ZH) for _, q in asked]
    known = {p: q.answer(Language.ZH) for p, (_, q) in list(zip(prompts, asked, strict=True))[:2]}
    right = answers_right(Knowing(known), asked, Language.ZH)
    assert right[:2] == [True, True] and not all(right)
    nothing = answer_accuracy(Knowing({}), Language.EN, Split.VALIDATION, 3)
    assert nothing["all"] == 0 and set(nothing) >= {"what", "how_many", "background"}


def test_the_second_question_follows_the_models_own_answer() -> None:
    knowing = Knowing({})
    assert second_turns(knowing, Language.EN, Split.VALIDATION, 3) == 0
    first, second = knowing.prompts[:3], knowing.prompts[3:]  # type: ignore[attr-defined]
    assert all(p.startswith(f"{q} ?. Question: ") for p, q in zip(second, first, strict=True))


def test_names_are_whole_words() -> None:
    scene = sample_scene(2, Split.VALIDATION, min_objects=2, max_objects=2)
    for language in Language:
        assert names_all(plain_caption(scene, language), scene)
    car = next(
        s
        for s in (sample_scene(n, Split.VALIDATION, max_objects=1, concept_key="car") for n in [0])
    )
    assert names_all("a photo of a car.", car) and names_all("一輛汽車", car)
    assert not names_all("a photo of a carrot", car)
    assert captions_name_all(Knowing({}), "", Split.VALIDATION, 2) == 0


def test_samples_show_the_truth_where_it_was_missed() -> None:
    shown = sample_talk(Knowing({}), Split.VALIDATION, 1)
    assert "Question: " in shown and "問題：" in shown and "? [" not in shown.split("\n")[0]
    assert "]" in shown
