"""Server functions: never an exception, never another picture, and bounded by what they check."""

from __future__ import annotations

import base64
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from playground.models.sam import Prompts, decode, decode_points, full_mask
from playground.page.segment_functions import SegmentFunctions, session_of
from playground.page.segment_service import SegmentService
from playground.page.segment_values import picture_value, progress_value
from playground.page.shown_picture import data_address, plain_name
from playground.search import Asker
from playground.segmenting.prompts import read_logits
from playground.segmenting.proposals import grid_points, proposals_of
from playground.visitors.pictures import Picture, read_picture
from playground.visitors.sessions import visitor_of
from tests.loops import run_in_own_thread
from tests.segmenting.tiny_segments import MODEL, make_service, noise_counts

__all__ = ["noise_counts"]


class Request:
    """What Gradio gives a server function, with its body read already."""

    def __init__(self, session="ada", language="en"):
        self.query_params = {}
        self.headers = {"accept-language": language}
        self._session = session

    async def json(self):
        return {"session_hash": self._session, "data": None}


def nobody(*_):
    return False


def opened(service, session="ada", pixels=None, language="en", name="a.png"):
    if pixels is None:
        pixels = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    kept = service.encode(Picture(pixels), service.entry(MODEL), "x", lambda _: None, nobody)
    return service.store.visit(visitor_of(session), kept, language=language, name=name)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    return make_service(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def visit(service):
    return opened(service)


@pytest.fixture(scope="module")
def functions(service):
    return SegmentFunctions(service)


def call(function, asked, request=None):
    return run_in_own_thread(function(asked, request or Request()))


def test_a_click_is_answered_as_the_model_answers(functions, visit, service):
    asked = {"id": visit.id, "seq": 7, "points": [[20.5, 10.5, 1]], "multimask": True}
    answer = call(functions.decode, asked)
    assert answer["seq"] == 7 and len(answer["candidates"]) == 3 and 0 <= answer["best"] < 3
    prompts = Prompts(np.float32([[20.5, 10.5]]), np.ones(1, int), is_multimask=True)
    with service.ctx.cache.lease(f"{MODEL}/decoder") as decoder:
        masks = decode(decoder, visit.kept.encoded, prompts)
    for candidate, logits, iou in zip(answer["candidates"], masks.logits, masks.iou, strict=True):
        assert (read_logits(candidate["logits"], (16, 16)) == logits.astype(np.float32)).all()
        assert candidate["iou"] == pytest.approx(float(iou), abs=1e-4)
    assert full_mask(masks.logits[0], visit.kept.encoded).shape == (48, 64)


def test_the_mask_before_is_fed_back(functions, visit):
    first = call(functions.decode, {"id": visit.id, "points": [[20, 10, 1]], "multimask": True})
    asked = {"id": visit.id, "points": [[20, 10, 1], [50, 40, 0]], "box": [1, 1, 60, 40]}
    plain = call(functions.decode, asked)
    mask = first["candidates"][first["best"]]["logits"]
    fed = call(functions.decode, asked | {"mask": mask})
    assert len(plain["candidates"]) == len(fed["candidates"]) == 1 and fed["best"] == 0
    assert fed["candidates"][0]["logits"] != plain["candidates"][0]["logits"]


BAD = {
    "outside": {"points": [[900, 10, 1]]},
    "nan": {"points": [[float("nan"), 10, 1]]},
    "thousand": {"points": [[n % 60, 10, 1] for n in range(1000)]},
    "zero area": {"box": [5, 5, 5, 40]},
    "text": {"points": "1,2,1"},
    "nothing": {},
    "mask": {"points": [[5, 5, 1]], "mask": "AAAA"},
    "seq": {"points": [[5, 5, 1]], "seq": "first"},
}


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD)
def test_what_cannot_be_used_is_a_sentence(functions, visit, changes):
    answer = call(functions.decode, {"id": visit.id} | changes)
    assert set(answer) == {"error"} and answer["error"][-1] == "." and "{" not in answer["error"]


