"""A person's journeys over the segment stage: by mouse, touch and keyboard, in both languages."""

from __future__ import annotations

import io
import json
import re
import zipfile

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}
APP = "document.querySelector('.segment').app"
ORIENTATION = 0x0112
# Where the disc of `disc_picture` stands, as a share of the upright picture.
DISC = (0.25, 0.3)


def ask(page, expression):
    """The value of an expression in which `app` is the stage."""
    return page.evaluate(f"(() => {{ const app = {APP}; return {expression}; }})()")


def place(page, x, y):
    """Where a point of the picture, given as shares of it, stands on the screen."""
    return page.evaluate(
        f"""([x, y]) => {{
          const app = {APP};
          app.stage.scrollIntoView({{ block: 'nearest' }});
          const [left, top] = app.view.toStage([x * app.picture.width, y * app.picture.height]);
          const rect = app.stage.getBoundingClientRect();
          return [rect.left + left, rect.top + top];
        }}""",
        [x, y],
    )


def settle(page):
    """Until the model has answered for what stands there, and it is painted."""
    page.wait_for_function(
        f"(() => {{ const a = {APP}; return !a.decoding.isWaiting(a.now.working); }})()",
        # The first click of a run imports the libraries and loads the model.
        timeout=120_000,
    )
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def click(page, x, y, **options):
    page.mouse.click(*place(page, x, y), **options)
    settle(page)


def drag(page, start, end):
    page.mouse.move(*place(page, *start))
    page.mouse.down()
    page.mouse.move(*place(page, *end), steps=6)
    page.mouse.up()
    settle(page)


def keep(page):
    before = ask(page, "app.now.objects.length")
    page.keyboard.press("Enter")
    expect(page.locator(".segment-row")).to_have_count(before + 1)


def points(page):
    return ask(page, "app.now.working?.points ?? []")


def said(page):
    return page.locator(".segment > [role=status]")


def mask(page):
    """The mask that is being made, at the picture's size."""
    size = ask(page, "[app.picture.height, app.picture.width]")
    return np.array(ask(page, "[...app.workingMask()]"), bool).reshape(size)


@pytest.fixture
def open_stage(open_page):
    def open_one(**options):
        page = open_page("#sam_segment", **options)
        page.wait_for_selector(".segment[data-started=true] .segment-stage[data-ready]")
        return page

    return open_one


@pytest.fixture
def stage(open_stage):
    return open_stage()


def open_picture(page, data, name="photo.png", kind="image/png"):
    before = page.locator(".segment-stage").get_attribute("data-ready")
    page.locator(".segment > input[type=file]").set_input_files(
        {"name": name, "mimeType": kind, "buffer": data}
    )
    page.wait_for_function(
        "(before) => ![undefined, before].includes("
        "document.querySelector('.segment-stage').dataset.ready)",
        arg=before,
    )


