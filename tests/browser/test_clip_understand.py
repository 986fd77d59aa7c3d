"""A person's journeys through "Understand": by mouse and by keyboard, in both languages."""

from __future__ import annotations

import io
import json
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from playground.collection import PICTURES

APP = "document.querySelector('.understand').app"
MODE = "#clip_search/clip-understand-mode"
PHONE = {"width": 390, "height": 844}
# The first question of a run imports the libraries and loads the model.
FIRST_MS = 120_000
HOSTILE = "<img src=x onerror=window.hacked=1>"


@pytest.fixture
def open_understand(open_page):
    def open_one(**options):
        page = open_page(MODE, **options)
        page.wait_for_selector(".understand[data-started=true] .understand-matrix")
        return page

    return open_one


@pytest.fixture
def understand(open_understand):
    return open_understand()


def ask(page, expression):
    return page.evaluate(f"(() => {{ const app = {APP}; return {expression}; }})()")


def settle(page):
    page.wait_for_function(f"!{APP}.asked && !{APP}.waiting.size", timeout=FIRST_MS)
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def panel(page, name):
    page.locator(f"#clip-understand-{name}-tab").click()
    settle(page)


def cells(page):
    texts = page.locator(".understand-matrix tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('button')].map(cell => cell.textContent))"
    )
    return [[float(text.replace("%", "").replace("<", "")) for text in row] for row in texts]


def view(page, name):
    page.locator(".understand-views:visible").get_by_role("radio", name=name, exact=True).click()


def write(page, texts):
    page.locator(".understand-tools textarea[name=texts]").fill("\n".join(texts))
    page.locator("#clip-understand-go").click()
    settle(page)


@pytest.mark.parametrize(("locale", "texts"), [("en-US", "giraffe"), ("zh-TW", "長頸鹿")])
def test_it_opens_on_a_matrix_before_any_model(open_understand, locale, texts):
    page = open_understand(locale=locale)
    assert texts in page.locator(".understand-matrix thead").inner_text()
    rows = cells(page)
    # Each of the first five pictures shows the text of its own column.
    assert [row.index(max(row)) for row in rows[:5]] == [0, 1, 2, 3, 4]
    expect(page.locator("#clip-understand-mode .status-line").first).to_contain_text("mini-clip")
    images = page.locator(".understand-matrix img")
    assert all(images.evaluate_all("nodes => nodes.map(node => node.alt)"))


def test_rows_share_100_percent_with_none_of_these(understand):
    page = understand
    view(page, "% by row")
    rows = cells(page)
    assert len(rows[0]) == 6
    assert all(99 <= sum(row) <= 101 for row in rows)
    # A guitar is none of the five texts.
    assert max(rows[5]) == rows[5][-1] > 50
    view(page, "% by column")
    columns = list(zip(*cells(page), strict=True))
    assert len(columns) == 5
    assert all(98 <= sum(column) <= 102 for column in columns)


def test_the_temperature_goes_from_1_to_200_and_back_to_the_models_own(understand):
    page = understand
    view(page, "% by row")
    slider = page.locator(".understand-scale input")
    slider.focus()
    page.keyboard.press("Home")
    assert ask(page, "app.panels.matrix.scale") == 1
    # The five texts are all but equal; all other words together have the rest.
    assert max(cells(page)[0][:5]) < 10
    page.keyboard.press("End")
    assert ask(page, "app.panels.matrix.scale") == pytest.approx(200)
    assert max(cells(page)[0]) > 99
    page.locator(".understand-scale .own-scale").click()
    assert ask(page, "app.state.scale") is None
    own = ask(page, "app.results.matrix.own")
    assert f"{own:.1f}" in page.locator(".understand-scale .own-scale").inner_text()


