"""Encoded pictures are bounded; ids cannot be guessed, shared or outlive what they stand for."""

from __future__ import annotations

import threading

import pytest

from playground.segmenting.store import Store
from playground.visitors.errors import PersonError
from tests.segmenting.fakes import kept_of, proposal_of


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def key_of(store, picture_id, visitor):
    with pytest.raises(PersonError) as caught:
        store.visit_of(picture_id, visitor)
    return caught.value.key.removeprefix("segment.mistake.")


def test_an_id_is_its_visitors_alone():
    store, kept = Store(), kept_of()
    store.put(kept)
    ada, bao = store.visit("ada", kept, name="a.png"), store.visit("bao", kept)
    assert ada.id != bao.id and len(ada.id) >= 22
    found = store.visit_of(ada.id, "ada")
    assert found.kept is kept and found.name == "a.png"
    assert key_of(store, ada.id, "bao") == key_of(store, bao.id, "ada") == "expired"
    assert key_of(store, ada.id, "") == "expired"


def test_without_a_session_nobody_can_use_the_id():
    store, kept = Store(), kept_of()
    store.put(kept)
    visit = store.visit("", kept)
    assert key_of(store, visit.id, "") == "expired"


@pytest.mark.parametrize("forged", ["x", "../..", "0" * 22, "\ud800"])
def test_forged_ids(forged):
    assert key_of(Store(), forged, "ada") == "expired"


@pytest.mark.parametrize("nothing", [None, "", 7, ["a"], {"id": "a"}])
def test_no_id_at_all(nothing):
    assert key_of(Store(), nothing, "ada") == "no_picture"


def test_identical_pictures_are_kept_once():
    store, first, second = Store(), kept_of(), kept_of()
    assert store.put(first) is first and store.put(second) is first
    assert store.get(first.key) is first and store.census()[0] == 1


def test_bytes_are_bounded_and_the_longest_unused_goes_first():
    pictures = [kept_of("a" * n) for n in range(1, 5)]
    store = Store(most_bytes=2 * pictures[0].bytes_held)
    visits = []
    for kept in pictures[:2]:
        store.put(kept)
        visits.append(store.visit("ada", kept))
    store.visit_of(visits[0].id, "ada")
    store.put(pictures[2])
    assert store.get(pictures[1].key) is None and key_of(store, visits[1].id, "ada") == "expired"
    assert store.visit_of(visits[0].id, "ada").kept is pictures[0]
    assert store.census()[2] <= 2 * pictures[0].bytes_held


def test_proposals_count():
    kept, other = kept_of("a"), kept_of("bb")
    store = Store(most_bytes=kept.bytes_held + other.bytes_held)
    store.put(kept)
    store.put(other)
    other.add([proposal_of((0, 4), (0, 4))], points=4)
    assert other.points_done == 4 and len(other.proposals) == 1
    store.grew()
    assert store.get(kept.key) is None and store.get(other.key) is other


def test_a_picture_larger_than_everything_is_still_shown():
    store, kept = Store(most_bytes=1), kept_of()
    assert store.put(kept) is kept and store.get(kept.key) is kept


def test_what_is_not_used_is_forgotten():
    clock = Clock()
    store, kept = Store(most_seconds=60, clock=clock), kept_of()
    store.put(kept)
    visit = store.visit("ada", kept)
    clock.now = 50
    store.visit_of(visit.id, "ada")
    clock.now = 100
    assert store.visit_of(visit.id, "ada").kept is kept
    clock.now = 161
    assert key_of(store, visit.id, "ada") == "expired" and store.census() == (0, 0, 0)


def test_ids_are_bounded_in_number():
    store, kept = Store(most_visits=10), kept_of()
    store.put(kept)
    visits = [store.visit("ada", kept) for _ in range(12)]
    assert store.census()[1] == 10 and key_of(store, visits[0].id, "ada") == "expired"
    assert store.visit_of(visits[-1].id, "ada")


def test_forgetting_one_visitor_leaves_the_others():
    store, shared, own, programs = Store(), kept_of("a"), kept_of("bb"), kept_of("ccc")
    for kept in (shared, own, programs):
        store.put(kept)
    ada, bao = store.visit("ada", shared), store.visit("bao", shared)
    alone = store.visit("ada", own)
    store.forget("ada")
    assert store.visit_of(bao.id, "bao").kept is shared
    assert key_of(store, ada.id, "ada") == key_of(store, alone.id, "ada") == "expired"
    assert store.get(own.key) is None and store.get(programs.key) is programs


def test_one_maker_for_a_picture_and_no_lock_left_behind():
    store, key, made, began = Store(), kept_of().key, [], threading.Barrier(4)

    def make():
        began.wait()
        with store.making(key):
            if store.get(key) is None:
                made.append(1)
                store.put(kept_of())
        store.made(key)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1] and store._making == {}