def disc_picture(size=(320, 240)):
    """A red disc on green, far from every centre, so that no turn leaves it where it was."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    inside = np.hypot(x - DISC[0] * width, y - DISC[1] * height) < 0.16 * min(size)
    pixels = np.full((height, width, 3), (70, 140, 90), np.uint8)
    pixels[inside] = (230, 60, 50)
    return Image.fromarray(pixels), inside


def png(image):
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


@pytest.mark.parametrize(
    ("locale", "words"), [("en-US", "Open a picture"), ("zh-TW", "開啟圖片")], ids=["en", "zh"]
)
def test_it_opens_on_a_picture_that_is_ready(open_stage, locale, words):
    page = open_stage(locale=locale)
    expect(page.locator(".segment-bar .open")).to_have_text(words)
    expect(page.locator(".segment-stage")).to_have_attribute("aria-label", re.compile(".{20,}"))
    assert ask(page, "app.picture.image.width") > 0


def test_moving_shows_what_is_under_the_pointer_and_asks_nobody(stage):
    stage.wait_for_function(f"{APP}.hovering.kept.length > 0")
    # What is still being looked for asks by itself; here only the pointer is watched.
    stage.wait_for_function(
        f"(() => {{ const h = {APP}.hovering; return h.items.length >= h.of; }})()"
    )
    asked = []
    stage.on("request", lambda request: asked.append(request.url))
    found = set()
    for step in range(30):
        stage.mouse.move(*place(stage, 0.05 + 0.03 * step, 0.5))
        found.add(ask(stage, "app.hovering.index"))
    assert len(found - {-1}) > 0
    assert [url for url in asked if "/loaded" not in url] == []


def test_a_click_offers_sizes_to_choose_from(stage):
    click(stage, 0.5, 0.55)
    chips = stage.locator(".segment-chip")
    expect(chips).to_have_count(3)
    shares = ask(stage, "app.candidatesBySize().map(({ part }) => part)")
    assert shares == sorted(shares, reverse=True)
    expect(said(stage)).to_contain_text("Object 1")
    expect(said(stage)).to_contain_text("own guess")
    for number in (1, 3, 2):
        stage.keyboard.press(str(number))
        expect(chips.nth(number - 1)).to_have_attribute("aria-pressed", "true")
    stage.keyboard.press("[")
    expect(chips.nth(0)).to_have_attribute("aria-pressed", "true")
    chips.nth(2).click()
    expect(chips.nth(2)).to_have_attribute("aria-pressed", "true")


def test_more_clicks_feed_the_mask_before_back(stage):
    click(stage, 0.5, 0.55)
    click(stage, 0.55, 0.6)
    steps = ask(stage, "app.decoding.of(app.now.working).steps")
    assert [step["multimask"] for step in steps] == [True, False]
    assert [step["uses_previous"] for step in steps] == [False, True]
    assert steps[0]["chosen"] in (0, 1, 2)
    expect(stage.locator(".segment-chip")).to_have_count(0)


def test_four_ways_to_exclude(stage):
    click(stage, 0.5, 0.55)
    click(stage, 0.1, 0.1, button="right")
    stage.keyboard.down("Shift")
    click(stage, 0.9, 0.1)
    stage.keyboard.up("Shift")
    stage.get_by_role("radio", name="Exclude").click()
    click(stage, 0.1, 0.9)
    click(stage, 0.6, 0.55, button="right")
    assert [point["label"] for point in points(stage)] == [1, 0, 0, 0, 1]


def test_nothing_can_be_excluded_from_nothing(stage):
    click(stage, 0.5, 0.5, button="right")
    assert points(stage) == []
    expect(stage.locator(".segment-tip")).to_contain_text("First click")


def test_a_box_may_be_drawn_from_any_corner(stage):
    width, height = ask(stage, "[app.picture.width, app.picture.height]")
    for start, end in [
        ((0.3, 0.3), (0.7, 0.8)),
        ((0.7, 0.8), (0.3, 0.3)),
        ((0.3, 0.8), (0.7, 0.3)),
    ]:
        drag(stage, start, end)
        box = ask(stage, "app.now.working.box")
        assert np.allclose(box, [0.3 * width, 0.3 * height, 0.7 * width, 0.8 * height], atol=1.5)
        stage.keyboard.press("Escape")
    # A hand that trembles while it clicks draws no box.
    x, y = place(stage, 0.5, 0.5)
    stage.mouse.move(x, y)
    stage.mouse.down()
    stage.mouse.move(x + 2, y + 1)
    stage.mouse.up()
    assert ask(stage, "app.now.working.box") is None
    assert len(points(stage)) == 1


def test_box_and_clicks_together(stage):
    drag(stage, (0.2, 0.2), (0.8, 0.9))
    click(stage, 0.5, 0.5)
    click(stage, 0.25, 0.25, button="right")
    last = ask(stage, "app.decoding.of(app.now.working).steps.at(-1)")
    assert last["box"] and [label for _, _, label in last["points"]] == [1, 0]


def test_a_mark_can_be_dragged_and_clicked_away(stage):
    click(stage, 0.4, 0.5)
    click(stage, 0.6, 0.5)
    drag(stage, (0.6, 0.5), (0.7, 0.6))
    width = ask(stage, "app.picture.width")
    assert abs(points(stage)[1]["x"] - 0.7 * width) < 1.5
    click(stage, 0.7, 0.6)
    assert len(points(stage)) == 1
    # The whole drag is one step back.
    stage.keyboard.press("Control+z")
    stage.keyboard.press("Control+z")
    settle(stage)
    assert abs(points(stage)[1]["x"] - 0.6 * width) < 1.5


def test_everything_can_be_undone_and_done_again(stage):
    click(stage, 0.4, 0.5)
    stage.keyboard.press("3")
    keep(stage)
    drag(stage, (0.5, 0.2), (0.9, 0.9))
    keep(stage)
    stage.locator(".segment-row").first.get_by_role("button", name=re.compile("^Hide")).click()
    whole = ask(stage, "app.history.past.length")
    for _ in range(whole):
        stage.get_by_role("button", name=re.compile("Undo")).click()
    assert ask(stage, "[app.now.objects.length, app.now.working]") == [0, None]
    expect(stage.get_by_role("button", name=re.compile("Undo"))).to_be_disabled()
    stage.locator(".segment-stage").focus()
    for _ in range(whole):
        stage.keyboard.press("Control+Shift+z")
    assert ask(stage, "app.now.objects.map(({ isVisible }) => isVisible)") == [False, True]


def test_the_tray_names_locks_hides_and_deletes(stage):
    click(stage, 0.5, 0.55)
    keep(stage)
    row = stage.locator(".segment-row")
    name = row.locator("input")
    name.fill('<img src=x onerror="window.hacked=1">')
    name.press("Enter")
    assert ask(stage, "app.now.objects[0].name").startswith("<img")
    row.get_by_role("button", name=re.compile("^Lock")).click()
    row.locator(".segment-thumb").click()
    expect(stage.get_by_role("button", name="Delete", exact=True)).to_be_disabled()
    # Clicks pass through a locked object: the same place makes a new one.
    click(stage, 0.5, 0.55)
    assert len(points(stage)) == 1
    stage.keyboard.press("Escape")
    row.get_by_role("button", name=re.compile("^Unlock")).click()
    stage.get_by_role("button", name="Delete", exact=True).click()
    expect(row).to_have_count(0)
    stage.locator(".segment-stage").focus()
    stage.keyboard.press("Control+z")
    expect(row).to_have_count(1)
    assert stage.evaluate("window.hacked") is None


def two_objects(page):
    drag(page, (0.05, 0.3), (0.65, 0.95))
    keep(page)
    drag(page, (0.35, 0.3), (0.95, 0.95))
    keep(page)
    return ask(page, "app.now.objects.map((one) => [...app.rendering.objectMask(one)])")


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("Merge", lambda a, b: a | b),
        ("Subtract", lambda a, b: a & ~b),
        ("Overlap", lambda a, b: a & b),
    ],
)
def test_objects_can_be_combined(stage, operation, expected):
    a, b = (np.array(one, bool) for one in two_objects(stage))
    for row in range(2):
        stage.locator(".segment-thumb").nth(row).click()
    result = expected(a, b)
    stage.get_by_role("button", name=operation, exact=True).click()
    if not result.any():
        expect(stage.locator(".segment-tip")).to_contain_text("Nothing would be left")
        return
    expect(stage.locator(".segment-row")).to_have_count(2 if operation == "Subtract" else 1)
    made = ask(stage, "[...app.rendering.objectMask(app.now.objects[0])]")
    assert (np.array(made, bool) == result).all()


def test_a_kept_object_can_be_changed(stage):
    click(stage, 0.5, 0.55)
    keep(stage)
    stage.locator(".segment-thumb").click()
    stage.get_by_role("button", name="Change").click()
    settle(stage)
    assert len(points(stage)) == 1
    click(stage, 0.55, 0.6)
    stage.keyboard.press("Enter")
    expect(stage.locator(".segment-row")).to_have_count(1)
    assert ask(stage, "app.now.objects[0].working.points.length") == 2


def test_the_whole_way_by_keyboard_alone(stage):
    stage.locator(".segment-stage").focus()
    for _ in range(3):
        stage.keyboard.press("ArrowRight")
    stage.keyboard.press("Shift+ArrowDown")
    stage.keyboard.press("Space")
    settle(stage)
    assert len(points(stage)) == 1
    stage.keyboard.press("1")
    for _ in range(6):
        stage.keyboard.press("Shift+ArrowLeft")
    stage.keyboard.press("Shift+Space")
    settle(stage)
    assert [point["label"] for point in points(stage)] == [1, 0]
    stage.keyboard.press("Backspace")
    keep(stage)
    expect(said(stage)).to_contain_text("in the tray")
    stage.keyboard.press("r")
    for _ in range(8):
        stage.keyboard.press("Shift+ArrowRight")
        stage.keyboard.press("Shift+ArrowUp")
    stage.keyboard.press("r")
    settle(stage)
    assert ask(stage, "app.now.working.box.length") == 4
    keep(stage)
    stage.keyboard.press("o")
    expect(stage.locator(".segment-row button").first).to_be_focused()
    stage.locator(".segment-stage").focus()
    stage.keyboard.press("?")
    expect(stage.locator(".segment-sheet")).to_be_visible()
    stage.keyboard.press("Escape")
    expect(stage.locator(".segment-stage")).to_be_focused()


def test_keys_are_nobodys_business_while_typing(stage):
    click(stage, 0.5, 0.55)
    keep(stage)
    name = stage.locator(".segment-row input")
    name.fill("")
    name.press_sequentially("b x a 1 e")
    name.press("Enter")
    assert ask(stage, "[app.tool, app.now.objects[0].name]") == ["include", "b x a 1 e"]


def touch(page, kind, x, y, number=1):
    left, top = place(page, x, y)
    page.evaluate(
        """([kind, x, y, id]) => document.querySelector('.segment-stage canvas').dispatchEvent(
          new PointerEvent(kind, { pointerId: id, pointerType: 'touch', clientX: x, clientY: y,
            bubbles: true, cancelable: true, button: 0, isPrimary: id === 1 }))""",
        [kind, left, top, number],
    )


def test_by_touch(open_stage):
    page = open_stage(viewport=PHONE, has_touch=True)
    page.touchscreen.tap(*place(page, 0.5, 0.5))
    settle(page)
    assert [point["label"] for point in points(page)] == [1]
    touch(page, "pointerdown", 0.15, 0.15)
    page.wait_for_function(f"{APP}.now.working.points.length === 2")
    touch(page, "pointerup", 0.15, 0.15)
    settle(page)
    assert [point["label"] for point in points(page)] == [1, 0]
    # Two fingers zoom, and click nothing.
    touch(page, "pointerdown", 0.4, 0.5, 1)
    touch(page, "pointerdown", 0.6, 0.5, 2)
    touch(page, "pointermove", 0.8, 0.5, 2)
    touch(page, "pointerup", 0.8, 0.5, 2)
    touch(page, "pointerup", 0.4, 0.5, 1)
    assert ask(page, "app.view.zoom") > 1.5
    assert len(points(page)) == 2


def test_a_phone_has_room_for_all(open_stage):
    page = open_stage(viewport=PHONE, has_touch=True)
    page.touchscreen.tap(*place(page, 0.5, 0.5))
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    small = page.evaluate(
        """() => [...document.querySelectorAll('.segment button, .segment-tools button,'
          + '.segment-tools summary, .segment-tools input[type=range]')]
          .filter((node) => node.offsetParent)
          .map((node) => [node.textContent, node.getBoundingClientRect()])
          .filter(([, { width, height }]) => width < 44 || height < 44)
          .map(([text, { width, height }]) => `${text} ${width} x ${height}`)"""
    )
    assert small == []


def open_section(page, title):
    page.locator(".ui-section summary", has_text=title).click()


def move_slider(page, key, value):
    page.locator(f".segment-tools input[name={key}]").evaluate(
        "(node, value) => { node.value = value; node.dispatchEvent(new Event('input', "
        "{ bubbles: true })); node.dispatchEvent(new Event('change', { bubbles: true })); }",
        value,
    )


def test_everything_is_filtered_in_the_browser(stage):
    stage.wait_for_function(
        f"(() => {{ const h = {APP}.hovering; return h.of && h.items.length >= h.of; }})()"
    )
    open_section(stage, "Find everything")
    asked = []
    stage.on("request", lambda request: asked.append(request.url))
    counts = []
    for iou in (0, 0.4, 0.8, 1):
        move_slider(stage, "everything_iou", iou)
        counts.append(ask(stage, "app.hovering.kept.length"))
    assert counts == sorted(counts, reverse=True) and counts[0] > counts[-1]
    expect(stage.locator(".segment-count")).to_contain_text(str(counts[-1]))
    assert [url for url in asked if "/loaded" not in url] == []
    move_slider(stage, "everything_iou", 0)
    x, y = place(stage, 0.5, 0.55)
    stage.mouse.move(x, y)
    assert ask(stage, "app.hovering.index") >= 0
    stage.mouse.click(x, y)
    # The first click of a run loads the model.
    expect(stage.locator(".segment-row")).to_have_count(1, timeout=120_000)
    stage.locator(".segment-stage").focus()
    stage.keyboard.press("Escape")
    assert ask(stage, "app.isEverything") is False


def test_refining_asks_nobody(stage):
    click(stage, 0.5, 0.55)
    open_section(stage, "Refine")
    asked = []
    stage.on("request", lambda request: asked.append(request.url))
    before = mask(stage)
    move_slider(stage, "threshold", 1.5)
    higher = mask(stage)
    assert not (higher & ~before).any() and higher.sum() < before.sum()
    move_slider(stage, "threshold", 0)
    move_slider(stage, "grow", 6)
    grown = mask(stage)
    assert not (before & ~grown).any() and grown.sum() > before.sum()
    stage.get_by_role("button", name="As the model made it").click()
    assert (mask(stage) == before).all()
    stage.get_by_role("radio", name="Brush").click()
    drag(stage, (0.05, 0.05), (0.3, 0.05))
    painted = mask(stage)
    width, height = ask(stage, "[app.picture.width, app.picture.height]")
    assert painted[int(0.05 * height), int(0.2 * width)]
    stage.get_by_role("radio", name="Eraser").click()
    drag(stage, (0.05, 0.05), (0.3, 0.05))
    assert not mask(stage)[int(0.05 * height), int(0.2 * width)]
    assert [url for url in asked if "decode" in url or "component_server" in url] == []


def test_effects_change_the_picture_only_where_they_should(stage):
    click(stage, 0.5, 0.55)
    inside = mask(stage)
    open_section(stage, "Effects")
    stage.locator("[data-effect=grey]").click()
    size = ask(stage, "({ width: app.picture.width, height: app.picture.height })")
    pixels = np.array(
        stage.evaluate(
            f"""(size) => {{
              const canvas = {APP}.effects.at(size);
              return [...canvas.getContext('2d').getImageData(0, 0, size.width, size.height).data];
            }}""",
            size,
        )
    ).reshape(size["height"], size["width"], 4)
    spread = pixels[..., :3].max(-1) - pixels[..., :3].min(-1)
    assert spread[~inside].max() <= 2
    assert spread[inside].max() > 20
    first = ask(stage, "app.now.effect.variant")
    stage.locator("[data-effect=grey]").click()
    assert (
        ask(stage, "app.now.effect.variant") != first
        or "1/" not in stage.locator("[data-effect=grey]").inner_text()
    )
    stage.get_by_role("button", name="No effect").click()
    assert ask(stage, "app.now.effect") is None


def test_a_cut_out_and_all_formats_can_be_taken_away(stage):
    click(stage, 0.5, 0.55)
    keep(stage)
    open_section(stage, "Take away")
    with stage.expect_download() as download:
        stage.locator(".ui-section-body .main.wide").click()
    cut = Image.open(download.value.path())
    assert cut.mode == "RGBA"
    box = ask(stage, "[...app.now.objects[0].box]")
    assert cut.size == (box[2] - box[0], box[3] - box[1])
    told = stage.locator(".segment-told")
    expect(told).to_contain_text("IoU 1.000")
    for name in ("mask", "label-map", "coco-rle", "yolo", "svg", "csv", "labelme"):
        with stage.expect_download() as download:
            stage.locator(f"[data-format={name}]").click()
        assert download.value.path().stat().st_size > 20
    with stage.expect_download() as download:
        stage.locator("[data-format=zip]").click()
    assert len(zipfile.ZipFile(download.value.path()).namelist()) > 5


def test_the_program_names_model_and_clicks(stage):
    click(stage, 0.5, 0.55)
    open_section(stage, "Take away")
    stage.get_by_role("button", name="Reproduce in Python").click()
    text = stage.locator(".ui-dialog pre")
    expect(text).to_contain_text("import")
    x = points(stage)[0]["x"]
    assert f"{x:.1f}"[:4] in text.inner_text()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_clicked_where_it_is_seen(stage, orientation):
    upright, inside = disc_picture()
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(turns[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = io.BytesIO()
    stored.save(data, "JPEG", quality=95, exif=exif)
    open_picture(stage, data.getvalue(), "turned.jpg", "image/jpeg")
    assert ask(stage, "[app.picture.width, app.picture.height]") == [320, 240]
    click(stage, *DISC)
    found = max(
        (overlap(inside, candidate) for candidate in candidates(stage)),
    )
    assert found > 0.5


def candidates(page):
    """The masks of all candidates at the picture's size."""
    size = ask(page, "[app.picture.height, app.picture.width]")
    count = ask(page, "app.candidatesBySize().length")
    for number in range(count):
        page.keyboard.press(str(number + 1))
        yield np.array(ask(page, "[...app.workingMask()]"), bool).reshape(size)


