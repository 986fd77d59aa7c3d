"""A person's journeys through drawing: by mouse, touch and keyboard, in both languages."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}
APP = "document.querySelector('.draw').app"
# The first drawing of a run imports the libraries and loads the models.
LONG_MS = 120_000
HOSTILE = "<img src=x onerror=window.attacked=1>"


def ask_app(page, expression):
    """The value of an expression in which `app` is the drawing tab."""
    return page.evaluate(f"(() => {{ const app = {APP}; return {expression}; }})()")


def settle(page):
    """Until what is asked for is there and painted."""
    page.wait_for_function(f"!{APP}.asking.isDrawing", timeout=LONG_MS)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def drawn_ids(page):
    return ask_app(page, "app.gallery.map(({ id }) => id)")


def draw(page, words=None, steps=3):
    """Draws with few steps; returns when it is done."""
    before = len(drawn_ids(page))
    if words is not None:
        page.locator(".draw-line textarea").fill(words)
    page.evaluate(f"{APP}.settings.steps.set({steps})")
    page.locator(".draw-line textarea").press("Enter")
    page.wait_for_function(f"{APP}.gallery.length > {before}", timeout=LONG_MS)
    settle(page)


def tell(page, **value):
    """What a server would say."""
    page.evaluate(f"(value) => {APP}.receive(value)", value | {"stamp": str(np.random.rand())})
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def png(size=(200, 160), name="photo.png"):
    file = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(file, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": file.getvalue()}


def status(page):
    return page.locator("#text_to_image .status-line:visible").first


def open_start(page, file=None):
    page.locator(".draw > input[type=file]").set_input_files(file or png())
    page.wait_for_function(f"{APP}.startCard.picture?.id", timeout=LONG_MS)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


@pytest.fixture
def open_draw(open_page):
    def open_one(**options):
        page = open_page("#text_to_image", **options)
        page.wait_for_selector(".draw[data-started=true]")
        page.wait_for_function(f"{APP}.chosen")
        return page

    return open_one


@pytest.fixture
def tab(open_draw):
    return open_draw()


# Opening.


@pytest.mark.parametrize(("locale", "go"), [("en-US", "Draw"), ("zh-TW", "畫圖")])
def test_it_opens_on_a_drawing_and_asks_no_model(open_page, locale, go):
    asked = []
    page = open_page("", locale=locale)
    page.on("request", lambda request: asked.append(request.post_data or ""))
    page.locator("#text_to_image-button").click()
    page.wait_for_function(f"document.querySelector('.draw') && {APP}?.chosen")
    expect(page.locator(".draw-go:visible")).to_have_text(go)
    expect(page.locator(".draw-cell img")).to_have_js_property("naturalWidth", 128)
    words = page.locator(".draw-line textarea").input_value()
    expect(page.locator(".draw-words")).to_have_text(words)
    assert page.locator(".draw-cell img").get_attribute("alt").endswith(words)
    expect(page.locator(".draw-count")).to_contain_text("32")
    expect(page.locator(".draw-examples .draw-thumb[aria-pressed=true]")).to_have_count(1)
    assert not any('"tokens"' in body for body in asked)


@pytest.mark.parametrize("viewport", [{"width": 1366, "height": 768}, PHONE])
def test_nothing_juts_out(open_draw, viewport):
    page = open_draw(viewport=viewport)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= viewport["width"]
    cell = page.locator(".draw-cell").bounding_box()
    assert cell["width"] == pytest.approx(cell["height"], abs=1)
    assert cell["width"] >= min(340, viewport["width"] - 60)
    go = page.locator(".draw-go:visible").bounding_box()
    assert go["height"] >= 44 and go["y"] + go["height"] <= viewport["height"]


def is_tab_in_sight(page, name):
    row = page.locator("#tabs > .tab-wrapper .tab-container").bounding_box()
    tab = page.locator(f"#{name}-button").bounding_box()
    return row["x"] <= tab["x"] and tab["x"] + tab["width"] <= row["x"] + row["width"] + 1


def test_on_a_phone_the_chosen_tab_is_in_sight(open_draw):
    page = open_draw(viewport=PHONE)
    assert is_tab_in_sight(page, "text_to_image")
    page.set_viewport_size({"width": PHONE["height"], "height": PHONE["width"]})
    page.set_viewport_size(PHONE)
    page.wait_for_function("innerWidth === 390")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert is_tab_in_sight(page, "text_to_image")
    # By "Send to CLIP search" nobody presses the tab itself.
    page.locator("#text_to_image .send-bar:visible button").nth(1).click()
    expect(page.locator("#clip_search-button")).to_have_attribute("aria-selected", "true")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert is_tab_in_sight(page, "clip_search")


@pytest.mark.parametrize("viewport", [{"width": 1366, "height": 768}, PHONE])
def test_what_is_pressed_is_large_enough(open_draw, viewport):
    page = open_draw(viewport=viewport)
    page.locator(".draw-start summary").click()
    small = page.evaluate(
        """() => [...document.querySelectorAll(
            '.draw button, .draw-tools :is(button, select, input)')]
          .filter((node) => node.offsetParent && node.type !== 'range')
          .map((node) => [node.className, node.getBoundingClientRect()])
          .filter(([, box]) => box.height < 43.5 || box.width < 43.5).map(([name]) => name)"""
    )
    assert small == []


# Drawing.


def test_a_picture_comes_step_by_step_and_joins_the_gallery(tab):
    tab.evaluate(
        f"""() => {{
          window.told = [];
          const app = {APP};
          const receive = app.receive.bind(app);
          app.receive = (value) => {{
            if (value.going) window.told.push(value.going[0]);
            receive(value);
          }};
        }}"""
    )
    draw(tab, "a fish in the sea", steps=6)
    told = tab.evaluate("window.told")
    assert [one["step"] for one in told] == sorted(one["step"] for one in told)
    assert any(one["src"].startswith("data:image/") for one in told)
    expect(tab.locator(".draw-gallery .draw-thumb")).to_have_count(1)
    expect(tab.locator(".draw-words")).to_have_text("a fish in the sea")
    expect(status(tab)).to_contain_text("Drawn by mini-diffusion")
    expect(tab.locator(".draw > [role=status]")).to_contain_text("a fish in the sea")
    assert ask_app(tab, "app.root.dataset.drawing") == "false"


def test_on_the_way_one_sees_how_far_it_is(tab):
    going = {"seed": 3, "step": 5, "steps": 20, "together": 4, "src": ""}
    tab.evaluate(f"{APP}.asking.begin([{{ step: 0, steps: 20, src: '', together: 1 }}])")
    tell(tab, busy=True, going=[going])
    expect(tab.locator(".draw-step")).to_have_text("Step 5 of 20")
    bar = tab.locator(".draw-progress")
    assert (bar.get_attribute("aria-valuenow"), bar.get_attribute("aria-valuemax")) == ("5", "20")
    expect(tab.locator(".draw-going")).to_contain_text("3 pictures of others")
    expect(tab.locator(".draw-go:visible")).to_have_text("Stop")
    expect(tab.locator(".draw-thumb").first).to_be_disabled()
    tell(tab, busy=False, error="It cannot be.", of="draw")
    expect(tab.locator(".draw-note")).to_have_text("It cannot be.")
    expect(tab.locator(".draw-go:visible")).to_have_text("Draw")


def test_who_works_by_keyboard_stays_where_it_was_begun(tab):
    draw(tab)
    for begins in (tab.locator(".draw-go:visible"), tab.locator(".draw-acts button").first):
        tab.evaluate(f"{APP}.settings.steps.set(50)")
        begins.focus()
        tab.keyboard.press("Enter")
        expect(tab.locator(".draw-go:visible")).to_have_text("Stop")
        expect(tab.locator(".draw-go:visible")).to_be_focused()
        tab.wait_for_function(f"{APP}.asking.going.some(({{ src }}) => src)", timeout=LONG_MS)
        tab.keyboard.press("Enter")
        settle(tab)
        expect(begins).to_be_focused()
    # Who goes elsewhere meanwhile is left there.
    tab.locator(".draw-go:visible").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator(".draw-go:visible")).to_be_focused()
    tab.locator(".draw-seed-line input").focus()
    settle(tab)
    expect(tab.locator(".draw-seed-line input")).to_be_focused()


def test_a_sharp_preview_is_not_followed_by_a_soft_one(tab):
    def source(side):
        file = io.BytesIO()
        Image.new("RGB", (side, side), (200, 30, 30)).save(file, "PNG")
        import base64

        return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()

    tab.evaluate(f"{APP}.asking.begin([{{ step: 0, steps: 20, src: '', together: 1 }}])")
    image = tab.locator(".draw-cell img")
    for step, side, coarse in [(1, 16, "true"), (6, 128, "false"), (7, 16, "false")]:
        one = {"seed": 3, "step": step, "steps": 20, "together": 1, "src": source(side)}
        tell(tab, busy=True, going=[one])
        expect(image).to_have_attribute("data-coarse", coarse)


def test_four_at_once_are_chosen_enlarged_and_walked_through(tab):
    tab.locator(".draw-counts button").nth(3).click()
    tab.locator(".draw-seed-line input").fill("10")
    draw(tab, "a sunflower", steps=2)
    cells = tab.locator(".draw-cell")
    expect(cells).to_have_count(4)
    assert ask_app(tab, "app.shown.map(({ seed }) => seed)") == [10, 11, 12, 13]
    cells.nth(2).click()
    expect(cells.nth(2)).to_have_attribute("aria-pressed", "true")
    expect(tab.locator(".draw-facts")).to_contain_text("12")
    cells.nth(2).press("ArrowRight")
    expect(tab.locator(".draw-facts")).to_contain_text("13")
    cells.nth(3).click()
    expect(cells).to_have_count(1)
    tab.locator(".draw-all").click()
    expect(cells).to_have_count(4)


def test_stop_keeps_what_there_is(tab):
    tab.locator(".draw-line textarea").fill("a strawberry")
    tab.evaluate(f"{APP}.settings.steps.set(50)")
    tab.locator(".draw-go:visible").click()
    tab.wait_for_function(f"{APP}.asking.going[0]?.step >= 2", timeout=LONG_MS)
    tab.locator(".draw-go:visible").click()
    tab.wait_for_function(f"{APP}.gallery.length === 1", timeout=LONG_MS)
    assert ask_app(tab, "app.chosen.is_stopped") and ask_app(tab, "app.chosen.steps") < 50
    expect(status(tab)).to_contain_text("of 50")


def test_the_same_seed_with_one_word_changed(tab):
    tab.locator(".draw-seed-line input").fill("5")
    draw(tab, "a red apple")
    keep = tab.locator(".draw-acts button").nth(1)
    expect(keep).to_have_attribute("aria-pressed", "true")
    draw(tab, "a green apple")
    assert ask_app(tab, "app.gallery.map(({ seed }) => seed)") == [5, 5]
    keep.click()
    assert tab.locator(".draw-seed-line input").input_value() == ""
    tab.locator(".draw-acts button").first.click()
    tab.wait_for_function(f"{APP}.gallery.length === 3", timeout=LONG_MS)
    assert ask_app(tab, "app.gallery[0].seed") != 5
    assert ask_app(tab, "app.gallery[0].words") == "a green apple"


def test_an_example_puts_its_words_and_settings_in_the_fields(tab):
    tab.evaluate(f"{APP}.settings.steps.set(3)")
    tab.locator(".draw-examples .draw-thumb").nth(1).click()
    words = ask_app(tab, "app.examples[1].words")
    expect(tab.locator(".draw-line textarea")).to_have_value(words)
    expect(tab.locator(".draw-words")).to_have_text(words)
    assert ask_app(tab, "app.settings.fields().steps") == 20


def test_what_is_too_long_is_shown_as_cut_off(tab):
    tab.locator(".draw-line textarea").fill("a cat and a dog and " * 6 + "a house")
    expect(tab.locator(".draw-cut mark")).to_contain_text("a house", timeout=LONG_MS)
    expect(tab.locator(".draw-tokens")).to_have_attribute("data-over", "true")
    tab.locator(".draw-line textarea").fill("a cat")
    expect(tab.locator(".draw-cut")).to_have_count(0)


def test_a_wrong_number_is_told_where_it_happens(tab):
    tab.locator(".draw-seed-line input").fill("-3")
    tab.locator(".draw-line textarea").press("Enter")
    expect(tab.locator(".draw-note")).to_contain_text("Seed")
    # Once the field is changed, the sentence is about nothing that is there.
    tab.locator(".draw-seed-line input").fill("-2")
    expect(tab.locator(".draw-note")).to_be_hidden()
    tab.locator(".draw-seed-line .ui-button").click()
    draw(tab, "a cat")
    expect(tab.locator(".draw-note")).to_be_hidden()


def test_nothing_is_drawn_without_words(tab):
    tab.locator(".draw-line textarea").fill("  ")
    expect(tab.locator(".draw-go:visible")).to_be_disabled()
    tab.locator(".draw-line textarea").press("Enter")
    assert not ask_app(tab, "app.asking.isDrawing")


def test_what_a_person_wrote_is_never_run(tab):
    draw(tab, HOSTILE, steps=1)
    expect(tab.locator(".draw-words")).to_have_text(HOSTILE)
    expect(tab.locator(".draw-gallery .draw-thumb span")).to_have_text(HOSTILE)
    assert tab.evaluate("window.attacked") is None


def test_a_model_that_ignores_some_settings_shows_them_greyed_out(tab):
    models = ask_app(tab, "app.models")
    deaf = models[0] | {
        "key": "deaf",
        "title": "deaf",
        "steps": [1, 4],
        "guidance": [1, 1],
        "reads_negative": False,
        "can_edit": False,
        "languages": ["en"],
        "reason": "It needs more memory than is free.",
    }
    tell(tab, models=[*models, deaf])
    tab.locator(".draw-settings select").first.select_option("deaf")
    tab.locator(".draw-more summary").click()
    expect(tab.locator(".draw-more input[type=text]")).to_be_disabled()
    expect(tab.locator(".draw-settings input[name=guidance]")).to_be_disabled()
    expect(tab.locator(".draw-reason")).to_have_text(deaf["reason"])
    expect(tab.locator(".draw-go:visible")).to_be_disabled()
    assert ask_app(tab, "app.settings.fields().steps") == 1
    tab.locator(".draw-start summary").click()
    expect(tab.locator(".draw-start .ui-hint:visible").first).to_contain_text("cannot start")


def test_from_a_model_that_is_not_here_one_press_leads_to_where_it_is_fetched(tab):
    models = ask_app(tab, "app.models")
    expect(tab.locator(".draw-settings [data-open-tab]")).to_be_hidden()
    tell(tab, models=[*models, models[0] | {"key": "away", "is_here": False}])
    tab.locator(".draw-settings select").first.select_option("away")
    tab.locator(".draw-settings [data-open-tab]").click()
    expect(tab.locator("#models-button")).to_have_attribute("aria-selected", "true")


def test_on_a_phone_the_status_line_stands_under_the_picture(open_draw):
    page = open_draw(viewport=PHONE)
    line, settings = status(page).bounding_box(), page.locator(".draw-settings").bounding_box()
    stage = page.locator(".draw").bounding_box()
    assert stage["y"] + stage["height"] <= line["y"] < settings["y"]


def test_what_is_read_on_a_button_is_its_name(tab):
    for button in tab.locator(".draw-acts button").all():
        said = button.inner_text()
        expect(button).to_have_accessible_name(said)
        expect(button).to_have_accessible_description(button.get_attribute("title"))


def test_how_many_is_chosen_by_arrow_keys(tab):
    counts = tab.locator(".draw-counts button")
    counts.first.focus()
    tab.keyboard.press("ArrowRight")
    expect(counts.nth(1)).to_have_attribute("aria-checked", "true")
    expect(counts.nth(1)).to_be_focused()
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("ArrowLeft")
    expect(counts.last).to_be_focused()
    assert ask_app(tab, "app.settings.fields().count") == 4


# Starting from a picture.


def test_a_part_is_painted_and_drawn_anew(tab):
    open_start(tab)
    expect(tab.locator(".draw-start")).to_have_attribute("data-used", "true")
    paint = tab.locator(".draw-paint")
    paint.scroll_into_view_if_needed()
    box = paint.bounding_box()
    tab.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.5, steps=6)
    tab.mouse.up()
    share = ask_app(tab, "app.startCard.paint.mask.reduce((a, b) => a + b) / (200 * 160)")
    assert 0.02 < share < 0.2
    expect(
        tab.locator(".draw-start .ui-slider:has-text('How much may change') output")
    ).to_have_text("100 %")
    draw(tab, "a cat")
    facts = tab.locator(".draw-facts")
    expect(facts).to_contain_text("Drawn anew")
    tab.locator(".draw-paint-bar button").nth(3).click()
    assert ask_app(tab, "app.startCard.paint.isEmpty")


def test_it_is_painted_by_the_keyboard_too(tab):
    open_start(tab)
    paint = tab.locator(".draw-paint")
    paint.focus()
    paint.press("ArrowRight")
    paint.press("Space")
    painted = ask_app(tab, "app.startCard.paint.mask.reduce((a, b) => a + b)")
    assert painted > 0
    tab.locator(".draw-paint-bar button").nth(4).click()
    inverted = ask_app(tab, "app.startCard.paint.mask.reduce((a, b) => a + b)")
    assert painted + inverted == 200 * 160


def test_a_drawing_is_changed_and_the_start_taken_away(tab):
    draw(tab, "a strawberry")
    tab.locator(".draw-acts button").nth(2).click()
    tab.wait_for_function(f"{APP}.startCard.picture?.id")
    expect(tab.locator(".draw-paint")).to_be_visible()
    draw(tab, "a sunflower", steps=4)
    expect(tab.locator(".draw-facts")).to_contain_text("60 %")
    tab.get_by_text("Start from noise again").click()
    expect(tab.locator(".draw-paint")).to_be_hidden()
    draw(tab, "a sunflower")
    expect(tab.locator(".draw-facts")).not_to_contain_text("Changed by")


def test_a_start_that_the_server_forgot_is_sent_again(tab, playground):
    open_start(tab)
    before = ask_app(tab, "app.startCard.picture.id")
    tab.evaluate(f"{APP}.startCard.picture.id = 'gone'")
    draw(tab, "a cat")
    after = ask_app(tab, "app.startCard.picture.id")
    assert after not in ("gone", before)
    expect(tab.locator(".draw-facts")).to_contain_text("Changed by")


def test_another_picture_comes_without_the_paint_of_the_one_before(tab):
    open_start(tab, png((128, 128)))
    tab.locator(".draw-paint").press("Space")
    assert not ask_app(tab, "app.startCard.paint.isEmpty")
    before = ask_app(tab, "app.startCard.picture.id")
    tab.locator(".draw-acts button").nth(2).click()
    tab.wait_for_function(f"{APP}.startCard.picture?.id !== '{before}'", timeout=LONG_MS)
    assert ask_app(tab, "app.startCard.paint.isEmpty")


def test_a_photo_is_painted_on_at_a_size_that_keeps_up(tab):
    file = io.BytesIO()
    Image.new("RGB", (3000, 2000), "teal").save(file, "JPEG")
    photo = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}
    open_start(tab, photo)
    assert ask_app(tab, "[app.startCard.paint.width, app.startCard.paint.height]") == [1024, 683]
    tab.evaluate("() => { window.asked = null; }")
    tab.evaluate(f"{APP}.startCard.takeThing = (at) => {{ window.asked = at; }}")
    tab.locator(".draw-paint-bar button").nth(2).click()
    tab.locator(".draw-paint").press("Enter")
    # A thing is pointed at in pixels of the picture as the server has it.
    sides = ask_app(tab, "[app.startCard.picture.width, app.startCard.picture.height]")
    assert sides[0] > 1024
    assert tab.evaluate("window.asked") == pytest.approx([side / 2 for side in sides], abs=2)


def test_a_file_that_is_no_picture_is_told(tab):
    bad = {"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"}
    tab.locator(".draw > input[type=file]").set_input_files(bad)
    expect(tab.locator(".draw-note")).to_contain_text(re.compile(r"\w+.*\."))
    assert ask_app(tab, "app.startCard.picture") is None


def test_a_picture_and_its_mask_come_from_the_segment_tab(tab):
    tab.locator("#sam_segment-button").click()
    tab.wait_for_selector(".segment-stage[data-ready]", timeout=LONG_MS)
    tab.locator(".segment-stage").click()
    tab.wait_for_function("document.querySelector('.segment').app.chosenUp", timeout=LONG_MS)
    tab.locator("#text_to_image-button").click()
    tab.locator(".draw-start summary").click()
    tab.get_by_text("From Click to segment").click()
    tab.wait_for_function(f"{APP}.startCard.picture?.id", timeout=LONG_MS)
    assert not ask_app(tab, "app.startCard.paint.isEmpty")


def test_a_drawing_is_sent_to_the_chat_and_a_picture_comes_back(tab):
    tab.locator("#text_to_image .send-bar:visible button").last.click()
    expect(tab.locator("#blip2_chat-button")).to_have_attribute("aria-selected", "true")
    tab.wait_for_selector(".chat[data-ready]", timeout=LONG_MS)
    expect(tab.locator("#held-picture summary img")).to_be_visible()
    tab.locator("#held-picture summary").click()
    tab.locator("[data-held=send_text_to_image]").click()
    expect(tab.locator("#text_to_image-button")).to_have_attribute("aria-selected", "true")
    tab.wait_for_function(f"{APP}.startCard.picture?.id", timeout=LONG_MS)
    expect(status(tab)).to_contain_text("starts from this picture")


# Taking away.


def take(page, place):
    page.locator(".draw-top .draw-menu > button").click()
    with page.expect_download() as download:
        page.locator(".draw-top .draw-menu-entry").nth(place).click()
    return download.value


def test_a_picture_is_taken_away_and_opened_again(tab, tmp_path):
    draw(tab, "a fish in the sea")
    taken = take(tab, 0)
    path = tmp_path / taken.suggested_filename
    taken.save_as(path)
    with Image.open(path) as image:
        assert image.size == (128, 128)
    tab.locator(".draw-visit input[type=file]").set_input_files(str(path))
    tab.wait_for_function(f"{APP}.gallery.length === 2", timeout=LONG_MS)
    expect(tab.locator(".draw-told")).to_contain_text("bit for bit")


def test_recipe_and_program_are_files(tab):
    recipe = json.loads(take(tab, 1).path().read_text(encoding="utf-8"))
    assert recipe["order"]["words"] == ask_app(tab, "app.chosen.words")
    program = take(tab, 2)
    assert program.suggested_filename.endswith(".py")
    assert "diffusers" in program.path().read_text(encoding="utf-8")


def test_what_is_no_recipe_is_told(tab):
    bad = {"name": "x.json", "mimeType": "application/json", "buffer": b"{}"}
    tab.locator(".draw-visit input[type=file]").set_input_files(bad)
    expect(tab.locator(".draw-note")).to_contain_text("no recipe")
    assert not ask_app(tab, "app.asking.isDrawing")


def test_the_list_lies_inside_the_window_and_shuts_by_escape(open_draw):
    page = open_draw(viewport=PHONE)
    page.locator(".draw-top .draw-menu > button").click()
    box = page.locator(".draw-top .draw-menu-list").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    assert box["y"] >= 0 and box["y"] + box["height"] <= PHONE["height"]
    page.keyboard.press("Escape")
    expect(page.locator(".draw-top .draw-menu-list")).to_be_hidden()


def test_a_hasty_second_press_on_take_away_takes_nothing_and_forgets_nothing(tab):
    draw(tab, "a cat")
    button = tab.locator(".draw-top .draw-menu > button")
    at = button.bounding_box()
    button.click()
    listed = tab.locator(".draw-top .draw-menu-list").bounding_box()
    assert listed["y"] >= at["y"] + at["height"] or listed["y"] + listed["height"] <= at["y"]
    expect(tab.locator(".draw-top .draw-menu-entry")).to_have_count(3)


def test_everything_is_forgotten(tab):
    draw(tab, "a cat")
    open_start(tab)
    forget = tab.locator(".draw-visit").get_by_role("button", name="Forget everything")
    forget.first.dblclick()
    # A press too many forgets nothing: what cannot be undone is asked for in the list.
    expect(tab.locator(".draw-gallery .draw-thumb")).to_have_count(1)
    forget.first.click()
    tab.locator(".draw-visit .draw-menu-entry").click()
    expect(tab.locator(".draw-gallery")).to_be_hidden()
    assert ask_app(tab, "app.startCard.picture") is None
    assert ask_app(tab, "app.chosen.is_example")


# What the others see.


def test_the_others_tell_what_they_see(tab):
    tab.locator(".draw-judges > button").press("Enter")
    rows = tab.locator(".draw-rivals li")
    expect(rows).to_have_count(6, timeout=LONG_MS)
    expect(tab.locator(".draw-rivals li.asked")).to_have_count(1)
    expect(tab.locator(".draw-caption")).not_to_be_empty()
    expect(tab.locator(".draw-judged")).to_be_focused()
    # Another drawing has not been judged; the first one's answers are kept.
    tab.locator(".draw-examples .draw-thumb").nth(1).click()
    expect(tab.locator(".draw-judges > button")).to_be_visible()
    tab.locator(".draw-examples .draw-thumb").first.click()
    expect(rows).to_have_count(6)


def test_what_is_kept_back_is_a_card_with_a_sentence(tab):
    one = ask_app(tab, "app.examples[0]")
    told = one | {"id": "x", "is_withheld": True, "note": "Kept back.", "is_example": False}
    tell(tab, busy=False, drawn=[told])
    expect(tab.locator(".draw-withheld")).to_have_text("Kept back.")
    expect(tab.locator(".draw-judges")).to_be_hidden()
    tab.locator(".draw-top .draw-menu > button").click()
    expect(tab.locator(".draw-top .draw-menu-entry").first).to_be_disabled()


def test_whoever_listens_hears_which_drawing_is_looked_at(tab):
    tab.evaluate(
        f"() => {{ window.heard = []; {APP}.onShown((one) => window.heard.push(one.id)); }}"
    )
    tab.locator(".draw-examples .draw-thumb").nth(2).click()
    heard = tab.evaluate("window.heard")
    assert heard == ask_app(tab, "[app.examples[0].id, app.examples[2].id]")


def test_the_modes_are_two(tab):
    tabs = tab.locator("#text_to_image .modes button[role=tab]:visible")
    expect(tabs).to_have_count(2)
    tabs.nth(1).click()
    expect(tab.locator(".draw-line")).to_be_hidden()