def test_the_cells_are_walked_by_keyboard_and_say_how_they_come_about(understand):
    page = understand
    view(page, "% by row")
    page.locator(".understand-matrix button[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    focused = page.locator(":focus")
    expect(focused).to_have_attribute("data-at", "1,1")
    expect(focused).to_have_attribute("aria-label", re.compile("a dog on the beach, dog: "))
    about = page.locator(".understand-cell")
    expect(about.locator("h3")).to_have_text("a dog on the beach × dog")
    cosine, scale, logit = (
        float(number)
        for number in re.search(
            r"2\. (-?[\d.]+) × ([\d.]+) = (-?[\d.]+)", about.inner_text()
        ).groups()
    )
    assert cosine * scale == pytest.approx(logit, rel=0.05)


def test_each_template_has_a_bar_and_so_has_the_mean(understand):
    bars = understand.locator(".understand-bars tbody tr")
    expect(bars).to_have_count(4)
    names = bars.locator("th").all_text_contents()
    assert names == ["a cat", "a picture of a cat", "there is a cat", "Mean of all"]


def test_own_texts_are_compared_and_shown_as_text(understand):
    page = understand
    write(page, ["a guitar", HOSTILE, "cat"])
    heads = page.locator(".understand-matrix thead th").all_text_contents()
    assert heads == ["a guitar", HOSTILE, "cat"]
    assert not page.evaluate("window.hacked")
    guitar = [row[0] for row in cells(page)]
    assert guitar.index(max(guitar)) == 5


def test_no_texts_are_told_where_they_are_missing(understand):
    page = understand
    write(page, [])
    expect(page.locator(".understand-mistake")).to_be_visible()
    write(page, ["dog"])
    expect(page.locator(".understand-mistake")).to_be_hidden()


def test_pictures_are_chosen_from_the_collection_and_taken_out(understand):
    page = understand
    page.get_by_role("button", name="Choose", exact=True).click()
    dialog = page.locator(".understand-dialog")
    dialog.locator("input").fill("owl")
    offered = dialog.locator(".understand-offered button")
    chosen = offered.first.get_attribute("aria-label")
    assert "owl" in chosen
    offered.first.click()
    page.keyboard.press("Escape")
    settle(page)
    expect(page.locator(".understand-matrix tbody tr")).to_have_count(8)
    assert page.locator(".understand-matrix img").last.get_attribute("alt") == chosen
    page.locator(".understand-chosen button").last.click()
    settle(page)
    expect(page.locator(".understand-matrix tbody tr")).to_have_count(7)


def test_an_own_picture_joins_and_a_broken_one_is_told(understand, tmp_path):
    page = understand
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"not a picture")
    own = tmp_path / f"{HOSTILE.replace('/', '')}.webp"
    own.write_bytes((PICTURES / "scenes/003.webp").read_bytes())
    chooser = page.locator(".understand input[type=file]")
    chooser.set_input_files(broken)
    expect(page.locator(".understand-mistake")).to_be_visible()
    settle(page)
    chooser.set_input_files(own)
    expect(page.locator(".understand-matrix tbody tr")).to_have_count(8, timeout=FIRST_MS)
    settle(page)
    assert ask(page, "app.state.pictures.at(-1)").startswith("own-")
    assert not page.evaluate("window.hacked")


def test_of_many_files_the_good_ones_join_and_the_others_are_told(understand):
    page = understand

    def file_of(name, shade=None):
        stream = io.BytesIO()
        if shade is not None:
            Image.new("RGB", (40, 30), (shade, 90, 160)).save(stream, "PNG")
        return {"name": name, "mimeType": "", "buffer": stream.getvalue() or b"%PDF-1.4"}

    good = [file_of(f"mine {number}.png", 20 * number) for number in range(6)]
    files = [file_of("sheet.pdf"), good[0], file_of("notes.docx"), *good[1:]]
    page.locator(".understand > input[type=file]").set_input_files(files)
    # Room was for five of the eight: three of them are pictures.
    expect(page.locator(".understand-chosen li")).to_have_count(10, timeout=FIRST_MS)
    settle(page)
    left = page.locator(".understand-left")
    for told in ("not added: 3", "sheet.pdf: This is not a picture", "notes.docx: This is not"):
        expect(left).to_contain_text(told)
    expect(page.locator(".understand-chosen img").last).to_have_attribute(
        "alt", re.compile("mine 2")
    )
    # The next ones begin anew.
    page.locator(".understand > input[type=file]").set_input_files(good[5])
    expect(page.locator(".understand-chosen li")).to_have_count(11)
    expect(left).to_be_empty()


def test_after_a_question_that_a_full_queue_refused_others_are_answered(understand):
    page = understand
    page.expected.append("503")
    page.clock.install()
    full = {"status": 503, "content_type": "application/json", "body": '{"detail": "full"}'}
    page.route("**/queue/join*", lambda route: route.fulfill(**full))
    page.locator(".understand-tools textarea[name=texts]").fill("a lemon\na car")
    page.locator("#clip-understand-go").click()
    page.wait_for_function(f"{APP}.asked")
    expect(page.locator(".toast-body").first).to_be_visible()
    page.unroute("**/queue/join*")
    # Pressed at once it waits; the first one's answer is given up after a while.
    page.locator(".understand-tools textarea[name=texts]").fill("a lemon\na bus")
    page.locator("#clip-understand-go").click()
    page.clock.fast_forward(9000)
    expect(page.locator(".understand-matrix thead")).to_contain_text("a bus", timeout=FIRST_MS)
    settle(page)


