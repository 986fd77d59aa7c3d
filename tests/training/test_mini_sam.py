"""The mini-sam that ships: its files, its classes, and that it really cuts things out."""

import re

import numpy as np
import pytest
import torch
from segment_anything import SamAutomaticMaskGenerator, SamPredictor
from segment_anything.modeling import Sam
from transformers import SamModel, SamProcessor

from playground.models.sam_weights import load_package_sam
from tests.sources import ROOT
from training.sam_scores import answers_of, iou, leaf_questions, scene_questions, summary
from training.sampling import Split

FOLDER = ROOT / "assets" / "models" / "mini-sam"


@pytest.fixture(scope="module")
def sam() -> Sam:
    return load_package_sam(FOLDER)


def test_files_are_small_and_hold_no_pickle() -> None:
    files = [path for path in FOLDER.iterdir() if path.is_file()]
    assert max(path.stat().st_size for path in files) <= 9_000_000
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".md"}


def test_transformers_loads_all_weights_and_agrees(sam: Sam) -> None:
    model, report = SamModel.from_pretrained(FOLDER, dtype=torch.float32, output_loading_info=True)
    assert not any(report[kind] for kind in ("missing_keys", "mismatched_keys", "unexpected_keys"))
    question = scene_questions(Split.VALIDATION, 1)[0]
    predictor = SamPredictor(sam)
    predictor.set_image(question.picture)
    clicks = np.array([(128.0, 128.0)])
    _, ious, logits = predictor.predict(clicks, np.array([1]))
    inputs = SamProcessor.from_pretrained(FOLDER)(
        question.picture,
        input_points=[[clicks.tolist()]],
        input_labels=[[[1]]],
        return_tensors="pt",
    )
    with torch.no_grad():
        answered = model.eval()(
            pixel_values=inputs.pixel_values,
            input_points=inputs.input_points,
            input_labels=inputs.input_labels,
        )
    # Relative to the size of trained logits, which is some tens.
    assert np.abs(answered.pred_masks[0, 0].numpy() - logits).max() <= 1e-4 * np.abs(logits).max()
    assert np.abs(answered.iou_scores[0, 0].numpy() - ious).max() <= 1e-4


def test_it_cuts_out_things_of_scenes_it_never_saw(sam: Sam) -> None:
    scores = summary(answers_of(sam, scene_questions(Split.VALIDATION, 12), 3))
    assert scores["box"] >= 0.6
    assert scores["three_clicks"] >= 0.65
    assert scores["one_click"] >= 0.5


def test_it_follows_boundaries_where_there_is_no_emoji(sam: Sam) -> None:
    scores = summary(answers_of(sam, leaf_questions(Split.VALIDATION, 8), 3))
    assert scores["best_of_three"] >= 0.4
    assert scores["box"] >= 0.35


def test_a_negative_click_takes_away(sam: Sam) -> None:
    question = scene_questions(Split.VALIDATION, 1)[0]
    predictor = SamPredictor(sam)
    predictor.set_image(question.picture)
    mask = question.masks[0]
    rows, columns = np.nonzero(mask)
    inside = (float(np.median(columns)), float(np.median(rows)))
    box = np.array((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1), float)
    _, _, before = predictor.predict(box=box, multimask_output=False)
    kept, _, _ = predictor.predict(
        np.array([inside]), np.array([1]), box, before, multimask_output=False
    )
    taken, _, _ = predictor.predict(
        np.array([inside]), np.array([0]), box, before, multimask_output=False
    )
    assert taken.sum() < kept.sum()


def test_the_packages_generator_finds_most_things_by_itself(sam: Sam) -> None:
    # The package's thresholds are made for a model that is surer of itself.
    generator = SamAutomaticMaskGenerator(
        sam, points_per_side=8, pred_iou_thresh=0.3, stability_score_thresh=0.5
    )
    best = []
    for question in scene_questions(Split.VALIDATION, 4):
        found = generator.generate(question.picture)
        assert 1 <= len(found) <= 3 * 8**2
        best += [max(iou(mask, item["segmentation"]) for item in found) for mask in question.masks]
    assert float(np.mean(best)) >= 0.45


def test_the_card_tells_what_was_measured() -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    table = card.partition("<!-- scores -->")[2].partition("<!-- /scores -->")[0]
    rows = re.findall(r"^\| (.+?) \| ([\d.]+) \| ([\d.]+) \|", table, re.M)
    scores = {what: (float(scenes), float(leaves)) for what, scenes, leaves in rows}
    assert len(scores) == 7
    assert all(0 <= value <= 20 for values in scores.values() for value in values)
    for words in ("held-out", "python -m training.sam", "seed 20230405", "## Limits"):
        assert words in card
