import math

import pytest
import torch
from transformers import PreTrainedTokenizerFast

from training.llama_model import build_llama
from training.llama_scores import (
    answers_in_words,
    asked_in_words,
    held_out_texts,
    languages_table,
    perplexity,
)
from training.questions import QuestionKind
from training.sampling import Split
from training.scenes import Language


def test_a_model_that_knows_nothing_has_the_perplexity_of_its_vocabulary(
    llama_tokenizer: PreTrainedTokenizerFast,
) -> None:
    llama = build_llama(llama_tokenizer).eval()
    torch.nn.init.zeros_(llama.model.embed_tokens.weight)
    texts = held_out_texts(Language.EN, Split.VALIDATION, 5)
    measured = perplexity(llama, llama_tokenizer, texts)
    assert measured["perplexity"] == pytest.approx(len(llama_tokenizer), rel=1e-3)
    tokens = sum(len(ids) for ids in llama_tokenizer(texts, add_special_tokens=False).input_ids)
    bits = math.log2(len(llama_tokenizer)) * (tokens + 5) / sum(len(t.encode()) for t in texts)
    assert measured["bits_per_byte"] == pytest.approx(bits, rel=1e-3)


def test_answers_are_counted_by_kind(
    llama_tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_in_words(Language.ZH, Split.VALIDATION, 6)
    assert {q.kind for q, _ in asked} == set(QuestionKind)
    assert all(prompt.endswith("答案：") and "\n問題：" in prompt for _, prompt in asked)
    said = [
        question.answer(Language.ZH) if question.kind is QuestionKind.WHERE else "?"
        for question, _ in asked
    ]
    monkeypatch.setattr("training.llama_scores.continuations", lambda *_: said)
    llama = build_llama(llama_tokenizer)
    right = answers_in_words(llama, llama_tokenizer, Language.ZH, Split.VALIDATION, 6)
    assert right["where"] == 1 and right["bigger"] == 0
    assert right["all"] == pytest.approx(
        sum(q.kind is QuestionKind.WHERE for q, _ in asked) / len(asked)
    )


def test_two_languages_make_a_table() -> None:
    lines = languages_table([("perplexity", "2.50", "3.00")]).splitlines()
    assert lines[-1] == "| perplexity | 2.50 | 3.00 |" and "繁體中文" in lines[0]
