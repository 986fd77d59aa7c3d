"""Every bad picture of the fault list: a sentence, bounded memory, and the server goes on."""

import os
import random
import subprocess
import sys
import tracemalloc
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from playground.visitors.errors import PersonError
from playground.visitors.pictures import FORMATS, NEUTRAL_RGB, read_picture
from tests.faults import bad_pictures as bad

MUTATIONS = 220


def key_of(data: bytes) -> str:
    with pytest.raises(PersonError) as caught:
        read_picture(data)
    return caught.value.key


def notes_of(data: bytes) -> list[str]:
    return [note.key for note in read_picture(data).notes]


def corners(pixels: np.ndarray) -> list[str]:
    """The colours of the four corners by name, row by row."""
    names = {
        (220, 30, 30): "red",
        (30, 200, 30): "green",
        (30, 30, 220): "blue",
        (230, 220, 40): "yellow",
    }
    found = []
    for y, x in ((0.2, 0.2), (0.2, 0.8), (0.8, 0.2), (0.8, 0.8)):
        pixel = pixels[int(y * pixels.shape[0]), int(x * pixels.shape[1])].astype(int)
        found.append(min(names, key=lambda rgb: np.abs(pixel - rgb).sum()))
    return [names[rgb] for rgb in found]


UPRIGHT = ["red", "green", "blue", "yellow"]


@pytest.mark.parametrize("name", FORMATS)
def test_sound_pictures_are_let_in(name):
    picture = read_picture(bad.valid(name))
    assert picture.pixels.shape == (48, 64, 3)
    assert corners(picture.pixels) == UPRIGHT
    assert picture.notes == ()


def test_row_1_empty_file():
    assert key_of(b"") == "mistake.picture.empty"


@pytest.mark.parametrize("name", FORMATS)
def test_row_2_one_pixel(name):
    assert key_of(bad.saved(bad.scene(1, 1), name)) == "mistake.picture.too_small"


def test_row_3_strip():
    assert key_of(bad.saved(Image.new("L", (20_000, 1)), "PNG")) == "mistake.picture.shape"
    assert key_of(bad.saved(Image.new("L", (1000, 40)), "PNG")) == "mistake.picture.shape"


