"""Drawings are bounded; ids cannot be guessed or shared."""

from __future__ import annotations

import numpy as np
import pytest

from playground.drawing.gallery import Gallery
from playground.visitors.errors import PersonError
from tests.chatting.test_store import Clock
from tests.drawing.drawings import drawn_of
from tests.drawing.fakes import order_of


def refused(gallery: Gallery, drawing_id: object, visitor: str) -> str:
    with pytest.raises(PersonError) as caught:
        gallery.drawn_of(drawing_id, visitor)
    return caught.value.key.removeprefix("draw.mistake.")


def test_a_drawing_is_its_visitors_alone():
    gallery = Gallery()
    drawn = drawn_of()
    ada, bao = gallery.add("ada", drawn), gallery.add("bao", drawn_of())
    assert ada != bao and len(ada) >= 22
    assert gallery.drawn_of(ada, "ada") is drawn
    assert refused(gallery, ada, "bao") == refused(gallery, ada, "") == "expired"
    assert gallery.ids_of("bao") == [bao] and gallery.ids_of("") == gallery.ids_of("chi") == []


def test_nobody_keeps_nothing():
    gallery = Gallery()
    assert refused(gallery, gallery.add("", drawn_of()), "") == "expired"
    assert gallery.census() == (0, 0)


@pytest.mark.parametrize("nothing", [None, "", 7, ["a"], {}])
def test_no_id_at_all(nothing):
    assert refused(Gallery(), nothing, "ada") == "no_picture"


@pytest.mark.parametrize("forged", ["x", "../..", "0" * 22, "\ud800"])
def test_forged_ids(forged):
    assert refused(Gallery(), forged, "ada") == "expired"


def test_the_newest_comes_first_and_the_oldest_goes():
    gallery = Gallery(most_of_one=3)
    other = gallery.add("bao", drawn_of())
    ids = [gallery.add("ada", drawn_of()) for _ in range(5)]
    gallery.drawn_of(ids[2], "ada")
    assert gallery.ids_of("ada") == [ids[4], ids[3], ids[2]]
    assert gallery.ids_of("bao") == [other]


def test_drawings_make_room_and_grow_old():
    clock = Clock()
    held = drawn_of().bytes_held
    gallery = Gallery(most_bytes=3 * held, most_seconds=100, clock=clock)
    ids = [gallery.add("ada", drawn_of()) for _ in range(4)]
    assert gallery.census() == (3, 3 * held) and refused(gallery, ids[0], "ada") == "expired"
    clock.now = 90
    gallery.drawn_of(ids[1], "ada")
    clock.now = 150
    assert gallery.ids_of("ada") == [ids[1]]


def test_what_a_drawing_started_from_counts_too():
    start, mask = np.zeros((16, 16, 3), np.uint8), np.ones((16, 16), np.float32)
    order = order_of(start=start, mask=mask)
    assert drawn_of(order).bytes_held == drawn_of().bytes_held + start.nbytes + mask.nbytes


def test_forgetting():
    gallery = Gallery()
    mine = [drawn_of(), drawn_of()]
    ids = [gallery.add("ada", drawn) for drawn in mine]
    kept = gallery.add("bao", drawn_of())
    assert gallery.forget("ada") == mine and gallery.forget("ada") == []
    assert refused(gallery, ids[0], "ada") == "expired" and gallery.ids_of("bao") == [kept]
