import threading

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from playground.visitors.errors import PersonError
from playground.visitors.turns import TurnCounts, Turns

EMPTY = TurnCounts(0, 0, 0)


class Job(threading.Thread):
    """A job of a visitor that runs until it is told to end."""

    def __init__(self, turns, visitor="a", **options):
        super().__init__(daemon=True)
        self.turns, self.visitor, self.options = turns, visitor, options
        self.runs, self.may_end, self.key = threading.Event(), threading.Event(), None
        self.start()

    def run(self):
        try:
            with self.turns.enter(self.visitor, **self.options):
                self.runs.set()
                self.may_end.wait(20)
        except PersonError as error:
            self.key = error.key

    def end(self):
        self.may_end.set()
        self.join(20)
        assert not self.is_alive()


def until_waiting(turns, count=1):
    while turns.counts().waiting < count:
        threading.Event().wait(0.001)


def test_row_61_one_runs_one_waits_and_five_hundred_are_told():
    turns = Turns()
    first = Job(turns)
    assert first.runs.wait(20)
    second = Job(turns)
    until_waiting(turns)
    for _ in range(500):
        with pytest.raises(PersonError, match=r"mistake\.too_many_at_once"), turns.enter("a"):
            raise AssertionError("a third job of one visitor was let in")
    with turns.enter("b"):
        assert turns.counts() == TurnCounts(visitors=2, running=2, waiting=1)
    assert not second.runs.is_set()
    first.end()
    assert second.runs.wait(20)
    second.end()
    assert turns.counts() == EMPTY


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit, MemoryError])
def test_row_88_the_turn_is_given_back_however_the_work_ends(error):
    turns = Turns()
    with pytest.raises(error), turns.enter("a"):
        raise error
    assert turns.counts() == EMPTY

    def steps():
        with turns.enter("a"):
            yield 1
            yield 2

    work = steps()
    next(work)
    assert turns.counts().running == 1
    work.close()
    assert turns.counts() == EMPTY


def test_row_88_leaving_while_waiting_gives_the_place_back():
    turns = Turns()
    first = Job(turns)
    assert first.runs.wait(20)
    has_left = threading.Event()
    second = Job(turns, cancelled=has_left.is_set)
    until_waiting(turns)
    has_left.set()
    second.join(20)
    assert second.key == "mistake.stopped"
    assert turns.counts() == TurnCounts(1, 1, 0)
    first.end()
    assert turns.counts() == EMPTY


def test_row_87_waiting_ends_by_a_clock_that_only_goes_forward():
    times = iter([0.0, 0.0, 5.1])
    turns = Turns(clock=lambda: next(times))
    with turns.enter("a"):
        job = Job(turns, most_seconds=5.0, cancelled=lambda: False)
        job.join(20)
        assert job.key == "mistake.waited_too_long"
    assert turns.counts() == EMPTY


def test_pausing_tells_who_comes_and_who_waits_and_leaves_who_runs():
    turns = Turns()
    first = Job(turns)
    assert first.runs.wait(20)
    second = Job(turns)
    until_waiting(turns)
    turns.pause()
    second.join(20)
    assert second.key == "mistake.paused"
    with pytest.raises(PersonError, match=r"mistake\.paused"), turns.enter("b"):
        raise AssertionError("a job began during the pause")
    assert turns.is_paused and turns.counts() == TurnCounts(1, 1, 0)
    first.end()
    turns.resume()
    with turns.enter("b"):
        assert not turns.is_paused
    assert turns.counts() == EMPTY


def test_row_62_forty_visitors_at_once_each_get_their_turn():
    turns = Turns()
    start = threading.Barrier(40)
    done = []

    def visit(name):
        start.wait(20)
        for _ in range(5):
            with turns.enter(name):
                done.append(name)

    threads = [threading.Thread(target=visit, args=(str(i),)) for i in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(done) == sorted(str(i) for i in range(40) for _ in range(5))
    assert turns.counts() == EMPTY


class TurnsMachine(RuleBasedStateMachine):
    """Whatever visitors do, nobody has more than one job and nothing leaks."""

    def __init__(self):
        super().__init__()
        self.turns = Turns()
        self.held = {}
        self.is_paused = False

    @rule(visitor=st.sampled_from("abc"))
    def enter(self, visitor):
        turn = self.turns.enter(visitor, most_seconds=0.0)
        try:
            turn.__enter__()
        except PersonError as error:
            expected = "paused" if self.is_paused else "waited_too_long"
            assert error.key == f"mistake.{expected}"
            assert self.is_paused or visitor in self.held
        else:
            assert visitor not in self.held and not self.is_paused
            self.held[visitor] = turn

    @precondition(lambda self: self.held)
    @rule(data=st.data(), error=st.sampled_from([None, ValueError, GeneratorExit]))
    def leave(self, data, error):
        turn = self.held.pop(data.draw(st.sampled_from(sorted(self.held))))
        if error is None:
            turn.__exit__(None, None, None)
        else:
            raised = error()
            try:
                assert not turn.__exit__(error, raised, None)
            except error as again:
                assert again is raised

    @rule(pause=st.booleans())
    def operator(self, pause):
        self.is_paused = pause
        (self.turns.pause if pause else self.turns.resume)()

    @invariant()
    def nothing_leaks(self):
        assert self.turns.counts() == TurnCounts(len(self.held), len(self.held), 0)


TestTurnsMachine = TurnsMachine.TestCase
TestTurnsMachine.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
