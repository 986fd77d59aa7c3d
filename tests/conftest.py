"""The real playground, served once for all tests, and a browser that notices every mistake."""

from __future__ import annotations

import concurrent.futures.thread
import faulthandler
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from playground.settings import Settings, read_settings, set_environment

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

os.environ.setdefault("OMP_NUM_THREADS", "1")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 20_000
# The upload folder of each server that several tests share, by the name of its fixture.
UPLOADS = pytest.StashKey[dict[str, str]]()
# A thread that is on its way out gets this long.
LAST_SECONDS = 10.0
LONGEST_END_SECONDS = 300.0
STUCK = pytest.StashKey[list[str]]()
SERVERS = ("trial_playground", "playground")
# What Gradio writes to the console when a page is left while one of its events still runs.
LEAVING = ["AbortError: signal is aborted", "Connection errored out", "ERR_ABORTED"]


def settings_for_tests(**changes: object) -> Settings:
    """Settings of a run on any free port, without the import of heavy libraries."""
    asked = {"port": 0, "warm_up": False, "offline": True} | changes
    settings = read_settings([], {f"PLAYGROUND_{k.upper()}": str(v) for k, v in asked.items()})
    set_environment(settings)
    return settings


@pytest.fixture(scope="session")
def playground(pytestconfig: pytest.Config) -> Iterator[Any]:
    """The running product: ``app.Running``."""
    import app

    running = app.open_playground(settings_for_tests())
    pytestconfig.stash.setdefault(UPLOADS, {})["playground"] = os.environ["GRADIO_TEMP_DIR"]
    yield running
    running.page.close(verbose=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Names the upload folder of this test's server again: the server that came last moved it."""
    before = os.environ.get("GRADIO_TEMP_DIR")
    folders = item.config.stash.get(UPLOADS, {})
    name = next((n for n in SERVERS if n in getattr(item, "fixturenames", ())), "")
    if name in folders:
        os.environ["GRADIO_TEMP_DIR"] = folders[name]
    try:
        return (yield)
    finally:
        if before is not None:
            os.environ["GRADIO_TEMP_DIR"] = before


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A thread that nobody ended would keep the run from ending: that is a failure, told at once.

    Such a thread cannot be ended from outside, so the process leaves without waiting for it.
    """
    # Python itself ends the idle threads of executors as it leaves.
    ended_later = {threading.main_thread(), *concurrent.futures.thread._threads_queues}
    own = [t for t in threading.enumerate() if not t.daemon and t not in ended_later]
    for thread in own:
        thread.join(LAST_SECONDS)
    if left := [thread.name for thread in own if thread.is_alive()]:
        session.config.stash.setdefault(STUCK, []).extend(left)
    if stuck := session.config.stash.get(STUCK, []):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        # Of several processes each runs a part of the tests; the first one hears from the others.
        getattr(session.config, "workeroutput", {})["stuck"] = stuck


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hears from a process that ran a part of the tests which threads it could not end."""
    told = getattr(node, "workeroutput", {}).get("stuck", [])
    node.config.stash.setdefault(STUCK, []).extend(told)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leaves at once when threads are stuck; after the summary, so that everything is told.

    Whatever else keeps the process alive gets a few minutes, then tells where it stands and fails.
    """
    faulthandler.dump_traceback_later(LONGEST_END_SECONDS, exit=True)
    if stuck := config.stash.get(STUCK, []):
        print(f"threads that did not end: {', '.join(stuck)}", flush=True)
        faulthandler.dump_traceback(all_threads=True)
        os._exit(pytest.ExitCode.TESTS_FAILED)


@pytest.fixture(scope="session")
def address(playground: Any) -> str:
    """Where the running product is served, without a slash at the end."""
    return playground.address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium: the one of the system, else the one that playwright brought."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Opens a page in a context of its own: ``open_page(path="", at=None, **context options)``.

    At the end the test fails on any error of the page, its console, an answer of 400 or more, or
    a request to another host. Patterns of expected mistakes go to ``page.expected``.
    """
    opened: list[tuple[Page, list[str]]] = []

    def open_one(path: str = "", at: str | None = None, **options: Any) -> Page:
        defaults = {"viewport": {"width": 1366, "height": 768}, "locale": "en-US"}
        context = browser.new_context(**(defaults | {"reduced_motion": "reduce"} | options))
        page = context.new_page()
        mistakes = watch(page)
        page.expected = []  # type: ignore[attr-defined]
        opened.append((page, mistakes))
        page.set_default_timeout(PATIENCE_MS)
        page.goto((at or address) + path)
        page.wait_for_selector("html[data-playground=ready]")
        return page

    yield open_one
    for page, _ in opened:
        page.context.close()
    for page, mistakes in opened:
        expected = page.expected  # type: ignore[attr-defined]
        assert [m for m in mistakes if not any(re.search(e, m) for e in expected)] == []


@pytest.fixture
def page(open_page: Callable[..., Page], request: pytest.FixtureRequest) -> Page:
    """The open playground; a mark ``ctx(locale=..., viewport=...)`` changes the browser."""
    marker = request.node.get_closest_marker("ctx")
    return open_page(**(marker.kwargs if marker else {}))


def watch(page: Page) -> list[str]:
    """Collects everything that goes wrong in a page from now on."""
    mistakes: list[str] = []

    def keep_home(route: Any) -> None:
        if re.match(
            r"(https?://(127\.0\.0\.1|localhost|\[::1\])[:/]|data:|blob:)", route.request.url
        ):
            route.continue_()
        else:
            mistakes.append(f"outside request {route.request.url}")
            route.abort()

    page.context.route("**/*", keep_home)
    page.on("pageerror", lambda error: mistakes.append(f"page error {error}"))
    page.on("console", lambda m: mistakes.append(m.text) if m.type == "error" else None)
    page.on(
        "response",
        lambda answer: (
            mistakes.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None
        ),
    )
    return mistakes