def overlap(a, b):
    return (a & b).sum() / max(1, (a | b).sum())


@pytest.mark.parametrize("size", [(1600, 90), (24, 18), (60, 900)], ids=["wide", "tiny", "tall"])
def test_odd_pictures_are_clicked_where_it_is_seen(stage, size):
    picture, _ = disc_picture(size)
    open_picture(stage, png(picture))
    click(stage, *DISC)
    point = points(stage)[0]
    assert abs(point["x"] / size[0] - DISC[0]) * size[0] <= max(1, size[0] / 300)
    assert abs(point["y"] / size[1] - DISC[1]) * size[1] <= max(1, size[1] / 300)
    assert mask(stage).shape == size[::-1]


def test_zooming_leaves_clicks_where_they_are_seen(stage):
    picture, _ = disc_picture()
    open_picture(stage, png(picture))
    stage.locator(".segment-stage").focus()
    for _ in range(3):
        stage.keyboard.press("+")
    click(stage, 0.5, 0.5)
    point = points(stage)[0]
    assert abs(point["x"] - 160) < 1 and abs(point["y"] - 120) < 1


def test_clicks_made_while_the_picture_is_read_are_kept(stage):
    held = []
    stage.route("**/gradio_api/upload*", lambda route: held.append(route))
    picture, inside = disc_picture()
    stage.locator(".segment > input[type=file]").set_input_files(
        {"name": "disc.png", "mimeType": "image/png", "buffer": png(picture)}
    )
    stage.wait_for_function(f"{APP}.picture.isPending")
    stage.mouse.click(*place(stage, *DISC))
    assert len(points(stage)) == 1
    assert ask(stage, "app.decoding.of(app.now.working) === undefined")
    stage.wait_for_timeout(0)
    held[0].continue_()
    stage.wait_for_function(f"{APP}.decoding.of({APP}.now.working)")
    assert mask(stage).shape == inside.shape


