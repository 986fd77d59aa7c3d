"""The program that a visitor takes away is run, and its mask compared with the one shown."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from playground.catalog import entry, folder_of
from playground.models import sam
from playground.segmenting.reproduce import Recipe, Step, needed_steps, program
from playground.sentences import read_sentences
from playground.visitors.pictures import read_picture

ROOT = Path(__file__).parents[2]
EN = read_sentences("en")
ITEM = entry("mini-sam")
# Two pictures of other shapes than the model's square.
PICTURES = sorted((ROOT / "assets/pictures/photos").glob("*.webp"))

ONE_POINT = [Step([(40.7, 71.2)], [1], is_multimask=True, chosen=0)]
CANDIDATE_2 = [Step([(0.1, 33.3)], [1], is_multimask=True, chosen=2)]
FED_BACK = [
    Step([(90.0, 80.5)], [1], is_multimask=True, chosen=1),
    Step([(90.0, 80.5), (12.25, 9.9)], [1, 0], is_multimask=False, uses_previous=True),
    Step(
        [(90.0, 80.5), (12.25, 9.9), (100.3, 71.4)],
        [1, 0, 1],
        box_xyxy=(31.0, 22.5, 150.1, 140.0),
        is_multimask=False,
        uses_previous=True,
    ),
]
ONLY_BOX = [Step(box_xyxy=(20.0, 30.0, 160.0, 120.0), is_multimask=True, chosen=1)]


@pytest.fixture(scope="module")
def model():
    folder = folder_of(ITEM)
    return sam.join(folder, *(sam.build(part, folder) for part in ("encoder", "decoder")))


@pytest.fixture
def picture(tmp_path) -> Path:
    """Not square, turned by its EXIF, so that the program must turn it too."""
    image = Image.open(PICTURES[0]).convert("RGB").resize((170, 240))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / 'it\'s a "photo".png', exif=exif)
    return tmp_path / 'it\'s a "photo".png'


def shown_mask(model, picture: Path, steps: list[Step], threshold: float):
    """As the server answers, and the browser paints."""
    [encoded] = sam.encode(model, [read_picture(picture).pixels])
    previous = None
    for step in steps:
        prompts = sam.Prompts(
            np.array(step.points_xy, np.float32).reshape(-1, 2),
            np.array(step.labels, int),
            None if step.box_xyxy is None else np.array(step.box_xyxy, np.float32),
            previous.astype(np.float32) if step.uses_previous else None,
            step.is_multimask,
        )
        masks = sam.decode(model, encoded, prompts)
        previous = masks.logits[step.chosen]
    return sam.full_mask(previous, encoded, threshold), masks.iou[steps[-1].chosen]


def run(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "again.py").write_text(text, encoding="utf-8")
    (folder / "assets").symlink_to(ROOT / "assets")
    (folder / "playground").symlink_to(ROOT / "playground")
    return subprocess.run(
        [sys.executable, "again.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
    )


@pytest.mark.parametrize(
    ("steps", "threshold"),
    [(ONE_POINT, 0.0), (CANDIDATE_2, 0.0), (FED_BACK, 0.0), (ONLY_BOX, 1.5)],
    ids=["one point", "candidate 2", "fed back", "box, stricter"],
)
def test_the_program_makes_the_same_mask(model, picture, tmp_path, steps, threshold):
    shown, iou = shown_mask(model, picture, steps, threshold)
    recipe = Recipe(ITEM, "", picture.name, steps, threshold)
    done = run(program(recipe, EN.__getitem__), tmp_path)
    assert done.returncode == 0, done.stderr
    made = np.array(Image.open(tmp_path / "mask.png")) > 0
    assert 0 < shown.sum() < shown.size
    assert made.shape == shown.shape
    assert (made & shown).sum() / (made | shown).sum() == 1.0
    assert float(done.stdout) == pytest.approx(float(iou), abs=1e-4)


def test_steps_that_lead_nowhere_are_left_out():
    assert needed_steps([*ONE_POINT, *FED_BACK]) == FED_BACK
    assert needed_steps([*FED_BACK, *ONLY_BOX]) == ONLY_BOX


def test_the_program_is_short_and_has_no_place_for_foreign_code():
    recipe = Recipe(ITEM, "", "x')); import os #\n.png", FED_BACK)
    text = program(recipe, EN.__getitem__)
    assert "import os" not in [line.strip() for line in text.splitlines()]
    assert 'read_picture(Path("x\')); import os #\\n.png"))' in text
    compile(text, "again.py", "exec")
    assert len([line for line in text.splitlines() if line]) < 45
    assert max(map(len, text.splitlines())) <= 100
