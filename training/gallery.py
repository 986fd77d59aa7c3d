"""Paint the gallery that CLIP search opens on: ``python -m training.gallery``.

Writes 320 scenes, the manifest of all pictures and the licence page. The photographs are not
made here: ``assets/pictures/photographs.json`` records where each came from.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from PIL import Image
from tqdm import tqdm

from training.backgrounds import BACKGROUNDS
from training.concepts import CONCEPTS
from training.facts import things_in
from training.painting import paint_picture
from training.sampling import Split, sample_scene
from training.scenes import Language, Scene

PICTURES_FOLDER = Path("assets/pictures")
SCENES = 320
SIDE_PX = 256
_QUALITY = 85
_SCENE_LICENCE = "CC0-1.0 (arrangement and backgrounds), OFL-1.1 (Noto Color Emoji)"
_SCENE_SOURCE = "python -m training.gallery"
_LICENCE_PAGE = """# Where the pictures come from

`manifest.json` names licence and source of every file.

## Emoji scenes (`scenes/`)
Painted by `python -m training.gallery`. Arrangement and backgrounds are ours, given away under
CC0-1.0. The emoji are from **Noto Color Emoji**, copyright Google Inc., as Debian packages it
(`fonts-noto-color-emoji`): the font is under the SIL Open Font License 1.1, the artwork's sources
under the Apache License 2.0. The font itself is not in this repository, and the OFL does not reach
documents and pictures made with a font.

## Photographs (`photos/`)
All are CC0 or in the public domain, made smaller to at most 512 pixels and stored as WebP.

| file | licence | source |
|---|---|---|
"""


def gallery_scene(number: int) -> Scene:
    """Draw a scene of the gallery; every concept leads two of the 320.

    Args:
        number: 0 or more.

    Returns:
        A scene of one to three objects.
    """
    return sample_scene(number, Split.GALLERY, concept_key=CONCEPTS[number % len(CONCEPTS)].key)


def describe(scene: Scene, language: Language) -> str:
    """Describe a scene plainly for people who cannot see it.

    Args:
        scene: The scene.
        language: In which language.

    Returns:
        E.g. ``"a cat and a dog on the grass"``.
    """
    things = things_in(scene).told(language)
    names = BACKGROUNDS[scene.background.kind]
    if language is Language.EN:
        return f"{things} {names.place_en}"
    return f"{names.place_zh}有{things}"


def paint_gallery(folder: Path, count: int = SCENES) -> list[dict[str, Any]]:
    """Paint the scenes and write the manifest and the licence page.

    Args:
        folder: Holds ``photographs.json``; receives ``scenes/``, ``manifest.json`` and
            ``LICENCES.md``.
        count: How many scenes, 1 or more.

    Returns:
        The entries of the manifest.

    Raises:
        FileNotFoundError: If ``photographs.json`` is missing.
        training.sprites.FontMissing: If Noto Color Emoji is not on this machine.
    """
    photographs = json.loads((folder / "photographs.json").read_text(encoding="utf-8"))
    (folder / "scenes").mkdir(exist_ok=True)
    entries: list[dict[str, Any]] = []
    for number in tqdm(range(count), unit="scene"):
        scene = gallery_scene(number)
        file = f"scenes/{number:03d}.webp"
        picture = Image.fromarray(paint_picture(scene, SIDE_PX))
        picture.save(folder / file, quality=_QUALITY, method=6)
        entries.append(
            {
                "id": f"scene-{number:03d}",
                "file": file,
                "kind": "scene",
                "alt": {language.value: describe(scene, language) for language in Language},
                "licence": _SCENE_LICENCE,
                "source": _SCENE_SOURCE,
                "seed": number,
            }
        )
    entries += photographs
    manifest = json.dumps(entries, ensure_ascii=False, indent=1) + "\n"
    (folder / "manifest.json").write_text(manifest, encoding="utf-8")
    rows = [f"| {p['file']} | {p['licence']} | {p['source']} |\n" for p in photographs]
    (folder / "LICENCES.md").write_text(_LICENCE_PAGE + "".join(rows), encoding="utf-8")
    return entries


def main() -> None:
    """Paint from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.gallery", description="Paint the gallery of emoji scenes."
    )
    parser.add_argument("--folder", type=Path, default=PICTURES_FOLDER)
    parser.add_argument("--count", type=int, default=SCENES, help="how many scenes")
    options = parser.parse_args()
    entries = paint_gallery(options.folder, options.count)
    print(f"{len(entries)} pictures are in {options.folder}")


if __name__ == "__main__":
    main()
