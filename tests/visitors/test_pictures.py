import os
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from playground.visitors.errors import PersonError, explain
from playground.visitors.pictures import Picture, PictureLimits, read_picture
from tests.faults import bad_pictures as bad


def test_pixels_cannot_be_written_and_are_ones_own():
    source = np.asarray(bad.scene()).copy()
    picture = read_picture(source)
    source[:] = 0
    assert picture.pixels.dtype == np.uint8 and picture.pixels.max() > 0
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[0, 0] = 0


def test_written_and_read_again_it_is_the_same_picture():
    picture = read_picture(bad.saved(Image.effect_noise((123, 77), 80).convert("RGB"), "PNG"))
    again = read_picture(picture.webp())
    assert (again.pixels == picture.pixels).all() and again.content_id == picture.content_id


@pytest.mark.parametrize(
    "array",
    [
        np.full((20, 30), True),
        np.full((20, 30), 255, np.uint8),
        np.full((20, 30), 65535, np.uint16),
        np.ones((20, 30), np.float32),
        np.ones((20, 30, 3)),
        np.full((20, 30, 4), 255, np.uint8),
    ],
    ids=lambda array: f"{array.dtype} {array.shape}",
)
def test_arrays_of_every_kind_are_scaled_to_eight_bits(array):
    picture = read_picture(array)
    assert picture.pixels.shape == (20, 30, 3) and (picture.pixels == 255).all()


def test_arrays_that_are_no_picture():
    with pytest.raises(PersonError, match=r"picture\.broken"):
        read_picture(np.full((20, 30), np.nan))
    for array in (np.zeros((20, 30, 2)), np.zeros(30), np.zeros((20, 30), "U1"), np.zeros((0, 5))):
        with pytest.raises(TypeError):
            read_picture(array)
    with pytest.raises(TypeError):
        read_picture("a path that a person wrote")
    with pytest.raises(PersonError, match=r"picture\.missing"):
        read_picture(None)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "I;16"]
)
def test_pictures_in_every_mode_of_pillow(mode):
    assert read_picture(Image.new(mode, (30, 20))).pixels.shape == (20, 30, 3)


def test_what_is_no_file(tmp_path):
    for path in (tmp_path / "gone.png", tmp_path):
        with pytest.raises((PersonError, OSError)) as caught:
            read_picture(path)
        assert explain(caught.value).key in ("mistake.file_gone", "mistake.unexpected")
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    with pytest.raises(PersonError, match=r"mistake\.file_gone"):
        read_picture(pipe)


def test_a_file_that_may_not_be_read_is_explained(tmp_path, monkeypatch):
    def refuse(*_args):
        raise PermissionError(13, "no")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionError) as caught:
        read_picture(tmp_path / "a.png")
    assert explain(caught.value).key == "mistake.disk.closed"


def test_running_out_of_memory_is_told(monkeypatch):
    def refuse(*_args, **_options):
        raise MemoryError

    monkeypatch.setattr(Image.Image, "thumbnail", refuse)
    with pytest.raises(PersonError, match=r"mistake\.memory_full"):
        read_picture(bad.saved(bad.scene(2100, 200), "PNG"))


def test_forty_at_once():
    data = bad.valid("JPEG")
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(read_picture(data).content_id))
        for _ in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 40 and len(set(found)) == 1


@settings(deadline=None)
@given(st.integers(1, 400), st.integers(1, 400))
def test_sides_are_judged_and_scaled(width, height):
    limits = PictureLimits(largest_side=300, most_pixels=60_000, most_aspect=10, scaled_side=100)
    short, long = min(width, height), max(width, height)
    is_fit = short >= 16 and long <= 300 and short * long <= 60_000 and long / short <= 10
    try:
        picture = read_picture(np.zeros((height, width), np.uint8), limits=limits)
    except PersonError:
        assert not is_fit
        return
    assert is_fit and isinstance(picture, Picture)
    assert max(picture.pixels.shape) == min(long, 100)
    assert bool(picture.notes) == (long > 100)
