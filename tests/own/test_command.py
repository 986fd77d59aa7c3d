"""`python -m playground.index FOLDER`: what an operator sees of it."""

import numpy as np
import pytest
from PIL import Image

from playground.own import command
from playground.own.portable import open_portable


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "holiday"
    folder.mkdir()
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 255, (40, 40, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number} \u8c93.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "again.png").write_bytes((folder / "0 \u8c93.png").read_bytes())
    return folder


def test_a_folder_becomes_one_file_and_is_told(folder, capsys):
    assert command.main([str(folder)]) == 0
    file = folder.with_name("holiday.mini-clip.safetensors")
    opened = open_portable(file)
    assert len(opened) == 3 and opened.about.model_key == "mini-clip"
    told = capsys.readouterr().out
    assert told.startswith("broken.jpg: ") and "3 pictures (1 files twice, 1 passed over)" in told
    assert f"PLAYGROUND_COLLECTIONS={file}" in told


def test_mistakes_end_in_a_sentence(folder, tmp_path, capsys):
    with pytest.raises(SystemExit):
        command.main([str(tmp_path / "nowhere")])
    assert "There is no folder" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit) as ended:
        command.main([str(tmp_path / "empty")])
    assert str(ended.value).startswith("There is no picture in")


def test_a_stop_says_that_it_goes_on(folder, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(command, "collect", stop)
        with pytest.raises(SystemExit) as ended:
            command.main([str(folder)])
    assert str(ended.value).startswith("Stopped.")
    assert command.main([str(folder)]) == 0