def test_the_map_shows_points_neighbours_the_gap_and_a_table(understand):
    page = understand
    panel(page, "map")
    expect(page.locator(".understand-scatter .text")).to_have_count(5)
    assert page.locator(".understand-scatter .picture").count() > 300
    expect(page.locator(".understand-near li")).to_have_count(9)
    bars = page.locator(".understand-histogram [role=img]")
    expect(bars).to_have_count(2)
    for bar in bars.all():
        assert re.search(r"\d", bar.get_attribute("aria-label"))
    table = page.locator(".understand-panel > .understand-table").last
    table.locator("summary").click()
    points = page.locator(".understand-scatter [data-place]").count()
    expect(table.locator("tbody tr")).to_have_count(points)


def test_the_map_is_walked_by_keyboard(understand):
    page = understand
    panel(page, "map")
    before = page.locator(".understand-point b").inner_text()
    page.locator(".understand-scatter").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".understand-point b")).not_to_have_text(before)
    name = page.locator(".understand-point b").inner_text()
    expect(page.locator(".understand > [role=status]")).to_have_text(name)


def test_an_axis_of_ones_own_puts_each_picture_on_its_side(understand):
    page = understand
    panel(page, "map")
    view(page, "Own axis")
    fields = page.locator(".understand-ends input")
    fields.first.fill("giraffe")
    fields.last.fill("rocket")
    page.get_by_role("button", name="Draw", exact=True).click()
    settle(page)
    sides = ask(page, "Object.fromEntries(app.panels.map.points.map(({id, x}) => [id, x]))")
    assert sides["scene-009"] < 0 < sides["scene-249"]
    fields.last.fill("Giraffe")
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.locator(".understand-mistake")).to_contain_text("two different things")


def test_where_opens_on_maps_with_verdicts_before_any_model(understand):
    page = understand
    panel(page, "where")
    cards = page.locator(".understand-cards .understand-card")
    expect(cards).to_have_count(3)
    for card in cards.all():
        assert "a pig and a cat" in card.locator("canvas").get_attribute("aria-label")
        expect(card.locator(".understand-badge")).to_be_visible()
        assert card.locator(".understand-draws").get_attribute("aria-label")
    first = cards.first
    first.locator("summary").click()
    expect(first.locator("td")).to_have_count(64)
    assert max(map(int, first.locator("td").all_text_contents())) == 100
    expect(page.locator(".understand-word-heat")).to_have_count(3)


def test_where_is_asked_from_the_matrix_and_answers_for_both_sides(understand):
    page = understand
    page.locator(".understand-matrix [data-at='3,3']").click()
    page.get_by_role("button", name="Where in the picture?").click()
    settle(page)
    expect(page.locator(".understand-cards")).to_be_visible()
    title = page.locator("#clip-understand-where h3").first
    expect(title).to_contain_text("rocket")
    where = ask(page, "app.results.where")
    assert where["picture"] == "scene-249"
    best = where["places"][0]
    assert best["verdict"]["proven"]
    assert best["verdict"]["drop"] > max(best["verdict"]["random"])
    # The change of the score has its sign, and one word alone proves nothing.
    proof = page.locator(".understand-cards .understand-verdict").first
    expect(proof).to_contain_text(f"changes by \u2212{best['verdict']['drop']:.3f}")
    words = page.locator(".understand-word-heat .understand-badge")
    expect(words).to_have_text(["Pretty, not proven"] * 3)
    before = page.locator(".understand-cards canvas").first.evaluate("node => node.toDataURL()")
    page.get_by_role("button", name="Hide the hottest fifth").first.click()
    after = page.locator(".understand-cards canvas").first.evaluate("node => node.toDataURL()")
    assert before != after


def test_a_link_shows_the_same_view_again(understand, open_page):
    page = understand
    write(page, ["a guitar", "cat"])
    view(page, "% by column")
    panel(page, "map")
    view(page, "Gap closed")
    settle(page)
    bar = page.locator("#clip-understand-recipe")
    with page.expect_download() as download:
        bar.get_by_role("button", name="Save as a file").click()
    kept = json.loads(download.value.path().read_text("utf-8"))
    assert kept["recipe"]["texts"] == ["a guitar", "cat"]
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    bar.get_by_role("button", name="Copy link").click()
    page.wait_for_function("location.hash.includes('?recipe=')")
    address = page.evaluate("location.hash")
    other = open_page(address)
    other.wait_for_selector(".understand[data-started=true]")
    other.wait_for_function(f"{APP}.results.map?.view === 'together'", timeout=FIRST_MS)
    for name in ("texts", "pictures", "show", "panel", "view"):
        assert ask(other, f"app.state.{name}") == ask(page, f"app.state.{name}"), name


