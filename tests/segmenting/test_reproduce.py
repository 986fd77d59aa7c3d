"""The program that a visitor takes away is run, and its mask compared with the one shown."""

from __future__ import annotations

import os
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
from tests.models.tiny_sams import SAM_CHECKPOINTS

ROOT = Path(__file__).parents[2]
EN = read_sentences("en")
ITEM = entry("mini-sam")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PUBLISHED = {
    "sam": "sam-vit-b",
    "sam2": "sam2.1-hiera-tiny",
    "sam2-video": "sam2.1-hiera-tiny",
    "edgetam": "edgetam",
}

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


def built(folder: Path) -> sam.Sam:
    return sam.join(folder, *(sam.build(part, folder) for part in ("encoder", "decoder")))


@pytest.fixture(scope="module")
def model():
    return built(folder_of(ITEM))


@pytest.fixture
def picture(tmp_path) -> Path:
    """Not square, turned by its EXIF, so that the program must turn it too."""
    photo = sorted((ROOT / "assets/pictures/photos").iterdir())[0]
    image = Image.open(photo).convert("RGB").resize((170, 240))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / 'it\'s a "photo".png', exif=exif)
    return tmp_path / 'it\'s a "photo".png'


def shown(model: sam.Sam, picture: Path, steps: list[Step]):
    """Logits at the picture's size and the IoU guess: as the server answers, the browser paints."""
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
    return sam.full_logits(previous, encoded), masks.iou[steps[-1].chosen]


def run_again(text: str, folder: Path) -> tuple[np.ndarray, float]:
    """Runs the program as a visitor would; the hub is what lies in `folder / "hub"`."""
    (folder / "again.py").write_text(text, encoding="utf-8")
    for name in ("assets", "playground"):
        (folder / name).symlink_to(ROOT / name)
    told = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(folder / "hub")}
    done = subprocess.run(
        [sys.executable, "again.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        env=dict(os.environ) | told,
    )
    assert done.returncode == 0, done.stderr
    return np.array(Image.open(folder / "mask.png")) > 0, float(done.stdout.removeprefix("IoU: "))


@pytest.mark.parametrize(
    ("steps", "threshold"),
    [(ONE_POINT, 0.0), (CANDIDATE_2, 0.0), (FED_BACK, 0.0), (ONLY_BOX, 1.5)],
    ids=["one point", "candidate 2", "fed back", "box, stricter"],
)
def test_the_program_makes_the_same_mask(model, picture, tmp_path, steps, threshold):
    logits, iou = shown(model, picture, steps)
    recipe = Recipe(ITEM, "", picture.name, steps, threshold)
    made, told = run_again(program(recipe, EN.__getitem__), tmp_path)
    assert_same(made, logits > threshold)
    assert told == pytest.approx(float(iou), abs=1e-4)


@pytest.mark.parametrize("layout", PUBLISHED)
def test_so_does_the_program_of_a_published_model(layout, picture, tmp_path):
    """Tiny checkpoints lie where the hub's files would."""
    item = entry(PUBLISHED[layout])
    hub = tmp_path / "hub" / f"models--{item.source.replace('/', '--')}"
    folder = hub / "snapshots" / COMMIT
    folder.mkdir(parents=True)
    SAM_CHECKPOINTS[layout](folder)
    logits, iou = shown(built(folder), picture, FED_BACK)
    # The weights are random: half of the picture lies above the median.
    threshold = round(float(np.median(logits)), 6)
    recipe = Recipe(item, COMMIT, picture.name, FED_BACK, threshold)
    made, told = run_again(program(recipe, EN.__getitem__), tmp_path)
    assert_same(made, logits > threshold)
    assert told == pytest.approx(float(iou), abs=1e-4)


def assert_same(made: np.ndarray, mask: np.ndarray) -> None:
    assert mask.any()
    assert made.shape == mask.shape
    assert (made & mask).sum() / (made | mask).sum() == 1.0


def test_steps_that_lead_nowhere_are_left_out():
    assert needed_steps([*ONE_POINT, *FED_BACK]) == FED_BACK
    assert needed_steps([*FED_BACK, *ONLY_BOX]) == ONLY_BOX


@pytest.mark.parametrize("key", ["mini-sam", "sam-vit-b", "sam2.1-hiera-tiny", "edgetam"])
def test_the_program_is_short_and_has_no_place_for_foreign_code(key):
    name = "x')); import os #\n.png"
    points = [(float(np.float32(x / 7)), 2047.9) for x in range(50)]
    steps = [*FED_BACK, Step(points, [1] * 50, uses_previous=True)]
    text = program(Recipe(entry(key), COMMIT, name, steps), EN.__getitem__)
    compile(text, "again.py", "exec")
    assert f"read_picture(Path({name!r}))" in text
    assert len([line for line in text.splitlines() if line]) < 90
    assert max(map(len, text.splitlines())) <= 100
