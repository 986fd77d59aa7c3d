"""The safety layer refuses, looks, and is closed where it cannot look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from playground.cache import Cache, Cancelled, Part, WaitedTooLong
from playground.drawing.safety import CHECKER_PART, Safety
from playground.models import safety
from playground.models.diffusion_asks import Change
from playground.search import Asker
from playground.sentences import read_sentences
from playground.visitors.errors import PersonError, explain
from tests.cache.fakes import (
    DEVICE,
    FakeMover,
    Thing,
    as_another_thread,
    held,
    make_cache,
    thing_part,
)
from tests.drawing.entries import drawing_entry
from tests.drawing.fakes import order_of

PUBLISHED = drawing_entry("published", is_built_in=False)
PICTURE = np.zeros((8, 8, 3), np.uint8)


def guard_of(build=lambda report: Thing("checker", (10,))) -> Safety:
    cache = Cache([Part(CHECKER_PART, build)], budget={DEVICE: 100}, mover=FakeMover(100))
    return Safety(cache)


def refused(order) -> PersonError:
    with pytest.raises(PersonError) as caught:
        guard_of().check_words(PUBLISHED, order)
    return caught.value


def test_only_published_models_are_watched():
    assert guard_of().watches(PUBLISHED) and not guard_of().watches(drawing_entry())


@pytest.mark.parametrize(
    "more",
    [
        {"words": "a nude"},
        {"blend_words": "a nude", "blend": 0.5},
        {"without": "clothes"},
        {"changes": (Change(1, words="a nude"),)},
    ],
)
def test_every_text_of_an_order_is_checked(more):
    error = refused(replace(order_of(), **more))
    for language in ("en", "zh-Hant"):
        sentences = read_sentences(language)
        assert error.key in sentences and error.values["reason_key"] in sentences


def test_harmless_orders_pass():
    order = order_of(words="a cat", without="dark", changes=(Change(1, guidance=2.0),))
    guard_of().check_words(PUBLISHED, order)


def test_every_reason_has_a_sentence():
    import json

    from playground.drawing.safety_words import WORDS

    reasons = json.loads(WORDS.read_text(encoding="utf-8"))["blocked"]
    assert {f"draw.safety.{reason}" for reason in reasons} <= set(read_sentences("en"))


def test_pictures_are_shown_where_the_checker_does_not_object(monkeypatch):
    monkeypatch.setattr(safety, "check", lambda part, pictures: [bool(p.any()) for p in pictures])
    guard = guard_of()
    guard.prepare(PUBLISHED, Asker())
    assert guard.may_show([PICTURE, PICTURE + 1], Asker()) == [True, False]


def broken(report):
    raise OSError("no such file")


@pytest.mark.parametrize("guard", [guard_of(broken), Safety(Cache([], budget={DEVICE: 1}))])
def test_closed_where_it_cannot_look(guard):
    for look in (
        lambda: guard.prepare(PUBLISHED, Asker()),
        lambda: guard.may_show([PICTURE], Asker()),
    ):
        with pytest.raises(PersonError) as caught:
            look()
        assert caught.value.key == "draw.mistake.no_checker"


def test_closed_where_the_checker_fails(monkeypatch):
    def fails(part, pictures):
        raise FloatingPointError

    monkeypatch.setattr(safety, "check", fails)
    with pytest.raises(PersonError) as caught:
        guard_of().may_show([PICTURE], Asker())
    assert caught.value.key == "draw.mistake.no_checker"


def test_what_can_be_mended_is_told():
    def declined(report):
        raise PersonError("mistake.hub.not_agreed", {"model": "Safety checker"})

    with pytest.raises(PersonError) as caught:
        guard_of(declined).prepare(PUBLISHED, Asker())
    assert caught.value.key == "mistake.hub.not_agreed"


def test_leaving_is_no_failure():
    with pytest.raises(Cancelled):
        guard_of().prepare(PUBLISHED, Asker(cancel=lambda: True))


class Impatient(Asker):
    """Asks once, and waits for nothing."""

    def options(self):
        return super().options() | {"timeout": 0}


def test_who_waited_in_vain_sees_nothing_and_is_told_to_try_again(monkeypatch):
    monkeypatch.setattr(safety, "check", lambda part, pictures: [False] * len(pictures))
    cache, _, _ = make_cache(thing_part(CHECKER_PART, 60), thing_part("large", 60))
    guard = Safety(cache)
    # There is no room for it as long as others use what fills the device.
    _, end = held(cache, "large")
    for look in (guard.prepare, lambda item, asker: guard.may_show([PICTURE], asker)):
        with pytest.raises(WaitedTooLong) as caught:
            as_another_thread(look, PUBLISHED, Impatient())
        assert explain(caught.value).key == "mistake.waited_too_long"
    end()
    assert guard.may_show([PICTURE], Impatient()) == [True]
