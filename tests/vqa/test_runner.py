"""A run over a set: order, batches, stopping, tables."""

from __future__ import annotations

import pytest

from playground.vqa.items import Item, Reply, spread
from playground.vqa.leaderboard import Leaderboard, Scored
from playground.vqa.runner import measure


def items(count=5, **changes):
    fields = {"question": "what?", "language": "en", "answers": ("yes",), "kind": "k"}
    return tuple(
        Item(id=str(n), **(fields | {"picture": f"{n % 2}.png"} | changes)) for n in range(count)
    )


def yes(asked):
    return [Reply("yes") for _ in asked]


def never():
    return False


def test_questions_about_one_picture_are_asked_together_and_told_in_order():
    asked = []

    def ask(some):
        asked.append([item.id for item in some])
        return [Reply("yes" if item.id != "3" else "no") for item in some]

    news = []
    result = measure(items(), "exact", ask, news.append, never, at_once=2)
    assert asked == [["0", "2"], ["4", "1"], ["3"]]
    assert [one.item.id for one in result.judged] == ["0", "1", "2", "3", "4"]
    assert [len(told.judged) for told in news] == [2, 4, 5]
    assert result.is_whole and result.score == pytest.approx(0.8)
    assert [one.item.id for one in result.wrong] == ["3"]


def test_rows_by_type_by_hand():
    kinds = ["where", "what", "where", "what", "what"]
    asked = tuple(Item(str(n), "q", "en", ("yes",), kind=kind) for n, kind in enumerate(kinds))
    replies = iter(["yes", "no", "no", "yes", "yes"])
    result = measure(
        asked, "exact", lambda some: [Reply(next(replies)) for _ in some], lambda _: None, never
    )
    assert [(row.kind, row.count, row.score) for row in result.rows] == [
        ("where", 2, 0.5),
        ("what", 3, pytest.approx(2 / 3)),
    ]


def test_it_stops_between_two_calls_and_keeps_what_it_has():
    told = []
    result = measure(items(9), "exact", yes, told.append, lambda: len(told) == 2, at_once=2)
    assert len(result.judged) == 4 and result.total == 9 and not result.is_whole


def test_answers_that_were_cut_off_by_stopping_do_not_count():
    left = []

    def ask(some):
        left.append(some)
        return [Reply("ye") for _ in some]

    result = measure(items(4), "exact", ask, lambda _: None, lambda: bool(left), at_once=2)
    assert len(left) == 1 and result.judged == ()


def test_it_may_be_stopped_before_the_first_question():
    result = measure(items(), "exact", yes, lambda _: None, lambda: True)
    assert (result.judged, result.score, result.rows, result.unread_share) == ((), 0.0, (), 0.0)


def test_options_that_cannot_be_read_are_told_apart():
    asked = items(4, choices=("a", "b"), right_choice=1, answers=("b",))
    replies = [Reply("b", 1), Reply("?", None), Reply("a", 0), Reply("hm", None)]
    result = measure(asked, "choice", lambda some: replies[: len(some)], lambda _: None, never)
    assert result.score == 0.25 and result.unread_share == 0.5


@pytest.mark.parametrize("count", [0, 4, 6])
def test_a_wrong_number_of_replies_is_a_mistake_of_ours(count):
    replies = [Reply("yes")] * count
    with pytest.raises(ValueError, match="zip"):
        measure(items(), "exact", lambda _: replies, lambda _: None, never)


@pytest.mark.parametrize(
    ("count", "taken"), [(0, "01234"), (9, "01234"), (2, "02"), (3, "013"), (1, "0")]
)
def test_some_questions_are_spread_over_the_set(count, taken):
    assert "".join(item.id for item in spread(items(), count)) == taken


def scored(**changes):
    fields = {
        "set_key": "emoji",
        "model": "m",
        "title": "M",
        "revision": "r",
        "language": "en",
        "way": "",
        "count": 10,
        "whole": 10,
        "score": 0.5,
        "unread_share": 0.0,
    }
    return Scored(**(fields | changes))


def test_the_leaderboard_shows_whole_runs_first_and_the_best_first():
    board = Leaderboard()
    for row in (
        scored(),
        scored(model="better", score=0.7),
        scored(model="lucky", score=1.0, count=2),
        scored(set_key="other"),
        scored(score=0.6),
    ):
        board.add(row)
    assert [(row.model, row.score) for row in board.rows("emoji")] == [
        ("better", 0.7),
        ("m", 0.6),
        ("lucky", 1.0),
    ]


def test_the_leaderboard_is_bounded():
    board = Leaderboard(most_rows=3)
    for number in range(5):
        board.add(scored(model=str(number)))
    assert sorted(row.model for row in board.rows("emoji")) == ["2", "3", "4"]
