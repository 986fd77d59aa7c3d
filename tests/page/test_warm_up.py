"""The imports let the page open first; their check names the true cause of a misfit."""

import threading
from types import ModuleType, SimpleNamespace

import pytest

from playground.cache import Cache, Part
from playground.page import warm_up as module
from playground.page.languages import Languages
from playground.page.warm_up import LET_THE_PAGE_OPEN_SECONDS, self_check, warm_up
from tests.cache.fakes import FakeMover

OPERATOR = "operator torchvision::nms does not exist"


def importer(**failing):
    def import_library(name):
        if name in failing:
            raise failing[name]
        module = ModuleType(name)
        module.__version__ = "2.14.1"
        return module

    return import_library


def test_all_is_well():
    assert self_check(import_library=importer()) is None


def test_torch_and_torchvision_that_do_not_fit_are_named():
    key, values = self_check(import_library=importer(torchvision=RuntimeError(OPERATOR + "\nmore")))
    sentence = Languages.read().say(key, "en", **values)
    assert "torchvision does not fit torch 2.14.1" in sentence
    assert OPERATOR in sentence and "more" not in sentence


@pytest.mark.parametrize("library", ["torch", "transformers"])
def test_a_missing_library_is_named(library):
    error = ImportError(f"No module named {library!r}")
    key, values = self_check(import_library=importer(**{library: error}))
    assert key == "start.library"
    assert library in Languages.read().say(key, "zh-Hant", **values)


def test_row_89_a_misfit_found_at_the_start_is_kept_for_the_models_panel(monkeypatch):
    found = ("start.torchvision", {"torch": "2.14.1", "reason": OPERATOR})
    monkeypatch.setattr(module, "self_check", lambda: found)
    ctx = SimpleNamespace(languages=Languages.read(), troubles=[])
    warm_up(ctx, after_seconds=0).join()
    assert [(note.key, note.values) for note in ctx.troubles] == [found]


def test_the_page_opens_first_and_then_the_imports_begin(monkeypatch):
    warmed = []
    monkeypatch.setattr(module, "_warm_up", warmed.append)
    waiting = warm_up("the context")
    waiting.cancel()
    assert waiting.interval == LET_THE_PAGE_OPEN_SECONDS > 0
    waiting.join()
    assert warmed == []
    warm_up("the context", after_seconds=0).join()
    assert warmed == ["the context"]


def test_nothing_is_built_while_the_libraries_are_imported(monkeypatch):
    built = threading.Event()

    def build(report):
        built.set()
        return object()

    cache = Cache([Part("a/b", build)], mover=FakeMover())
    asking = threading.Thread(target=cache.prepare, args=("a/b",))
    built_meanwhile = []

    def import_slowly():
        asking.start()
        built_meanwhile.append(built.wait(0.3))
        return ("start.library", {"library": "torch", "reason": "this ends the warm-up"})

    monkeypatch.setattr(module, "self_check", import_slowly)
    ctx = SimpleNamespace(languages=Languages.read(), troubles=[])
    warm_up(ctx, after_seconds=0).join(10)
    asking.join(10)
    assert built_meanwhile == [False]
    assert built.is_set()
