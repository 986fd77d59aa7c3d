"""Pictures of visitors: nobody finds another's, and they do not pile up."""

import numpy as np
import pytest
from PIL import Image

from playground.understanding.added import MOST_ADDED, MOST_SECONDS, AddedPictures
from playground.visitors.errors import PersonError
from playground.visitors.pictures import read_picture
from tests.tiny_world import save_tiny_pictures


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    return save_tiny_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def added(collection, clock):
    return AddedPictures(collection, clock=clock)


def picture(shade=0):
    return read_picture(Image.fromarray(np.full((20, 24, 3), shade, np.uint8)))


def test_a_visitor_finds_the_own_picture_and_those_of_the_collection(added):
    own = added.add(picture(9), "ada")
    assert (added.find(own, "ada") == 9).all()
    assert added.find("red", "ada") == 0


def test_nobody_finds_anothers_picture(added):
    own = added.add(picture(), "ada")
    for visitor in ("bao", ""):
        with pytest.raises(PersonError, match="gone"):
            added.find(own, visitor)
    assert added.add(picture(), "bao") != own


def test_a_caller_without_a_session_leaves_nothing(added):
    own = added.add(picture(), "")
    assert added.census() == (0, 0)
    with pytest.raises(PersonError, match="gone"):
        added.find(own, "")


def test_leaving_and_time_forget(added, clock):
    mine, theirs = added.add(picture(), "ada"), added.add(picture(), "bao")
    added.forget("ada")
    with pytest.raises(PersonError, match="gone"):
        added.find(mine, "ada")
    assert added.find(theirs, "bao") is not None
    clock.seconds = MOST_SECONDS + 1
    with pytest.raises(PersonError, match="gone"):
        added.find(theirs, "bao")


def test_they_do_not_pile_up(added):
    one = picture()
    for _ in range(MOST_ADDED + 20):
        added.add(one, "ada")
    assert added.census()[0] == MOST_ADDED


def test_unknown_ids_are_told(added):
    for name in ("own-guess", "no-such"):
        with pytest.raises(PersonError):
            added.find(name, "ada")
