"""The newest answered question of each visitor."""

from playground.visitors.newest import Newest


def test_an_older_answer_that_comes_late_is_not_shown():
    newest = Newest()
    first, second = newest.ask("ada"), newest.ask("ada")
    assert second.answer()
    assert first.is_old and not first.answer()
    third = newest.ask("ada")
    assert not third.is_old and third.answer()


def test_in_their_order_all_are_shown_and_a_question_that_fails_covers_nothing():
    newest = Newest()
    first, _refused, third = (newest.ask("ada") for _ in range(3))
    assert first.answer() and third.answer()


def test_visitors_have_nothing_to_do_with_each_other():
    newest = Newest()
    ada, nobody = newest.ask("ada"), newest.ask("")
    assert newest.ask("bao").answer() and newest.ask("").answer()
    assert ada.answer() and nobody.answer()


def test_it_is_bounded():
    newest = Newest(most_visitors=2)
    for name in "wxyz":
        newest.ask(name).answer()
    assert len(newest._answered) == 2
