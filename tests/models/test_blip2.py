"""Models that answer about pictures: what is answered is what the library itself writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache as remember
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Blip2ForConditionalGeneration, Blip2ForImageTextRetrieval, Blip2Processor

from playground.models import blip2, blip2_eyes, blip2_language, blip2_look, blip2_match
from playground.models.blip2 import Ask, Seen
from tests.models.tiny_chats import save_blip2_itm, save_blip2_opt, save_blip2_t5
from training.scene_text import CAPTION_PROMPTS, QUESTION_PROMPTS, question_prompt
from training.scenes import Language

ROOT = Path(blip2.__file__).parents[2]
MINI = ROOT / "assets" / "models" / "mini-blip2"
SAVERS = {"opt": save_blip2_opt, "t5": save_blip2_t5, "itm": save_blip2_itm}
WRITERS = ("mini", "opt", "t5")
TURNS = (("what is there?", "a cat"), ("is it red?", "no"))
QUESTIONS = ("what is there?", "how many?", "what colour is the cat in this photo of a dog?")


class Still:
    """A turn that nobody waits for, and that counts."""

    def __init__(self) -> None:
        self.steps = 0

    def step(self) -> None:
        self.steps += 1


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Where the checkpoint of a layout lies; written when first asked for."""

    @remember
    def folder_of(layout: str) -> Path:
        if layout == "mini":
            return MINI
        folder = tmp_path_factory.mktemp(layout)
        SAVERS[layout](folder)
        return folder

    return folder_of


@pytest.fixture(scope="module")
def parts(folders):
    """One part of a layout; built when first asked for."""
    return remember(lambda layout, name: blip2.build(name, folders(layout)))


@pytest.fixture(scope="module")
def libraries(folders):
    """The whole model of a layout as the library loads it, with its processor."""

    @remember
    def library_of(layout: str):
        model = Blip2ForConditionalGeneration.from_pretrained(
            folders(layout), dtype=torch.float32
        ).eval()
        return model, Blip2Processor.from_pretrained(folders(layout))

    return library_of


def picture(seed: int = 0, height: int = 90, width: int = 120) -> np.ndarray:
    """Discs of plain colours."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    pixels = np.full((height, width, 3), 200, np.uint8)
    for _ in range(4):
        y, x, radius = rng.uniform(0, (height, width, height / 3))
        pixels[(rows - y) ** 2 + (columns - x) ** 2 < radius**2] = rng.integers(0, 255, 3)
    return pixels


@contextmanager
def unrounded() -> Iterator[None]:
    """What is kept has 16 bits; rounded, one of two equally likely words may become the other."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (blip2_eyes, blip2_look):
            patch.setattr(module, "half", lambda values: values.float().numpy())
        yield


@pytest.fixture(scope="module")
def seens(parts):
    """What the eyes of a layout make of three pictures, not rounded to 16 bits."""

    @remember
    def seen_by(layout: str) -> tuple[Seen, ...]:
        with unrounded():
            return tuple(blip2.see(parts(layout, "eyes"), [picture(seed) for seed in range(3)]))

    return seen_by


def answers(language, *asks: Ask) -> list[blip2.Answer]:
    return blip2.answer(language, asks, Still())


def tokens(answer: blip2.Answer) -> tuple[int, ...]:
    return tuple(word.token for word in answer.words)


def library_tokens(library, pixels: np.ndarray, prompt: str, most: int, ends: frozenset[int]):
    """What the library's own `generate` writes for one picture, and its logits."""
    model, processor = library
    # Without words the library begins by itself, but T5 has no mark of a beginning.
    is_told = prompt or model.language_model.config.is_encoder_decoder
    inputs = processor(images=pixels, text=prompt if is_told else None, return_tensors="pt")
    out = model.generate(
        **inputs, max_new_tokens=most, return_dict_in_generate=True, output_logits=True
    )
    ids = out.sequences[0, -len(out.logits) :].tolist()
    return [token for token in ids if token not in ends], torch.cat(out.logits)


# Parity with the library.


@pytest.mark.parametrize("layout", WRITERS)
def test_answers_are_those_of_the_library(parts, libraries, seens, layout):
    language = parts(layout, "language")
    asks, expected = [], []
    for number, seen in enumerate(seens(layout)):
        for turns in ((), TURNS[:1], TURNS):
            asks.append(Ask(seen, turns, QUESTIONS[number], most_tokens=12))
            prompt = question_prompt(turns, QUESTIONS[number], Language.EN)
            library = libraries(layout)
            expected.append(
                library_tokens(library, picture(number), prompt, 12, language.texts.ends)
            )
    found = answers(language, *asks)
    processor = libraries(layout)[1]
    for ask, answer, (ids, logits) in zip(asks, found, expected, strict=True):
        assert list(tokens(answer)) == ids
        assert answer.text == processor.decode(ids, skip_special_tokens=True).strip()
        assert answer.prompt == question_prompt(ask.turns, ask.question, Language.EN)
        shares = logits.softmax(dim=-1)
        for place, word in enumerate(answer.words):
            likeliest = shares[place].topk(10).values.tolist()
            told = [choice.probability for choice in word.others]
            assert np.allclose(told, likeliest, atol=1e-4)
            assert word.probability == pytest.approx(float(shares[place, word.token]), abs=1e-4)


