"""Makers of good and bad picture files, byte by byte where no library would write them."""

import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image, ImageCms

PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def scene(width: int = 64, height: int = 48) -> Image.Image:
    """A picture in which every corner has a colour of its own."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (220, 30, 30)
    pixels[: height // 2, width // 2 :] = (30, 200, 30)
    pixels[height // 2 :, : width // 2] = (30, 30, 220)
    pixels[height // 2 :, width // 2 :] = (230, 220, 40)
    return Image.fromarray(pixels)


def saved(image: Image.Image, name: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def valid(name: str) -> bytes:
    """A sound file of a format that is let in."""
    return saved(scene(), name)


def chunk(kind: bytes, body: bytes = b"", *, crc: int | None = None) -> bytes:
    found = zlib.crc32(body, zlib.crc32(kind)) if crc is None else crc
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", found)


def png(
    width: int, height: int, *, bits: int, colour: int, rows: bytes, extra: bytes = b""
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(rows, 9))
    return PNG_HEAD + chunk(b"IHDR", header) + extra + pixels + chunk(b"IEND")


def small_png(extra: bytes = b"") -> bytes:
    return png(32, 32, bits=8, colour=0, rows=(b"\0" + bytes(range(32))) * 32, extra=extra)


def bomb_png(side: int) -> bytes:
    """A 1-bit picture of side x side: some kilobytes in the file, gigabytes when decoded."""
    squeeze = zlib.compressobj(9)
    row = b"\0" * ((side + 7) // 8 + 1)
    body = b"".join(squeeze.compress(row) for _ in range(side)) + squeeze.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return PNG_HEAD + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND")


def bomb_webp(side: int = 16_384) -> bytes:
    """A WebP whose header promises side x side pixels."""
    size = (side - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + size + size
    body += b"ANMF" + struct.pack("<I", 0)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bomb_gif(side: int = 65_535) -> bytes:
    screen = struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + screen + frame + b";"


def bomb_bmp(side: int = 30_000) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header


def wrong_crc(kind: bytes) -> bytes:
    data = small_png()
    at = data.index(kind)
    length = struct.unpack(">I", data[at - 4 : at])[0]
    end = at + 4 + length
    return data[:end] + b"\xde\xad\xbe\xef" + data[end + 4 :]


def many_texts(count: int) -> bytes:
    return small_png(b"".join(chunk(b"tEXt", b"Comment\0" + b"x" * 20) for _ in range(count)))


def text_bomb(megabytes: int) -> bytes:
    squeezed = zlib.compress(b"\0" * (megabytes * 1_000_000), 9)
    return small_png(chunk(b"zTXt", b"Comment\0\0" + squeezed))


def sixteen_bit_grey() -> tuple[bytes, np.ndarray]:
    """A 16-bit grey picture, and its values."""
    values = np.linspace(0, 65_535, 64 * 64).astype(">u2").reshape(64, 64)
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    return png(64, 64, bits=16, colour=0, rows=rows), values.astype(np.int64)


def sixteen_bit_rgb() -> tuple[bytes, np.ndarray]:
    values = np.linspace(0, 65_535, 64 * 64 * 3).astype(">u2").reshape(64, 64, 3)
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    return png(64, 64, bits=16, colour=2, rows=rows), values.astype(np.int64)


def with_orientation(orientation: int) -> bytes:
    """The scene, stored so that `orientation` makes it upright again."""
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    image = scene() if undo is None else scene().transpose(undo)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(image, "JPEG", exif=exif, quality=95)


def with_secrets() -> bytes:
    """A photo that tells who took it and where, and carries more in other segments."""
    exif = Image.Exif()
    exif[0x013B] = "Secret Child"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (25.0, 2.0, 3.0)
    return saved(scene(), "JPEG", exif=exif, comment=b"Secret Child", xmp=b"<x>Secret Child</x>")


def display_p3() -> bytes:
    """An ICC profile with the primaries of Display P3 and a gamma of 2.2, written by hand.

    Source: ICC.1:2022, sections 7 (profile), 10.18 (XYZType), 10.6 (curveType); the primaries,
    adapted to D50, are those of Apple's Display P3.
    """
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 3) + b"P3\0" + bytes(78),
        b"wtpt": _xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": _xyz(0.51512, 0.24120, -0.00105),
        b"gXYZ": _xyz(0.29198, 0.69225, 0.04189),
        b"bXYZ": _xyz(0.15710, 0.06657, 0.78407),
    }
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256)) + bytes(2)
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        value += bytes(-len(value) % 4)
        table += name + struct.pack(">II", start + len(body), len(value))
        body += value
    size = start + len(body)
    header = struct.pack(">I4sI", size, b"none", 0x02400000) + b"mntrRGB XYZ "
    header += bytes(12) + b"acsp" + bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">iii", *(round(v * 65_536) for v in values))


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def cmyk_jpeg(*, is_adobe: bool) -> bytes:
    """The scene in four inks: as Adobe stores them, upside down and marked, or plain."""
    inks = scene().convert("CMYK")
    if is_adobe:
        return saved(inks, "JPEG", quality=95)
    # Pillow always turns the inks over and marks that; turned over twice and unmarked is plain.
    data = saved(Image.eval(inks, lambda value: 255 - value), "JPEG", quality=95)
    at = data.index(b"\xff\xee\x00\x0eAdobe")
    return data[:at] + data[at + 16 :]


def frames(name: str, count: int = 3) -> bytes:
    """An animation whose first frame is the scene."""
    others = [Image.new("RGB", (64, 48), (i * 37 % 256, 9, 9)) for i in range(1, count)]
    return saved(scene(), name, save_all=True, append_images=others)


def long_gif(count: int) -> bytes:
    """A GIF of so many tiny frames, one after the other."""
    data = saved(scene().quantize(16), "GIF")
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0x80) + bytes(6) + b"\x02\x02\x44\x01\x00"
    return data[:-1] + frame * (count - 1) + b";"


def heic() -> bytes:
    return struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(200)


def eps() -> bytes:
    return b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\nshowpage\n%%EOF\n"


def psd() -> bytes:
    return b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 64, 64, 8, 3) + bytes(5000)


def fits() -> bytes:
    cards = ("SIMPLE  =                    T", "BITPIX  =                    8", "NAXIS   = 2")
    return "".join(card.ljust(80) for card in (*cards, "END")).encode().ljust(2880) + bytes(5760)


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.png", small_png())
    return file.getvalue()


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
HTML = b"<!doctype html><html><body><script>alert(1)</script></body></html>"


def foreign() -> dict[str, bytes]:
    """Files of formats that are not let in, whatever their names say."""
    return {
        "eps": eps(),
        "psd": psd(),
        "fits": fits(),
        "icns": saved(scene(32, 32), "ICNS"),
        "jpeg 2000": saved(scene(), "JPEG2000"),
        "tiff": saved(scene(), "TIFF"),
        "float tiff": saved(
            Image.fromarray(np.linspace(0, 1, 4096, dtype=np.float32).reshape(64, 64)), "TIFF"
        ),
        "ico": saved(scene(32, 32), "ICO"),
        "ppm": saved(scene(), "PPM"),
        "pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n",
        "svg": SVG,
        "html": HTML,
        "zip": zipped(),
        "7z": b"7z\xbc\xaf\x27\x1c\0\4" + bytes(200),
        "tar": b"a.png".ljust(257, b"\0") + b"ustar\x0000" + bytes(1000),
        "exe": b"MZ" + bytes(500),
        "text": b"just words " * 50,
    }
