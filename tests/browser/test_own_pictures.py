"""Your own pictures in the CLIP tab, from folder to saved file, by mouse and by keyboard."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from playground.collection import PICTURES

HOSTILE = '<img src=x onerror="window.hacked=1">.png'
CHINESE_OWN = "\u4f60\u81ea\u5df1\u7684\u5716\u7247"


def results(page):
    return page.locator("#clip-search-grid .result")


def line(page):
    return page.locator(".own-line")


def open_own(page):
    expect(results(page)).to_have_count(15)
    page.locator("[data-place=own]").click()
    expect(page.locator("#clip_search .status-line").first).to_contain_text("Search in")


def ready(page, count):
    # The first indexing of a run imports the libraries and loads the model.
    expect(line(page)).to_have_text(re.compile(rf"^{count} picture"), timeout=90_000)
    expect(page.locator("#clip-search-grid img").first).to_have_js_property("complete", True)


def png(number):
    pixels = np.random.default_rng(number).integers(0, 255, (40, 40, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def choose(page, *files):
    made = [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files]
    page.locator(".own-files").set_input_files(made)


def search(page, words):
    before = page.locator("#clip-search-grid .results").get_attribute("data-stamp")
    field = page.locator("#clip-search-words").locator("input, textarea")
    field.fill(words)
    field.press("Enter")
    found = page.locator("#clip-search-grid .results")
    expect(found).not_to_have_attribute("data-stamp", before, timeout=60_000)


def told_for(page, word):
    # Adding pictures asks the last question again, so new results may be those of an older one.
    page.locator("#clip_search .inside button").first.click()
    expect(page.locator("#clip_search .inside-numbers .tokens").first).to_contain_text(word)


@pytest.fixture
def folder(tmp_path):
    """A folder as people have it: pictures in folders, one twice, and what is no picture."""
    folder = tmp_path / "holiday"
    (folder / "deeper").mkdir(parents=True)
    scenes = sorted((PICTURES / "scenes").glob("*.*"))[:24]
    for number, scene in enumerate(scenes):
        (folder / "deeper" / f"{number:02} \u8c93.webp").write_bytes(scene.read_bytes())
    (folder / "again.webp").write_bytes(scenes[0].read_bytes())
    (folder / HOSTILE).write_text("hello")
    (folder / "empty.png").write_bytes(b"")
    (folder / "cut.webp").write_bytes(scenes[1].read_bytes()[:2000])
    return folder


def test_a_folder_is_indexed_searched_saved_and_opened_again(open_page, folder, tmp_path):
    page = open_page()
    open_own(page)
    line(page).evaluate(
        """node => {
          window.heard = [];
          const note = () => node.ariaLive === 'off' || window.heard.push(node.textContent);
          new MutationObserver(note).observe(node, { childList: true });
        }"""
    )
    page.locator(".own-folder").set_input_files(folder)
    ready(page, 24)
    # Who listens hears that it is done, and not every batch of files.
    heard = page.evaluate("window.heard")
    assert heard[-1].startswith("24 pictures") and not any("files done" in said for said in heard)
    faults = page.locator(".own-faults")
    expect(faults.locator("summary")).to_have_text("Not used: 3 \u00b7 There already: 1")
    faults.locator("summary").click()
    expect(faults).to_contain_text(f"holiday/{HOSTILE}")
    assert page.evaluate("window.hacked") is None
    search(page, "a cat")
    told_for(page, "cat")
    expect(results(page)).to_have_count(15)
    names = [results(page).nth(place).get_attribute("aria-label") for place in range(15)]
    assert all(": holiday/" in name for name in names)
    with page.expect_download() as download:
        page.locator(".own-own").get_by_role("button", name="Save my pictures").click()
    saved = tmp_path / "saved.safetensors"
    download.value.save_as(saved)

    another = open_page(locale="zh-TW")
    expect(results(another)).to_have_count(15)
    another.locator("[data-place=own]").click()
    expect(another.locator("[data-place=own]")).to_have_text(CHINESE_OWN)
    expect(results(another)).to_have_count(0)
    another.locator(".own-saved").set_input_files(saved)
    expect(line(another)).to_contain_text("24", timeout=60_000)
    search(another, "a cat")
    told_for(another, "cat")
    again = [results(another).nth(place).get_attribute("aria-label") for place in range(15)]
    assert [name.split(",")[0] for name in again] == [name.split(",")[0] for name in names]


def test_two_visitors_index_at_once_and_never_find_each_others_pictures(open_page):
    pages = [open_page(), open_page()]
    for page, who in zip(pages, "ab", strict=True):
        open_own(page)
        seed = 1000 * (who == "b")
        choose(page, *((f"{who}{number}.png", png(seed + number)) for number in range(20)))
    for page, who in zip(pages, "ab", strict=True):
        ready(page, 20)
        search(page, "anything")
        labels = [each.get_attribute("aria-label") for each in results(page).all()]
        assert labels and all(re.match(rf"\d+: {who}\d+\.png", label) for label in labels)


def test_stop_and_go_on(open_page):
    page = open_page()
    open_own(page)
    choose(page, *((f"{number}.png", png(number)) for number in range(300)))
    page.locator(".own-own").get_by_role("button", name="Stop").click()
    stopped = page.locator(".own-own").get_by_role("button", name="Go on")
    expect(stopped).to_be_visible()
    expect(line(page)).to_contain_text("Stopped at")
    stopped.click()
    ready(page, 300)


def test_a_file_of_another_kind_or_size_is_told(open_page):
    page = open_page()
    open_own(page)
    page.locator(".own-saved").set_input_files(
        {"name": "x.safetensors", "mimeType": "application/octet-stream", "buffer": b"hello"}
    )
    expect(page.locator(".own-mistake")).to_contain_text("damaged")
    choose(page, ("large.png", bytes(12_100_000)), ("good.png", png(1)))
    ready(page, 1)
    expect(page.locator(".own-faults")).to_contain_text("Larger than 12 MB")


def test_forgetting_empties_the_grid_and_closes_the_addresses(open_page, address):
    page = open_page()
    open_own(page)
    choose(page, ("a.png", png(1)), ("b.png", png(2)))
    ready(page, 2)
    expect(results(page)).to_have_count(2)
    picture = page.locator("#clip-search-grid img").first.get_attribute("src")
    assert picture.startswith(f"{address}/own/") and page.request.get(picture).ok
    forget = page.locator(".own-own").get_by_role("button", name="forget all")
    # Neither a press in passing nor a double one loses anything.
    page.get_by_role("button", name="Forget all").dblclick()
    expect(forget).to_have_text("Press again to forget all")
    page.locator("[data-place=own]").focus()
    expect(forget).to_have_text("Forget all")
    expect(results(page)).to_have_count(2)
    assert page.request.get(picture).ok
    forget.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(results(page)).to_have_count(0)
    assert page.request.get(picture).status == 404


def test_more_like_this_and_the_way_back_by_keyboard(open_page):
    page = open_page()
    open_own(page)
    choose(page, *((f"{number}.png", png(number)) for number in range(3)))
    ready(page, 3)
    expect(results(page)).to_have_count(3)
    results(page).first.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("#clip-search-grid dialog")
    expect(dialog.locator("h2")).to_have_text("0.png")
    dialog.get_by_role("button", name="More like this").click()
    expect(results(page)).to_have_count(2, timeout=60_000)
    page.locator("[data-place=own]").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("[data-place=playground]")).to_be_focused()
    expect(results(page)).to_have_count(15)


def test_two_models_side_by_side_tell_what_both_found(open_page):
    page = open_page()
    expect(results(page)).to_have_count(15)
    page.get_by_role("button", name="Two models side by side").click()
    field = page.locator("#compare-words").locator("input, textarea")
    field.fill("\u591c\u7a7a\u4e2d\u7684\u706b\u7bad")
    page.locator("#compare-go").click()
    said = page.locator("#compare-said")
    expect(said).to_contain_text("of 15 pictures are in both lists", timeout=60_000)
    shared = int(re.search(r"(\d+) of 15", said.inner_text())[1])
    labels = [
        each.get_attribute("aria-label") for each in page.locator("#compare-first .result").all()
    ]
    assert len(labels) == 15
    assert sum("only here" not in label for label in labels) == shared


def test_a_found_picture_of_ones_own_is_looked_into(open_page):
    page = open_page()
    open_own(page)
    choose(page, *((f"{number}.png", png(number)) for number in range(3)))
    ready(page, 3)
    expect(results(page)).to_have_count(3)
    results(page).first.click()
    page.get_by_role("button", name="Why was it found?").click()
    where = page.locator("#clip-understand-where-tab")
    expect(where).to_be_focused(timeout=60_000)
    expect(page.locator(".understand-chosen img").first).to_be_visible()
    page.locator("#clip-understand-map-tab").click()
    expect(page.locator(".understand-panel:visible")).to_contain_text(
        "Drawn are Your own pictures", timeout=60_000
    )
    broken = "[...document.images].filter(i => i.offsetParent && i.complete && !i.naturalWidth)"
    assert page.evaluate(f"{broken}.length") == 0


def test_a_link_to_own_pictures_tells_both_what_is_not_in_it(open_page, address):
    page = open_page()
    open_own(page)
    choose(page, ("mine.png", png(1)))
    ready(page, 1)
    page.evaluate("navigator.clipboard.writeText = (text) => Promise.resolve(window.copied = text)")
    bar = page.locator("#clip-search-mode-recipe")
    bar.locator("button").first.click()
    expect(bar.locator(".recipe-left")).to_contain_text("Your own pictures are not in it")
    again = open_page(page.evaluate("window.copied").removeprefix(address))
    # Beside the results, not under them.
    notes = again.locator("#clip-search-mode .notes").first
    expect(notes).to_contain_text("not here", timeout=60_000)
    expect(results(again)).to_have_count(15)


def test_walking_past_the_sliders_by_keyboard_asks_nothing(open_page):
    page = open_page()
    open_own(page)
    page.locator(".own-own").get_by_role("button", name="Open saved pictures").focus()
    passed = page.locator("#clip-search-without").locator("input, textarea")
    for _ in range(12):
        page.keyboard.press("Tab")
        if passed.evaluate("node => node === document.activeElement"):
            break
    expect(passed).to_be_focused()
    # A question that was asked after all would have come back before this one.
    page.locator("[data-place=playground]").click()
    expect(results(page)).to_have_count(15)
    expect(page.locator(".toast-body")).to_have_count(0)


def test_a_link_asks_and_compares_again(open_page, address):
    page = open_page()
    expect(results(page)).to_have_count(15)
    page.get_by_role("button", name="Two models side by side").click()
    field = page.locator("#compare-words").locator("input, textarea")
    field.fill("\u591c\u7a7a\u4e2d\u7684\u706b\u7bad")
    page.locator("#compare-go").click()
    said = page.locator("#compare-said")
    expect(said).to_contain_text("in both lists", timeout=60_000)
    told = said.inner_text()
    page.evaluate("navigator.clipboard.writeText = (text) => Promise.resolve(window.copied = text)")
    page.locator("#clip-search-mode-recipe button").first.click()
    page.wait_for_function("window.copied")
    link = page.evaluate("window.copied")
    again = open_page(link.removeprefix(address))
    expect(again.locator("#compare-said")).to_have_text(told, timeout=60_000)
    words = again.locator("#compare-words").locator("input, textarea")
    expect(words).to_have_value("\u591c\u7a7a\u4e2d\u7684\u706b\u7bad")
