"""The Models panel, as the operator and as a visitor see it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

import app
import playground.page.launching as launching
from playground.catalog import BUILT_IN
from playground.sentences import read_sentences
from tests.conftest import settings_for_tests
from tests.hub.conftest import hub
from tests.hub.tiny_entry import published, save_plain_repository
from tests.page.trial_tabs import Trial

__all__ = ["hub"]
EN, ZH = read_sentences("en"), read_sentences("zh-Hant")
ROW = "tr[data-model=mini-clip]"


@pytest.fixture
def models(open_page):
    def open_models(path="", **options):
        page = open_page(path, **options)
        page.locator("#models-button").click()
        expect(page.locator("table.models")).to_be_visible()
        return page

    return open_models


def test_every_model_is_told_with_all_its_facts(models, playground):
    page = models()
    for entry in playground.ctx.catalog:
        row = page.locator(f'tr[data-model="{entry.key}"]')
        expect(row).to_contain_text(entry.title)
        licence = row.get_by_role("link", name=entry.licence.name)
        expect(licence).to_have_attribute("href", entry.licence.url)
        expect(row.get_by_role("link", name=entry.paper.citation)).to_be_visible()
    heads = page.locator("table.models th").all_inner_texts()
    columns = ("model", "state", "size", "licence", "used", "load", "error")
    assert [EN[f"models.column.{name}"] for name in columns] == heads[:7]
    expect(page.locator(".budget").first).to_be_visible()


@pytest.mark.ctx(locale="zh-TW")
def test_the_panel_speaks_chinese(models):
    page = models(locale="zh-TW")
    expect(page.locator("table.models")).to_contain_text(ZH["models.column.licence"])
    expect(page.locator(ROW)).not_to_contain_text(EN["models.never"])


def press(page, act):
    button = page.locator(f"{ROW} [data-act={act}]")
    button.focus()
    page.keyboard.press("Enter")


def test_the_operator_loads_pins_and_unloads_by_keyboard(models):
    page = models()
    state = page.locator(f"{ROW} .state")
    expect(state).to_have_text(re.compile("on disk|in memory|on the device"))
    if state.inner_text() != EN["models.state.device"]:
        press(page, "load")
    expect(state).to_have_text(EN["models.state.device"], timeout=60_000)
    expect(page.locator(".budget").first).to_have_text(re.compile("(cpu|cuda|mps).* MB of .* GB"))
    load_time = page.locator(f"{ROW} td").nth(5)
    expect(load_time).to_have_text(re.compile(r"^\d+(\.\d)? m?s$"))
    # By name where it is alone; other journeys may have left models on the device.
    told = re.compile(r"mini-clip|[2-9] loaded")
    expect(page.locator("#loaded")).to_have_text(told, timeout=15_000)
    press(page, "pin")
    expect(page.locator(f"{ROW} .pinned")).to_be_visible()
    press(page, "unload")
    expect(page.get_by_test_id("toast-body")).to_contain_text(EN["mistake.model.in_use"])
    expect(state).to_have_text(EN["models.state.device"])
    press(page, "unpin")
    expect(page.locator(f"{ROW} .pinned")).to_have_count(0)
    press(page, "unload")
    expect(state).to_have_text(EN["models.state.memory"])


def test_the_keyboard_stays_where_it_was(models):
    """A fresh table must not take the focus away from the one who walks through it."""
    page = models()
    page.locator(f"{ROW} [data-act=pin]").focus()
    page.get_by_role("button", name=EN["models.refresh"]).evaluate("(button) => button.click()")
    page.wait_for_function("document.activeElement?.dataset?.act === 'pin'")


def test_the_panel_looks_again_only_while_it_is_open(models):
    page = models()
    with page.expect_response(re.compile("run|queue")):
        pass
    page.locator("#tabs > .tab-wrapper [role=tab]").first.click()
    expect(page.locator("table.models")).to_be_hidden()
    asked = []
    page.on("request", lambda r: asked.append(r.url) if r.method == "POST" else None)
    # Absence can only be watched for. The first window may hold the look that was on its way.
    for _window in range(3):
        asked.clear()
        page.wait_for_timeout(4_000)
        if not asked:
            break
    assert asked == []


@pytest.mark.ctx(viewport={"width": 390, "height": 844})
def test_it_fits_a_phone(models):
    page = models(viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator(f"{ROW} td").first).to_be_visible()
    assert page.locator(".models-scroll").evaluate("(e) => e.scrollWidth <= e.clientWidth")


def test_visitors_look_and_only_the_code_opens_the_buttons(open_page):
    running = app.open_playground(
        settings_for_tests(
            root_path="", host="0.0.0.0", operator_code="sesame", allowed_hosts="localhost"
        ),
        [Trial().demo],
    )
    address = f"http://127.0.0.1:{running.address.rsplit(':', 1)[1]}"
    try:
        page = open_page(at=address)
        page.locator("#models-button").click()
        expect(page.locator(ROW)).to_be_visible()
        expect(page.locator("[data-act]")).to_have_count(0)
        page.get_by_role("button", name=EN["models.operator"]).click()
        code = page.get_by_label(EN["models.code"])
        code.fill("open sesame")
        code.press("Enter")
        expect(page.get_by_test_id("toast-body")).to_contain_text(EN["mistake.operator.code"])
        expect(page.locator("[data-act]")).to_have_count(0)
        code.fill("sesame")
        code.press("Enter")
        expect(page.locator(f"{ROW} [data-act=pin]")).to_be_visible()
        stranger = open_page(at=address)
        stranger.locator("#models-button").click()
        expect(stranger.locator(ROW)).to_be_visible()
        expect(stranger.locator("[data-act]")).to_have_count(0)
        teacher = open_page("/?operator=sesame", at=address)
        teacher.locator("#models-button").click()
        expect(teacher.locator(f"{ROW} [data-act=pin]")).to_be_visible()
    finally:
        running.page.close(verbose=False)


AWAY = published(title="Tiny model")
AWAY_ROW = "tr[data-model=tiny]"
OFFER = "[data-offer=tiny]"


@pytest.fixture
def with_hub(hub, tmp_path, monkeypatch):
    """A playground whose catalogue has a model that is on the hub only."""
    hub.add("org/tiny", save_plain_repository(tmp_path / "there"))
    monkeypatch.setattr(launching, "CATALOG", (*BUILT_IN, AWAY))
    settings = settings_for_tests(offline=False, models_folder=tmp_path / "cache")
    running = app.open_playground(settings, [Trial().demo])
    yield running
    running.page.close(verbose=False)


def open_panel(open_page, running, path="", **options):
    page = open_page(path, at=running.address, **options)
    page.locator("#models-button").click()
    expect(page.locator(AWAY_ROW)).to_be_visible()
    return page


def test_a_model_comes_from_the_hub_by_keyboard(open_page, with_hub, hub):
    page = open_panel(open_page, with_hub)
    expect(page.locator(f"{AWAY_ROW} .state")).to_have_text(EN["models.state.absent"])
    ask = page.locator(f"{AWAY_ROW} [data-act=ask]")
    ask.focus()
    page.keyboard.press("Enter")
    offer = page.locator(OFFER)
    for words in ("Download Tiny model?", "200 kB", AWAY.licence.name, "open to everybody"):
        expect(offer).to_contain_text(words)
    # A second Enter must not agree to what was not read yet.
    expect(offer).to_be_focused()
    page.keyboard.press("Enter")
    assert hub.asked("/cdn/") == []
    fault = hub.misbehave("/cdn/", hold_at=98_304, times=1)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(f"{OFFER} [data-act=agree]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f"{OFFER} [role=progressbar]")).to_have_attribute("aria-valuenow", "49")
    expect(page.locator(f"{AWAY_ROW} .state")).to_have_text(EN["models.state.fetching"])
    # Meanwhile the other model loads, for somebody else.
    other = open_panel(open_page, with_hub, locale="zh-TW")
    other.locator(f"{ROW} [data-act=load]").click()
    expect(other.locator(f"{ROW} .state")).to_have_text(ZH["models.state.device"], timeout=60_000)
    expect(other.locator(OFFER)).to_contain_text("98 kB / 200 kB")
    fault.release.set()
    expect(page.locator(f"{AWAY_ROW} .state")).to_have_text(EN["models.state.disk"])
    expect(page.locator(OFFER)).to_have_count(0)


def test_a_download_is_stopped_and_a_failure_is_told(open_page, with_hub, hub):
    page = open_panel(open_page, with_hub, locale="zh-TW")
    fault = hub.misbehave("/cdn/", hold_at=98_304, times=1)
    page.locator(f"{AWAY_ROW} [data-act=ask]").click()
    page.locator(f"{OFFER} [data-act=agree]").click()
    assert fault.reached.wait(20)
    page.locator(f"{OFFER} [data-act=cancel]").click()
    expect(page.locator(OFFER)).to_contain_text(ZH["models.offer.stopping"])
    fault.release.set()
    expect(page.locator(OFFER)).to_have_count(0)
    hub.misbehave("/api/", status=429, headers={"Retry-After": "17"}, times=1)
    page.locator(f"{AWAY_ROW} [data-act=ask]").click()
    expect(page.locator(OFFER).get_by_role("alert")).to_contain_text("17 秒")
    page.locator(f"{OFFER} [data-act=ask]").click()
    expect(page.locator(OFFER)).to_contain_text("（共 200 kB）")
    page.locator(f"{OFFER} [data-act=cancel]").click()
    expect(page.locator(f"{AWAY_ROW} [data-act=ask]")).to_be_visible()


@pytest.mark.ctx(viewport={"width": 390, "height": 844})
def test_an_offer_fits_a_phone(open_page, with_hub):
    page = open_panel(open_page, with_hub, viewport={"width": 390, "height": 844})
    page.locator(f"{AWAY_ROW} [data-act=ask]").click()
    expect(page.locator(f"{OFFER} [data-act=agree]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".models-scroll").evaluate("(e) => e.scrollWidth <= e.clientWidth")
