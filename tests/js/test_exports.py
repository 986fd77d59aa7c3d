"""What is taken away is read back by other programs' readers: Pillow, zipfile, json, csv, xml.

The files are made in the browser, of masks that are known here.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

from playground.sentences import read_sentences

# pycocotools is not yet up with numpy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

HEIGHT, WIDTH = 90, 131
NAMES = ['mug "A", <1> & co', "貓 🐈", "=SUM(A1)"]
COLOURS = ["#ff8800", "#0088ff", "#00aa55"]
DATE = "2026-11-24T10:20:30"
# Outlines cut corners by less than half a pixel.
LEAST_OUTLINE_IOU = 0.95
MAKE = """async ({ picture, objects, format, date, module }) => {
  const { makeFile } = await import(module);
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const [width, height] = [picture.width, picture.height];
  const data = new Uint8ClampedArray(bytes(picture.pixels));
  const made = await makeFile(format, {
    picture: { ...picture, pixels: new ImageData(data, width, height) },
    objects: objects.map((o) => ({
      ...o, mask: bytes(o.mask), alpha: o.alpha && bytes(o.alpha), rings: null,
    })),
    model: { title: 'mini-sam' },
    date: new Date(date),
  });
  let text = '';
  made.bytes.forEach((byte) => { text += String.fromCharCode(byte); });
  return { ...made, bytes: btoa(text) };
}"""


def to_text(array) -> str:
    return base64.b64encode(np.ascontiguousarray(array, np.uint8).tobytes()).decode()


def known_masks() -> list[np.ndarray]:
    """A ring with an island in its hole and a part beside it; a plain disc; a corner."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]

    def disc(cx, cy, radius):
        return (x - cx) ** 2 + (y - cy) ** 2 < radius**2

    ring = disc(40, 45, 30) & ~disc(38, 47, 16) | disc(38, 47, 6) | disc(85, 12, 8)
    plain = disc(95, 60, 22)
    corner = (x + y < 12) | ((x > WIDTH - 9) & (y > HEIGHT - 20))
    return [ring, plain, corner]


