"""What a shelf holds is bounded, counted, and only ever grows."""

import hashlib

import numpy as np
import pytest

from playground.own.pictures import OwnPictures
from playground.own.shelf import MOST_WAITING_BYTES, Fault, OwnPicture, Rows, Shelf
from playground.visitors.errors import PersonError


def rows(*values):
    made = Rows(2, 100.0, None)
    made.add(np.array(values, np.float32).reshape(-1, 2))
    return made


def picture(name):
    return OwnPicture(
        name, b"\xff\xd8\xff" + name.encode(), hashlib.sha256(name.encode()).hexdigest()
    )


def filled(*names):
    shelf = Shelf("v")
    shelf.add("m", rows(*[[1, 0]] * len(names)), [picture(name) for name in names])
    return shelf


def test_files_come_out_as_they_came_and_go_back_to_the_front():
    shelf = Shelf("v")
    for name in "abc":
        shelf.bring(name, b"x")
    taken = shelf.take(2)
    assert [item.name for item in taken] == ["a", "b"]
    shelf.put_back(taken)
    assert [item.name for item in shelf.take(9)] == ["a", "b", "c"]
    assert shelf.progress().waiting == 0 and shelf.progress().bytes_held == 0


def test_waiting_files_are_bounded_but_one_always_fits():
    shelf = Shelf("v")
    assert shelf.has_room_for(MOST_WAITING_BYTES + 1)
    shelf.bring("a", b"x")
    assert shelf.has_room_for(1) and not shelf.has_room_for(MOST_WAITING_BYTES)


@pytest.mark.parametrize("bounds", [{"most_pictures": 1}, {"most_bytes": 10}])
def test_a_full_shelf_says_so(bounds):
    shelf = Shelf("v", **bounds)
    shelf.bring("a", b"123456")
    with pytest.raises(PersonError) as told:
        shelf.bring("b", b"123456")
    assert told.value.key == "mistake.own.full"


def test_the_same_pixels_are_kept_once():
    shelf = filled("a", "b")
    shelf.add("m", rows([0, 1], [1, 0], [0, 1]), [picture("b"), picture("c"), picture("c")])
    progress = shelf.progress("m")
    assert (progress.pictures, progress.indexed, progress.duplicates) == (3, 3, 2)
    assert shelf.place_of(picture("c").content_id) == 2
    assert shelf.seen_by("m")[0].tolist() == [[1, 0], [1, 0], [1, 0]]


def test_a_view_of_the_rows_stays_while_others_are_added():
    shelf = filled("a")
    before, _, _ = shelf.seen_by("m")
    for number in range(600):
        shelf.add("m", rows([0, 1]), [picture(str(number))])
    assert before.tolist() == [[1, 0]]
    assert shelf.seen_by("m")[0].shape == (601, 2)


def test_models_see_pictures_in_their_order():
    shelf = filled("a", "b")
    with pytest.raises(ValueError):
        shelf.add("other", rows([1, 0]), [picture("c")])
    assert [item.name for item in shelf.not_seen_by("other", 9)] == ["a", "b"]
    shelf.add_rows("other", rows([0, 1]))
    assert [item.name for item in shelf.not_seen_by("other", 9)] == ["b"]
    with pytest.raises(ValueError):
        shelf.add_rows("other", rows([0, 1], [0, 1]))


def test_faults_are_counted_even_when_the_oldest_are_let_go():
    shelf = Shelf("v")
    shelf.blame([Fault(str(number), "mistake.picture.empty") for number in range(1500)])
    progress = shelf.progress()
    assert progress.faults_total == 1500 and len(progress.faults) == 1000
    assert progress.faults[-1].name == "1499"


def test_forgetting_leaves_nothing():
    shelf = filled("a")
    shelf.bring("b", b"x")
    shelf.forget()
    progress = shelf.progress("m")
    assert (progress.pictures, progress.waiting, progress.bytes_held) == (0, 0, 0)


def test_as_a_collection_it_names_pictures_by_content_and_hides_their_addresses():
    shelf = filled("a <b>", "c")
    pictures = OwnPictures(shelf, 2)
    assert [item.file for item in pictures] == ["a <b>", "c"]
    assert pictures[0].address.startswith(f"own/{shelf.address_id}/0-")
    assert shelf.token not in pictures[0].address
    assert pictures[0].address[-28:] != pictures[1].address[-28:]
    assert pictures.place_of(picture("c").content_id) == 1
    for wrong in (None, 7, "x", picture("z").content_id):
        with pytest.raises(PersonError):
            pictures.place_of(wrong)
    with pytest.raises(PersonError):
        OwnPictures(shelf, 1).place_of(picture("c").content_id)
    with pytest.raises(IndexError):
        pictures[2]


def test_what_fits_is_kept_with_what_the_model_saw_of_it():
    shelf = Shelf("v", most_pictures=2)
    with pytest.raises(PersonError) as told:
        shelf.add("m", rows([1, 0], [0, 1], [1, 0]), [picture(name) for name in "abc"])
    assert told.value.key == "mistake.own.full"
    progress = shelf.progress("m")
    assert (progress.pictures, progress.indexed) == (2, 2)
    assert shelf.seen_by("m")[0].tolist() == [[1, 0], [0, 1]]


def test_bytes_are_bounded_however_pictures_come():
    shelf = Shelf("v", most_bytes=6000)
    with pytest.raises(PersonError):
        shelf.add("m", rows(*[[1, 0]] * 30), [picture(str(number)) for number in range(30)])
    assert 0 < shelf.progress("m").pictures < 30 and shelf.bytes_held <= 6000 + 8 * 256


def test_a_forgotten_shelf_takes_nothing_from_whoever_still_works_for_it():
    shelf = filled("a")
    shelf.bring("b", b"x")
    taken = shelf.take(1)
    shelf.forget()
    shelf.put_back(taken)
    for add in (
        lambda: shelf.bring("c", b"x"),
        lambda: shelf.add("m", rows([1, 0]), [picture("c")]),
        lambda: shelf.add_rows("m", rows([1, 0])),
    ):
        with pytest.raises(PersonError) as told:
            add()
        assert told.value.key == "mistake.own.gone"
    assert shelf.bytes_held == 0


def test_vectors_of_another_width_are_refused():
    shelf, wide = filled("a"), Rows(3, 100.0, None)
    wide.add(np.ones((1, 3), np.float32))
    with pytest.raises(PersonError) as told:
        shelf.add("m", wide, [picture("b")])
    assert told.value.key == "mistake.own.file_broken"