def test_a_forgotten_picture_is_read_again_by_itself(stage):
    click(stage, 0.5, 0.55)
    told = []

    def forget(route):
        data = json.loads(route.request.post_data or "{}")
        if data.get("fn_name") == "decode" and not told:
            told.append(data)
            route.fulfill(json={"error": "It was forgotten.", "expired": True})
        else:
            route.continue_()

    stage.route(re.compile("/component_server"), forget)
    stage.mouse.click(*place(stage, 0.6, 0.6))
    stage.wait_for_function(
        f"{APP}.now.working.points.length === 2 && {APP}.decoding.of({APP}.now.working)"
    )
    assert told


def test_clicks_beside_the_picture_and_too_many_clicks(stage):
    picture, _ = disc_picture((90, 400))
    open_picture(stage, png(picture))
    rect = stage.locator(".segment-stage").bounding_box()
    stage.mouse.click(rect["x"] + 5, rect["y"] + rect["height"] / 2)
    assert points(stage) == []
    stage.evaluate(
        f"(() => {{ const a = {APP}; for (let n = 0; n < 1000; n += 1) "
        "a.click([1 + (n % 80), 1 + (n % 300)], 1); })()"
    )
    assert len(points(stage)) == 50
    expect(stage.locator(".segment-tip")).to_contain_text("as many clicks")
    settle(stage)
    assert mask(stage).any()


