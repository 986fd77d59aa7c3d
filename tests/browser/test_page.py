"""The page as people meet it: their language, their colours, their screen, their keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

import app
from playground.catalog import CATALOG
from playground.published.question_sets import QUESTION_SETS
from playground.sentences import read_sentences
from tests.conftest import LEAVING, settings_for_tests
from tests.faults import bad_pictures
from tests.page.conftest import trial, trial_playground
from tests.page.trial_tabs import Trial

__all__ = ["trial", "trial_playground"]
EN, ZH = read_sentences("en"), read_sentences("zh-Hant")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PRESSED = "#header button, [role=tab], .tabitem button.primary"
PROJECTOR, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


def goes_wide(page):
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def visible_words(page):
    """Every text a person can see, and what screen readers say for fields and buttons."""
    return page.evaluate(
        """() => {
          const seen = [];
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const parent = walker.currentNode.parentElement;
            if (!parent || ["SCRIPT", "STYLE", "NOSCRIPT"].includes(parent.tagName)) continue;
            const shown = { visibilityProperty: true, opacityProperty: true };
            const words = walker.currentNode.textContent.trim();
            if (words && parent.checkVisibility(shown)) seen.push(words);
          }
          return seen;
        }"""
    )


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("zh-TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-MO", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("yue-HK", "zh-Hant"),
        ("en-GB", "en"),
        ("de-DE", "en"),
        ("zh-CN", "en"),
    ],
)
def test_browsers_start_in_their_language(open_page, locale, language):
    page = open_page(locale=locale)
    words = {"en": EN, "zh-Hant": ZH}[language]
    assert page.title() == words["page.name"]
    assert page.evaluate("document.documentElement.lang").startswith(language[:2])
    expect(page.locator("#brand")).to_contain_text(words["page.name"])
    expect(page.locator("#models-button")).to_have_text(words["models.title"])
    expect(page.locator("#loaded")).not_to_be_empty()
    pressed = page.locator("[data-language][aria-pressed=true]")
    expect(pressed).to_have_attribute("data-language", language)


def test_the_switch_holds_for_the_next_visit_and_a_link_wins(page, address):
    page.expected += LEAVING
    page.get_by_role("button", name=EN["language.zh-Hant.name"]).click()
    expect(page.locator("#models-button")).to_have_text(ZH["models.title"])
    assert "lang=zh-Hant" in page.url
    page.goto(address)
    expect(page.locator("#models-button")).to_have_text(ZH["models.title"])
    page.goto(address + "/?lang=en")
    expect(page.locator("#models-button")).to_have_text(EN["models.title"])
    page.goto(address)
    expect(page.locator("#models-button")).to_have_text(EN["models.title"])


@pytest.mark.ctx(locale="zh-TW")
def test_chinese_reaches_everything_that_is_seen(page):
    """Names of models, papers and licences stay as they are; no other English is left."""
    names = re.compile(
        r"mini-\w+|CLIP|Radford et al\. \d+|Apache-2\.0|EN|\bB\b|MB|kB|GB|cpu|cuda"
        r"|[\d.\s:;,%\u00b7+\-/()]|x"
        r"|BLIP|DDIM|DPM|Euler a?|UniPC|LCM|\btoken\b|PNG|Python|SAM"
        r"|[\u21ba\u25bc]|L/14|B/32|[\u3000-\u9fff\uff00-\uffef\u2013\u2014\u2026\u201c\u201d]"
    )
    listed = (*CATALOG, *QUESTION_SETS)
    own = {name for m in listed for name in (m.title, m.licence.name, m.paper.citation)}
    for tab in page.locator("#tabs > .tab-wrapper [role=tab]").all():
        tab.click()
        page.wait_for_load_state("domcontentloaded")
        expect(tab).to_have_attribute("aria-selected", "true")
        if tab.inner_text() == ZH["models.title"]:
            expect(page.locator("#models-table table")).to_be_visible()
        seen = [words for words in visible_words(page) if words.strip() not in own]
        left = [words for words in seen if names.sub("", words).strip()]
        assert left == []


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_no_marker_and_no_key_is_seen(open_page, language):
    page = open_page(f"/?lang={language}")
    for tab in page.locator("#tabs > .tab-wrapper [role=tab]").all():
        tab.click()
        page.wait_for_timeout(0)
        text = " ".join(visible_words(page))
        assert "__i18n__" not in text
        assert [key for key in EN if key in text] == []


@pytest.mark.parametrize(
    "path", ["/?lang=zh-Hant%27%3Cscript%3E", "/?lang=", "/?lang=xx&__theme=no"]
)
def test_odd_addresses_open_in_english(open_page, path):
    page = open_page(path)
    assert page.title() == EN["page.name"] or page.title() == ZH["page.name"]
    expect(page.locator("#models-button")).to_be_visible()


def test_a_huge_accept_language_is_no_trouble(open_page):
    page = open_page(extra_http_headers={"accept-language": "zh-XX," * 1_600})
    expect(page.locator("#models-button")).to_have_text(EN["models.title"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_and_the_switch(open_page, scheme):
    page = open_page(color_scheme=scheme)
    page.expected += LEAVING
    dark = re.compile(r"\bdark\b")
    body = page.locator("body")
    shade = page.evaluate(
        "getComputedStyle(document.querySelector('.gradio-container')).backgroundColor"
    )
    assert shade == {"light": "rgb(245, 246, 248)", "dark": "rgb(15, 17, 20)"}[scheme]
    page.locator("[data-theme-switch]").click()
    for _ in range(2):
        if scheme == "dark":
            expect(body).not_to_have_class(dark)
        else:
            expect(body).to_have_class(dark)
        page.reload()
        page.wait_for_selector("html[data-playground=ready]")


@pytest.mark.parametrize("viewport", [PROJECTOR, PHONE, {"width": 683, "height": 384}], ids=str)
@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_nothing_scrolls_sideways(open_page, viewport, language):
    """The third size is the projector at 200 % zoom."""
    page = open_page(f"/?lang={language}", viewport=viewport)
    for tab in page.locator("#tabs > .tab-wrapper [role=tab]:visible").all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        assert not goes_wide(page)


@pytest.mark.ctx(viewport=PHONE)
def test_fingers_find_what_they_press(page):
    small = page.evaluate(
        """() => [...document.querySelectorAll("#header button, #tabs > .tab-wrapper [role=tab], "
            + ".tabitem button.primary, .tabitem button.secondary")]
          .filter((b) => b.checkVisibility() && b.getBoundingClientRect().height > 0)
          .map((b) => [b.textContent.trim(), b.getBoundingClientRect().height])
          .filter(([, height]) => height < 38)"""
    )
    assert small == []


def test_the_keyboard_reaches_everything_and_shows_where_it_is(page):
    expected = page.evaluate(
        f"""() => [...document.querySelectorAll({PRESSED!r})].filter((b) =>
          b.checkVisibility() && b.tabIndex >= 0 && !b.closest(".visually-hidden")).length"""
    )
    seen, invisible = set(), []
    for _ in range(120):
        page.keyboard.press("Tab")
        name, outlined, is_button = page.evaluate(
            f"""() => {{ const e = document.activeElement; const s = getComputedStyle(e);
              const id = [...document.querySelectorAll("*")].indexOf(e);
              const shown = s.outlineStyle !== "none" || s.boxShadow !== "none";
              return [id, shown, e.matches({PRESSED!r})]; }}"""
        )
        if is_button:
            seen.add(name)
            if not outlined:
                invisible.append(name)
        if len(seen) >= expected:
            break
    assert len(seen) >= expected
    assert invisible == []


def test_a_tab_has_an_address(page, address):
    page.expected += LEAVING
    page.locator("#models-button").click()
    expect(page).to_have_url(re.compile(r"lang=en.*#models$"))
    page.reload()
    expect(page.locator("table.models")).to_be_visible()


def test_nothing_of_gradio_is_advertised(page):
    expect(page.locator("footer")).to_have_count(0)
    assert "gradio" not in " ".join(visible_words(page)).lower()


# ---- with the trial tabs: work, mistakes, pictures that travel ----


@pytest.fixture
def trial_page(open_page, trial, trial_playground):
    trial.go_on.clear()
    trial.was_stopped.clear()
    trial.received.clear()

    def open_trial(**options):
        return open_page(at=trial_playground.address, **options)

    return open_trial


@pytest.mark.parametrize(("locale", "words"), [("en-US", EN), ("zh-TW", ZH)])
def test_waiting_is_told_in_words_and_stop_stops(trial_page, trial, locale, words):
    page = trial_page(locale=locale)
    stop = page.get_by_role("button", name=words["page.stop"], exact=True)
    expect(stop).to_be_hidden()
    page.locator("#words textarea").fill("a kite")
    page.locator("#go").click()
    told = words["status.copying_seconds"].format(
        title="trial-model", done="3 MB", total="9 MB", seconds=1
    )
    expect(page.locator(".status.busy")).to_have_text(told)
    stop.click()
    assert trial.was_stopped.wait(30)
    expect(page.locator("#answer textarea")).to_have_value("")


def test_work_ends_with_its_answer(trial_page, trial):
    page = trial_page()
    page.locator("#words textarea").fill("a kite")
    page.locator("#go").click()
    expect(page.locator(".status.busy")).to_be_visible()
    trial.go_on.set()
    expect(page.locator("#answer textarea")).to_have_value("a kite")
    expect(page.locator(".status-line").first).to_contain_text(EN["status.ready"])


def test_leaving_the_page_ends_the_work(trial_page, trial):
    page = trial_page()
    page.expected += LEAVING
    page.locator("#words textarea").fill("a kite")
    page.locator("#go").click()
    expect(page.locator(".status.busy")).to_be_visible()
    page.goto("about:blank")
    assert trial.was_stopped.wait(20)


@pytest.mark.parametrize(("locale", "words"), [("en-US", EN), ("zh-HK", ZH)])
def test_mistakes_are_sentences_and_tell_no_secrets(trial_page, locale, words, caplog):
    page = trial_page(locale=locale)
    page.locator("#go").click()
    toast = page.get_by_test_id("toast-body")
    expect(toast).to_contain_text(words["mistake.words.empty"])
    page.get_by_test_id("toast-close").click()
    page.locator("#words textarea").fill("my name is Ada")
    page.locator("#fail").click()
    expect(toast).to_contain_text(words["mistake.unexpected"])
    assert "Ada" not in toast.inner_text()
    assert "Ada" not in caplog.text


def test_a_tab_that_cannot_be_built_says_why_and_the_others_work(trial_page, trial):
    page = trial_page()
    for name, reason in (
        ("half", "the second half is missing"),
        ("absent", "No module named 'absent'"),
    ):
        page.locator(f"#{name}-button").click()
        panel = page.locator(f"#{name}")
        expect(panel).to_contain_text(EN["page.tab_off"])
        expect(panel).to_contain_text(reason)
    page.locator("#trial-button").click()
    trial.go_on.set()
    page.locator("#words textarea").fill("still here")
    page.locator("#go").click()
    expect(page.locator("#answer textarea")).to_have_value("still here")


def test_half_a_tab_leaves_nothing_behind(trial_playground):
    page = trial_playground.page
    assert "half_event" not in {fn.api_name for fn in page.fns.values()}
    assert "half a tab" not in {getattr(b, "label", None) for b in page.blocks.values()}


def test_a_picture_travels_and_can_be_put_away(trial_page, trial):
    page = trial_page()
    page.get_by_role("button", name=EN["send.hold"]).click()
    held = page.locator("details.held")
    expect(held).to_be_visible()
    held.locator("summary").click()
    page.locator("[data-held=send_trial]").click()
    expect(page.locator("#trial-picture img")).to_be_visible()
    assert trial.received[0].pixels.shape == (40, 60, 3)
    held.locator("summary").click()
    page.locator("[data-held=forget]").click()
    expect(held).to_have_count(0)


def test_send_to_opens_the_other_tab(trial_page, trial):
    page = trial_page()
    page.locator(".send-bar button").nth(1).click()
    expect(page.locator("#trial-picture img")).to_be_visible()
    expect(page.locator("#trial-button")).to_have_attribute("aria-selected", "true")
    assert len(trial.received) == 1


def test_an_uploaded_picture_is_replaced_by_ours(trial_page, tmp_path):
    page = trial_page()
    photo = tmp_path / "Ada <b> at home.jpg"
    photo.write_bytes(bad_pictures.with_secrets())
    page.locator("#trial-picture input[type=file]").set_input_files(photo)
    shown = page.locator("#trial-picture img")
    expect(shown).to_have_attribute("src", re.compile(r"picture\.webp$"))
    kept = page.request.get(shown.get_attribute("src")).body()
    assert kept[8:12] == b"WEBP"
    assert b"Exif" not in kept and b"EXIF" not in kept and b"Secret" not in kept


def test_what_is_no_picture_is_told(trial_page, tmp_path):
    page = trial_page()
    fake = tmp_path / "page.png"
    fake.write_text("<html>no picture</html>")
    page.locator("#trial-picture input[type=file]").set_input_files(fake)
    expect(page.get_by_test_id("toast-body")).to_be_visible()
    assert "Traceback" not in page.content()


def test_two_tabs_of_one_browser_are_two_visitors(trial_page, trial_playground):
    page = trial_page()
    other = page.context.new_page()
    other.goto(trial_playground.address)
    other.wait_for_selector("html[data-playground=ready]")
    page.get_by_role("button", name=EN["send.hold"]).click()
    expect(page.locator("details.held")).to_be_visible()
    expect(other.locator("details.held")).to_have_count(0)


def test_the_next_student_finds_nothing(trial_page, trial_playground, trial):
    """A shared computer: the same browser, opened again by somebody else."""
    page = trial_page()
    trial.go_on.set()
    page.locator("#words textarea").fill("a secret of Ada")
    page.locator("#go").click()
    expect(page.locator("#answer textarea")).to_have_value("a secret of Ada")
    page.get_by_role("button", name=EN["send.hold"]).click()
    expect(page.locator("details.held")).to_be_visible()
    page.goto("about:blank")
    page.goto(trial_playground.address)
    page.wait_for_selector("html[data-playground=ready]")
    expect(page.locator("details.held")).to_have_count(0)
    expect(page.locator("#words textarea")).to_have_value("")
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "Ada" not in kept
    assert page.evaluate("indexedDB.databases().then((found) => found.length)") == 0
    assert page.context.cookies() == []


def test_everything_works_behind_a_prefix(open_page, tmp_path):
    """As behind a proxy that serves us under /play: links, uploads, events and our own routes."""
    trial = Trial()
    running = app.open_playground(settings_for_tests(root_path="/play"), [trial.demo])
    address = re.sub(r"(/play)?$", "/play", running.address)
    try:
        page = open_page("/", at=address)
        page.expected += LEAVING
        with page.expect_response(re.compile(r"/play/loaded\?lang=en$")):
            page.reload()
        photo = tmp_path / "photo.jpg"
        photo.write_bytes(bad_pictures.valid("JPEG"))
        page.locator("#trial-picture input[type=file]").set_input_files(photo)
        expect(page.locator("#trial-picture img")).to_have_attribute(
            "src", re.compile(r"/play/gradio_api/file=.*picture\.webp$")
        )
        trial.go_on.set()
        page.locator("#words textarea").fill("a kite")
        page.locator("#go").click()
        expect(page.locator("#answer textarea")).to_have_value("a kite")
    finally:
        running.page.close(verbose=False)


def test_a_page_from_before_a_restart_says_what_to_do(open_page, trial):
    """The server comes back on the same port and knows nothing of the old page's picture."""
    first = app.open_playground(settings_for_tests(), [trial.demo])
    port = int(first.address.rsplit(":", 1)[1])
    page = open_page(at=first.address)
    page.expected += ["ERR_", "Failed to load resource", "Connection", "fetch", "^(404|503) "]
    page.get_by_role("button", name=EN["send.hold"]).click()
    expect(page.locator("details.held")).to_be_visible()
    first.page.close(verbose=False)
    second = app.open_playground(settings_for_tests(port=port), [trial.demo])
    try:
        page.locator("details.held summary").click()
        page.locator("[data-held=send_trial]").click()
        expect(page.get_by_test_id("toast-body").first).to_contain_text(
            re.compile(re.escape(EN["mistake.no_current_picture"]) + "|[Cc]onnection|[Rr]eload")
        )
    finally:
        second.page.close(verbose=False)


@pytest.mark.parametrize("tab", ["clip_search", "sam_segment", "models"])
def test_an_address_opens_its_tab_on_the_narrowest_phone(open_page, tab):
    page = open_page(f"#{tab}", viewport={"width": 320, "height": 600})
    expect(page.locator(f"#{tab}-button")).to_have_attribute("aria-selected", "true")
    row = page.locator("#tabs > .tab-wrapper .tab-container").bounding_box()
    assert row["height"] <= 52
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
