"""Measure the mini models on held-out scenes: ``python -m training.evaluate``.

Prints every score and writes it into the model card, between two comment lines.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoModel, AutoProcessor

from training.blip2_table import blip2_table
from training.diffusion_table import diffusion_table
from training.llama_scores import llama_table
from training.sam_scores import sam_table
from training.sampling import Split
from training.scores import (
    Clip,
    background_accuracy,
    name_precision,
    relation_accuracy,
    retrieval_recalls,
    retrieval_scenes,
    zero_shot_accuracy,
)

MODELS_FOLDER = Path("assets/models")
_START, _END = "<!-- scores -->", "<!-- /scores -->"
_SCENES_PER_CONCEPT = 10
_RETRIEVAL_SCENES = 1000
_RELATION_PAIRS = 1000
_BACKGROUND_SCENES = 500


@dataclass(frozen=True)
class Row:
    """One line of the table of scores.

    Attributes:
        what: What was measured.
        english: Score 0..1 for English.
        chinese: Score 0..1 for Traditional Chinese.
    """

    what: str
    english: float
    chinese: float


def load_clip(folder: Path) -> Clip:
    """Load a CLIP as visitors' machines do.

    Args:
        folder: Holds the model and its processor.

    Returns:
        The model in float32 on the CPU.

    Raises:
        OSError: If there is no model in the folder.
    """
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    return Clip(model, AutoProcessor.from_pretrained(folder))


def clip_rows(folder: Path) -> list[Row]:
    """Measure mini-clip on test scenes, seeds and backgrounds that training never used.

    Args:
        folder: Holds the model.

    Returns:
        The rows of its table.
    """
    clip = load_clip(folder)
    named = zero_shot_accuracy(clip, Split.TEST, _SCENES_PER_CONCEPT)
    many = f"zero-shot, 160 concepts, {160 * _SCENES_PER_CONCEPT} scenes with one object"
    rows = [
        Row(f'{many}, "a photo of a ..."', named["photo_en"], named["photo_zh"]),
        Row(f"{many}, bare name", named["name_en"], named["name_zh"]),
    ]
    for held_out_only, kind in ((False, "any triples"), (True, "each with a held-out triple")):
        scenes = retrieval_scenes(Split.TEST, _RETRIEVAL_SCENES, held_out_only=held_out_only)
        found = retrieval_recalls(clip, scenes)
        text = f"among {_RETRIEVAL_SCENES} scenes with 2-3 objects, {kind}"
        rows += [
            Row(f"caption to picture R@1 {text}", found["r1_en"], found["r1_zh"]),
            Row(f"caption to picture R@5 {text}", found["r5_en"], found["r5_zh"]),
            Row(
                f"picture to caption R@1 {text}",
                found["picture_to_caption_r1_en"],
                found["picture_to_caption_r1_zh"],
            ),
        ]
        searched = name_precision(clip, scenes)
        rows.append(
            Row(f"one name, mean average precision {text}", searched["map_en"], searched["map_zh"])
        )
        pairs = relation_accuracy(clip, Split.TEST, _RELATION_PAIRS, held_out_only)
        text = f"scene or its twin with swapped places (guessing 50 %), {kind}"
        rows.append(Row(text, pairs["relation_en"], pairs["relation_zh"]))
    behind = background_accuracy(clip, Split.TEST, _BACKGROUND_SCENES)
    text = f"background among 18, {_BACKGROUND_SCENES} scenes with 1-3 objects"
    rows.append(Row(text, behind["background_en"], behind["background_zh"]))
    return rows


def score_table(rows: list[Row]) -> str:
    """Lay scores out as Markdown.

    Args:
        rows: The scores.

    Returns:
        A table, one line for each row.
    """
    lines = ["| measured on test scenes | English | 繁體中文 |", "|---|---|---|"]
    lines += [f"| {r.what} | {100 * r.english:.1f} % | {100 * r.chinese:.1f} % |" for r in rows]
    return "\n".join(lines)


def clip_table(folder: Path) -> str:
    """Measure mini-clip; see ``clip_rows``.

    Args:
        folder: Holds the model.

    Returns:
        A table in Markdown.
    """
    return score_table(clip_rows(folder))


# Each gives the table of its model's card.
EVALUATIONS: dict[str, Callable[[Path], str]] = {
    "mini-blip2": blip2_table,
    "mini-llama": llama_table,
    "mini-clip": clip_table,
    "mini-diffusion": diffusion_table,
    "mini-sam": sam_table,
}


def write_into_card(card: Path, table: str) -> None:
    """Replace the scores in a model card.

    Args:
        card: A Markdown file with the two comment lines.
        table: The new table.

    Raises:
        ValueError: If the comment lines are not there.
    """
    text = card.read_text(encoding="utf-8")
    if _START not in text or _END not in text:
        raise ValueError(f"{card} has no place for scores: add {_START} and {_END}")
    before, _, rest = text.partition(_START)
    _, _, after = rest.partition(_END)
    card.write_text(f"{before}{_START}\n{table}\n{_END}{after}", encoding="utf-8")


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate", description="Measure the mini models."
    )
    parser.add_argument("--models", type=Path, default=MODELS_FOLDER, help="folder of all models")
    parser.add_argument("--only", choices=sorted(EVALUATIONS), help="measure one model")
    parser.add_argument("--print-only", action="store_true", help="leave the model cards alone")
    options = parser.parse_args()
    torch.set_num_threads(2)
    for name in [options.only] if options.only else sorted(EVALUATIONS):
        started = time.monotonic()
        table = EVALUATIONS[name](options.models / name)
        print(f"{name} ({time.monotonic() - started:.0f} s)\n{table}")
        if not options.print_only:
            write_into_card(options.models / name / "README.md", table)


if __name__ == "__main__":
    main()
