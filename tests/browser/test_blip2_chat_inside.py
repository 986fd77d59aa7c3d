"""Journeys through the drawer of the chat, with the real mini-blip2, in both languages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}
QUERIES = 16
# The first question of a run imports the libraries and loads the model.
FIRST_MS = 120_000
APP = "document.querySelector('.chat').app"
TILES = ".inside-tile"


@pytest.fixture
def open_drawer(open_page):
    """The chat with its drawer open, and the maps there."""

    def open_one(**options):
        page = open_page("#blip2_chat", **options)
        page.wait_for_selector(".chat[data-ready]", timeout=FIRST_MS)
        page.locator(".tabitem:visible .inside > button").first.click()
        page.wait_for_selector(TILES, timeout=FIRST_MS)
        return page

    return open_one


@pytest.fixture
def drawer(open_drawer):
    return open_drawer()


def pixels(page, selector=".inside-large"):
    return page.evaluate(
        "(selector) => document.querySelector(selector).toDataURL()",
        selector,
    )


def chosen(page):
    return [
        number
        for number, tile in enumerate(page.locator(TILES).all())
        if tile.get_attribute("aria-pressed") == "true"
    ]


def press(page, place, part="matter"):
    page.locator(f".inside-{part} .inside-actions .inside-button").nth(place).click()


OFF, EACH, AGAINST, STOP = range(4)


def verdict(page, part="matter"):
    found = page.locator(f".inside-{part} .inside-verdict")
    expect(found).to_be_visible(timeout=FIRST_MS)
    return found


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en-US", ["Where the queries look", "Before you believe it", "The referee below decides"]),
        ("zh-TW", ["查詢向量在看哪裡", "先別急著相信", "由下面的裁判決定"]),
    ],
    ids=["en", "zh"],
)
def test_maps_stand_beside_what_they_do_not_show(open_drawer, locale, words):
    page = open_drawer(locale=locale)
    expect(page.locator(TILES)).to_have_count(QUERIES)
    for word in words:
        expect(page.locator(".inside-look")).to_contain_text(word)
    assert "{" not in page.locator(".chat-inside").inner_text()
    expect(page.locator(".inside-regions li")).to_have_count(5)
    label = page.locator(".inside-large").get_attribute("aria-label")
    assert re.search(r"\d+ %", label)


def test_small_maps_choose_what_the_large_one_shows(drawer):
    before = pixels(drawer)
    drawer.locator(TILES).nth(6).click()
    assert chosen(drawer) == [6] and pixels(drawer) != before
    expect(drawer.locator(".inside-named")).to_contain_text("7")
    drawer.locator(TILES).nth(1).press("Enter")
    assert chosen(drawer) == [1, 6]
    drawer.locator(".inside-look-small > .inside-button").click()
    assert chosen(drawer) == [] and pixels(drawer) == before


def test_layers_and_heads_ask_nobody(drawer):
    asked = []
    drawer.on("request", lambda request: asked.append(request.url))
    before = pixels(drawer), pixels(drawer, f"{TILES} canvas")
    slider = drawer.locator("input[name=inside-layer]")
    slider.focus()
    drawer.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "1 of 4")
    first = pixels(drawer), pixels(drawer, f"{TILES} canvas")
    assert first[0] != before[0] and first[1] != before[1]
    drawer.locator("input[name=inside-head]").fill("6")
    assert pixels(drawer) != first[0]
    assert [url for url in asked if "component_server" in url] == []


def test_a_place_chooses_who_looks_there_by_mouse_and_keys(drawer):
    large = drawer.locator(".inside-large")
    large.click(position={"x": 20, "y": 20})
    left = chosen(drawer)
    assert len(left) == QUERIES // 4
    large.focus()
    for key in ("ArrowRight", "ArrowDown") * 8:
        drawer.keyboard.press(key)
    right = chosen(drawer)
    assert len(right) == QUERIES // 4 and right != left


def test_each_query_is_switched_off_in_turn_and_told_beside_its_map(drawer):
    press(drawer, EACH)
    said = verdict(drawer).inner_text()
    rows = drawer.locator(".inside-matter .inside-each tr[data-same]")
    expect(rows).to_have_count(QUERIES)
    marks = drawer.locator(".inside-mark:visible")
    expect(marks).to_have_count(QUERIES)
    # The same numbers beside the maps and in the table, and the sentence counts what they say.
    told = {}
    for row in rows.all():
        number = int(row.locator("th").inner_text())
        told[number] = re.search(r"\((.+)\)", row.inner_text())[1], row.get_attribute("data-same")
    for number, mark in enumerate(marks.all(), start=1):
        assert told[number] == (
            mark.inner_text().removeprefix("≠\u00a0").strip(),
            mark.get_attribute("data-same"),
        )
    changed = [number for number, (_, is_same) in told.items() if is_same == "false"]
    start = f"{len(changed)} of 16" if changed else "No query"
    assert said.startswith(start)
    expect(drawer.locator(".chat-inside > [role=status]")).to_have_text(said)


def test_the_chosen_are_switched_off_and_compared_with_chance(drawer):
    expect(drawer.locator(".inside-matter .inside-button").nth(OFF)).to_be_disabled()
    drawer.locator(".inside-large").click(position={"x": 200, "y": 220})
    press(drawer, OFF)
    expect(verdict(drawer)).to_contain_text(re.compile(r"The answer (stays|changes)\."))
    answers = drawer.locator(".inside-matter .inside-card b").all_inner_texts()
    is_same = verdict(drawer).get_attribute("data-same")
    assert is_same == str(answers[0] == answers[1]).lower()
    press(drawer, AGAINST)
    rows = drawer.locator(".inside-matter .inside-each tr[data-same]")
    expect(rows).to_have_count(10, timeout=FIRST_MS)
    own, *others = [
        float(re.sub(r"[^\d.]", "", row.locator(".inside-number").inner_text().split("%")[0]))
        for row in rows.all()
    ]
    # To the rounding of what is shown.
    lower = sum(other < own for other in others)
    said = verdict(drawer).inner_text()
    if lower:
        assert said[0].isdigit() or "just as likely" in said
    assert rows.first.get_attribute("data-own") == "true"


def test_all_queries_of_another_picture_change_the_answer(drawer):
    before = drawer.locator(".inside-answer b").inner_text()
    others = drawer.locator(".inside-other")
    expect(others.first).to_be_visible()
    others.first.click()
    expect(others.first).to_have_attribute("aria-pressed", "true")
    drawer.locator(".inside-swap > .inside-button").click()
    verdict(drawer)
    cards = drawer.locator(".inside-matter .inside-card b")
    assert cards.first.inner_text() == before
    # How likely each word is, before and now.
    rows = drawer.locator(".inside-matter .inside-words tr")
    assert 3 <= rows.count() <= 7
    assert all("%" in row.inner_text() for row in rows.all()[1:])


def test_the_same_question_with_a_grey_picture(drawer):
    drawer.locator(".inside-blank > .inside-button").click()
    is_same = verdict(drawer, "blank").get_attribute("data-same")
    said = "without seeing anything" if is_same == "true" else "depends on the picture"
    expect(drawer.locator(".inside-meaning")).to_contain_text(said)


def test_sentences_are_compared_and_shown_as_typed(drawer):
    rows = drawer.locator(".inside-sentence")
    rows.nth(0).locator("input").fill("a horse and an owl in front of a brick wall")
    rows.nth(1).locator("input").fill("<img src=x onerror=alert(1)>")
    rows.nth(1).locator("input").press("Enter")
    expect(rows.nth(0).locator(".inside-fit-row")).to_have_count(2, timeout=FIRST_MS)
    expect(rows.nth(1).locator(".inside-fit-row").first).to_contain_text("%")
    assert drawer.locator(".chat-inside img[src=x]").count() == 0
    # What was found is about the sentence that stood there.
    rows.nth(0).locator("input").fill("a cat")
    expect(rows.nth(0).locator(".inside-fit-row")).to_have_count(0)
    for _ in range(3):
        drawer.locator(".inside-fits .inside-button.quiet").click()
    expect(rows).to_have_count(6)
    expect(drawer.locator(".inside-fits .inside-button.quiet")).to_be_hidden()


def test_nothing_typed_is_a_sentence(drawer):
    for row in drawer.locator(".inside-sentence input").all():
        row.fill("  ")
    press(drawer, 0, "fits")
    expect(drawer.locator(".inside-fits .inside-told")).to_have_text("Type a sentence first.")


def test_another_question_takes_old_results_away(drawer):
    drawer.locator(".inside-blank > .inside-button").click()
    verdict(drawer, "blank")
    answer = drawer.locator(".inside-answer b").inner_text()
    drawer.locator("select[name=subject]").select_option("caption")
    expect(drawer.locator(".inside-blank .inside-verdict")).to_have_count(0)
    expect(drawer.locator(".inside-answer b")).not_to_have_text(answer)
    drawer.locator(".inside-blank > .inside-button").click()
    verdict(drawer, "blank")


def test_a_question_about_a_part_has_maps_of_the_part(drawer):
    width, height = drawer.evaluate(f"[{APP}.picture.width, {APP}.picture.height]")
    # As high as the picture, and half as wide.
    box = [0, 0, width // 2, height]
    drawer.evaluate(f"(box) => {APP}.setPart({{ box }})", box)
    drawer.locator(".chat textarea").fill("what is there?")
    drawer.locator(".chat textarea").press("Enter")
    drawer.wait_for_function(
        "() => { const { width, height } = document.querySelector('.inside-large');"
        " return height > 1.4 * width; }",
        timeout=FIRST_MS,
    )
    expect(drawer.locator("select[name=subject] option:checked")).to_have_text("what is there?")
    # Places are read off its box, so that must be the map and no more.
    shown = drawer.locator(".inside-large").bounding_box()
    drawn = drawer.evaluate(
        "() => { const { width, height } = document.querySelector('.inside-large');"
        " return height / width; }"
    )
    assert shown["height"] / shown["width"] == pytest.approx(drawn, rel=0.02)
    drawer.locator("select[name=subject]").select_option("caption")
    drawer.wait_for_function(
        "([width, height]) => { const map = document.querySelector('.inside-large');"
        " return Math.abs(map.height / map.width - height / width) < 0.05; }",
        arg=[width, height],
        timeout=FIRST_MS,
    )


def test_it_can_be_stopped_and_begun_again(drawer):
    page = drawer
    # Held back, so that Stop comes before the answers.
    held = []
    page.route("**/component_server**", lambda route: held.append(route))
    press(page, EACH)
    expect(page.locator(".inside-matter .inside-button").nth(STOP)).to_be_visible()
    press(page, STOP)
    expect(page.locator(".inside-matter .inside-told")).to_have_text("Stopped.")
    for route in held:
        route.continue_()
    page.unroute("**/component_server**")
    press(page, EACH)
    verdict(page)
    expect(page.locator(".inside-matter .inside-each tr[data-same]")).to_have_count(QUERIES)


def test_a_talk_that_is_gone_is_a_sentence(drawer):
    drawer.evaluate(f"() => {{ {APP}.openAgain = () => {{ window.isAgain = true; }}; }}")
    drawer.evaluate(f"() => {{ {APP}.picture.id = 'gone'; }}")
    drawer.locator(".inside-blank > .inside-button").click()
    expect(drawer.locator(".inside-blank .inside-told")).to_contain_text("again")
    assert drawer.evaluate("window.isAgain") is True


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_everything_fits_and_can_be_pressed(open_drawer, scheme):
    page = open_drawer(viewport=PHONE, color_scheme=scheme)
    press(page, EACH)
    verdict(page)
    found = page.evaluate(
        """() => {
          const inside = document.querySelector('.chat-inside');
          const seen = [...inside.querySelectorAll('*')].filter((node) => node.offsetParent);
          const pressed = seen.filter((node) => node.matches('button, select, input'));
          const size = (node) => node.getBoundingClientRect();
          return {
            wide: document.documentElement.scrollWidth,
            out: seen.filter((node) => size(node).right > innerWidth + 1).length,
            low: pressed.filter((node) => size(node).height < 44).map((node) => node.className),
            tiny: seen.filter((node) => parseFloat(getComputedStyle(node).fontSize) < 14
              && node.textContent.trim() && !node.matches('.sr')).map((node) => node.className),
          };
        }"""
    )
    assert found == {"wide": PHONE["width"], "out": 0, "low": [], "tiny": []}
