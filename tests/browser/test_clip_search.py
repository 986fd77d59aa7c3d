"""A person's journeys through the CLIP tab, in both languages, by mouse and by keyboard."""

from __future__ import annotations

import re
import threading

import numpy as np
import pytest
from playwright.sync_api import expect

from playground.collection import PICTURES
from playground.explain.similarity import softmax
from tests.conftest import LEAVING

ENGLISH = {"name": "Name a picture", "opening": "a rocket in the night sky", "search": "Search"}
CHINESE = {"name": "說出圖片是什麼", "opening": "夜空中的火箭", "search": "搜尋"}
HOSTILE = '<img src=x onerror="window.hacked=1">.png'
PHONE = {"width": 390, "height": 844}


def words_of(page):
    return page.locator("#clip-search-words").locator("input, textarea")


def results(page):
    return page.locator("#clip-search-grid .result")


def status(page):
    return page.locator("#clip_search .status-line").first


def ids(page):
    return results(page).evaluate_all("nodes => nodes.map(node => node.dataset.id)")


def stamp(page):
    return page.locator("#clip-search-grid .results").get_attribute("data-stamp")


def wait_for_new_results(page, before):
    found = page.locator("#clip-search-grid .results")
    # The first search of a run imports the libraries and loads the model.
    expect(found).not_to_have_attribute("data-stamp", before, timeout=60_000)
    expect(page.locator("#clip_search .status.busy")).to_have_count(0)


def search(page, words):
    # The opening must have come, or it could come over what is searched for.
    expect(results(page)).to_have_count(15)
    before = stamp(page)
    words_of(page).fill(words)
    words_of(page).press("Enter")
    wait_for_new_results(page, before)


@pytest.mark.parametrize(
    ("locale", "said"), [("en-US", ENGLISH), ("zh-TW", CHINESE)], ids=["en", "zh"]
)
def test_it_opens_on_a_good_example_with_results(open_page, locale, said):
    page = open_page(locale=locale)
    expect(results(page)).to_have_count(15)
    expect(words_of(page)).to_have_value(said["opening"])
    expect(page.locator("#clip-search-go")).to_have_text(said["search"])
    expect(status(page)).to_contain_text("mini-clip")
    pictures = results(page).locator("img")
    expect(pictures.first).to_have_js_property("complete", True)
    assert pictures.first.evaluate("image => image.naturalWidth") > 0


@pytest.mark.parametrize(
    ("locale", "words"), [("en-US", "two cats"), ("zh-TW", "兩隻貓")], ids=["en", "zh"]
)
def test_searching_by_words(open_page, locale, words):
    page = open_page(locale=locale)
    expect(results(page)).to_have_count(15)
    before = ids(page)
    search(page, words + " 1")
    assert ids(page) != before
    cosines = [float(text) for text in results(page).locator(".score-number").all_text_contents()]
    assert cosines == sorted(cosines, reverse=True)


def test_examples_are_one_click_away(page):
    expect(results(page)).to_have_count(15)
    before = stamp(page)
    page.locator("#clip-search-examples button").last.click()
    wait_for_new_results(page, before)
    expect(words_of(page)).to_have_value("an animal")
    expect(page.locator("#clip-search-without").locator("input, textarea")).to_have_value("a dog")


def test_nothing_to_look_for_is_told_in_the_visitors_language(open_page):
    page = open_page(locale="zh-TW")
    expect(results(page)).to_have_count(15)
    words_of(page).fill("   ")
    page.locator("#clip-search-go").click()
    expect(page.get_by_text("還沒有要找的東西")).to_be_visible()
    expect(results(page)).to_have_count(15)


