import gc
import os
import shutil
import threading
import tracemalloc
import weakref

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from playground.visitors.errors import PersonError, explain
from playground.visitors.pictures import read_picture
from playground.visitors.sessions import Sessions, bytes_of, visitor_of
from tests.faults.bad_pictures import scene


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def picture(side=64):
    return read_picture(scene(side, side))


def test_row_60_the_name_of_a_visitor_tells_nothing_of_the_session():
    assert visitor_of("abc") == visitor_of("abc") != visitor_of("abd")
    assert "abc" not in visitor_of("abc") and len(visitor_of("abc")) == 32
    assert visitor_of(None) == visitor_of("") == ""
    assert len(visitor_of("\ud800" * 10_000)) == 32
    sessions = Sessions()
    sessions.of("a secret hash")
    assert "a secret hash" not in repr(vars(sessions))


def test_row_54_and_71_two_tabs_and_the_next_student_share_nothing():
    sessions = Sessions()
    sessions.of("one").current_picture = picture()
    sessions.of("one").put("query", "cat")
    assert sessions.of("one").get("query") == "cat"
    assert sessions.of("two").current_picture is None and sessions.of("two").get("query") is None
    sessions.forget("one")
    assert sessions.of("one").current_picture is None and sessions.of("one").get("query") is None


def test_callers_without_a_session_share_nothing_and_are_not_kept():
    sessions = Sessions()
    sessions.of(None).current_picture = picture()
    sessions.of("").put("query", "cat")
    assert sessions.of(None).current_picture is None and sessions.of("").get("query") is None
    assert sessions.census() == (0, 0)


def test_row_29_forgetting_one_of_two_who_hold_the_same_picture():
    sessions = Sessions()
    shared = picture()
    sessions.of("one").current_picture = sessions.of("two").current_picture = shared
    sessions.forget("one")
    assert sessions.of("two").current_picture is shared


def test_row_87_age_is_counted_by_a_clock_that_only_goes_forward():
    clock = Clock()
    sessions = Sessions(most_seconds=60, clock=clock)
    sessions.of("one").put("query", "cat")
    clock.now += 59
    assert sessions.of("one").get("query") == "cat"
    clock.now += 59
    assert sessions.of("one").get("query") == "cat"
    clock.now += 61
    assert sessions.census() == (0, 0)
    assert sessions.of("one").get("query") is None


def test_the_one_not_seen_for_longest_goes_first():
    sessions = Sessions(most_sessions=2)
    for name in ("one", "two"):
        sessions.of(name).put("query", name)
    sessions.of("one")
    sessions.of("three")
    assert sessions.of("one").get("query") == "one"
    assert sessions.of("two").get("query") is None


def test_bytes_are_bounded_over_all_and_for_one():
    one = bytes_of({"current_picture": picture()})
    sessions = Sessions(most_bytes=2 * one + 1000)
    for name in ("one", "two", "three"):
        sessions.of(name).current_picture = picture()
    assert sessions.of("one").current_picture is None
    assert sessions.of("three").current_picture is not None
    with pytest.raises(PersonError, match=r"mistake\.session\.full"):
        sessions.of("three").put("huge", np.zeros(10 * one, np.uint8))
    assert sessions.of("three").current_picture is not None
    assert sessions.census()[1] <= 2 * one + 1000


def test_what_is_kept_just_now_stays_though_its_owner_came_first():
    one = bytes_of({"current_picture": picture()})
    sessions = Sessions(most_bytes=one + 1000)
    first = sessions.of("one")
    sessions.of("two").current_picture = picture()
    first.current_picture = picture()
    assert sessions.of("one").current_picture is not None
    assert sessions.of("two").current_picture is None


def test_names_are_bounded_and_none_takes_away():
    session = Sessions().of("one")
    for i in range(32):
        session.put(str(i), i)
    with pytest.raises(PersonError, match=r"mistake\.session\.full"):
        session.put("one more", 1)
    session.put("0", None)
    session.put("one more", 1)
    assert session.get("0") is None and session.get("one more") == 1


def test_only_things_whose_bytes_can_be_counted_are_kept():
    session = Sessions().of("one")
    for value in (object(), np.array([object()]), {1, 2}, lambda: None, [object()]):
        with pytest.raises(TypeError):
            session.put("thing", value)
    session.put("points", [(1.5, 2, True), (0, 0, False)])
    session.put("nested", {"mask": np.zeros((4, 4), bool), "name": "貓", "raw": b"x"})
    assert session.bytes_held > 0


