"""Prompts of the chat: marks that people type, want of room; scores; parts and facts."""

from __future__ import annotations

from dataclasses import replace
from functools import cache as remember
from math import prod
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.cache import Cache
from playground.catalog import cache_items, entry
from playground.models import blip2, language_model
from playground.models.blip2 import Ask, Seen
from playground.models.blip2_language import MOST_TURNS, prompt_of, talk_text
from playground.models.language_model import build_language
from playground.settings import read_settings
from playground.visitors.errors import PersonError
from tests.models.test_blip2_words import MINI, Still, answers, check_same
from tests.models.tiny_chats import save_blip2_opt, save_blip2_t5

SAVERS = {"opt": save_blip2_opt, "t5": save_blip2_t5}
LAYOUTS = ("mini", "opt", "t5")


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
def languages(folders):
    return remember(lambda layout: blip2.build("language", folders(layout)))


@pytest.fixture(scope="module")
def seens(languages):
    """A picture of noise for a language model of any width."""

    @remember
    def seen_by(layout: str) -> Seen:
        width = languages(layout).module.get_input_embeddings().weight.shape[1]
        queries = np.random.default_rng(0).normal(size=(16, width)).astype(np.float16)
        states = np.zeros((1, 1), np.float16)
        return Seen("Blip2ForConditionalGeneration", (1, 1), states, queries)

    return seen_by


# What people type is text.


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_no_mark_can_be_typed(languages, seens, layout, data):
    tokenizer = languages(layout).tokenizer
    marks = st.sampled_from((*tokenizer.all_special_tokens, "Answer:", "{question}", "%s"))
    pieces = st.lists(st.one_of(marks, st.text(max_size=5)), min_size=1, max_size=5)
    question, told = "".join(data.draw(pieces)), "".join(data.draw(pieces))
    ask = Ask(seens(layout), (("what?", told),), question or "?")
    prompt = prompt_of(languages(layout), ask)
    special = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    around = set(tokenizer("")["input_ids"])
    typed = [token for token in prompt.tokens if token in special]
    assert typed == [token for token in tokenizer("")["input_ids"] if token in around]


def test_a_typed_picture_mark_changes_no_other_answer(languages, seens):
    language, seen = languages("mini"), seens("mini")
    marked = Ask(seen, question="<image> what is there? </s>")
    plain = Ask(seen, question="what is there?")
    together = answers(language, marked, plain)
    check_same(together[1], answers(language, plain)[0])
    assert "<image>" in together[0].prompt


# What there is no room for.


@settings(max_examples=40, deadline=None)
@given(
    question=st.text(min_size=1, max_size=900),
    turns=st.lists(st.tuples(st.text(max_size=300), st.text(max_size=300)), max_size=7),
    most=st.integers(1, 100),
    language=st.sampled_from(("en", "zh-Hant")),
)
def test_a_prompt_leaves_room_for_the_answer(languages, seens, question, turns, most, language):
    model = languages("mini")
    ask = Ask(seens("mini"), tuple(turns), question, language, most_tokens=most)
    prompt = prompt_of(model, ask)
    assert len(prompt.tokens) + 16 + most <= model.context_tokens
    assert prompt.turns_used <= min(len(turns), MOST_TURNS)
    assert question.endswith(prompt.unread)
    read = question[: len(question) - len(prompt.unread)]
    newest = turns[len(turns) - prompt.turns_used :]
    assert prompt.text == talk_text(model.frame(language), newest, read)
    # What is asked now comes before what was asked.
    assert not (prompt.unread and prompt.turns_used)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_hundred_thousand_characters_are_cut_and_answered(languages, seens, layout):
    model = languages(layout)
    question = "why is the cat red? " * 5000
    [answer] = answers(model, Ask(seens(layout), question=question, most_tokens=3))
    assert question.endswith(answer.unread) and len(answer.unread) > 90_000
    assert len(answer.words) <= 3


def test_short_talks_are_read_whole(languages, seens):
    turns = tuple((f"is it {number}?", "no.") for number in range(MOST_TURNS + 2))
    [answer] = answers(languages("mini"), Ask(seens("mini"), turns, "so what is it?"))
    assert answer.turns_used == MOST_TURNS and answer.unread == ""
    assert answer.prompt.startswith("Question: is it 2? Answer: no. Question: is it 3?")
    assert answer.prompt.endswith("Question: so what is it? Answer:")


# Scores are the chances of words.


