"""The addresses of one's own pictures: what a token lets in, and what nobody else gets."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from playground.own.holdings import Holdings
from playground.own.shelf import MOST_WAITING_BYTES, OwnPicture, Rows
from playground.page import own_routes
from playground.page.languages import Languages
from tests.conftest import settings_for_tests

JPEG = b"\xff\xd8\xff and more"


@pytest.fixture
def world():
    ctx = SimpleNamespace(
        holdings=Holdings(),
        languages=Languages.read(),
        settings=settings_for_tests(),
        entries=lambda _: (),
    )
    client = TestClient(Starlette(routes=own_routes.own_routes(ctx)))
    return SimpleNamespace(ctx=ctx, client=client, shelf=ctx.holdings.shelves.of("visitor"))


def png():
    file = io.BytesIO()
    Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(file, "PNG")
    return file.getvalue()


def post(world, what, data=b"x", language="en", **headers):
    named = {f"x-own-{name}": value for name, value in headers.items()}
    return world.client.post(
        f"/own/{what}", content=data, headers=named | {"accept-language": language}
    ).json()


def test_a_file_comes_in_by_its_token_under_a_plain_name(world):
    name = "%E8%B2%93%0A%3Cimg%3E.png"
    assert post(world, "picture", png(), token=world.shelf.token, name=name) == {"taken": True}
    taken = world.shelf.take(9)
    assert [(item.name, item.data) for item in taken] == [("\u8c93<img>.png", png())]


def test_without_the_token_nothing_comes_in_and_the_reason_is_told(world):
    for token in ("", "x", world.shelf.address_id):
        assert "Reload" in post(world, "picture", token=token)["error"]
    assert "error" in post(world, "part", token="x", part="0/1")
    said = post(world, "picture", language="zh-TW", token="x")["error"]
    assert "\u91cd\u65b0\u8f09\u5165" in said
    assert world.shelf.progress().waiting == 0


def test_a_browser_that_is_too_fast_is_asked_to_come_again(world, monkeypatch):
    monkeypatch.setattr(own_routes, "PATIENCE_SECONDS", 0.0)
    world.shelf.bring("large", bytes(MOST_WAITING_BYTES))
    assert post(world, "picture", token=world.shelf.token, name="a") == {"again": True}


def test_a_damaged_saved_file_is_told(world):
    for part in ("0/1", "x", "1/2", "-1/1", ""):
        answer = post(world, "part", b"hello", token=world.shelf.token, part=part)
        assert "damaged" in answer["error"]


def test_a_small_copy_is_given_to_who_knows_its_address_only(world):
    rows = Rows(2, 1.0, None)
    rows.add(np.array([[1, 0], [0, 1]], np.float32))
    html = OwnPicture("b", b"<html>", "b" * 64)
    world.shelf.add("m", rows, [OwnPicture("a", JPEG, "a" * 64), html])
    holder, code = world.shelf.address_id, world.shelf.code_of(0)
    found = world.client.get(f"/own/{holder}/0-{code}.jpg")
    assert (found.content, found.headers["content-type"]) == (JPEG, "image/jpeg")
    assert "no-store" in found.headers["cache-control"]
    forged = (f"0-{code[:-1]}x", f"1-{code}", "0-", "x-y", f"-{code}", "9" * 50 + f"-{code}")
    for name in (*forged, f"1-{world.shelf.code_of(1)}"):
        assert world.client.get(f"/own/{holder}/{name}.jpg").status_code == 404
    world.ctx.holdings.shelves.forget("visitor")
    assert world.client.get(f"/own/{holder}/0-{code}.jpg").status_code == 404


def test_a_ticket_is_good_once(world):
    ticket = world.ctx.holdings.ticket(lambda: iter([b"a", b"b"]))
    assert world.client.get(f"/own/saved/{ticket}").content == b"ab"
    assert world.client.get(f"/own/saved/{ticket}").status_code == 404
    assert world.client.get("/own/saved/x").status_code == 404