def test_a_forgotten_session_still_in_a_handlers_hand_is_in_nobodys_way():
    sessions = Sessions(most_bytes=100_000)
    old = sessions.of("one")
    sessions.forget("one")
    old.put("late", "words")
    assert sessions.census() == (0, 0) and sessions.of("one").get("late") is None


def test_row_63_two_hundred_sessions_opened_and_left_leave_nothing():
    clock = Clock()
    sessions = Sessions(most_sessions=200, most_seconds=1800, clock=clock)
    opened = weakref.WeakSet()

    def lesson(name):
        for i in range(200):
            session = sessions.of(f"{name} {i}")
            opened.add(session)
            session.current_picture = picture()
            session.put("query", "cat" * i)
        del session
        assert sessions.census()[0] == 200
        clock.now += 1801
        assert sessions.census() == (0, 0)
        gc.collect()
        return len(opened), ours()

    def ours():
        # Other threads of the test run allocate as well: only what came from here counts.
        places = [tracemalloc.Filter(True, "*/playground/*"), tracemalloc.Filter(True, __file__)]
        kept = tracemalloc.take_snapshot().filter_traces(places)
        return sum(line.size for line in kept.statistics("filename"))

    tracemalloc.start()
    try:
        first, second = lesson("first"), lesson("second")
    finally:
        tracemalloc.stop()
    assert first[0] == second[0] == 0
    assert second[1] - first[1] < 50_000


def test_many_threads_lose_nothing():
    sessions = Sessions()

    def keep(number):
        for i in range(50):
            sessions.of("shared").put(f"{number % 8}", i)
            sessions.of(str(number)).put("mine", number)

    threads = [threading.Thread(target=keep, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [sessions.of("shared").get(str(i)) for i in range(8)] == [49] * 8
    assert [sessions.of(str(i)).get("mine") for i in range(16)] == list(range(16))


def test_rows_84_and_85_sessions_need_no_disk(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "gone"))
    sessions = Sessions()
    path = tmp_path / "upload" / "a.png"
    path.parent.mkdir()
    scene().save(path)
    os.chmod(path.parent, 0o500)
    sessions.of("one").current_picture = read_picture(path)
    os.chmod(path.parent, 0o700)
    shutil.rmtree(path.parent)
    assert sessions.of("one").current_picture.pixels.shape == (48, 64, 3)
    with pytest.raises(PersonError) as caught:
        read_picture(path)
    assert explain(caught.value).key == "mistake.file_gone"


class SessionsMachine(RuleBasedStateMachine):
    """Whatever visitors do, number, bytes and age keep their bounds, values their owner."""

    MOST_BYTES = 20_000

    def __init__(self):
        super().__init__()
        self.clock = Clock()
        self.sessions = Sessions(5, self.MOST_BYTES, 60, self.clock)
        self.put = {}
        self.used = {}

    @rule(name=st.sampled_from("abcdefgh"), size=st.integers(0, 25_000))
    def keep(self, name, size):
        value = np.full(size, ord(name), np.uint8)
        session = self.sessions.of(name)
        self.used[name] = self.clock.now
        try:
            session.put("value", value)
        except PersonError:
            assert size > self.MOST_BYTES - 1000
        else:
            self.put[name] = value
            assert session.get("value") is value

    @rule(name=st.sampled_from("abcdefgh"))
    def look(self, name):
        is_old = self.clock.now - self.used.get(name, 0) > 60
        value = self.sessions.of(name).get("value")
        self.used[name] = self.clock.now
        assert value is None or (value is self.put[name] and not is_old)

    @rule(name=st.sampled_from("abcdefgh"))
    def forget(self, name):
        self.sessions.forget(name)
        assert self.sessions.of(name).get("value") is None
        self.used[name] = self.clock.now

    @rule(seconds=st.floats(0, 100))
    def wait(self, seconds):
        self.clock.now += seconds

    @invariant()
    def bounded(self):
        count, held = self.sessions.census()
        assert count <= 5 and held <= self.MOST_BYTES


TestSessionsMachine = SessionsMachine.TestCase
TestSessionsMachine.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
