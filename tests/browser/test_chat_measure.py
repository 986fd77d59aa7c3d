"""A person's journeys through measuring, in both languages."""

from __future__ import annotations

import io
import json
import re
import zipfile

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

HOSTILE = '<img src=x onerror="window.hacked=1">'
LOADING_MS = 90_000


def open_measure(open_page, **options):
    page = open_page("#blip2_chat", **options)
    page.locator("#blip2_chat button[role=tab]").nth(1).click()
    expect(page.locator("#vqa-result .vqa-score")).to_be_visible()
    return page


def status(page):
    return page.locator("#blip2_chat .status-line:visible").first


def choose(page, field, place):
    page.locator(f"#{field} label").nth(place).click()


def measure_few(page):
    """The settings fold out; twenty questions are enough."""
    page.locator("#blip2_chat .settings:visible .label-wrap").first.click()
    choose(page, "vqa-count", 0)
    page.locator("#vqa-go").click()


def own_zip(rows):
    picture, held = io.BytesIO(), io.BytesIO()
    Image.fromarray(np.full((40, 60, 3), 120, np.uint8)).save(picture, "PNG")
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("set.json", json.dumps(rows, indent=1))
        archive.writestr("a.png", picture.getvalue())
    return {"name": "own.zip", "mimeType": "application/zip", "buffer": held.getvalue()}


@pytest.mark.parametrize("locale", ["en-US", "zh-TW"])
def test_it_opens_on_a_result_that_was_made_beforehand(open_page, locale):
    page = open_measure(open_page, locale=locale)
    expect(page.locator("#vqa-result tbody tr")).to_have_count(9)
    expect(page.locator("#vqa-wrong li")).to_have_count(24)
    expect(page.locator("#vqa-board tbody tr")).not_to_have_count(0)
    first = page.locator("#vqa-wrong img").first
    assert first.evaluate("image => image.naturalWidth") > 0
    assert len(first.get_attribute("alt")) > 5
    said = {"en-US": "measured beforehand", "zh-TW": "事先測得"}[locale]
    expect(status(page)).to_contain_text(said)
    place = {"en-US": 0, "zh-TW": 1}[locale]
    expect(page.locator("#vqa-language input").nth(place)).to_be_checked()


def test_a_run_shows_its_way_and_its_result_can_be_taken_away(open_page):
    page = open_measure(open_page)
    measure_few(page)
    expect(status(page)).to_contain_text(re.compile("right, 20 questions"), timeout=LOADING_MS)
    expect(page.locator("#vqa-result header")).to_contain_text("of 20 questions")
    expect(page.locator("#vqa-board")).to_contain_text("20 of 689")
    with page.expect_download() as download:
        page.locator("#vqa-download").click()
    told = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert told["n-samples"]["emoji"]["effective"] == 20
    assert download.value.suggested_filename == "vqa-result.json"


def test_stop_keeps_what_is_there(open_page):
    page = open_measure(open_page)
    page.locator("#blip2_chat .settings:visible .label-wrap").first.click()
    choose(page, "vqa-count", 3)
    page.locator("#vqa-go").click()
    expect(page.locator("#vqa-progress .meter")).to_be_visible(timeout=LOADING_MS)
    page.locator("#blip2_chat .stop:visible").click()
    expect(status(page)).to_contain_text("Stopped")
    expect(page.locator("#vqa-progress .meter")).to_have_count(0)
    expect(page.locator("#vqa-result header")).to_contain_text("of 689 questions")
    with page.expect_download() as download:
        page.locator("#vqa-download").click()
    told = json.loads(download.value.path().read_text(encoding="utf-8"))
    shown = page.locator("#vqa-result header").inner_text()
    assert f"after {told['n-samples']['emoji']['effective']} of 689 questions" in shown


def test_on_a_phone_the_way_of_a_run_comes_into_sight(open_page):
    page = open_measure(open_page, viewport={"width": 390, "height": 844})
    measure_few(page)
    expect(page.locator("#vqa-status")).to_be_in_viewport()
    expect(page.locator("#vqa-result .vqa-score")).to_be_in_viewport()
    expect(status(page)).to_contain_text(re.compile("right, 20 questions"), timeout=LOADING_MS)


def test_own_questions_by_zip_are_shown_as_text(open_page):
    page = open_measure(open_page)
    choose(page, "vqa-set", 2)
    expect(page.locator("#vqa-language")).to_be_hidden()
    rows = [{"picture": "a.png", "question": HOSTILE, "answer": HOSTILE, "type": "**bold**"}]
    page.locator("#vqa-files input[type=file]").set_input_files(own_zip(rows))
    expect(page.locator("#vqa-files")).to_contain_text("own")
    page.locator("#vqa-go").click()
    expect(page.locator("#vqa-wrong li p")).to_have_text([HOSTILE], timeout=LOADING_MS)
    expect(page.locator("#vqa-result tbody th")).to_have_text("**bold**")
    expect(page.locator("#vqa-board")).to_contain_text("only you see")
    assert page.evaluate("window.hacked") is None


def test_a_broken_file_is_told_with_its_line(open_page):
    page = open_measure(open_page, locale="zh-TW")
    choose(page, "vqa-set", 2)
    rows = [{"picture": "a.png", "question": "q?", "answer": "x"}, {"picture": "a.png"}]
    page.locator("#vqa-files input[type=file]").set_input_files(own_zip(rows))
    expect(page.locator("#vqa-files")).to_contain_text("own")
    page.locator("#vqa-go").click()
    expect(page.get_by_text("第 7 行：沒有題目")).to_be_visible()
    expect(page.locator("#blip2_chat .status.busy:visible")).to_have_count(0)


def test_science_qa_shows_published_rows_marked_as_such(open_page):
    page = open_measure(open_page, viewport={"width": 390, "height": 844})
    choose(page, "vqa-set", 1)
    rows = page.locator("#vqa-board tr.published")
    expect(rows).to_have_count(13)
    expect(rows.first).to_contain_text("published")
    expect(page.locator("#vqa-about")).to_contain_text("CC BY-NC-SA")
    # The table scrolls in itself; the page does not.
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    ("locale", "said"), [("en-US", "larger than 12 MB"), ("zh-TW", "檔案超過 12 MB")]
)
def test_files_that_are_too_large_are_refused_in_the_visitors_language(open_page, locale, said):
    page = open_measure(open_page, locale=locale)
    choose(page, "vqa-set", 2)
    field = page.locator("#vqa-files input[type=file]")
    field.set_input_files(
        {"name": "big.zip", "mimeType": "application/zip", "buffer": b"0" * 13_000_000}
    )
    expect(page.locator("#vqa-files [role=alert]")).to_contain_text(said)
    rows = [{"picture": "a.png", "question": "q?", "answer": "x"}]
    page.locator("#vqa-files input[type=file]").set_input_files(own_zip(rows))
    expect(page.locator("#vqa-files")).to_contain_text("own")
    expect(page.locator("#vqa-files [role=alert]")).to_have_count(0)
