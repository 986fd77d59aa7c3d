"""The SAM tab without a browser: its handlers, its events for programs, two visitors at once."""

from __future__ import annotations

import ast
import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import gradio as gr
import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from pycocotools import mask as coco

from demos.sam_segment import Handlers
from playground.cache import Cancelled
from playground.collection import read_collection
from playground.page.segment_canvas import Asked, ChosenObject
from playground.page.segment_opening import Opening
from playground.segmenting.run_lengths import to_runs
from playground.segmenting.stored import stored_file, write_stored
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture, read_picture
from tests.demos.test_clip_search import over_mcp
from tests.faults import bad_pictures
from tests.segmenting.tiny_segments import MODEL, make_service, noise_counts

__all__ = ["noise_counts"]


def request_of(language="en", session_hash="ada"):
    return SimpleNamespace(query_params={"lang": language}, headers={}, session_hash=session_hash)


ENGLISH, CHINESE = request_of(), request_of("zh-Hant", "bao")
EXAMPLES = ("red", "green")


@pytest.fixture(autouse=True)
def tiny_examples(monkeypatch, request):
    if "address" in request.fixturenames:
        return
    for module in ("demos.sam_segment", "playground.page.segment_opening"):
        monkeypatch.setattr(f"{module}.EXAMPLES", EXAMPLES)
    monkeypatch.setattr("playground.page.segment_service.EXAMPLES", EXAMPLES)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    return make_service(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def handlers(service):
    return Handlers(service, Opening(service))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my cat.png"
    pixels = np.random.default_rng(3).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return str(path)


def values_of(steps):
    """What the stage was told: plain values, without what was skipped."""
    return [step[0] for step in steps if "stamp" in step[0]]


def test_a_file_is_shown_and_then_looked_over(handlers, file):
    steps = list(handlers.open_file(Asked(file=file), MODEL, ENGLISH))
    values = values_of(steps)
    shown = next(value for value in values if value["picture"].get("src"))
    assert (shown["picture"]["width"], shown["picture"]["height"]) == (80, 60)
    assert shown["picture"]["name"] == "my cat.png" and not shown["picture"]["is_example"]
    assert shown["proposals_of"] > shown["proposals_done"] and shown["model"]["key"] == MODEL
    last = values[-1]
    assert last["picture"]["id"] == shown["picture"]["id"] and "src" not in last["picture"]
    assert last["proposals_of"] == last["proposals_done"] and last["points_done"] == 256
    assert MODEL in steps[-1][1] and "busy" not in steps[-1][1]
    again = values_of(handlers.open_file(Asked(file=file), MODEL, CHINESE))
    assert len(again) == 1 and again[0]["picture"]["id"] != shown["picture"]["id"]
    assert again[0]["seconds"] == shown["seconds"]


def test_an_example_says_what_it_shows_in_the_visitors_language(handlers):
    value = values_of(handlers.open_example("red", MODEL, CHINESE))[0]
    assert value["picture"]["is_example"] and "有一條線" in value["picture"]["alt"]
    picture_hash = value["picture"]["hash"]
    again = values_of(handlers.open_again(Asked(picture_hash=picture_hash), MODEL, ENGLISH))[0]
    assert again["picture"]["hash"] == picture_hash


def test_without_stored_pictures_it_opens_empty_and_offers_them(handlers):
    ((offered, value, status, notes),) = list(handlers.first(request_of(session_hash="new")))
    if value["picture"] is None:
        assert value["words"] and "Choose" in status and notes == ""
    assert [item["id"] for item in offered["items"]] == list(EXAMPLES)


def test_it_opens_on_a_stored_picture_before_any_model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    maker = make_service(folder)
    picture = maker.collection.read(maker.collection.place_of("red"))
    kept = maker.encode(picture, maker.entry(MODEL), "x", lambda _: None, lambda: False)
    maker.grow(kept, "x", lambda _: None, lambda: False)
    write_stored(kept, stored_file(folder / "stored", MODEL, "red"))
    service = make_service(folder)
    ((_, value, status, _),) = list(Handlers(service, Opening(service)).first(ENGLISH))
    assert value["picture"]["src"] and value["proposals_done"] == len(kept.proposals) > 0
    assert value["seconds"]["encode"] is None and "beforehand" in status
    assert {row.state for row in service.ctx.cache.rows()} == {"cold"}


@pytest.mark.parametrize("forged", [None, "", "purple", "../../etc/passwd"])
def test_a_forged_example_is_refused(handlers, forged):
    with pytest.raises(gr.Error, match="collection"):
        list(handlers.open_example(forged, MODEL, ENGLISH))
    with pytest.raises(gr.Error, match="collection"):
        list(handlers.open_again(Asked(picture_hash=forged or ""), MODEL, ENGLISH))


@pytest.mark.parametrize("model", [None, "", "gpt", 3, "tiny-clip"])
def test_an_unknown_model(handlers, model):
    with pytest.raises(gr.Error, match="no such choice"):
        list(handlers.open_example("red", model, ENGLISH))


BROKEN = {"empty": b"", "half": bad_pictures.valid("JPEG")[:200], "page": b"<html>"}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_bad_picture_is_told_to_the_stage_too(handlers, tmp_path, data):
    path = tmp_path / "x.png"
    path.write_bytes(data)
    steps = handlers.open_file(Asked(file=str(path)), MODEL, ENGLISH)
    value, status, _ = next(steps)
    assert value["error"].endswith(".") and "picture" not in value and "busy" not in status
    with pytest.raises(gr.Error):
        next(steps)


def test_without_a_file_there_is_a_sentence(handlers):
    with pytest.raises(gr.Error):
        list(handlers.open_file(Asked(), MODEL, ENGLISH))


def test_the_newest_picture_ends_the_grid_of_the_one_before(service, file):
    handlers, request = Handlers(service, Opening(service)), request_of(session_hash="quick")
    pixels = np.random.default_rng(9).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    first = handlers.receive(Picture(pixels), request)
    shown = values_of([next(step for step in first if "stamp" in step[0])])[0]
    list(handlers.open_example("green", MODEL, request))
    assert values_of(first) == []
    kept = service.store.visit_of(shown["picture"]["id"], service.ctx.visitor(request)).kept
    assert not kept.is_grown


def test_who_leaves_stops_the_grid(service):
    pixels = np.random.default_rng(10).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    item, over = service.entry(MODEL), threading.Event()
    kept = service.encode(Picture(pixels), item, "x", lambda _: None, lambda: False)
    with pytest.raises(Cancelled):
        service.grow(kept, "x", lambda _: over.set(), over.is_set)
    assert 0 < kept.points_done < kept.points_of


def id_of(handlers, request, picture="red"):
    return values_of(handlers.open_example(picture, MODEL, request))[0]["picture"]["id"]


def test_another_model_looks_at_the_same_picture(handlers):
    asked = Asked(picture_id=id_of(handlers, ENGLISH))
    assert values_of(handlers.change_model(asked, MODEL, ENGLISH))[0]["picture"]["src"]
    (skipped,) = handlers.change_model(Asked(), MODEL, ENGLISH)
    assert all("stamp" not in part for part in skipped)
    with pytest.raises(PersonError) as caught:
        list(handlers.change_model(asked, MODEL, CHINESE))
    assert caught.value.key == "segment.mistake.expired"


def test_words_rank_what_was_found(handlers):
    picture_id = id_of(handlers, ENGLISH)
    steps = list(handlers.rank(Asked(picture_id=picture_id, words="a cat"), ENGLISH))
    value = values_of(steps)[-1]
    assert value["ranking"]["words"] == "a cat"
    assert len(value["ranking"]["scores"]) == value["proposals_done"] == value["proposals_of"]


@pytest.mark.parametrize(
    ("asked", "request_"),
    [
        (Asked(words="a cat"), ENGLISH),
        (Asked(picture_id="forged", words="a cat"), ENGLISH),
        (Asked(picture_id="own", words="a cat"), CHINESE),
        (Asked(picture_id="own", words="  "), ENGLISH),
        (Asked(picture_id="own", words="a" * 500), ENGLISH),
    ],
)
def test_a_ranking_that_cannot_be(handlers, asked, request_):
    if asked.picture_id == "own":
        asked = Asked(picture_id=id_of(handlers, ENGLISH), words=asked.words)
    steps = handlers.rank(asked, request_)
    value, _, _ = next(steps)
    assert value["error"] and value["ranking"] is None
    with pytest.raises(gr.Error):
        next(steps)


def chosen(picture_id, size_hw=(48, 64), rows=(4, 30), columns=(8, 40)):
    mask = np.zeros(size_hw, bool)
    mask[slice(*rows), slice(*columns)] = True
    thing = ChosenObject("", (0, 0, 1, 1), to_runs(mask), size_hw[1], size_hw[0])
    return Asked(picture_id=picture_id, chosen=thing)


def test_the_chosen_object_is_sent_on(handlers, monkeypatch):
    monkeypatch.setattr("demos.sam_segment.current_request", lambda: ENGLISH)
    picture_id = id_of(handlers, ENGLISH)
    sent = handlers.chosen_picture(None, chosen(picture_id))
    assert tuple(sent.pixels[0, 0]) == (255, 255, 255)
    assert (sent.pixels != 255).any(axis=2).sum() == 26 * 32
    for asked, key in (
        (Asked(picture_id=picture_id), "no_object"),
        (chosen("forged"), "expired"),
        (chosen(picture_id, (50, 64)), "mask"),
        (chosen(""), "no_picture"),
    ):
        with pytest.raises(PersonError) as caught:
            handlers.chosen_picture(None, asked)
        assert caught.value.key == f"segment.mistake.{key}"
    monkeypatch.setattr("demos.sam_segment.current_request", lambda: CHINESE)
    with pytest.raises(PersonError):
        handlers.chosen_picture(None, chosen(picture_id))


def test_turned_pictures_stand_upright(handlers, tmp_path):
    pixels = np.zeros((40, 64, 3), np.uint8)
    pixels[:8, :8] = 255
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = tmp_path / f"{orientation}.png"
        Image.fromarray(pixels).save(path, exif=exif)
        steps = handlers.open_file(Asked(file=str(path)), MODEL, ENGLISH)
        value = next(step[0] for step in steps if "stamp" in step[0])
        steps.close()
        told = value["picture"]
        expected = (64, 40) if orientation < 5 else (40, 64)
        assert (told["width"], told["height"]) == expected
        shown = read_picture(base64.b64decode(told["src"].partition(",")[2])).pixels
        assert shown.shape[:2] == expected[::-1]


def test_the_tab_trusts_no_bytes_beyond_its_bound(service):
    count, visits, held = service.store.census()
    assert count and visits and held < 400_000_000


# From here on: the running playground with mini-sam.


@pytest.fixture(scope="module")
def client(address):
    return Client(address, verbose=False)


@pytest.fixture(scope="module")
def scene():
    collection = read_collection()
    return collection.path_of(collection.pictures[collection.place_of("scene-008")])


def mask_of(row):
    return coco.decode(coco.frPyObjects(row["rle"], *row["rle"]["size"])).astype(bool)


def test_events_for_programs_are_there(playground):
    names = {
        str(fn.api_name) for fn in playground.page.fns.values() if fn.api_visibility == "public"
    }
    assert {name for name in names if name.startswith("sam_segment")} == {
        "sam_segment_encode",
        "sam_segment_click",
        "sam_segment_box",
        "sam_segment_everything",
    }


def test_encode_tells_size_and_hash(client, scene):
    told = client.predict(picture=handle_file(scene), api_name="/sam_segment_encode")
    assert (told["model"], told["width"], told["height"]) == ("mini-sam", 256, 256)
    assert told["hash"] == read_picture(scene).content_id[:16]


@pytest.mark.parametrize("multimask", [True, False])
def test_clicks_give_masks_that_fit_what_is_told(client, scene, multimask):
    told = client.predict(
        picture=handle_file(scene),
        points=[[110, 80, 1], [20.5, 20.5, 0]],
        multimask=multimask,
        api_name="/sam_segment_click",
    )
    assert len(told["masks"]) == (3 if multimask else 1)
    for row in told["masks"]:
        mask = mask_of(row)
        assert mask.shape == (256, 256) and int(mask.sum()) == row["area"]
        rows, columns = np.nonzero(mask)
        assert row["box"][:2] == [columns.min(), rows.min()]
        assert np.isfinite([row["iou"], row["stability"]]).all()


def test_a_box_with_and_without_clicks(client, scene):
    asked = {"picture": handle_file(scene), "box": [200, 130, 70, 40]}
    plain = client.predict(**asked, api_name="/sam_segment_box")
    with_click = client.predict(**asked, points=[[110, 80, 1]], api_name="/sam_segment_box")
    assert len(plain["masks"]) == len(with_click["masks"]) == 1


def test_everything(client, scene):
    asked = {"picture": handle_file(scene), "api_name": "/sam_segment_everything"}
    some = client.predict(**asked)
    all_of_them = client.predict(**asked, least_iou=0, least_stability=0, most_overlap=1)
    assert some["found"] == all_of_them["found"] >= len(all_of_them["masks"])
    assert len(all_of_them["masks"]) > len(some["masks"])
    ious = [row["iou"] for row in all_of_them["masks"]]
    assert ious == sorted(ious, reverse=True)
    assert all(mask_of(row).sum() == row["area"] for row in all_of_them["masks"][:5])


@pytest.mark.parametrize(
    ("event", "changes"),
    [
        ("encode", {"picture": None}),
        ("click", {"points": []}),
        ("click", {"points": [[900, 5, 1]]}),
        ("click", {"points": [["a", 5, 1]]}),
        ("click", {"points": [[n, 5, 1] for n in range(60)]}),
        ("box", {"box": [5, 5, 5, 5]}),
        ("box", {"box": []}),
        ("box", {"box": [1, 2, 3]}),
        ("everything", {"least_iou": 2}),
        ("everything", {"most_overlap": -1}),
        ("click", {"points": [[5, 5, 1]], "model": "gpt"}),
    ],
)
def test_programs_get_sentences_too(client, scene, event, changes):
    asked = {"picture": handle_file(scene)} | changes
    with pytest.raises((AppError, ValueError)) as caught:
        client.predict(**asked, api_name=f"/sam_segment_{event}")
    assert "Traceback" not in str(caught.value)


def test_two_visitors_at_once(address):
    collection = read_collection()
    files = [collection.path_of(collection.pictures[place]) for place in (8, 128)]
    clients = [Client(address, verbose=False) for _ in files]

    def ask(pair):
        client, file = pair
        asked = {"picture": handle_file(file), "points": [[100, 100, 1]]}
        answers = [client.predict(**asked, api_name="/sam_segment_click") for _ in range(3)]
        return {str(answer["masks"]) for answer in answers}

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(ask, zip(clients, files, strict=True))
    assert len(first) == len(second) == 1 and first != second


def test_over_mcp(address, scene):
    shown = f"data:image/webp;base64,{base64.b64encode(scene.read_bytes()).decode()}"
    tools, answers = over_mcp(
        address,
        ("sam_segment_click", {"picture": shown, "points": [[110, 80, 1]]}),
        ("sam_segment_box", {"picture": shown, "box": [70, 40, 200, 130]}),
        ("sam_segment_click", {"picture": shown, "points": [[1100, 80, 1]]}),
    )
    schema = tools["sam_segment_click"].inputSchema["properties"]
    assert schema["points"]["type"] == "array" and schema["points"]["items"]["type"] == "array"
    for name in ("encode", "click", "box", "everything"):
        fields = tools[f"sam_segment_{name}"].inputSchema["properties"].values()
        assert all(field.get("description") for field in fields)
    click, box = (ast.literal_eval(answer.content[0].text) for answer in answers[:2])
    assert len(click["masks"]) == 3 and len(box["masks"]) == 1
    assert answers[2].isError and "Traceback" not in answers[2].content[0].text


def server_call(address, playground, body):
    component = next(
        block
        for block in playground.page.blocks.values()
        if type(block).__name__ == "SegmentCanvas"
    )
    data = {"component_id": component._id, "fn_name": "decode", "session_hash": "ada"} | body
    return httpx.post(f"{address}/gradio_api/component_server", json=data, timeout=60)


def test_the_server_function_knows_who_calls(address, playground):
    forged = server_call(address, playground, {"data": {"id": "forged", "points": [[5, 5, 1]]}})
    assert forged.json() == {"error": forged.json()["error"], "expired": True}
    assert server_call(address, playground, {"data": None}).json()["error"]
    assert server_call(address, playground, {"data": {"id": "a"}, "session_hash": ""}).json()
    assert (
        server_call(address, playground, {"fn_name": "__init__", "data": None}).status_code == 404
    )
