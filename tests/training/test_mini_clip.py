"""The model that ships: its files, its classes, and that it really knows the emoji world."""

import re

import pytest
import torch
from transformers import CLIPModel, CLIPTextModel, CLIPVisionModel

from tests.sources import ROOT
from training.concepts import CONCEPTS
from training.evaluate import load_clip
from training.sampling import Split
from training.scores import (
    Clip,
    background_accuracy,
    retrieval_recalls,
    retrieval_scenes,
    zero_shot_accuracy,
)

FOLDER = ROOT / "assets" / "models" / "mini-clip"


@pytest.fixture(scope="module")
def clip() -> Clip:
    return load_clip(FOLDER)


def test_files_are_small_and_hold_no_pickle() -> None:
    files = [path for path in FOLDER.iterdir() if path.is_file()]
    assert max(path.stat().st_size for path in files) <= 9_000_000
    assert sum(path.stat().st_size for path in files) <= 12_000_000
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".md", ".txt"}


@pytest.mark.parametrize("kind", [CLIPModel, CLIPTextModel, CLIPVisionModel])
def test_every_class_finds_all_its_weights(kind: type) -> None:
    _, report = kind.from_pretrained(FOLDER, output_loading_info=True)
    assert not report["missing_keys"] and not report["mismatched_keys"]


def test_the_family_can_share_it(clip: Clip) -> None:
    text, vision = clip.model.config.text_config, clip.model.config.vision_config
    assert text.hidden_size == vision.hidden_size == clip.model.config.projection_dim
    assert text.max_position_embeddings == clip.processor.tokenizer.model_max_length == 32
    assert text.eos_token_id == clip.processor.tokenizer.eos_token_id
    assert text.vocab_size == len(clip.processor.tokenizer)


def test_it_names_things_in_both_languages(clip: Clip) -> None:
    named = zero_shot_accuracy(clip, Split.VALIDATION, 2)
    assert min(named.values()) >= 0.9


def test_it_finds_scenes_by_their_captions(clip: Clip) -> None:
    found = retrieval_recalls(clip, retrieval_scenes(Split.VALIDATION, 200))
    assert min(found[name] for name in ("r1_en", "r1_zh")) >= 0.9
    unseen = retrieval_scenes(Split.VALIDATION, 200, held_out_only=True)
    assert retrieval_recalls(clip, unseen)["r1_en"] >= 0.85


def test_it_sees_backgrounds(clip: Clip) -> None:
    assert min(background_accuracy(clip, Split.VALIDATION, 100).values()) >= 0.9


def test_upper_case_and_synonyms_mean_the_same(clip: Clip) -> None:
    same = clip.read(["A PHOTO OF A CAT", "a photo of a cat"])
    assert torch.equal(same[0], same[1])
    bikes = clip.read(["a bike", "腳踏車", "單車", "a pizza"])
    assert (bikes[:3] @ bikes[:3].T).min() > (bikes[:3] @ bikes[3]).max()


def test_the_card_shows_scores_above_the_floors() -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| (.+) \| ([\d.]+) % \| ([\d.]+) % \|", card)
    scores = {what: min(float(english), float(chinese)) for what, english, chinese in rows}
    floors = {"zero-shot": 95.0, "caption to picture R@1": 60.0, "caption to picture R@5": 85.0}
    for start, floor in floors.items():
        found = [score for what, score in scores.items() if what.startswith(start)]
        assert found and min(found) >= floor, start
    assert f"{len(CONCEPTS)} concepts" in card
