"""Write the question set that ships: ``python -m training.vqa_set``.

Questions about test scenes, whose seeds and backgrounds no training ever used, one of every kind
that a scene answers clearly, in both languages.
"""

import argparse
import json
import random
import shutil
from pathlib import Path
from typing import Any

from PIL import Image
from tqdm import tqdm

from training.gallery import describe
from training.painting import paint_picture
from training.questions import questions
from training.sampling import Split, sample_scene
from training.scenes import Language

FOLDER = Path("assets/examples/vqa")
SCENES = 96
SIDE_PX = 256
# Apart from the scenes that the model cards are measured on.
FIRST_NUMBER = 700_000
_QUALITY = 82
_LICENCE = "CC0-1.0 (arrangement and backgrounds), OFL-1.1 (Noto Color Emoji)"


def write_set(folder: Path, scenes: int = SCENES) -> dict[str, Any]:
    """Paint the scenes and write the questions.

    Args:
        folder: Receives ``emoji.json`` and ``pictures/``, which is emptied first.
        scenes: How many scenes, 1 or more.

    Returns:
        What stands in ``emoji.json``.

    Raises:
        training.sprites.FontMissing: If Noto Color Emoji is not on this machine.
    """
    pictures = folder / "pictures"
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir(parents=True)
    items: list[dict[str, Any]] = []
    alts: dict[str, dict[str, str]] = {}
    for number in tqdm(range(scenes), unit="scene"):
        # Every second scene has two things or more: those that can be compared and be beside.
        scene = sample_scene(FIRST_NUMBER + number, Split.TEST, min_objects=1 + number % 2)
        file = f"{number:03d}.webp"
        painted = Image.fromarray(paint_picture(scene, SIDE_PX))
        painted.save(pictures / file, quality=_QUALITY, method=6)
        alts[file] = {language.value: describe(scene, language) for language in Language}
        for question in questions(scene, random.Random(number)):
            items.append(
                {
                    "id": f"{number:03d}-{question.kind.value}",
                    "picture": file,
                    "type": question.kind.value,
                    "question": {one.value: question.asked(one) for one in Language},
                    "answer": {one.value: question.answer(one) for one in Language},
                }
            )
    told = {
        "licence": _LICENCE,
        "source": "python -m training.vqa_set",
        "split": Split.TEST.name.lower(),
        "first_scene": FIRST_NUMBER,
        "alt": alts,
        "questions": items,
    }
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    (folder / "emoji.json").write_text(text, encoding="utf-8")
    return told


def main() -> None:
    """Write from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.vqa_set", description="Write the question set that ships."
    )
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--scenes", type=int, default=SCENES, help="how many scenes")
    options = parser.parse_args()
    told = write_set(options.folder, options.scenes)
    print(f"{len(told['questions'])} questions are in {options.folder}")


if __name__ == "__main__":
    main()