@pytest.mark.parametrize(
    "make",
    [lambda: bad.bomb_png(13_000), lambda: bad.bomb_png(20_000), bad.bomb_gif, bad.bomb_bmp],
    ids=["png 13000", "png 20000", "gif", "bmp"],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_rows_4_and_5_bombs_are_refused_from_the_header(make):
    data = make()
    assert len(data) < 100_000
    tracemalloc.start()
    try:
        assert key_of(data) == "mistake.picture.too_large"
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_rows_4_and_5_bombs_take_no_memory_from_the_system(tmp_path):
    """Resident memory, which also counts what C code takes, in a process of its own."""
    for name, data in (
        ("a", bad.bomb_png(13_000)),
        ("b", bad.bomb_png(20_000)),
        ("c", bad.bomb_webp()),
    ):
        (tmp_path / name).write_bytes(data)
    program = """
import sys, warnings
from pathlib import Path
from playground.visitors.errors import PersonError
from playground.visitors.pictures import read_picture
from tests.faults import bad_pictures
warnings.simplefilter("ignore")
def peak():
    # Not getrusage: its peak is handed down from the process that started this one.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
read_picture(bad_pictures.small_png())
before = peak()
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        read_picture(path)
        print("let in")
    except PersonError as error:
        print(error.key)
print(peak() - before)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    *keys, kilobytes = ran.stdout.split()
    assert keys == ["mistake.picture.too_large"] * 3
    assert int(kilobytes) < 20_000


def test_row_6_phone_photo_is_scaled():
    row = np.linspace(0, 255, 7200, dtype=np.uint8)
    photo = Image.fromarray(np.repeat(np.repeat(row[None, :, None], 5400, 0), 3, 2))
    data = bad.saved(photo, "JPEG", quality=80)
    picture = read_picture(data)
    assert picture.pixels.shape == (1536, 2048, 3)
    assert picture.notes[0].values == {
        "width": 7200,
        "height": 5400,
        "scaled_width": 2048,
        "scaled_height": 1536,
    }
    assert (
        np.abs(picture.pixels[700, ::256, 0].astype(int) - np.linspace(0, 255, 2048)[::256]).max()
        < 4
    )


def test_row_7_too_many_bytes(tmp_path):
    data = bad.small_png() + bytes(12_100_000)
    assert key_of(data) == "mistake.picture.too_many_bytes"
    (tmp_path / "big.png").write_bytes(data)
    with pytest.raises(PersonError, match=r"picture\.too_many_bytes"):
        read_picture(tmp_path / "big.png")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("part", [0.3, 0.5, 0.9])
def test_row_8_half_a_file(name, part):
    data = bad.saved(Image.effect_noise((200, 150), 90).convert("RGB"), name)
    assert key_of(data[: int(len(data) * part)]) in (
        "mistake.picture.incomplete",
        "mistake.picture.broken",
        "mistake.picture.format",
    )


def test_row_8_half_a_jpeg_is_called_incomplete():
    data = bad.saved(Image.effect_noise((200, 150), 90).convert("RGB"), "JPEG")
    assert key_of(data[: len(data) // 2]) == "mistake.picture.incomplete"
    assert key_of(bad.small_png()[:-12]) == "mistake.picture.incomplete"


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT", b"IEND"])
def test_row_9_wrong_crc(kind):
    assert key_of(bad.wrong_crc(kind)) == "mistake.picture.broken"


def test_row_10_text_bombs():
    assert read_picture(bad.many_texts(5)).pixels.shape == (32, 32, 3)
    assert key_of(bad.many_texts(10_000)) == "mistake.picture.broken"
    data = bad.text_bomb(200)
    tracemalloc.start()
    try:
        key = key_of(data)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert key in ("mistake.picture.broken", "mistake.picture.format")


def test_row_11_five_thousand_frames():
    picture = read_picture(bad.long_gif(5_000))
    assert [note.key for note in picture.notes] == ["note.picture.first_frame"]
    assert corners(picture.pixels) == UPRIGHT


@pytest.mark.parametrize("name", ["GIF", "WEBP", "PNG", "AVIF"])
def test_row_12_first_frame_of_animations(name):
    picture = read_picture(bad.frames(name))
    assert [note.key for note in picture.notes] == ["note.picture.first_frame"]
    assert corners(picture.pixels) == UPRIGHT


def test_row_12_a_photo_with_a_second_one_behind_it_is_no_animation():
    assert notes_of(bad.frames("MPO", 2)) == []


def test_row_13_palette_and_transparency_of_a_gif():
    image = bad.scene().quantize(8)
    data = bad.saved(image, "GIF", transparency=image.getpixel((2, 2)))
    picture = read_picture(data)
    assert picture.pixels.shape == (48, 64, 3)
    assert tuple(picture.pixels[2, 2]) == NEUTRAL_RGB
    assert [note.key for note in picture.notes] == ["note.picture.background"]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_row_14_every_orientation_comes_out_upright(orientation):
    picture = read_picture(bad.with_orientation(orientation))
    assert picture.pixels.shape == (48, 64, 3)
    assert corners(picture.pixels) == UPRIGHT


def test_row_15_nothing_of_the_photographer_is_kept():
    data = bad.with_secrets()
    assert b"Secret Child" in data
    written = read_picture(data).webp()
    assert b"Secret" not in written and b"EXIF" not in written and b"Exif" not in written
    with Image.open(BytesIO(written)) as again:
        assert not again.getexif() and not {"exif", "xmp", "icc_profile", "comment"} & set(
            again.info
        )


@pytest.mark.parametrize("is_adobe", [True, False])
def test_row_16_four_inks_give_natural_colours(is_adobe):
    data = bad.cmyk_jpeg(is_adobe=is_adobe)
    assert Image.open(BytesIO(data)).mode == "CMYK"
    pixels = read_picture(data).pixels.astype(int)
    assert np.abs(pixels - np.asarray(bad.scene())).mean() < 6


def test_row_17_sixteen_bits_are_scaled_not_clipped():
    data, values = bad.sixteen_bit_grey()
    pixels = read_picture(data).pixels.astype(int)
    assert np.abs(pixels - (values / 257)[..., None]).max() <= 0.51
    data, values = bad.sixteen_bit_rgb()
    assert np.abs(read_picture(data).pixels.astype(int) - values / 257).max() <= 1


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_row_19_transparent_pictures_show_the_ground(mode):
    picture = read_picture(bad.saved(Image.new(mode, (40, 30), 0), "PNG"))
    assert (picture.pixels == NEUTRAL_RGB).all()
    assert [note.key for note in picture.notes] == ["note.picture.background"]


def test_row_19_an_opaque_alpha_channel_is_not_worth_a_note():
    assert notes_of(bad.saved(bad.scene().convert("RGBA"), "PNG")) == []


def srgb_of_display_p3(rgb):
    """The sRGB numbers of a colour given in Display P3 with a gamma of 2.2.

    Source: CSS Color 4, section 10.8: the linear P3 to XYZ and XYZ to linear sRGB matrices.
    """
    p3_to_xyz = [[0.48657, 0.26567, 0.19822], [0.22897, 0.69174, 0.07929], [0, 0.04511, 1.04394]]
    xyz_to_srgb = [
        [3.24097, -1.53738, -0.49861],
        [-0.96924, 1.87597, 0.04156],
        [0.05563, -0.20398, 1.05697],
    ]
    linear = np.array(xyz_to_srgb) @ np.array(p3_to_xyz) @ (np.array(rgb) / 255) ** 2.2
    return np.rint(255 * (1.055 * np.clip(linear, 0, 1) ** (1 / 2.4) - 0.055))


def test_row_20_wide_gamut_becomes_srgb():
    image = Image.new("RGB", (40, 30), (200, 100, 100))
    plain = read_picture(bad.saved(image, "PNG")).pixels[5, 5].astype(int)
    wide = (
        read_picture(bad.saved(image, "PNG", icc_profile=bad.display_p3())).pixels[5, 5].astype(int)
    )
    same = read_picture(bad.saved(image, "PNG", icc_profile=bad.srgb())).pixels[5, 5].astype(int)
    assert np.abs(wide - srgb_of_display_p3((200, 100, 100))).max() <= 3
    assert wide[0] - plain[0] > 8
    assert np.abs(same - plain).max() <= 1


@pytest.mark.parametrize("profile", [b"\0", b"rubbish" * 40, bad.display_p3()[:200]])
def test_row_20_a_broken_profile_is_passed_over(profile):
    picture = read_picture(bad.saved(bad.scene(), "JPEG", icc_profile=profile))
    assert corners(picture.pixels) == UPRIGHT


@pytest.mark.parametrize("profile", [bad.srgb(), bad.display_p3()])
def test_row_20_a_profile_for_another_kind_of_picture_is_passed_over(profile):
    grey = bad.saved(Image.new("L", (40, 30), 99), "PNG", icc_profile=profile)
    assert tuple(read_picture(grey).pixels[3, 3]) == (99, 99, 99)


@pytest.mark.parametrize("name", bad.foreign())
def test_rows_18_21_to_24_and_32_foreign_files(name, monkeypatch, tmp_path):
    def refuse(*_args, **_kwargs):
        raise AssertionError("a program was started for a person's file")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(os, "system", refuse)
    with pytest.raises(PersonError) as caught:
        read_picture(bad.foreign()[name])
    assert caught.value.key == "mistake.picture.format"
    assert "JPEG" in caught.value.values["formats"]
    path = tmp_path / "holiday.png"
    path.write_bytes(bad.foreign()[name])
    with pytest.raises(PersonError, match=r"mistake\.picture\.format"):
        read_picture(path)


def test_row_21_no_other_decoder_is_even_asked(monkeypatch):
    asked = []
    Image.init()
    for name in set(Image.OPEN) - set(FORMATS):
        monkeypatch.setitem(
            Image.OPEN, name, (lambda *_: asked.append(1), lambda _: asked.append(1))
        )
    for data in bad.foreign().values():
        with pytest.raises(PersonError):
            read_picture(data)
    assert asked == []


def test_row_21_an_opened_eps_is_refused_before_it_is_loaded(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("a program was started for a person's file")

    image = Image.open(BytesIO(bad.eps()))
    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(PersonError, match=r"mistake\.picture\.format"):
        read_picture(image)


@pytest.mark.parametrize("tail", [bad.HTML, bad.zipped(), bytes(100_000)])
@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "WEBP"])
def test_row_25_what_hangs_behind_a_picture_is_gone(name, tail):
    picture = read_picture(bad.valid(name) + tail)
    assert corners(picture.pixels) == UPRIGHT
    written = picture.webp()
    assert b"<script>" not in written and b"PK\x03\x04" not in written


@pytest.mark.parametrize(
    "name",
    [
        "CON.png",
        "x" * 240 + ".png",
        "\U0001f431.png",
        "\u202egnp.exe",
        "a\nb.png",
        "<img onerror=x>.png",
    ],
)
def test_rows_26_and_27_names_do_not_matter(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(bad.valid("JPEG"))
    assert corners(read_picture(path).pixels) == UPRIGHT


def test_row_28_heic_tells_how_to_choose_jpeg():
    assert key_of(bad.heic()) == "mistake.picture.heic"


def test_row_29_the_same_picture_twice_is_the_same_content():
    one, two = read_picture(bad.valid("PNG")), read_picture(bad.valid("BMP"))
    assert one.content_id == two.content_id
    assert one.content_id != read_picture(bad.saved(bad.scene(48, 64), "PNG")).content_id
    assert not np.shares_memory(one.pixels, two.pixels)


@pytest.mark.parametrize("fill", [0, 255])
def test_row_30_plain_pictures(fill):
    assert (read_picture(bad.saved(Image.new("1", (32, 32), fill), "PNG")).pixels == fill).all()


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The file with some bytes changed, cut out, doubled or put in."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(changed))
        how = rng.randrange(6)
        if how == 0:
            changed[at] = rng.randrange(256)
        elif how == 1:
            changed[at] ^= 1 << rng.randrange(8)
        elif how == 2:
            del changed[at : at + rng.randrange(1, 20)]
        elif how == 3:
            changed[at:at] = changed[at : at + rng.randrange(1, 50)]
        elif how == 4:
            changed[at : at + 4] = rng.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff")
            )
        else:
            changed[at:at] = rng.randbytes(rng.randrange(1, 9))
        changed = changed or bytearray(b"x")
    return bytes(changed)


def repaired_png(data: bytes) -> bytes:
    """The file with every CRC made right, so that changes reach the parts behind that check."""
    fixed, at = bytearray(data[:8]), 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        fixed += bad.chunk(kind, body)
        at += 12 + length
    return bytes(fixed)


SEEDS = {
    **{name: bad.valid(name) for name in FORMATS},
    "PNG with true CRC": bad.valid("PNG"),
    "PNG animation with true CRC": bad.frames("PNG"),
    "GIF animation": bad.frames("GIF"),
    "WEBP animation": bad.frames("WEBP"),
    "JPEG with EXIF": bad.with_orientation(6),
    "JPEG with ICC": bad.saved(bad.scene(), "JPEG", icc_profile=bad.display_p3()),
    "JPEG progressive": bad.saved(bad.scene(), "JPEG", progressive=True),
    "JPEG CMYK": bad.cmyk_jpeg(is_adobe=True),
    "PNG 16 bit": bad.sixteen_bit_grey()[0],
    "PNG palette": bad.saved(bad.scene().quantize(16), "PNG"),
}


@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.filterwarnings("ignore:::PIL")
def test_row_31_mutations_end_in_a_picture_or_a_sentence(name):
    rng = random.Random(f"mutations of {name}")
    let_in = 0
    tracemalloc.start()
    try:
        for _ in range(MUTATIONS):
            data = mutated(SEEDS[name], rng)
            data = repaired_png(data) if "true CRC" in name else data
            try:
                pixels = read_picture(data).pixels
            except PersonError as error:
                assert error.key.startswith("mistake.picture.")
                continue
            let_in += 1
            assert pixels.dtype == np.uint8 and pixels.ndim == 3 and max(pixels.shape) <= 2048
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()
    assert let_in < MUTATIONS