def test_a_file_shows_the_same_view_again_and_another_file_is_refused(understand, tmp_path):
    page = understand
    recipe = {"texts": ["a lemon"], "pictures": ["scene-161", "own-gone"], "panel": "matrix"}
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps({"mode": "clip-understand-mode", "recipe": recipe}))
    bad.write_text(json.dumps({"mode": "elsewhere", "recipe": recipe}))
    chooser = page.locator("#clip-understand-recipe input[type=file]")
    chooser.set_input_files(bad)
    expect(page.get_by_text("not a recipe of the playground")).to_be_visible()
    chooser.set_input_files(good)
    page.wait_for_function(f"{APP}.state.texts[0] === 'a lemon'", timeout=FIRST_MS)
    expect(page.locator(".understand-matrix tbody tr")).to_have_count(1)
    expect(page.locator(".understand-note")).to_contain_text("not here: 1")
    # What is told goes when something else is asked.
    write(page, ["a lemon", "a car"])
    expect(page.locator(".understand-note")).to_be_hidden()


def test_a_link_from_own_pictures_tells_both_what_is_not_in_it(understand, open_page, tmp_path):
    page = understand
    bar = page.locator("#clip-understand-recipe")
    page.evaluate("navigator.clipboard.writeText = (text) => Promise.resolve(window.copied = text)")
    bar.get_by_role("button", name="Copy link").click()
    page.wait_for_function("window.copied")
    expect(bar.locator(".recipe-left")).to_be_empty()
    file = tmp_path / "mine.png"
    Image.new("RGB", (64, 48), "teal").save(file)
    page.locator(".understand > input[type=file]").set_input_files(file)
    page.wait_for_function(f"{APP}.state.pictures.some((id) => id.startsWith('own-'))")
    settle(page)
    panel(page, "map")
    page.evaluate("window.copied = ''")
    bar.get_by_role("button", name="Copy link").click()
    page.wait_for_function("window.copied")
    expect(bar.locator(".recipe-left")).to_contain_text("Your own pictures are not in it")
    other = open_page(page.evaluate("new URL(window.copied).hash"))
    other.wait_for_selector(".understand[data-started=true]")
    other.wait_for_function(f"{APP}.results.map", timeout=FIRST_MS)
    # The map that is drawn by itself takes nothing of what was told.
    expect(other.locator(".understand-note")).to_contain_text("not here: 1")
    images = other.locator(".understand-chosen img")
    expect(images).to_have_count(ask(page, "app.state.pictures.length") - 1)
    for image in images.all():
        expect(image).not_to_have_js_property("naturalWidth", 0)
        expect(image).not_to_have_attribute("alt", "")


def test_a_search_is_asked_again_by_its_link(page, open_page):
    recipe = page.evaluate(
        """async () => {
          const { linkOf } = await import('/scripts/shared/recipe.js');
          const parts = { balance: 0.5, strength: 0.5, count: 7, model: 'mini-clip' };
          const recipe = { words: 'two cats', without: '', ...parts };
          return new URL(linkOf(location, 'clip_search', 'clip-search-mode', recipe)).hash;
        }"""
    )
    other = open_page(recipe)
    expect(other.locator("#clip-search-grid .result")).to_have_count(7, timeout=FIRST_MS)
    words = other.locator("#clip-search-words").locator("input, textarea")
    expect(words).to_have_value("two cats")


def test_the_panels_are_changed_by_keyboard(understand):
    page = understand
    page.locator("#clip-understand-matrix-tab").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#clip-understand-map-tab")).to_be_focused()
    expect(page.locator("#clip-understand-map")).to_be_visible()
    settle(page)


def test_a_phone_shows_all_of_it_without_scrolling_sideways(open_understand):
    page = open_understand(viewport=PHONE, locale="zh-TW")
    for name in ("matrix", "map", "where"):
        panel(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        small = page.locator(f"#clip-understand-{name} button:visible").evaluate_all(
            "nodes => nodes.filter(node => node.getBoundingClientRect().height < 43.5).length"
        )
        assert small == 0
