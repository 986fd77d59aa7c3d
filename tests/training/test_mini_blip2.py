"""The model that ships: its files, its classes, and that it really sees the emoji world."""

import re

import numpy as np
import pytest
import torch
from transformers import AutoProcessor, Blip2ForConditionalGeneration, Blip2ForImageTextRetrieval

from tests.sources import ROOT
from training.blip2_scores import (
    Blip2,
    answer_accuracy,
    answers_right,
    asked_about,
    captions_name_all,
    load_blip2,
    share,
)
from training.match_scores import MATCH_VARIANT, load_matcher, matching_accuracy, retrieval_recall
from training.questions import QuestionKind
from training.sampling import Split
from training.scene_text import CAPTION_PROMPTS
from training.scenes import Language

FOLDER = ROOT / "assets" / "models" / "mini-blip2"


@pytest.fixture(scope="module")
def blip2() -> Blip2:
    return load_blip2(FOLDER)


def test_files_are_small_and_hold_no_pickle() -> None:
    files = [path for path in FOLDER.iterdir() if path.is_file()]
    assert max(path.stat().st_size for path in files) <= 9_000_000
    assert sum(path.stat().st_size for path in files) <= 24_000_000
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".md", ".jinja"}


def test_both_classes_find_exactly_their_weights() -> None:
    for kind, variant in (
        (Blip2ForConditionalGeneration, None),
        (Blip2ForImageTextRetrieval, MATCH_VARIANT),
    ):
        _, report = kind.from_pretrained(FOLDER, variant=variant, output_loading_info=True)
        assert not any(report.values()), kind


def test_processor_and_model_agree(blip2: Blip2) -> None:
    processor, config = AutoProcessor.from_pretrained(FOLDER), blip2.model.config
    assert processor.num_query_tokens == config.num_query_tokens <= 32
    tokenizer = processor.tokenizer
    assert tokenizer.convert_tokens_to_ids("<image>") == config.image_token_index
    assert len(tokenizer) == config.text_config.vocab_size
    assert tokenizer.padding_side == "left"


@pytest.mark.parametrize("language", list(Language))
def test_it_answers_about_what_it_sees(blip2: Blip2, language: Language) -> None:
    right = answer_accuracy(blip2, language, Split.VALIDATION, 12)
    assert right["all"] >= 0.72
    asked = asked_about(QuestionKind.BACKGROUND, Split.VALIDATION, 30)
    grey = [np.full((96, 96, 3), 128, np.uint8)] * len(asked)
    assert share(answers_right(blip2, asked, language)) >= 0.9
    assert share(answers_right(blip2, asked, language, grey)) <= 0.3


@pytest.mark.parametrize("language", list(Language))
def test_captions_name_what_is_there(blip2: Blip2, language: Language) -> None:
    found = captions_name_all(blip2, CAPTION_PROMPTS[language], Split.VALIDATION, 24)
    assert found >= 0.75


def test_captions_match_their_pictures() -> None:
    matcher = load_matcher(FOLDER)
    for language in Language:
        assert retrieval_recall(matcher, language, Split.VALIDATION, 40) >= 0.7
        assert matching_accuracy(matcher, language, Split.VALIDATION, 40) >= 0.8


def test_sixteen_bits_say_the_same(blip2: Blip2) -> None:
    half = Blip2ForConditionalGeneration.from_pretrained(FOLDER, dtype=torch.bfloat16).eval()
    asked = asked_about(QuestionKind.WHAT, Split.VALIDATION, 10)
    picture = np.full((96, 96, 3), 200, np.uint8)
    prompts = [f"Question: {q.english} Answer:" for _, q in asked]
    whole = blip2.write([picture] * 10, prompts)
    with torch.autocast("cpu", torch.bfloat16):
        rough = Blip2(half, blip2.processor).write([picture] * 10, prompts)
    assert sum(a == b for a, b in zip(whole, rough, strict=True)) >= 7


def test_the_card_shows_its_scores() -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| (.+) \| ([\d.]+) % \| ([\d.]+) % \|", card)
    scores = {what: (float(english), float(chinese)) for what, english, chinese in rows}
    [everything] = [pair for what, pair in scores.items() if "right: all kinds" in what]
    [blind] = [pair for what, pair in scores.items() if "grey picture" in what]
    assert min(everything) > max(blind) + 10
    assert len(rows) >= 18 and "held-out" in card and "python -m training.blip2" in card
