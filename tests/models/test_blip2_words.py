"""The decoding loop: forced, drawn, told, left; together with others or alone."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.cache import Cache
from playground.catalog import cache_items, entry
from playground.models import blip2, blip2_language
from playground.models.blip2 import Answer, Ask, Seen
from playground.models.blip2_words import MOST_CHOICES, Prompted, TokenTexts, write
from playground.settings import read_settings
from training.painting import paint_picture
from training.sampling import Split, sample_scene

MINI = Path(blip2.__file__).parents[2] / "assets" / "models" / "mini-blip2"
QUESTIONS = ("what is there?", "how many things are there?", "where is the cat?", "這裡有什麼？")


class Still:
    """A turn that nobody waits for, and that counts."""

    def __init__(self) -> None:
        self.steps = 0

    def step(self) -> None:
        self.steps += 1


@pytest.fixture(scope="module")
def eyes():
    return blip2.build("eyes", MINI)


@pytest.fixture(scope="module")
def language():
    return blip2.build("language", MINI)


@pytest.fixture(scope="module")
def seens(eyes) -> list[Seen]:
    pictures = [paint_picture(sample_scene(number, Split.TEST), 96) for number in range(4)]
    return blip2.see(eyes, pictures)


@pytest.fixture(scope="module")
def asks(seens) -> list[Ask]:
    return [Ask(seen, question=asked) for seen, asked in zip(seens, QUESTIONS, strict=True)]


def answers(language, *asks: Ask) -> list[Answer]:
    return blip2.answer(language, asks, Still())


def tokens(answer: Answer) -> tuple[int, ...]:
    return tuple(word.token for word in answer.words)


def check_same(found: Answer, expected: Answer) -> None:
    assert tokens(found) == tokens(expected)
    assert (found.text, found.ended) == (expected.text, expected.ended)
    for one, other in zip(found.words, expected.words, strict=True):
        assert one.probability == pytest.approx(other.probability, abs=1e-4)


# A batch gives each row what it would get alone.


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_a_row_is_answered_as_if_it_were_alone(language, asks, data):
    chosen = data.draw(st.lists(st.sampled_from(asks), min_size=1, max_size=6))
    rows = [
        replace(
            ask,
            temperature=data.draw(st.sampled_from((0.0, 0.7, 2.0))),
            seed=data.draw(st.integers(0, 2**64)),
            most_tokens=data.draw(st.integers(1, 12)),
            turns=data.draw(st.sampled_from(((), (("what is there?", "a cat"),)))),
        )
        for ask in chosen
    ]
    for row, together in zip(rows, answers(language, *rows), strict=True):
        check_same(together, answers(language, row)[0])


@settings(max_examples=12, deadline=None)
@given(number=st.integers(0, 3), seed=st.integers(0, 1000), kept=st.integers(0, 8))
def test_forcing_what_was_said_changes_nothing(language, asks, number, seed, kept):
    ask = replace(asks[number], temperature=1.5, seed=seed, most_tokens=8)
    [first] = answers(language, ask)
    [again] = answers(language, replace(ask, forced=tokens(first)[:kept]))
    check_same(again, first)


def test_every_number_is_a_probability(language, asks):
    for answer in answers(language, *(replace(ask, temperature=1.0) for ask in asks)):
        assert answer.text == "".join(word.text for word in answer.words)
        for word in answer.words:
            shares = [choice.probability for choice in word.others]
            assert len(shares) == MOST_CHOICES and sum(shares) <= 1 + 1e-5
            assert all(0 <= share <= 1 for share in shares)
            assert shares == sorted(shares, reverse=True)
            [own] = [choice for choice in word.others if choice.token == word.token]
            assert own.probability == word.probability


def test_another_seed_draws_other_words(language, asks):
    drawn = {
        answers(language, replace(asks[0], temperature=3.0, seed=seed))[0].text for seed in range(6)
    }
    assert len(drawn) > 1


# Steering.


def test_another_word_is_chosen_and_the_answer_goes_on(language, asks):
    [plain] = answers(language, asks[0])
    other = plain.words[0].others[2]
    [found] = answers(language, replace(asks[0], forced=(other.token,)))
    assert found.words[0].token == other.token and found.text.startswith(other.text)
    # Its chance is still what the model gave it.
    assert found.words[0].probability == pytest.approx(other.probability, abs=1e-5)
    assert found.words[0].others == plain.words[0].others


def test_an_unlikely_word_stands_among_the_ten(language, asks):
    token = language.tokenizer("zebra", add_special_tokens=False)["input_ids"][0]
    [found] = answers(language, replace(asks[1], forced=(token,)))
    word = found.words[0]
    assert [choice.token for choice in word.others][-1] == token
    assert len(word.others) == MOST_CHOICES


def test_the_end_can_be_chosen(language, asks):
    [plain] = answers(language, asks[0])
    end = next(iter(language.texts.ends))
    [found] = answers(language, replace(asks[0], forced=(plain.words[0].token, end)))
    assert found.ended == "end" and tokens(found) == tokens(plain)[:1]
    [nothing] = answers(language, replace(asks[0], forced=(end,)))
    assert (nothing.words, nothing.text, nothing.ended) == ((), "", "end")


@pytest.mark.parametrize("token", [-1, 10**9])
def test_a_forged_token_fails_alone_or_is_one(language, asks, token):
    try:
        [found] = answers(language, replace(asks[0], forced=(token,)))
    except (IndexError, RuntimeError):
        return
    assert 0 <= found.words[0].token < language.module.config.vocab_size


def test_the_end_is_the_only_choice_without_text(language, asks):
    for answer in answers(language, *asks):
        for word in answer.words:
            empty = {choice.token for choice in word.others if choice.text == ""}
            assert empty <= language.texts.ends


# Told while it is written.


def test_words_are_told_one_by_one(language, asks):
    told: list[tuple[str, ...]] = []
    ask = replace(asks[0], tell=lambda words: told.append(tuple(word.text for word in words)))
    turn = Still()
    [answer] = blip2.answer(language, [ask], turn)
    texts = tuple(word.text for word in answer.words)
    assert told == [texts[: count + 1] for count in range(len(texts))]
    # One more for the word that ends it.
    assert turn.steps == len(texts) + 1


def test_who_leaves_ends_and_the_others_go_on(language, asks):
    words: list[int] = []
    leaving = replace(
        asks[0], tell=lambda told: words.append(len(told)), is_left=lambda: len(words) >= 2
    )
    plain = answers(language, asks[0], asks[2])
    left, stayed = answers(language, leaving, asks[2])
    assert left.ended == "left" and tokens(left) == tokens(plain[0])[:2]
    check_same(stayed, plain[1])


def test_nothing_runs_for_those_who_have_all_left(language, asks):
    turn = Still()
    gone = [replace(ask, is_left=lambda: True) for ask in asks]
    found = blip2.answer(language, gone, turn)
    assert [(answer.ended, answer.words) for answer in found] == [("left", ())] * len(asks)
    assert turn.steps == 0


def test_the_loop_ends_when_the_last_has_left(language, asks):
    turn, words = Still(), []
    leaving = [
        replace(ask, tell=lambda told: words.append(told), is_left=lambda: len(words) >= 2)
        for ask in (asks[0], asks[2])
    ]
    found = blip2.answer(language, leaving, turn)
    assert [(answer.ended, len(answer.words)) for answer in found] == [("left", 1)] * 2
    assert turn.steps == 2


def test_length_ends_a_row_only(language, asks):
    short, whole = answers(language, replace(asks[0], most_tokens=1), asks[2])
    assert (short.ended, len(short.words)) == ("length", 1)
    assert whole.ended == "end" and len(whole.words) > 1


# Through the cache.


def test_a_poisoned_question_fails_alone_and_the_others_hear_it_from_the_start(asks):
    cache = Cache(cache_items([entry("mini-blip2")], read_settings([], {})))
    part = blip2.part_of(entry("mini-blip2"), "language")
    told: dict[int, list[int]] = {number: [] for number in range(4)}
    # A row that does not fit: more numbers than the language model reads.
    poison = {0: np.zeros(7, np.float32)}
    rows = [
        replace(
            ask,
            replaced=poison if number == 2 else {},
            tell=lambda words, number=number: told[number].append(len(words)),
        )
        for number, ask in enumerate(asks)
    ]
    gate, outcomes = threading.Event(), [None] * 4

    def ask(number: int) -> None:
        try:
            outcomes[number] = cache.batch(part, blip2.answer, rows[number], steps=True)
        except ValueError as error:
            outcomes[number] = error

    def hold(model) -> None:
        gate.wait(30)

    holding = threading.Thread(target=cache.run, args=(part, hold))
    holding.start()
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in [holding, *threads]:
        thread.join(60)
    assert isinstance(outcomes[2], ValueError)
    language = cache.run(part, lambda model: model)
    for number in (0, 1, 3):
        check_same(outcomes[number], answers(language, asks[number])[0])
        count = len(outcomes[number].words)
        assert told[number][-count:] == list(range(1, count + 1))


def test_another_request_waits_for_one_word_at_most(asks):
    cache = Cache(cache_items([entry("mini-blip2")], read_settings([], {})))
    eyes, part = (blip2.part_of(entry("mini-blip2"), name) for name in ("eyes", "language"))
    cache.load(eyes)
    words, waiting, words_then = [0], threading.Event(), []
    click = threading.Thread(
        target=cache.run,
        args=(eyes, lambda model: words_then.append(words[0])),
        kwargs={"progress": lambda progress: waiting.set()},
    )

    def tell(told) -> None:
        words[0] = len(told)
        if len(told) == 1:
            click.start()
            waiting.wait(30)

    answer = cache.batch(part, blip2.answer, replace(asks[0], tell=tell), steps=True)
    click.join(30)
    assert len(answer.words) > 1 and words_then == [1]


def test_numbers_that_are_none_are_no_answer(language, asks):
    broken = replace(asks[0], replaced={0: np.full(192, np.nan, np.float32)})
    with pytest.raises(FloatingPointError):
        answers(language, broken)


def test_a_second_question_does_not_run_the_vision_tower(eyes, language):
    calls: list[int] = []
    hook = eyes.vision.register_forward_hook(lambda *_: calls.append(1))
    try:
        [seen] = blip2.see(eyes, [paint_picture(sample_scene(9, Split.TEST), 96)])
        assert len(calls) == 1
        matcher = blip2.build("match", MINI)
        for question in QUESTIONS:
            answers(language, Ask(seen, question=question))
        blip2.match(matcher, [(seen, "a cat"), (seen, "a dog")])
        blip2.look(eyes, seen)
        blip2.score(language, [(Ask(seen, question="is it red?"), ("yes", "no"))], Still())
        assert len(calls) == 1
    finally:
        hook.remove()


# Queries switched off and swapped.


def test_nothing_looks_at_a_silenced_query(language, asks):
    garbage = {3: np.full(192, 5.0, np.float32), 7: np.full(192, -9.0, np.float32)}
    silent = replace(asks[0], silenced=(3, 7))
    [one] = answers(language, silent)
    [other] = answers(language, replace(silent, replaced=garbage))
    check_same(one, other)
    [loud] = answers(language, replace(asks[0], replaced=garbage))
    assert loud.words[0].probability != pytest.approx(one.words[0].probability, abs=1e-3)


def test_a_silenced_query_leaves_every_word_in_its_place(language, asks):
    plain = blip2_language.batch_inputs(language, asks[:2], [[1, 5, 6], [1, 5]])
    silent = blip2_language.batch_inputs(
        language, [replace(asks[0], silenced=(0, 4)), asks[1]], [[1, 5, 6], [1, 5]]
    )
    assert torch.equal(plain["position_ids"], silent["position_ids"])
    assert (plain["attention_mask"] - silent["attention_mask"]).nonzero().tolist() == [
        [0, 0],
        [0, 4],
    ]
    # The shorter row is padded on the left; its words count from 0 all the same.
    assert plain["attention_mask"][1].tolist() == [0, *[1] * 18]
    assert plain["position_ids"][1].tolist() == [0, *range(18)]


def test_queries_of_another_picture_make_its_answer(language, asks, seens):
    every = dict(enumerate(np.asarray(seens[1].queries, np.float32)))
    [swapped] = answers(language, replace(asks[0], replaced=every))
    [other] = answers(language, replace(asks[0], seen=seens[1]))
    check_same(swapped, other)


# Text of tokens.


class Bytes:
    """A tokenizer whose tokens are bytes; 0 ends."""

    all_special_ids = (0,)

    def __call__(self, text: str, **_: object) -> dict[str, list[int]]:
        return {"input_ids": list(text.encode())}

    def decode(self, tokens, **_: object) -> str:
        return bytes(token for token in tokens if token).decode(errors="replace")

    def convert_ids_to_tokens(self, token: int) -> str:
        return f"<{token}>"


def spoken(text: bytes) -> Answer:
    """An answer that says these bytes."""
    ask = Ask(Seen("", (1, 1), np.zeros(1)), forced=(*text, 0), most_tokens=len(text) + 1)

    def generate(*, logits_processor, stopping_criteria, **_: object) -> None:
        ids = torch.zeros((1, 0), dtype=torch.long)
        done = torch.tensor([False])
        while not done.all():
            scores = logits_processor(ids, torch.zeros((1, 256)))
            ids = torch.cat([ids, scores.argmax(dim=-1, keepdim=True)], dim=1)
            done = stopping_criteria(ids, None)

    prompted = Prompted(generate, ("",), (0,), ("",), ((),))
    return write(TokenTexts(Bytes(), frozenset({0})), prompted, [ask], Still())[0]


class Padded(Bytes):
    """As checkpoints that have more outputs than their tokenizer has tokens."""

    def decode(self, tokens, **more: object) -> str:
        return super().decode([token for token in tokens if token < 200], **more)

    def convert_ids_to_tokens(self, token: int) -> str | None:
        return None if token == 255 else super().convert_ids_to_tokens(token)


def test_only_what_ends_an_answer_has_no_text():
    texts = TokenTexts(Padded(), frozenset({0}))
    assert [texts.alone(token) for token in (0, 32, 97, 200, 255)] == [
        "",
        " ",
        "a",
        "<200>",
        "<255>",
    ]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_characters="\0\ufffd", exclude_categories=["Cs"])))
def test_the_words_are_the_text_in_whole_characters(text):
    answer = spoken(text.encode())
    assert answer.text == text.lstrip()
    assert "".join(word.text for word in answer.words) == answer.text
    assert all("\ufffd" not in word.text for word in answer.words)
    assert len(answer.words) == len(text.encode()) and answer.ended == "end"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=12).filter(lambda text: 0 not in text))
def test_broken_bytes_end_the_world_for_nobody(text):
    answer = spoken(text)
    assert "".join(word.text for word in answer.words) == answer.text
    assert len(answer.words) == len(text)