@pytest.mark.parametrize("layout", LAYOUTS)
def test_scores_are_those_of_the_words_when_forced(languages, seens, layout):
    model, seen = languages(layout), seens(layout)
    options = ("yes", "no, the red cat", "a")
    asks = [Ask(seen, question="is it?"), Ask(seen, (("what?", "cat"),), "is it red?")]
    scored = blip2.score(model, [(ask, options) for ask in asks], Still())
    space = "" if model.is_encoder_decoder else " "
    for ask, found in zip(asks, scored, strict=True):
        for option, total, mean in zip(options, found.totals, found.per_token, strict=True):
            ids = model.tokenizer(space + option, add_special_tokens=False)["input_ids"]
            [said] = answers(model, replace(ask, forced=tuple(ids), most_tokens=len(ids)))
            assert tuple(word.token for word in said.words) == tuple(ids)
            chance = prod(word.probability for word in said.words)
            assert np.exp(total) == pytest.approx(chance, rel=1e-3)
            assert mean == pytest.approx(total / len(ids))


def test_scores_feel_the_queries(languages, seens):
    ask = Ask(seens("mini"), question="how many?")
    one, other = blip2.score(
        languages("mini"),
        [(ask, ("one",)), (replace(ask, silenced=tuple(range(16))), ("one",))],
        Still(),
    )
    assert one.totals != pytest.approx(other.totals, abs=1e-3)


# Parts.


def test_a_language_model_can_live_in_a_folder_of_its_own(languages, seens, tmp_path):
    inside = languages("mini")
    # A copy: what was read out of a bigger model is saved under its names there.
    alone = type(inside.module)(inside.module.config)
    alone.load_state_dict(inside.module.state_dict())
    alone.save_pretrained(tmp_path)
    inside.tokenizer.save_pretrained(tmp_path)
    own = build_language(tmp_path, prefix="")
    ask = Ask(seens("mini"), question="what is there?")
    check_same(answers(own, ask)[0], answers(inside, ask)[0])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_part_holds_no_weights_of_another(folders, layout):
    from transformers import Blip2ForConditionalGeneration

    whole = Blip2ForConditionalGeneration.from_pretrained(folders(layout), dtype=torch.float32)

    def count(*modules) -> int:
        return sum(module.num_parameters() for module in modules)

    eyes = blip2.build("eyes", folders(layout))
    assert count(eyes.vision, eyes.qformer) == count(whole.vision_model, whole.qformer)
    assert eyes.query_tokens.weight.numel() == whole.query_tokens.numel()
    assert torch.equal(eyes.projection.weight, whole.language_projection.weight)
    language = blip2.build("language", folders(layout))
    assert count(language.module) == count(whole.language_model)
    ends = whole.language_model.generation_config.eos_token_id
    assert language.texts.ends == {ends}


def test_missing_weights_are_no_model(folders, tmp_path):
    from safetensors.torch import load_file, save_file

    source = folders("t5")
    for file in source.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = load_file(tmp_path / "model.safetensors")
    for name in ("language_projection.weight", "query_tokens"):
        lacking = {key: value for key, value in weights.items() if key != name}
        save_file(lacking, tmp_path / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(PersonError) as caught:
            blip2.build("eyes", tmp_path)
        assert caught.value.key == "mistake.model.mismatch"


def test_a_kind_that_is_not_known(tmp_path):
    (tmp_path / "config.json").write_text('{"architectures": ["Blip9ForEverything"]}')
    with pytest.raises(PersonError) as caught:
        blip2.build("eyes", tmp_path)
    assert caught.value.key == "mistake.model.mismatch"


def test_facts_need_no_weights():
    mini = entry("mini-blip2")
    facts = blip2.facts(mini)
    assert facts == blip2.Facts(
        has_queries=True,
        query_count=16,
        can_match=True,
        answers=True,
        remembers_turns=True,
        languages=("en", "zh-Hant"),
        is_free_text=True,
        is_captioner=False,
    )
    assert blip2.part_of(mini, "eyes") == "mini-blip2/eyes"
    whole = replace(mini, parts=("one/model",))
    assert blip2.part_of(whole, "language") == "one/model"
    with pytest.raises(KeyError):
        blip2.part_of(replace(mini, parts=mini.parts[:2]), "match")


def test_frames_default_to_the_paper(tmp_path):
    assert language_model.read_frames(tmp_path) == {"en": language_model.ENGLISH}


def test_the_whole_way_through_the_cache():
    item = entry("mini-blip2")
    cache = Cache(cache_items([item], read_settings([], {})))
    pixels = np.full((40, 60, 3), 90, np.uint8)
    seen = cache.batch(blip2.part_of(item, "eyes"), blip2.see, pixels)
    assert (seen.size_hw, seen.queries.dtype) == ((40, 60), np.float16)
    assert seen.bytes_held == seen.states.nbytes + seen.queries.nbytes < 40_000
    part = blip2.part_of(item, "language")
    answer = cache.batch(part, blip2.answer, Ask(seen, question="what is there?"), steps=True)
    assert answer.text
    pair = (seen, answer.text)
    assert 0 <= cache.batch(blip2.part_of(item, "match"), blip2.match, pair).probability <= 1
    with cache.lease("mini-blip2") as model:
        assert len(model) == 3
