import json
from pathlib import Path

from PIL import Image

from tests.sources import ROOT
from training.concepts import CONCEPTS
from training.gallery import SCENES, SIDE_PX, describe, gallery_scene, paint_gallery
from training.scenes import Language

PICTURES = ROOT / "assets" / "pictures"
MOST_BYTES = 5_000_000


def manifest() -> list[dict]:
    return json.loads((PICTURES / "manifest.json").read_text(encoding="utf-8"))


def test_every_concept_is_in_the_gallery_at_least_twice() -> None:
    scenes = [gallery_scene(number) for number in range(SCENES)]
    for concept in CONCEPTS:
        assert sum(concept.key in scene.counts() for scene in scenes) >= 2, concept.key


def test_the_manifest_lists_exactly_the_files_that_are_there() -> None:
    listed = [entry["file"] for entry in manifest()]
    there = [path.relative_to(PICTURES).as_posix() for path in PICTURES.rglob("*.webp")]
    assert sorted(listed) == sorted(there)
    assert len({entry["id"] for entry in manifest()}) == len(listed)


def test_every_picture_says_what_it_shows_and_may_be_given_away() -> None:
    for entry in manifest():
        assert entry["alt"]["en"] and entry["alt"]["zh-Hant"] and entry["source"]
        assert entry["kind"] in ("scene", "photo")
        if entry["kind"] == "photo":
            assert entry["licence"] in ("CC0-1.0", "Public domain")
            assert entry["file"] in (PICTURES / "LICENCES.md").read_text(encoding="utf-8")
        else:
            scene = gallery_scene(entry["seed"])
            assert entry["alt"] == {lang.value: describe(scene, lang) for lang in Language}


def test_there_are_enough_pictures_and_they_are_small() -> None:
    kinds = [entry["kind"] for entry in manifest()]
    assert kinds.count("scene") >= 300 and kinds.count("photo") >= 20
    assert sum(path.stat().st_size for path in PICTURES.rglob("*.webp")) <= MOST_BYTES
    for entry in manifest():
        with Image.open(PICTURES / entry["file"]) as picture:
            assert max(picture.size) <= 512


def test_painting_again_writes_the_same_manifest(tmp_path: Path) -> None:
    photographs = (PICTURES / "photographs.json").read_text(encoding="utf-8")
    (tmp_path / "photographs.json").write_text(photographs, encoding="utf-8")
    entries = paint_gallery(tmp_path, 4)
    assert entries[:4] == manifest()[:4]
    assert json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8")) == entries
    with Image.open(tmp_path / "scenes" / "003.webp") as picture:
        assert picture.size == (SIDE_PX, SIDE_PX)