@pytest.mark.parametrize("name", ["decode", "proposals", "similarity", "program"])
def test_another_visitors_id_is_no_id(functions, visit, name):
    asked = {
        "id": visit.id,
        "points": [[5, 5, 1]],
        "x": 5,
        "y": 5,
        "steps": [{"points": [[5, 5, 1]]}],
    }
    function = getattr(functions, name)
    assert "error" not in call(function, asked)
    for request in (Request("bao"), Request(""), Request(None), SimpleNamespace(headers={})):
        answer = call(function, asked, request)
        assert answer["expired"] is True and "again" in answer["error"]
    assert call(function, asked | {"id": "forged"})["expired"] is True


@pytest.mark.parametrize("asked", [None, 7, "a", [], {}, {"id": 7}, {"id": ["a"]}])
def test_what_is_no_question(functions, asked):
    for function in (functions.decode, functions.proposals, functions.program):
        assert set(call(function, asked)) == {"error"}


def test_a_mistake_speaks_the_visitors_language(functions, service):
    visit = opened(service, "chen", language="zh-Hant")
    asked = {"id": visit.id, "points": [[900, 5, 1]]}
    assert "圖片" in call(functions.decode, asked, Request("chen"))["error"]
    assert "圖片" in call(functions.decode, {"id": "x"}, Request("chen", "zh-TW"))["error"]


