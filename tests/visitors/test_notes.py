import pytest

from playground.visitors.notes import Note


def test_notes_are_equal_by_what_they_say_and_stay_as_they_are():
    assert Note("note.words.removed", {"count": 2}) == Note("note.words.removed", {"count": 2})
    assert Note("note.picture.first_frame").values == {}
    with pytest.raises(AttributeError):
        Note("note.picture.first_frame").key = "other"