@pytest.mark.parametrize("layout", WRITERS)
def test_captions_are_those_of_the_library(parts, libraries, seens, layout):
    language = parts(layout, "language")
    found = answers(language, *(Ask(seen, most_tokens=20) for seen in seens(layout)))
    for number, answer in enumerate(found):
        expected = library_tokens(libraries(layout), picture(number), "", 20, language.texts.ends)
        assert list(tokens(answer)) == expected[0]
        assert answer.prompt == "" and answer.turns_used == 0


def test_chinese_is_asked_as_it_was_taught(parts, libraries, seens):
    language = parts("mini", "language")
    question, turns = "這是什麼？", (("有貓嗎？", "有"),)
    asks = [
        Ask(seens("mini")[0], turns, question, "zh-Hant"),
        Ask(seens("mini")[0], language="zh-Hant"),
    ]
    asked, told = answers(language, *asks)
    prompt = question_prompt(turns, question, Language.ZH)
    library = libraries("mini")
    assert asked.prompt == prompt
    ends = language.texts.ends
    assert list(tokens(asked)) == library_tokens(library, picture(0), prompt, 40, ends)[0]
    opening = CAPTION_PROMPTS[Language.ZH]
    went_on = library_tokens(library, picture(0), opening, 40, ends)[0]
    assert told.text == opening + library[1].decode(went_on)
    # A model that was taught one frame is asked in that.
    alone = answers(parts("opt", "language"), Ask(seens("opt")[0], (), "?", "zh-Hant"))[0]
    assert alone.prompt == "Question: ? Answer:"


def test_the_frames_are_those_of_training(parts):
    frames = parts("mini", "language").frames
    for name, language in (("en", Language.EN), ("zh-Hant", Language.ZH)):
        frame = frames[name]
        assert (frame.before, frame.after, frame.space) == QUESTION_PROMPTS[language]
        talk = blip2_language.talk_text(frame, TURNS, "why?")
        assert talk == question_prompt(TURNS, "why?", language)
    assert frames["zh-Hant"].caption == CAPTION_PROMPTS[Language.ZH]


@pytest.mark.parametrize(("layout", "variant"), [("mini", "itm"), ("itm", None)])
def test_sentences_are_matched_as_by_the_library(folders, layout, variant):
    folder = folders(layout)
    model = Blip2ForImageTextRetrieval.from_pretrained(
        folder, variant=variant, dtype=torch.float32
    ).eval()
    processor = Blip2Processor.from_pretrained(folder)
    eyes = blip2_eyes.build_eyes(folder, has_language=layout == "mini")
    matcher = blip2_match.build_match(folder)
    sentences = ("a cat", "a photo of the red dog and what is this", "no")
    with unrounded():
        seen = blip2_eyes.see(eyes, [picture(0), picture(1)])
    pairs = [(seen[number % 2], sentence) for number, sentence in enumerate(sentences)]
    together = blip2_match.match(matcher, pairs)
    for number, ((_, sentence), found) in enumerate(zip(pairs, together, strict=True)):
        inputs = processor(images=picture(number % 2), text=sentence, return_tensors="pt")
        with torch.no_grad():
            fits = model(**inputs, use_image_text_matching_head=True).logits_per_image
            alike = model(**inputs, use_image_text_matching_head=False).logits_per_image
        assert found.probability == pytest.approx(float(fits.softmax(1)[0, 1]), abs=1e-4)
        assert found.cosine == pytest.approx(float(alike[0, 0]), abs=1e-4)
        [alone] = blip2_match.match(matcher, [pairs[number]])
        assert alone.probability == pytest.approx(found.probability, abs=1e-4)
        assert alone.cosine == pytest.approx(found.cosine, abs=1e-4)


@pytest.mark.parametrize("layout", WRITERS)
def test_looks_are_the_cross_attention_of_the_library(libraries, parts, seens, layout):
    model, processor = libraries(layout)
    eyes, seen = parts(layout, "eyes"), seens(layout)[0]
    with unrounded():
        looks = blip2.look(eyes, seen)
    model.qformer.set_attn_implementation("eager")
    pixels = processor(images=picture(0), return_tensors="pt")["pixel_values"]
    with torch.no_grad():
        states = model.vision_model(pixels).last_hidden_state
        out = model.qformer(
            query_embeds=model.query_tokens,
            encoder_hidden_states=states,
            output_attentions=True,
        )
    expected = torch.cat([layer for layer in out.cross_attentions if layer is not None]).numpy()
    layers, heads, queries, height, width = looks.weights.shape
    flat = looks.weights.reshape(layers, heads, queries, height * width)
    assert np.allclose(flat, expected[..., 1:], atol=1e-4)
    assert np.allclose(looks.elsewhere, expected[..., 0], atol=1e-4)
    assert np.allclose(looks.weights.sum((3, 4)) + looks.elsewhere, 1, atol=1e-4)
    assert np.allclose(looks.queries, out.last_hidden_state[0], atol=1e-4)
    assert seen.queries is not None and len(seen.queries) == queries == len(looks.queries)


@pytest.mark.parametrize("layout", WRITERS)
def test_sixteen_bits_are_enough_to_keep(parts, seens, layout):
    exact = seens(layout)[0]
    [kept] = blip2.see(parts(layout, "eyes"), [picture(0)])
    assert kept.states.dtype == kept.queries.dtype == np.float16
    assert kept.size_hw == picture(0).shape[:2] and kept.kind == exact.kind
    assert kept.bytes_held * 2 == exact.bytes_held
    first, rounded = (
        answers(parts(layout, "language"), Ask(seen, question="what?"))[0].words[0].others
        for seen in (exact, kept)
    )
    shares = [[choice.probability for choice in others] for others in (first, rounded)]
    assert np.allclose(*shares, atol=0.01)
