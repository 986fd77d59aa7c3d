from pathlib import Path

import pytest

from training import sprites
from training.scenes import SceneObject


@pytest.fixture
def forgetful() -> object:
    sprites.font_path.cache_clear()
    yield
    sprites.font_path.cache_clear()


def test_a_wrong_font_variable_is_named(forgetful: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sprites.FONT_VARIABLE, "nowhere/emoji.ttf")
    with pytest.raises(sprites.FontMissing, match="nowhere"):
        sprites.font_path()


def test_a_missing_font_says_what_to_install(
    forgetful: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(sprites.FONT_VARIABLE, raising=False)
    monkeypatch.setattr(sprites, "_ask_fontconfig", lambda: None)
    monkeypatch.setattr(sprites, "_search_folders", lambda: None)
    with pytest.raises(sprites.FontMissing, match="fonts-noto-color-emoji"):
        sprites.font_path()


def test_the_font_variable_wins(
    forgetful: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    font = tmp_path / "own.ttf"
    font.write_bytes(b"")
    monkeypatch.setenv(sprites.FONT_VARIABLE, str(font))
    assert sprites.font_path() == font


def test_what_the_font_cannot_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="no single picture"):
        sprites.sprite("🐈🐈")


def test_flipping_mirrors_the_patch() -> None:
    plain = SceneObject("fish", 0.5, 0.5, 0.5, 0.0, False, 0)
    mirrored = SceneObject("fish", 0.5, 0.5, 0.5, 0.0, True, 0)
    one, other = (sprites.place_sprite(thing, 64) for thing in (plain, mirrored))
    assert one is not None and other is not None
    assert abs(one.pixels[:, ::-1] - other.pixels).mean() < 0.01
    assert abs(one.pixels - other.pixels).mean() > 0.05


def test_nothing_is_placed_outside_the_picture() -> None:
    assert sprites.place_sprite(SceneObject("cat", 3.0, 0.5, 0.4, 0.0, False, 0), 64) is None