def test_a_file_that_is_no_picture_leaves_the_stage_as_it_was(stage):
    stage.expected.append("500")
    before = ask(stage, "app.picture.id")
    stage.locator(".segment > input[type=file]").set_input_files(
        {"name": "half.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + b"0" * 50}
    )
    expect(stage.locator(".toast-body").first).to_be_visible()
    assert ask(stage, "app.picture.id") == before
    click(stage, 0.5, 0.55)
    assert len(points(stage)) == 1


def test_an_object_is_handed_on(stage):
    click(stage, 0.5, 0.55)
    stage.wait_for_function(f"{APP}.props.value.chosen")
    sent = ask(stage, "app.props.value")
    assert set(sent) == {"id", "hash", "words", "chosen"}
    assert len(json.dumps(sent)) < 200_000
    stage.locator("#sam_segment .send-bar button").first.click()
    expect(stage.locator("#held-picture img")).to_be_visible()


def test_on_a_phone_the_tools_come_right_after_the_picture(open_stage):
    page = open_stage(viewport=PHONE, has_touch=True)
    tops = [
        page.locator(selector).first.bounding_box()["y"]
        for selector in (
            ".segment-stage",
            ".ui-switch",
            "#sam-segment-examples",
            "#sam_segment .inside",
        )
    ]
    assert tops == sorted(tops)


def test_see_inside(stage):
    click(stage, 0.5, 0.55)
    click(stage, 0.55, 0.6)
    stage.locator("#sam_segment .inside .label-wrap").click()
    figures = stage.locator(".segment-inside figure")
    expect(figures.first).to_be_visible()
    expect(stage.locator(".segment-inside")).to_contain_text("Click 2")
    similar = stage.locator(".segment-inside .segment-map.live")
    similar.click(position={"x": 40, "y": 40})
    expect(similar).to_have_attribute("data-asked", "true")
    # Another picture takes the place of the old one here as well.
    open_picture(stage, png(disc_picture()[0]))
    expect(similar).to_have_attribute("data-asked", "false")
