import pytest
from PIL import Image

from playground.visitors.errors import PersonError
from playground.visitors.picture_headers import refuse_by_bytes, webp_size_wh
from tests.faults import bad_pictures as bad


@pytest.mark.parametrize(
    "options", [{}, {"lossless": True}, {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"}]
)
def test_the_size_in_every_kind_of_webp(options):
    data = bad.saved(Image.new("RGB", (123, 45)), "WEBP", **options)
    assert webp_size_wh(data) == (123, 45)


@pytest.mark.parametrize(
    "data", [b"", b"RIFF", bad.valid("PNG"), b"RIFF\0\0\0\0WEBPVP8Z" + bytes(30)]
)
def test_what_is_no_webp_has_no_size(data):
    assert webp_size_wh(data) is None


def test_the_promised_size_of_a_bomb():
    assert webp_size_wh(bad.bomb_webp(16_384)) == (16_384, 16_384)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF"])
def test_sound_files_pass(name):
    refuse_by_bytes(bad.valid(name))


def test_heic_is_known_by_its_brand_and_avif_is_not_heic():
    with pytest.raises(PersonError, match="heic"):
        refuse_by_bytes(bad.heic())
    refuse_by_bytes(bad.valid("AVIF").replace(b"ftypavif", b"ftypmif1"))
