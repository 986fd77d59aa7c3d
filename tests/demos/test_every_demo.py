"""What every tab promises, whatever it shows. A new file in demos/ is tested by being there.

That all of them are built without heavy libraries is proved by ``tests/test_app.py``.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys

import pytest

from demos import find_demos
from playground.catalog import CATALOG
from playground.page.demo import BrokenDemo, Demo
from playground.page.languages import LANGUAGES
from playground.sentences import read_sentences
from tests.sources import ROOT

DEMOS = [demo for demo in find_demos() if isinstance(demo, Demo)]
FAMILIES = {entry.family for entry in CATALOG}
by_id = pytest.mark.parametrize("demo", DEMOS, ids=lambda demo: demo.id)


def test_no_tab_is_broken():
    assert [demo for demo in find_demos() if isinstance(demo, BrokenDemo)] == []
    assert DEMOS


@by_id
def test_a_tab_declares_itself(demo):
    assert (ROOT / "demos" / f"{demo.id}.py").is_file()
    assert (demo.title, demo.summary) == (f"{demo.id}.title", f"{demo.id}.summary")
    assert demo.paper.citation and demo.paper.url.startswith("https://")
    assert set(demo.models) <= FAMILIES
    for language in LANGUAGES:
        sentences = read_sentences(language)
        assert sentences[demo.title] and sentences[demo.summary]


def test_tabs_stand_in_order():
    orders = [demo.order for demo in DEMOS]
    assert orders == sorted(set(orders))


def events_of(playground, demo):
    """Events whose name begins with the tab's."""
    fns = playground.page.fns.values()
    return [fn for fn in fns if str(fn.api_name).startswith(demo.id)]


def test_every_event_is_named_after_its_tab_or_private(playground):
    ids = tuple(demo.id + "_" for demo in DEMOS)
    public = [fn for fn in playground.page.fns.values() if fn.api_visibility == "public"]
    assert [fn.api_name for fn in public if not str(fn.api_name).startswith(ids)] == []


@by_id
def test_public_events_describe_themselves(playground, demo):
    """Docstrings are the descriptions over MCP, names of functions the names of the tools."""
    for event in events_of(playground, demo):
        if event.api_visibility != "public":
            continue
        assert event.fn.__name__ == event.api_name
        text = inspect.getdoc(event.fn) or ""
        assert re.match(r"[A-Z].*\.", text.splitlines()[0])
        arguments = [
            name
            for name, parameter in inspect.signature(event.fn).parameters.items()
            if "Request" not in str(parameter.annotation)
        ]
        assert [name for name in arguments if f"{name}:" not in text] == []


@by_id
def test_a_tab_has_a_public_event(playground, demo):
    assert [fn for fn in events_of(playground, demo) if fn.api_visibility == "public"]


def test_api_names_are_not_numbered(playground):
    """Gradio numbers a name that is used twice: then a program calls the wrong one."""
    names = [
        str(fn.api_name) for fn in playground.page.fns.values() if fn.api_visibility == "public"
    ]
    assert [name for name in names if re.search(r"_\d+$", name)] == []


@by_id
def test_no_output_shows_markup_of_a_visitor(playground, demo):
    """Markdown and chat would render what people write: tabs show text in other ways."""
    kinds = {type(block).__name__ for block in playground.page.blocks.values()}
    assert not kinds & {"Code", "Model3D", "File", "FileExplorer", "UploadButton"}


def write_tabs(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)


TAB = """
from playground.page.demo import Demo, Paper
DEMO = Demo({id!r}, {order}, "page.model", "page.model", Paper("x", "https://x"), (), print)
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    folder = tmp_path / f"tabs_{tmp_path.name.replace('-', '_')}"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    importlib.invalidate_caches()
    yield folder
    for name in [name for name in sys.modules if name.startswith(folder.name)]:
        del sys.modules[name]


def found(folder):
    return find_demos([str(folder)], folder.name)


def test_files_are_found_by_order_and_underscores_are_skipped(package):
    write_tabs(
        package,
        second=TAB.format(id="second", order=2),
        first=TAB.format(id="first", order=1),
        _draft="raise SystemError",
    )
    assert [demo.id for demo in found(package)] == ["first", "second"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("def broken(:", "SyntaxError"),
        ("DEMO = 7", "DEMO must be a Demo with id='bad'"),
        ("NOTHING = 1", "AttributeError"),
        (TAB.format(id="other", order=3), "DEMO must be a Demo with id='bad'"),
    ],
)
def test_a_broken_file_is_told_and_the_others_stay(package, text, reason):
    write_tabs(package, good=TAB.format(id="good", order=1), bad=text)
    good, bad = found(package)
    assert good.id == "good"
    assert isinstance(bad, BrokenDemo)
    assert reason in bad.reason


def test_twins_are_refused(package):
    write_tabs(package, a=TAB.format(id="a", order=1), b=TAB.format(id="b", order=1))
    with pytest.raises(ValueError, match="the tabs a and b have the same order"):
        found(package)


def test_the_config_is_small_enough_for_a_class(playground, address):
    import httpx

    config = httpx.get(address + "/config").json()
    assert len(json.dumps(config)) < 1_000_000
