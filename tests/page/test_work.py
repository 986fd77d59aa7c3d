"""Long work: its news, its end, its failure, and what happens when the visitor leaves."""

import threading

import pytest

from playground.page.work import Done, Partial, Status, Work
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.turns import Turns

PATIENCE_SECONDS = 10


def say(news):
    return "working" if news is None else news.key


def test_quick_work_says_nothing():
    (only,) = Work(Turns(), "a", lambda report, is_cancelled: 7).run(say)
    assert isinstance(only, Done)
    assert only.value == 7
    assert only.seconds >= 0


def test_news_comes_as_sentences():
    shown = threading.Event()

    def job(report, is_cancelled):
        report(Note("first"))
        assert shown.wait(PATIENCE_SECONDS)
        report(Note("second"))
        return "end"

    seen = []
    for step in Work(Turns(), "a", job).run(say):
        seen.append(step)
        shown.set()
    texts = [step.text for step in seen if isinstance(step, Status)]
    assert texts[0] in ("first", "working")
    assert set(texts) <= {"first", "second", "working"}
    assert seen[-1].value == "end"


def test_without_news_the_last_word_is_repeated_so_that_leaving_is_noticed():
    free = threading.Event()
    steps = Work(Turns(), "a", lambda report, is_cancelled: free.wait(PATIENCE_SECONDS)).run(say)
    assert [next(steps).text for _ in range(3)] == ["working"] * 3
    free.set()
    assert list(steps)[-1].value is True


def test_a_failure_is_raised_where_it_is_awaited():
    def job(report, is_cancelled):
        raise PersonError("mistake.words.empty")

    with pytest.raises(PersonError, match=r"mistake\.words\.empty"):
        list(Work(Turns(), "a", job).run(say))


def test_leaving_cancels_the_work_and_gives_the_turn_back():
    turns, left = Turns(), threading.Event()

    def job(report, is_cancelled):
        report(Note("begun"))
        while not is_cancelled():
            pass
        left.set()

    steps = Work(turns, "a", job).run(say)
    next(steps)
    steps.close()
    assert left.wait(PATIENCE_SECONDS)
    (after,) = [s for s in Work(turns, "a", lambda *_: 1).run(say) if isinstance(s, Done)]
    assert after.value == 1


def test_a_third_job_of_one_visitor_is_refused_and_others_go_on():
    turns, free = Turns(), threading.Event()

    def job(report, is_cancelled):
        report(Note("begun"))
        free.wait(PATIENCE_SECONDS)
        return "done"

    first, second = Work(turns, "a", job).run(say), Work(turns, "a", job).run(say)
    next(first), next(second)
    with pytest.raises(PersonError, match="too_many_at_once"):
        list(Work(turns, "a", job).run(say))
    free.set()
    for steps in (first, second, Work(turns, "b", job).run(say)):
        assert list(steps)[-1].value == "done"


def test_what_there_is_of_a_result_comes_before_its_end():
    shown = threading.Event()

    def job(report, is_cancelled):
        report(Partial("a"))
        assert shown.wait(PATIENCE_SECONDS)
        for text in ("a b", "a b c"):
            report(Partial(text))
        return "a b c d"

    seen = []
    for step in Work(Turns(), "a", job).stream(say):
        seen.append(step)
        shown.set()
    parts = [step.value for step in seen if isinstance(step, Partial)]
    # Only the newest is passed on, and it is never lost to news or to the end.
    assert parts[0] == "a" and parts[-1] == "a b c" and seen[-1].value == "a b c d"


def test_news_does_not_hide_what_there_is_of_a_result():
    def job(report, is_cancelled):
        report(Note("begun"))
        report(Partial("a"))
        report(Note("going on"))
        return "a b"

    kinds = [type(step) for step in Work(Turns(), "a", job).stream(say)]
    assert kinds.count(Partial) == 1 and kinds[-1] is Done


def test_who_wants_the_whole_result_hears_no_parts():
    def job(report, is_cancelled):
        report(Partial("a"))
        return "a b"

    kinds = {type(step) for step in Work(Turns(), "a", job).run(say)}
    assert Done in kinds and Partial not in kinds
