"""Which models can be drawn with now, and what a person is told of the others."""

from __future__ import annotations

import pytest

from playground.catalog import entry
from playground.page.draw_asking import Asking
from playground.page.draw_canvas import Asked
from playground.visitors.errors import PersonError
from tests.drawing.mini_service import MODEL, USUAL, make_service, request_of

AWAY, CHECKER = "sd-turbo", "safety-checker"
ITEMS = tuple(entry(key) for key in ("mini-clip", MODEL, AWAY, CHECKER))


@pytest.fixture
def service(tmp_path):
    return make_service(tmp_path, ITEMS)


def test_what_is_here_may_be_drawn_with(service):
    assert service.ready(MODEL) is entry(MODEL)


def test_of_a_model_that_is_not_here_one_hears_before_the_checker(service):
    with pytest.raises(PersonError) as caught:
        Asking(service).read(request_of(), Asked(fields=USUAL | {"model": AWAY}))
    assert caught.value.key == "draw.mistake.away"
    assert caught.value.values["model"] == entry(AWAY).title
    # Both have to be downloaded, and that is told at once.
    assert entry(CHECKER).title in caught.value.values["names"]


def test_with_the_safety_layer_off_the_checker_is_not_asked_for(service, monkeypatch):
    monkeypatch.setattr(service.artist, "watches", lambda item: False)
    with pytest.raises(PersonError) as caught:
        service.ready(AWAY)
    assert caught.value.values["names"] == entry(AWAY).title


def test_what_may_be_downloaded_is_waited_for(service, monkeypatch):
    monkeypatch.setattr(service.ctx.store, "is_agreed", lambda item: True)
    assert service.ready(AWAY) is entry(AWAY)


@pytest.mark.parametrize("model", [None, 3, "none", CHECKER])
def test_what_does_not_draw_is_no_choice(service, model):
    with pytest.raises(PersonError, match=r"mistake\.choice"):
        service.ready(model)
