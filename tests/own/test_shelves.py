"""Nobody reaches the pictures of another, and nothing is kept for long."""

import pytest

from playground.own.shelf import Shelf
from playground.own.shelves import Shelves
from playground.visitors.errors import PersonError
from tests.own.test_shelf import picture, rows


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def with_picture(shelves, visitor, name="a"):
    shelf = shelves.of(visitor)
    shelf.add("m", rows([1, 0]), [picture(name)])
    return shelf


def test_each_visitor_has_one_shelf():
    shelves = Shelves()
    assert shelves.of("a") is shelves.of("a")
    assert shelves.of("a") is not shelves.of("b")
    with pytest.raises(PersonError):
        shelves.of("")


def test_a_token_leads_to_its_own_shelf_only():
    shelves = Shelves()
    first, second = shelves.of("a"), shelves.of("b")
    assert shelves.by_token(first.token) is first
    assert shelves.by_token(second.token) is second
    for wrong in ("", "x", first.token[:-1], "\ud800", first.address_id):
        with pytest.raises(PersonError) as told:
            shelves.by_token(wrong)
        assert told.value.key == "mistake.own.gone"


def test_an_address_cannot_be_guessed():
    shelves = Shelves()
    first, second = with_picture(shelves, "a"), with_picture(shelves, "b")
    assert shelves.preview(first.address_id, 0, first.code_of(0)) == picture("a").preview
    for holder, place, code in (
        (first.address_id, 0, second.code_of(0)),
        (first.address_id, 1, first.code_of(0)),
        (first.address_id, 5, first.code_of(5)),
        ("x", 0, first.code_of(0)),
        (first.address_id, 0, "\u00e9"),
    ):
        assert shelves.preview(holder, place, code) is None


def test_who_leaves_is_forgotten_at_once_also_by_a_job_that_goes_on():
    shelves = Shelves()
    shelf = with_picture(shelves, "a")
    shelves.forget("a")
    assert shelves.census() == (0, 0)
    assert shelf.progress("m").pictures == 0
    assert shelves.preview(shelf.address_id, 0, shelf.code_of(0)) is None


def test_shelves_are_bounded_in_number_and_age():
    clock = Clock()
    shelves = Shelves(most_shelves=2, most_seconds=10, clock=clock)
    for visitor in "abc":
        with_picture(shelves, visitor)
        clock.now += 1
    assert shelves.census()[0] == 2 and shelves.of("a").progress("m").pictures == 0
    clock.now += 100
    assert shelves.census() == (0, 0)


def test_all_shelves_together_are_bounded():
    shelves = Shelves(most_bytes=100)
    assert shelves.has_room()
    with_picture(shelves, "a")
    assert not shelves.has_room()
    assert isinstance(shelves.of("a"), Shelf)
