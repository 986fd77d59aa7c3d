"""A person's journeys through "Compare": by mouse and by keyboard, in both languages."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

APP = "document.querySelector('.compare').app"
MODE = "#text_to_image/draw-compare-mode"
PHONE = {"width": 390, "height": 844}
# The first question of a run imports the libraries and loads the model.
FIRST_MS = 120_000
HOSTILE = "<img src=x onerror=window.hacked=1>"
FEW_STEPS = 4


@pytest.fixture
def open_compare(open_page):
    def open_one(**options):
        page = open_page(MODE, **options)
        page.wait_for_selector(".compare[data-started=true] .compare-grid img[src]")
        return page

    return open_one


@pytest.fixture
def compare(open_compare):
    return open_compare()


def ask(page, expression):
    return page.evaluate(f"(() => {{ const app = {APP}; return {expression}; }})()")


def settle(page):
    page.wait_for_function(f"!{APP}.asked", timeout=FIRST_MS)
    frames = "() => new Promise((ok) => requestAnimationFrame(() => requestAnimationFrame(ok)))"
    page.evaluate(frames)


def mode(page, name):
    page.locator(f"#draw-compare-{name}-tab").click()


def kind(page, name):
    page.locator(f".compare-kinds button[value={name}]").click()


def few_steps(page):
    """Rough pictures come soon."""
    ask(page, f"app.form.change({{ steps: {FEW_STEPS} }})")


def draw(page):
    page.locator("#draw-compare-go").click()
    settle(page)


def states(page):
    return page.locator(".compare-grid .compare-cell").evaluate_all(
        "cells => cells.map((cell) => cell.dataset.state)"
    )


@pytest.mark.parametrize(
    ("locale", "word", "said"), [("en-US", "fox", "beforehand"), ("zh-TW", "狐狸", "事先")]
)
def test_it_opens_on_a_grid_before_any_model(open_compare, locale, word, said):
    page = open_compare(locale=locale)
    assert word in page.locator(".compare-grid tbody").inner_text()
    images = page.locator(".compare-grid img")
    expect(images).to_have_count(9)
    page.wait_for_function(
        "[...document.querySelectorAll('.compare-grid img')].every((i) => i.naturalWidth === 128)"
    )
    expect(page.locator("#draw-compare-mode .status-line").first).to_contain_text(said)
    for name in ("blend", "change"):
        mode(page, name)
        expect(page.locator(f"#draw-compare-{name} img[src]").first).to_be_visible()


def test_a_grid_fills_cell_by_cell(compare):
    page = compare
    kind(page, "seed_guidance")
    page.locator("input[name=seed_axis]").fill("5, 6")
    page.locator("input[name=guidance_axis]").fill("1, 4")
    few_steps(page)
    expect(page.locator("#draw-compare-go")).to_have_text("Draw 4 pictures")
    # Notes each change of the cells from now on.
    page.evaluate(
        f"""() => {{ const app = {APP}; window.seen = [];
        const take = app.take.bind(app);
        app.take = (told) => {{ take(told);
          window.seen.push(app.results.grid.cells.map(({{ state }}) => state)); }}; }}"""
    )
    draw(page)
    assert states(page) == ["done"] * 4
    seen = page.evaluate("window.seen")
    assert any("done" in row and "waiting" in row for row in seen)
    assert all(row.count("drawing") <= 2 for row in seen)
    addresses = page.locator(".compare-grid img").evaluate_all("all => all.map((i) => i.src)")
    assert len(set(addresses)) == 4
    assert page.locator(".compare-grid thead th").all_text_contents() == ["1", "4"]
    expect(page.locator("#draw-compare-mode .status-line").first).to_contain_text("4 of 4")


def test_stop_keeps_what_is_there_and_the_rest_is_drawn_later(compare):
    page = compare
    kind(page, "seed_guidance")
    page.locator("input[name=seed_axis]").fill("11 12 13 14 15 16")
    page.locator("input[name=guidance_axis]").fill("2")
    page.locator("#draw-compare-go").click()
    done = ".compare-grid .compare-cell[data-state=done]"
    page.wait_for_function(
        f"""(({{ plan, cells }}) => plan.rows[0] === 11 && cells.some(({{ state }}) =>
        state === 'done'))({APP}.results.grid)""",
        timeout=FIRST_MS,
    )
    page.locator("#draw-compare-go").click()
    settle(page)
    count = page.locator(done).count()
    assert 1 <= count < 6
    assert set(states(page)) == {"done", "stopped"}
    expect(page.locator("#draw-compare-mode .status-line").first).to_contain_text("Stopped")
    draw(page)
    assert states(page) == ["done"] * 6
    told = page.locator("#draw-compare-mode .status-line").first
    expect(told).to_contain_text(re.compile("[1-5] were there already"))


def test_stop_by_keyboard_leaves_the_focus_on_the_button(compare):
    go = compare.locator("#draw-compare-go")
    go.focus()
    compare.keyboard.press("Enter")
    expect(go).to_have_text("Stop")
    compare.keyboard.press("Enter")
    settle(compare)
    expect(go).to_contain_text("9")
    expect(go).to_be_focused()


def test_a_whole_grid_is_in_sight_on_a_small_laptop(open_compare):
    page = open_compare(viewport={"width": 1366, "height": 768})
    last = page.locator(".compare-grid .compare-cell").last.bounding_box()
    assert last["y"] + last["height"] <= 768


def test_cells_are_walked_by_keyboard_and_one_opens_large(compare):
    page = compare
    page.locator(".compare-grid button[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator(":focus")).to_have_attribute("aria-label", "a fish under water: drawn")
    expect(page.locator(".compare-aside h3")).to_have_text("a fish under water")
    page.locator(".compare-aside .compare-cell").click()
    dialog = page.locator(".compare-dialog")
    expect(dialog.locator("img")).to_have_attribute("alt", re.compile("a fish under water"))
    page.keyboard.press("ArrowRight")
    expect(dialog.locator("h2")).to_have_text("a fish in the snow")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert ask(page, "app.results.grid.chosen") == 5


def test_a_picture_is_taken_away_with_its_recipe(compare):
    page = compare
    with page.expect_download() as png:
        page.locator(".compare-acts button").nth(0).click()
    assert png.value.suggested_filename == "mini-diffusion-2.png"
    assert png.value.path().read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as recipe:
        page.locator(".compare-acts button").nth(1).click()
    told = json.loads(recipe.value.path().read_text("utf-8"))
    assert told["order"]["words"] == "an apple on a wooden table" and told["order"]["seed"] == 2


def test_a_picture_is_sent_to_another_tab(compare):
    page = compare
    page.locator("#draw-compare-mode .send-bar button").nth(0).click()
    expect(page.locator("#held-picture details")).to_have_count(1)


def test_words_and_settings_go_to_draw_and_come_back(compare):
    page = compare
    page.locator(".compare-grid button").nth(4).click()
    page.locator(".compare-acts button").nth(2).click()
    field = page.locator(".draw-prompt textarea")
    expect(field).to_be_visible()
    expect(field).to_have_value("a fish under water")
    page.locator("#text_to_image .modes button[role=tab]").nth(1).click()
    kind(page, "seed_guidance")
    words = ask(page, "document.querySelector('.draw').app.chosen?.fields.words ?? ''")
    if words:
        page.get_by_role("button", name="Words and settings as in Draw").click()
        expect(page.locator(".compare-words input[name=words]")).to_have_value(words)


def test_one_changed_word_has_a_curtain_and_a_map(compare):
    page = compare
    mode(page, "change")
    expect(page.locator(".compare-about")).to_contain_text("pumpkin")
    assert page.locator(".compare-about del").inner_text() == "an apple"
    slider = page.locator("input[name=curtain]")
    expect(slider).to_be_visible()
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^0 %"))
    # Whichever is seen is the one that is taken away.
    expect(page.locator(".compare-aside h3")).to_have_text("a pumpkin on a wooden table")
    page.keyboard.press("End")
    expect(page.locator(".compare-aside h3")).to_have_text("an apple on a wooden table")
    page.get_by_role("radio", name="What changed").click()
    expect(page.locator(".compare-map")).to_have_attribute("aria-label", re.compile(r"\d+ %"))
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="Side by side")).to_be_focused()


def test_the_blend_slider_stops_at_pictures_that_were_drawn(compare):
    page = compare
    mode(page, "blend")
    slider = page.locator("input[name=blend]")
    expect(page.locator(".compare-strip img[src]")).to_have_count(5)
    slider.focus()
    large, seen = page.locator("#draw-compare-blend .compare-cell.large img"), []
    for place in range(5):
        expect(slider).to_have_attribute("aria-valuetext", f"{25 * place} % of the second prompt")
        strip = page.locator(".compare-strip img").nth(place)
        expect(large).to_have_attribute("src", strip.get_attribute("src"))
        seen.append(large.get_attribute("src"))
        page.keyboard.press("ArrowRight")
    assert len(set(seen)) == 5


def test_too_many_pictures_and_values_that_are_none_are_told_before(compare):
    page = compare
    kind(page, "seed_guidance")
    page.locator("input[name=seed_axis]").fill(" ".join(map(str, range(13))))
    expect(page.locator(".compare-about")).to_contain_text("39 pictures are too many")
    expect(page.locator("#draw-compare-go")).to_be_disabled()
    page.locator("input[name=seed_axis]").fill("one, two")
    expect(page.locator("input[name=seed_axis]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#draw-compare-go")).to_be_disabled()
    page.locator("input[name=seed_axis]").fill("1")
    expect(page.locator("#draw-compare-go")).to_be_enabled()


def test_what_the_server_refuses_is_told_on_the_stage(compare):
    page = compare
    kind(page, "seed_guidance")
    page.locator("input[name=guidance_axis]").fill("1, 999")
    draw(page)
    expect(page.locator(".compare-mistake")).to_contain_text("Guidance")
    expect(page.locator("#draw-compare-go")).to_be_enabled()


def test_a_picture_that_is_kept_back_says_so(compare):
    page = compare
    page.evaluate(f"""() => {{
      const cell = {APP}.result.cells[1];
      Object.assign(cell, {{ withheld: true, notes: ['Kept back; draw again.'] }});
      {APP}.choose(1);
    }}""")
    cell = page.locator(".compare-grid .compare-cell").nth(1)
    expect(cell.locator(".compare-word")).to_contain_text("safety")
    expect(cell).to_have_attribute("aria-label", re.compile("safety"))
    expect(page.locator(".compare-aside .ui-hint")).to_have_text("Kept back; draw again.")
    for button in page.locator(".compare-acts button").all()[:2]:
        expect(button).to_be_disabled()
    expect(page.locator(".compare-aside .compare-cell")).to_be_disabled()


def test_words_are_shown_as_words(compare):
    page = compare
    mode(page, "change")
    page.locator("input[name=changed]").fill(f"{HOSTILE} apple")
    few_steps(page)
    draw(page)
    expect(page.locator(".compare-caption").nth(1)).to_have_text(f"{HOSTILE} apple")
    assert page.evaluate("window.hacked") is None


def test_it_fits_a_phone(open_compare):
    page = open_compare(viewport=PHONE)
    for name in ("grid", "blend", "change"):
        mode(page, name)
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        small = page.locator("#draw-compare button:visible, .compare-tools button:visible")
        boxes = small.evaluate_all("all => all.map((one) => one.getBoundingClientRect().height)")
        assert min(boxes) >= 43