def test_an_unexpected_failure_is_a_sentence(functions, visit, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("secret")

    monkeypatch.setattr(SegmentService, "decode", broken)
    answer = call(functions.decode, {"id": visit.id, "points": [[5, 5, 1]]})
    assert "secret" not in answer["error"] and "secret" not in caplog.text
    assert "RuntimeError in _decode" in caplog.text


def test_proposals_come_as_they_are_found(functions, service):
    visit = opened(service, pixels=np.full((48, 64, 3), 90, np.uint8))
    assert call(functions.proposals, {"id": visit.id, "start": 0})["items"] == []
    told = []
    service.grow(visit.kept, "x", told.append, nobody)
    assert visit.kept.is_grown and told[-1].values == {"done": 256, "total": 256}
    assert [note.values["done"] for note in told] == sorted(note.values["done"] for note in told)
    items, start = [], 0
    while True:
        answer = call(functions.proposals, {"id": visit.id, "start": start})
        if not answer["items"]:
            break
        items += answer["items"]
        start = len(items)
    assert len(items) == answer["done"] == len(visit.kept.proposals) > 0
    height, width = answer["low_size"]
    assert (height, width) == visit.kept.encoded.low_picture_hw
    for item in items:
        assert sum(map(int, item["runs"].split(","))) == height * width
        assert len(item["box"]) == 4 and len(item["point"]) == 2 and item["level"] in (0, 1, 2)


@pytest.mark.parametrize("start", [-1, "0", None, 1.5, float("nan"), 1e300])
def test_a_start_that_is_none(functions, visit, start):
    assert set(call(functions.proposals, {"id": visit.id, "start": start})) == {"error"}


def test_similarity(functions, visit):
    answer = call(functions.similarity, {"id": visit.id, "x": 40, "y": 24})
    values = np.frombuffer(base64.b64decode(answer["values"]), np.uint8)
    assert values.size == answer["width"] * answer["height"] and values.max() == 255
    assert "error" in call(functions.similarity, {"id": visit.id, "x": 400, "y": 24})
    assert "error" in call(functions.similarity, {"id": visit.id, "x": None, "y": 24})


def test_the_program_names_model_picture_and_clicks(functions, visit):
    steps = [{"points": [[20.5, 10.5, 1]], "multimask": True, "chosen": 1}]
    text = call(functions.program, {"id": visit.id, "steps": steps, "threshold": 0.5})["text"]
    compile(text, "program.py", "exec")
    assert "a.png" in text and "20.5" in text and "> 0.5" in text
    for changes in ({"steps": []}, {"threshold": float("inf")}, {"steps": [{"points": [[5]]}]}):
        assert "error" in call(functions.program, {"id": visit.id, "steps": steps} | changes)


def test_the_session_is_read_from_the_body():
    assert run_in_own_thread(session_of(Request("ada"))) == "ada"
    for request in (Request(None), Request(7), SimpleNamespace(), None):
        assert run_in_own_thread(session_of(request)) == ""


@pytest.mark.parametrize("layout", ["sam2-video", "edgetam"])
def test_the_same_for_other_kinds_of_model(tmp_path, layout):
    service = make_service(tmp_path, layout=layout)
    functions, visit = SegmentFunctions(service), opened(service)
    points = {"id": visit.id, "points": [[20.5, 10.5, 1]], "multimask": True}
    answer = call(functions.decode, points)
    assert len(answer["candidates"]) == 3
    mask = answer["candidates"][answer["best"]]["logits"]
    fed = call(functions.decode, points | {"mask": mask, "multimask": False})
    assert len(fed["candidates"]) == 1
    assert call(functions.similarity, {"id": visit.id, "x": 40, "y": 24})["values"]
    value = picture_value(service.ctx, None, visit, "", is_example=False)
    assert value["model"]["resized"] == [value["model"]["input_side"]] * 2
    points_xy = grid_points((48, 64))[:8]
    with service.ctx.cache.lease(f"{MODEL}/decoder") as decoder:
        masks = decode_points(decoder, visit.kept.encoded, points_xy)
    for item in proposals_of(masks, points_xy, visit.kept.encoded):
        assert 0 <= item.box_xyxy[0] < item.box_xyxy[2] <= 64 and item.area <= 48 * 64


def test_one_encoding_for_all_who_show_the_same_pixels(service, monkeypatch):
    pixels = np.full((32, 32, 3), 77, np.uint8)
    encoded, began = [], threading.Barrier(6)
    real = SegmentService._encode

    def counted(self, *rest):
        encoded.append(1)
        return real(self, *rest)

    monkeypatch.setattr(SegmentService, "_encode", counted)
    found = []

    def open_it():
        began.wait()
        picture, item = Picture(pixels.copy()), service.entry(MODEL)
        found.append(service.encode(picture, item, "x", lambda _: None, nobody))

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(encoded) == 1 and len({id(kept) for kept in found}) == 1


def test_several_visitors_take_turns_at_one_grid(service):
    visit = opened(service, pixels=np.full((40, 40, 3), 33, np.uint8))
    threads = [
        threading.Thread(target=service.grow, args=(visit.kept, name, lambda _: None, nobody))
        for name in "abc"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert visit.kept.points_done == 256


def test_words_rank_proposals(service):
    visit = opened(service, pixels=np.full((48, 64, 3), 90, np.uint8))
    service.grow(visit.kept, "x", lambda _: None, nobody)
    ranking = service.rank(visit.kept, "a cat", Asker())
    assert len(ranking.scores) == len(visit.kept.proposals) and ranking.words == "a cat"


def test_values_hold_everything_the_stage_needs(service, visit):
    value = picture_value(service.ctx, None, visit, "A thing", is_example=False)
    picture = value["picture"]
    assert (picture["width"], picture["height"], picture["id"]) == (64, 48, visit.id)
    assert picture["hash"] == visit.kept.picture.content_id[:16] and picture["name"] == "a.png"
    assert value["model"]["low"] == [16, 16] and value["model"]["resized"] == [48, 64]
    assert value["words"]["keep"] and value["seconds"]["encode"] > 0
    again = progress_value(service.ctx, None, visit)
    assert again["stamp"] != value["stamp"] and "src" not in again["picture"]
    assert again["proposals_of"] == again["proposals_done"] + 1 and "ranking" not in again


@pytest.mark.parametrize("size_hw", [(48, 64), (1100, 1300)])
def test_the_browser_sees_the_very_pixels(size_hw):
    rng = np.random.default_rng(0)
    coarse = rng.integers(60, 200, (size_hw[0] // 4, size_hw[1] // 4, 3), dtype=np.uint8)
    picture = Picture(coarse.repeat(4, 0).repeat(4, 1))
    data = base64.b64decode(data_address(picture).partition(",")[2])
    shown = read_picture(data).pixels
    assert shown.shape == picture.pixels.shape
    error = np.abs(shown.astype(int) - picture.pixels)
    assert error.max() == 0 if size_hw[0] < 100 else error.mean() < 3


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/tmp/x/cat.png", "cat.png"),
        ("..\\..\\cat.png", "cat.png"),
        ("a\nb\u202e.png", "ab.png"),
        ("", "picture.png"),
        (None, "picture.png"),
        ("/tmp/" + "a" * 300 + ".png", "a" * 76 + ".png"),
        ("\ud800.png", ".png"),
    ],
)
def test_names_are_plain(path, name):
    assert plain_name(path) == name
