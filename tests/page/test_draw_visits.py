"""Pictures to start from and drawings under way: each visitor's own, and gone when they leave."""

from __future__ import annotations

import pytest

from playground.page.draw_visits import MOST_SECONDS, START_EXPIRED, Visits
from playground.visitors.errors import PersonError
from tests.drawing.mini_artist import a_picture


def test_a_start_is_its_visitors_own():
    visits = Visits()
    start_id = visits.add_start(a_picture(), "ada")
    assert visits.start_of(start_id, "ada").content_id == a_picture().content_id
    for forged, visitor in ((start_id, "bob"), (start_id, ""), ("x", "ada"), (None, "ada")):
        with pytest.raises(PersonError) as caught:
            visits.start_of(forged, visitor)
        assert caught.value.key == START_EXPIRED


def test_nothing_is_kept_for_a_caller_without_a_session():
    visits = Visits()
    start_id = visits.add_start(a_picture(), "")
    assert start_id and visits.census()[:2] == (0, 0)
    visits.note_language("", "en")
    assert visits.language_of("") is None


def test_what_is_not_used_is_forgotten():
    now = [0.0]
    visits = Visits(clock=lambda: now[0])
    start_id = visits.add_start(a_picture(), "ada")
    now[0] = MOST_SECONDS + 1
    with pytest.raises(PersonError):
        visits.start_of(start_id, "ada")


def test_a_new_drawing_ends_the_one_before_it_of_the_same_visitor():
    visits = Visits()
    first, other = visits.begin("ada"), visits.begin("bob")
    second = visits.begin("ada")
    assert first.is_over() and not second.is_over() and not other.is_over()
    # The first one's end does not take the second away.
    visits.finish(first)
    assert visits.stop("ada") and second.is_stopped() and not second.is_over()
    visits.finish(second)
    assert not visits.stop("ada") and second.is_over() and visits.census()[2] == 1


def test_stop_reaches_nobody_else():
    visits = Visits()
    ada, bob = visits.begin("ada"), visits.begin("bob")
    assert visits.stop("ada")
    assert ada.is_stopped() and not bob.is_stopped()


def test_runs_without_a_session_do_not_end_each_other():
    visits = Visits()
    first, second = visits.begin(""), visits.begin("")
    assert not first.is_over() and not second.is_over() and visits.census()[2] == 0


def test_forgetting_ends_and_lets_go():
    visits = Visits()
    start_id, run = visits.add_start(a_picture(), "ada"), visits.begin("ada")
    kept = visits.add_start(a_picture(), "bob")
    visits.forget("ada")
    assert run.is_over() and visits.census()[0] == 1
    assert visits.start_of(kept, "bob")
    with pytest.raises(PersonError):
        visits.start_of(start_id, "ada")


def test_the_language_of_each_visitor_is_remembered():
    visits = Visits()
    visits.note_language("ada", "zh-Hant")
    assert visits.language_of("ada") == "zh-Hant" and visits.language_of("bob") is None