MASKS = known_masks()
PIXELS = np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def soft(mask):
    """A feathered edge: reaches one pixel beyond the mask."""
    padded = np.pad(mask.astype(float), 1)
    around = sum(padded[dy : dy + HEIGHT, dx : dx + WIDTH] for dy in range(3) for dx in range(3))
    return np.round(around / 9 * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def make(module_page):
    """Makes a file in the browser: its answer, with `bytes`."""

    def make_one(chosen, masks=MASKS, names=NAMES, *, is_soft=False):
        size = masks[0].shape
        pixels = np.full((*size, 4), 255, np.uint8)
        pixels[..., :3] = PIXELS if size == PIXELS.shape[:2] else 7
        objects = [
            {"name": name, "mask": to_text(mask), "colour": colour}
            | ({"alpha": to_text(soft(mask))} if is_soft else {})
            for name, mask, colour in zip(names, masks, COLOURS, strict=False)
        ]
        picture = {"width": size[1], "height": size[0], "name": "my photo.v2.jpg"}
        asked = {
            "picture": picture | {"pixels": to_text(pixels)},
            "objects": objects,
            "format": chosen,
            "date": DATE,
            "module": "/segment/exports.js",
        }
        made = module_page.evaluate(MAKE, asked)
        return made | {"bytes": base64.b64decode(made["bytes"])}

    return make_one


def opened(made) -> np.ndarray:
    image = Image.open(io.BytesIO(made["bytes"]))
    image.load()
    assert image.format == "PNG"
    assert image.info == {}
    return np.array(image)


def iou(one, other) -> float:
    return (one & other).sum() / (one | other).sum()


def filled(rings, shape=(HEIGHT, WIDTH)) -> np.ndarray:
    """Even-odd fill at pixel centres, counted by crossings to the left."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    inside = np.zeros(shape, bool)
    for ring in rings:
        for (x0, y0), (x1, y1) in pairwise([*ring, ring[0]]):
            if y0 == y1:
                continue
            is_beside = (y0 > y) != (y1 > y)
            inside ^= is_beside & (x < x0 + (y - y0) / (y1 - y0) * (x1 - x0))
    return inside


def in_pairs(numbers) -> list[tuple[float, float]]:
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def assert_outlines(made, masks) -> None:
    ious = [iou(mask, given) for mask, given in zip(masks, MASKS, strict=True)]
    assert min(ious) >= LEAST_OUTLINE_IOU
    assert made["check"]["iou"] == pytest.approx(min(ious), abs=0.02)
    assert made["check"]["points"] > 12


def test_a_trimmed_cut_out_has_soft_edges_and_whole_colours(make):
    alpha = soft(MASKS[1])
    rows, columns = np.nonzero(alpha.any(1))[0], np.nonzero(alpha.any(0))[0]
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    made = make("cutout", MASKS[1:2], NAMES[1:2], is_soft=True)
    image = opened(made)
    assert np.array_equal(image[..., 3], alpha[box])
    seen = alpha[box] > 0
    assert np.array_equal(image[seen][:, :3], PIXELS[box][seen])
    assert not image[~seen].any()
    assert made["check"]["iou"] == pytest.approx(iou(alpha >= 128, MASKS[1]))
    assert made["name"] == "my-photo-v2_貓_cutout.png"


def test_a_whole_cut_out_of_two_objects_shows_both_and_hides_the_rest(make):
    made = make("cutout-full", MASKS[:2], NAMES[:2])
    image = opened(made)
    assert np.array_equal(image[..., 3], np.where(MASKS[0] | MASKS[1], 255, 0))
    assert not image[image[..., 3] == 0].any()
    assert made["check"]["iou"] == 1


def test_the_mask_is_black_and_white(make):
    made = make("mask", MASKS[:1], NAMES[:1])
    image = opened(made)
    assert image.dtype == np.uint8
    assert np.array_equal(image, np.where(MASKS[0], 255, 0))
    assert made["check"]["iou"] == 1


def test_the_label_map_numbers_objects_in_16_bits(make):
    made = make("label-map")
    image = Image.open(io.BytesIO(made["bytes"]))
    assert image.mode == "I;16"
    numbers = np.array(image)
    assert numbers.dtype == np.uint16
    expected = np.zeros((HEIGHT, WIDTH), int)
    for place, mask in enumerate(MASKS):
        expected[mask] = place + 1
    assert np.array_equal(numbers, expected)
    worst = min(iou(expected == place + 1, mask) for place, mask in enumerate(MASKS))
    assert made["check"]["iou"] == pytest.approx(worst)


def coco_file(make, form):
    made = make(f"coco-{form}")
    file = json.loads(made["bytes"])
    [image] = file["images"]
    assert (image["width"], image["height"]) == (WIDTH, HEIGHT)
    assert image["file_name"] == "my photo.v2.jpg"
    names = {category["id"]: category["name"] for category in file["categories"]}
    assert [names[a["category_id"]] for a in file["annotations"]] == NAMES
    return made, file["annotations"]


def test_coco_run_lengths_are_those_of_the_reference(make):
    made, annotations = coco_file(make, "rle")
    for annotation, mask in zip(annotations, MASKS, strict=True):
        rle = annotation["segmentation"]
        reference = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
        assert rle == {"size": [HEIGHT, WIDTH], "counts": reference["counts"].decode()}
        assert np.array_equal(coco_mask.decode(rle), mask)
        assert annotation["area"] == coco_mask.area(rle)
        assert annotation["bbox"] == list(coco_mask.toBbox(rle))
    assert made["check"]["iou"] == 1


def test_coco_polygons_keep_holes_and_parts(make):
    made, annotations = coco_file(make, "polygons")
    assert [len(a["segmentation"]) for a in annotations] == [3, 1, 2]
    masks = []
    for annotation in annotations:
        parts = coco_mask.frPyObjects(annotation["segmentation"], HEIGHT, WIDTH)
        masks.append(coco_mask.decode(coco_mask.merge(parts)).astype(bool))
    assert_outlines(made, masks)


def test_yolo_has_one_line_per_object(make):
    made = make("yolo")
    lines = [line.split() for line in made["bytes"].decode().splitlines()]
    assert [line[0] for line in lines] == ["0", "1", "2"]
    masks = []
    for line in lines:
        parts = np.array(line[1:], float).reshape(-1, 2)
        assert parts.min() >= 0
        assert parts.max() <= 1
        masks.append(filled([(parts * (WIDTH, HEIGHT)).tolist()]))
    assert_outlines(made, masks)


def brush_decoded(packed: list[int]) -> np.ndarray:
    """By the description of the format: a header, then runs or words in a stream of bits."""
    bits = "".join(f"{byte:08b}" for byte in packed)
    place = 0

    def take(size):
        nonlocal place
        place += size
        return int(bits[place - size : place], 2)

    total, word = take(32), take(5) + 1
    sizes = [take(4) + 1 for _ in range(4)]
    values: list[int] = []
    while len(values) < total:
        is_run = take(1)
        count = take(sizes[take(2)]) + 1
        values += [take(word)] * count if is_run else [take(word) for _ in range(count)]
    assert len(bits) - place < 8
    return np.array(values, np.uint8)


def test_label_studio_reads_the_brush(make):
    made = make("label-studio-brush")
    [task] = json.loads(made["bytes"])
    results = task["annotations"][0]["result"]
    assert [r["value"]["brushlabels"] for r in results] == [[name] for name in NAMES]
    for result, mask in zip(results, MASKS, strict=True):
        assert (result["original_width"], result["original_height"]) == (WIDTH, HEIGHT)
        values = brush_decoded(result["value"]["rle"]).reshape(HEIGHT, WIDTH, 4)
        assert np.array_equal(values, np.repeat(mask[..., None] * 255, 4, axis=2))
    assert made["check"]["iou"] == 1


def test_label_studio_reads_the_polygons(make):
    made = make("label-studio-polygon")
    [task] = json.loads(made["bytes"])
    masks = {name: np.zeros((HEIGHT, WIDTH), bool) for name in NAMES}
    for result in task["annotations"][0]["result"]:
        assert result["type"] == "polygonlabels"
        ring = np.array(result["value"]["points"]) * (WIDTH, HEIGHT) / 100
        masks[result["value"]["polygonlabels"][0]] |= filled([ring.tolist()])
    assert_outlines(made, masks.values())


def test_labelme_reads_its_shapes(make):
    made = make("labelme")
    file = json.loads(made["bytes"])
    assert (file["imageWidth"], file["imageHeight"]) == (WIDTH, HEIGHT)
    assert file["imagePath"] == "my photo.v2.jpg"
    masks = {name: np.zeros((HEIGHT, WIDTH), bool) for name in NAMES}
    for shape in file["shapes"]:
        assert shape["shape_type"] == "polygon"
        assert NAMES[shape["group_id"] - 1] == shape["label"]
        masks[shape["label"]] |= filled([shape["points"]])
    assert_outlines(made, masks.values())


def test_the_svg_is_xml_with_a_title_per_object(make):
    made = make("svg")
    root = ElementTree.fromstring(made["bytes"])
    space = {"svg": "http://www.w3.org/2000/svg"}
    assert root.get("viewBox") == f"0 0 {WIDTH} {HEIGHT}"
    assert [title.text for title in root.findall("svg:g/svg:title", space)] == NAMES
    masks = []
    for path, colour in zip(root.findall("svg:g/svg:path", space), COLOURS, strict=True):
        assert (path.get("fill"), path.get("fill-rule")) == (colour, "evenodd")
        rings = [re.findall(r"[\d.]+", part) for part in path.get("d").split("Z")[:-1]]
        masks.append(filled([in_pairs([float(n) for n in ring]) for ring in rings]))
    assert_outlines(made, masks)


def test_the_table_counts_pixels_and_cannot_run_anything(make):
    made = make("csv")
    rows = list(csv.DictReader(io.StringIO(made["bytes"].decode("utf-8-sig"))))
    assert made["bytes"].startswith(b"\xef\xbb\xbf")
    assert [row["name"] for row in rows] == [*NAMES[:2], "'=SUM(A1)"]
    for row, mask in zip(rows, MASKS, strict=True):
        ys, xs = np.nonzero(mask)
        assert int(row["area_px"]) == len(xs)
        assert float(row["area_percent"]) == pytest.approx(mask.mean() * 100, abs=1e-4)
        assert (int(row["left"]), int(row["top"])) == (xs.min(), ys.min())
        assert int(row["width"]) == np.ptp(xs) + 1
        assert int(row["height"]) == np.ptp(ys) + 1
        assert float(row["centre_x"]) == pytest.approx(xs.mean() + 0.5, abs=0.01)
        assert float(row["centre_y"]) == pytest.approx(ys.mean() + 0.5, abs=0.01)
    assert made["check"] is None


def test_the_zip_holds_every_format(make):
    made = make("zip")
    file = zipfile.ZipFile(io.BytesIO(made["bytes"]))
    assert file.testzip() is None
    assert made["name"] == "my-photo-v2.zip"
    folders = {name.split("/")[0] for name in file.namelist()}
    formats = {"cutout", "cutout-full", "mask", "label-map", "coco-rle", "coco-polygons", "yolo"}
    formats |= {"label-studio-brush", "label-studio-polygon", "labelme", "svg", "csv"}
    assert folders == formats
    assert file.read("yolo/classes.txt").decode().splitlines() == NAMES
    masks = sorted(name for name in file.namelist() if name.startswith("mask/"))
    assert masks[1] == "mask/02_my-photo-v2_貓_mask.png"
    for name, mask in zip(masks, MASKS, strict=True):
        assert np.array_equal(np.array(Image.open(file.open(name))) > 0, mask)
    assert file.infolist()[0].date_time == (2026, 11, 24, 10, 20, 30)
    assert LEAST_OUTLINE_IOU < made["check"]["iou"] <= 1


@pytest.mark.parametrize(
    "mask",
    [
        np.ones((1, 1), bool),
        np.ones((300, 400), bool),
        np.eye(40, dtype=bool),
        np.indices((21, 33)).sum(0) % 2 == 1,
        np.pad(np.ones((1, 1), bool), ((0, 900), (0, 800))),
        np.random.default_rng(5).random((67, 41)) < 0.5,
    ],
    ids=["one pixel", "full", "diagonal", "chequers", "far corner", "noise"],
)
def test_odd_masks_come_back_exact(make, mask):
    [annotation] = json.loads(make("coco-rle", [mask], ["x"])["bytes"])["annotations"]
    assert np.array_equal(coco_mask.decode(annotation["segmentation"]), mask)
    [task] = json.loads(make("label-studio-brush", [mask], ["x"])["bytes"])
    values = brush_decoded(task["annotations"][0]["result"][0]["value"]["rle"])
    assert np.array_equal(values.reshape(*mask.shape, 4)[..., 3] > 0, mask)
    assert np.array_equal(opened(make("mask", [mask], ["x"])) > 0, mask)


OUTLINE_FORMATS = ["coco-polygons", "yolo", "label-studio-polygon", "labelme", "svg"]


@pytest.mark.parametrize("chosen", OUTLINE_FORMATS)
def test_objects_of_few_pixels_keep_an_outline(make, chosen):
    tiny = [np.zeros((20, 30), bool) for _ in range(3)]
    tiny[0][0, 0] = True
    tiny[1][19, 28:] = True
    tiny[2][4:6, 7] = True
    assert make(chosen, tiny)["check"]["iou"] == 1


def test_a_hole_stays_a_hole_whichever_rule_fills_the_one_ring(make):
    """Canvas and Label Studio fill what winds around a point at all, others count crossings."""
    made = make("yolo")
    parts = np.array(made["bytes"].decode().split("\n")[0].split()[1:], float).reshape(-1, 2)
    ring = (parts * (WIDTH, HEIGHT)).tolist()
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    windings = np.zeros((HEIGHT, WIDTH), int)
    for (x0, y0), (x1, y1) in pairwise([*ring, ring[0]]):
        if y0 == y1:
            continue
        is_left = x < x0 + (y - y0) / (y1 - y0) * (x1 - x0)
        windings += is_left & (y0 <= y) & (y < y1)
        windings -= is_left & (y1 <= y) & (y < y0)
    assert iou(windings != 0, MASKS[0]) >= LEAST_OUTLINE_IOU
    assert np.array_equal(windings % 2 == 1, filled([ring]))


def test_outlines_that_are_given_are_used(module_page):
    """The stage may know better ones than the mask's: those of the logits."""
    asked = {
        "mask": to_text(np.pad(np.ones((4, 4), bool), 3)),
        "rings": [[2.8, 3, 7, 3, 7, 7, 3, 7]],
    }
    text = module_page.evaluate(
        """async ({ mask, rings }) => {
          const { makeFile } = await import('/segment/exports.js');
          const bytes = Uint8Array.from(atob(mask), (c) => c.charCodeAt(0));
          const object = { name: 'a', mask: bytes, rings };
          const picture = { width: 10, height: 10, name: '', pixels: null };
          const made = await makeFile('svg', { picture, objects: [object], date: '2026-11-24' });
          return made.name + new TextDecoder().decode(made.bytes);
        }""",
        asked,
    )
    assert text.startswith("picture_svg.svg")
    assert 'd="M2.8 3 7 3 7 7 3 7Z"' in text


@pytest.mark.parametrize(
    ("chosen", "mask", "code"),
    [("csv", [0] * 4, "export.none"), ("cutout", [1] * 4, "export.pixels")],
)
def test_what_cannot_be_made_is_refused_by_name(module_page, chosen, mask, code):
    refused = module_page.evaluate(
        """async ([format, mask]) => {
          const { makeFile } = await import('/segment/exports.js');
          const objects = [{ name: 'a', mask: Uint8Array.from(mask) }];
          const picture = { width: 2, height: 2, name: 'a.png', pixels: null };
          const asked = makeFile(format, { picture, objects, date: '2026-11-24' });
          return asked.then(() => '', (error) => error.code);
        }""",
        [chosen, mask],
    )
    assert refused == code


def test_a_worker_makes_the_same_files_and_refuses_the_same(module_page):
    same, code = module_page.evaluate(
        """async () => {
          const { makeFile } = await import('/segment/exports.js');
          const { makeFileApart } = await import('/segment/exports_apart.js');
          const picture = { width: 3, height: 2, name: 'a.png', pixels: new ImageData(3, 2) };
          const objects = [{ name: 'a', mask: Uint8Array.of(0, 1, 1, 0, 0, 1) }];
          const content = { picture, objects, date: '2026-11-24' };
          const here = await makeFile('zip', content);
          const apart = await makeFileApart('zip', content);
          const refused = makeFileApart('zip', { ...content, objects: [] });
          return [
            JSON.stringify(here) === JSON.stringify(apart),
            await refused.catch((error) => error.code),
          ];
        }"""
    )
    assert same
    assert code == "export.none"


def test_the_menu_has_a_name_and_a_line_for_each_format(module_page):
    formats = module_page.evaluate(
        "async () => (await import('/segment/exports.js')).FORMATS.map(({ id }) => id)"
    )
    assert formats[0] == "cutout"
    for language in ("en", "zh-Hant"):
        words = read_sentences(language)
        told = {key for key in words if key.startswith("segment.ui.format_")}
        ends = ("", "_help")
        assert told == {f"segment.ui.format_{name}{end}" for name in formats for end in ends}
