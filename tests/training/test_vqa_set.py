import json

from playground.vqa.shipped import SHIPPED
from training.relations import held_out_triples
from training.sampling import Split, sample_scene
from training.vqa_set import FIRST_NUMBER, SCENES, write_set


def test_it_is_written_as_it_ships(tmp_path) -> None:
    told = write_set(tmp_path, 3)
    shipped = json.loads((SHIPPED / "emoji.json").read_text(encoding="utf-8"))
    assert shipped["questions"][: len(told["questions"])] == told["questions"]
    assert len(list((tmp_path / "pictures").iterdir())) == 3
    assert len(shipped["alt"]) == SCENES
    assert json.loads((tmp_path / "emoji.json").read_text(encoding="utf-8")) == told


def test_old_pictures_go(tmp_path) -> None:
    write_set(tmp_path, 2)
    write_set(tmp_path, 1)
    assert [path.name for path in (tmp_path / "pictures").iterdir()] == ["000.webp"]


def test_some_scenes_show_what_training_never_did() -> None:
    scenes = [
        sample_scene(FIRST_NUMBER + number, Split.TEST, min_objects=1 + number % 2)
        for number in range(SCENES)
    ]
    assert any(held_out_triples(scene) for scene in scenes)