def test_a_result_opens_large_by_keyboard_alone(page):
    expect(results(page)).to_have_count(15)
    results(page).first.focus()
    page.keyboard.press("ArrowRight")
    expect(results(page).nth(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.className") == "result"
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    dialog = page.locator("#clip-search-grid dialog")
    expect(dialog).to_be_visible()
    title = dialog.locator("h2")
    first = title.inner_text()
    assert first == dialog.locator("figure img").get_attribute("alt")
    expect(dialog).to_contain_text("Licence")
    expect(dialog).to_contain_text("Source")
    page.keyboard.press("ArrowRight")
    expect(title).not_to_have_text(first)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(results(page).nth(1)).to_be_focused()


def test_more_like_this_and_download(page):
    expect(results(page)).to_have_count(15)
    chosen = ids(page)[2]
    results(page).nth(2).click()
    dialog = page.locator("#clip-search-grid dialog")
    with page.expect_download() as download:
        dialog.get_by_text("Download").click()
    assert download.value.suggested_filename.endswith(".webp")
    before = stamp(page)
    dialog.get_by_text("More like this").click()
    wait_for_new_results(page, before)
    assert chosen not in ids(page)
    expect(words_of(page)).to_have_value("")
    expect(page.locator("#clip-search-picture img")).to_be_visible()


def test_a_result_can_be_kept_and_travels_with_the_visitor(page):
    expect(results(page)).to_have_count(15)
    results(page).nth(1).click()
    page.locator("#clip-search-grid dialog .result-sends button").first.click()
    expect(page.locator("#held-picture img")).to_be_visible()


def test_an_uploaded_picture_with_a_hostile_name(page, tmp_path):
    expect(results(page)).to_have_count(15)
    data = (PICTURES / "scenes/003.webp").read_bytes()
    before = stamp(page)
    page.locator("#clip-search-picture input[type=file]").set_input_files(
        {"name": HOSTILE, "mimeType": "image/webp", "buffer": data}
    )
    wait_for_new_results(page, before)
    assert ids(page)[0] == "scene-003"
    assert page.evaluate("window.hacked") is None


def test_a_broken_upload_is_told(page):
    expect(results(page)).to_have_count(15)
    page.locator("#clip-search-picture input[type=file]").set_input_files(
        {"name": "half.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + b"0" * 50}
    )
    expect(page.locator(".toast-body").first).to_be_visible()
    search(page, "a cat on the grass")


def test_hostile_words_are_only_words(page):
    search(page, '<img src=x onerror="window.hacked=1"> {class} %s')
    page.locator("#clip_search .inside .label-wrap").first.click()
    expect(page.locator("#clip_search .inside-numbers .token").first).to_be_visible()
    assert page.evaluate("window.hacked") is None


def test_words_that_were_not_read_are_told(page):
    search(page, "a cat and a dog " * 9)
    expect(page.locator("#clip_search .notes").first).to_contain_text("Not read")
    page.locator("#clip_search .inside .label-wrap").first.click()
    expect(page.locator("#clip_search .token.unread").first).to_be_visible()


def open_naming(page, said=ENGLISH):
    page.get_by_role("tab", name=said["name"]).click()
    rows = page.locator("#naming-bars tbody tr")
    expect(rows).to_have_count(5)
    return rows


def shares(page):
    texts = page.locator("#naming-bars .share").all_text_contents()
    return np.array([float(text.removesuffix(" %")) for text in texts]) / 100


def test_the_temperature_is_in_the_persons_hand_and_asks_nobody(page):
    open_naming(page)
    cosines = np.array(
        [float(text) for text in page.locator("#naming-bars .cosine").all_text_contents()[1:]]
    )
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    slider = page.locator("#naming-bars input[type=range]")
    before = shares(page)
    slider.focus()
    slider.press("Home")
    assert not np.allclose(shares(page), before)
    assert np.allclose(shares(page), softmax(cosines, axis=0), atol=2e-3)
    slider.press("End")
    assert np.allclose(shares(page), softmax(200 * cosines, axis=0), atol=0.06)
    assert "200" in slider.get_attribute("aria-valuetext")
    page.locator("#naming-bars .own-scale").click()
    assert np.allclose(shares(page), before)
    assert [url for url in asked if "/gradio_api/queue" in url] == []


@pytest.mark.parametrize(
    ("locale", "said", "labels"),
    [("en-US", ENGLISH, "bird, fish"), ("zh-TW", CHINESE, "鳥、魚")],
    ids=["en", "zh"],
)
def test_naming_with_own_labels(open_page, locale, said, labels):
    page = open_page(locale=locale)
    rows = open_naming(page, said)
    page.locator("#naming-labels textarea").fill(labels + "\n<b>x</b>")
    page.locator("#naming-go").click()
    expect(rows).to_have_count(3)
    expect(page.locator("#naming-bars")).to_contain_text("<b>x</b>")
    page.locator("#naming-offered .result").nth(3).click()
    expect(page.locator("#naming-picture img")).to_be_visible()
    expect(page.locator("#clip_search .status.busy")).to_have_count(0)
    assert np.isclose(shares(page).sum(), 1, atol=2e-3)


def test_one_label_alone_is_refused_with_the_reason(page):
    open_naming(page)
    page.locator("#naming-labels textarea").fill("cat")
    page.locator("#naming-go").click()
    expect(page.get_by_text("One label alone")).to_be_visible()


@pytest.fixture
def busy_device(playground):
    """The device's turn in the hand of somebody else, until `.set()` is called."""
    is_held, let_go = threading.Event(), threading.Event()

    def hold():
        with playground.ctx.cache.turn():
            is_held.set()
            let_go.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_held.wait(60)
    yield let_go
    let_go.set()
    holder.join()


def until_nobody_works(page, playground):
    # Bounded retry, as expect() does it: the server notices on its own that somebody left.
    for _ in range(200):
        if playground.ctx.turns.counts().running == 0:
            return
        page.wait_for_timeout(50)
    raise AssertionError("work goes on for nobody")


def test_stop_ends_the_wait(page, playground, busy_device):
    expect(results(page)).to_have_count(15)
    words_of(page).fill("something nobody asked before")
    page.locator("#clip-search-go").click()
    expect(page.locator("#clip_search .status.busy")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(status(page)).to_contain_text("Stopped")
    until_nobody_works(page, playground)
    busy_device.set()
    search(page, "something else")


def test_leaving_the_page_ends_the_work(open_page, playground, busy_device):
    other, page = open_page(), open_page()
    expect(results(page)).to_have_count(15)
    words_of(page).fill("asked by somebody who leaves")
    page.locator("#clip-search-go").click()
    expect(page.locator("#clip_search .status.busy")).to_be_visible()
    page.close()
    until_nobody_works(other, playground)


def test_two_visitors_do_not_see_each_other(open_page):
    ada, bao = open_page(), open_page(locale="zh-TW")
    expect(results(bao)).to_have_count(15)
    before = ids(bao)
    ada.locator("#clip-search-picture input[type=file]").set_input_files(
        {
            "name": "mine.webp",
            "mimeType": "image/webp",
            "buffer": (PICTURES / "scenes/007.webp").read_bytes(),
        }
    )
    expect(results(ada).first).to_have_attribute("data-id", "scene-007")
    assert ids(bao) == before
    bao.expected += LEAVING
    bao.reload()
    expect(words_of(bao)).to_have_value(CHINESE["opening"])
    expect(bao.locator("#clip-search-picture img")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-US", "zh-TW"])
def test_a_phone_never_scrolls_sideways(open_page, locale, scheme):
    page = open_page(viewport=PHONE, locale=locale, color_scheme=scheme)
    expect(results(page)).to_have_count(15)
    said = CHINESE if locale == "zh-TW" else ENGLISH
    for _ in range(2):
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]
        open_naming(page, said)


def test_every_control_has_a_name_and_every_picture_a_text(page):
    expect(results(page)).to_have_count(15)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('#clip_search button, #clip_search input')]
        .filter(node => node.offsetParent && !(node.getAttribute('aria-label') || node.innerText
            || node.title || node.labels?.length || node.closest('label')))
        .map(node => node.outerHTML.slice(0, 120))"""
    )
    assert nameless == []
    labels = results(page).evaluate_all("n => n.map(node => node.getAttribute('aria-label'))")
    assert all(re.match(r"\d+: .+, Similarity -?\d\.\d{3}", label) for label in labels)


def test_folded_parts_say_whether_they_are_open(page):
    fold = page.get_by_role("button", name="See inside")
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.focus()
    page.keyboard.press("Enter")
    expect(fold).to_have_attribute("aria-expanded", "true")
    # Those of a mode that was not open yet say so too.
    page.get_by_role("tab", name=ENGLISH["name"]).click()
    settings = page.get_by_role("button", name="Settings")
    expect(settings).to_have_attribute("aria-expanded", "false")


def test_a_model_that_reads_english_only_is_told_in_chinese_and_another_offered(open_page):
    page = open_page(locale="zh-TW")
    expect(results(page)).to_have_count(15)
    page.locator("#clip_search .settings .label-wrap").first.click()
    chosen = page.locator("#clip-search-model input")
    chosen.click()
    page.get_by_role("option").filter(has_text="CLIP L/14").first.click()
    advice = page.locator("#clip-search-reading")
    expect(advice).to_contain_text("只讀英文")
    expect(advice).to_contain_text("SigLIP 2")
    expect(advice).to_be_in_viewport()
    before = stamp(page)
    # Of those that read Chinese only the built-in one is on this machine.
    advice.get_by_role("button", name="改用 mini-clip").click()
    wait_for_new_results(page, before)
    expect(chosen).to_have_value(re.compile("mini-clip"))
    expect(advice).to_be_hidden()


def test_labels_are_written_as_the_chosen_model_is_used_to(page):
    page.get_by_role("tab", name="Name a picture").click()
    page.locator("#clip_search .settings .label-wrap:visible").last.click()
    templates = page.locator("#naming-templates textarea")
    expect(templates).to_have_value(re.compile("there is a"))
    page.locator("#naming-model input").click()
    page.get_by_role("option").filter(has_text="SigLIP 2").first.click()
    expect(templates).to_have_value("this is a photo of {}.")
    templates.fill("my {}")
    page.locator("#naming-model input").click()
    page.get_by_role("option").filter(has_text="CLIP L/14").first.click()
    expect(page.locator("#naming-model input")).to_have_value(re.compile("CLIP L/14"))
    expect(templates).to_have_value("my {}")
