"""A person's journeys over the chat: by mouse, touch and keyboard, in both languages."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.conftest import LEAVING

PHONE = {"width": 390, "height": 844}
APP = "document.querySelector('.chat').app"
# The first question of a run imports the libraries and loads the model.
LONG_MS = 120_000
ATTACKS = [
    "<img src=x onerror=window.attacked=1>",
    "<script>window.attacked=1</script>",
    "[here](javascript:window.attacked=1) **bold** # head",
    "{{constructor.constructor('window.attacked=1')()}} ${window.attacked=1}",
]


def ask_app(page, expression):
    """The value of an expression in which `app` is the chat."""
    return page.evaluate(f"(() => {{ const app = {APP}; return {expression}; }})()")


def settle(page):
    """Until everything that was asked has been answered."""
    page.wait_for_function(
        f"(() => {{ const a = {APP}; return a.picture?.id && !a.asking.isBusy"
        " && !a.asking.queue.length; })()",
        timeout=LONG_MS,
    )
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def ask(page, question):
    field = page.locator(".chat-line textarea")
    field.fill(question)
    field.press("Enter")
    settle(page)


def tell(page, **value):
    """What a server would say."""
    page.evaluate(f"(value) => {APP}.receive(value)", value | {"stamp": str(np.random.rand())})
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def answer(*words, state="done", model="mini-blip2", **more):
    """An answer as the server tells it, with two likeliest words at each place."""
    told = [
        {"t": text, "p": p, "id": place, "o": [[text, p, place], [" else", 1 - p, 90 + place]]}
        for place, (text, p) in enumerate(words)
    ]
    text = "".join(text for text, _ in words).strip()
    return {"model": model, "text": text, "words": told, "state": state, "ended": "end"} | more


def turn(*answers, number=1, question="What is it?", **more):
    return {"id": f"t{number}", "question": question, "language": "en", "part": None} | {
        "answers": list(answers),
        **more,
    }


def last(page):
    return page.locator(".chat-turn").last


def said(page):
    return page.locator(".chat > [role=status]")


def place(page, x, y):
    """Where a point of the picture, given as shares of it, stands on the screen."""
    return page.evaluate(
        f"""([x, y]) => {{
          const {{ look, picture }} = {APP};
          look.stage.scrollIntoView({{ block: 'nearest' }});
          const at = new DOMPoint(x * picture.width, y * picture.height);
          const found = at.matrixTransform(look.over.getScreenCTM());
          return [found.x, found.y];
        }}""",
        [x, y],
    )


def drag(page, start, end):
    page.mouse.move(*place(page, *start))
    page.mouse.down()
    page.mouse.move(*place(page, *end), steps=5)
    page.mouse.up()


def box(page):
    """The box that was drawn, as shares of the picture."""
    return ask_app(
        page,
        "app.part.box.map((edge, i) => edge / (i % 2 ? app.picture.height : app.picture.width))",
    )


@pytest.fixture
def open_chat(open_page):
    def open_one(**options):
        page = open_page("#blip2_chat", **options)
        page.wait_for_selector(".chat[data-ready]")
        settle(page)
        return page

    return open_one


@pytest.fixture
def chat(open_chat):
    return open_chat()


def open_picture(page, size=(320, 240), name="photo.png"):
    before = page.locator(".chat").get_attribute("data-ready")
    file = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(file, "PNG")
    page.locator(".chat > input[type=file]").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": file.getvalue()}
    )
    page.wait_for_function(
        "(before) => ![undefined, before].includes(document.querySelector('.chat').dataset.ready)",
        arg=before,
        timeout=LONG_MS,
    )
    settle(page)


@pytest.mark.parametrize(
    ("locale", "words"), [("en-US", "What the model sees"), ("zh-TW", "模型看到什麼")]
)
def test_it_opens_on_a_talk_with_its_words(open_chat, locale, words):
    page = open_chat(locale=locale)
    expect(page.locator(".chat-kicker")).to_have_text(words)
    assert page.locator(".chat-turn").count() >= 3
    assert page.locator(".chat-bar-row").count() == 10
    assert ask_app(page, "app.picture.image.naturalWidth") > 0


@pytest.mark.parametrize(
    ("locale", "question"), [("en-US", "What is in the picture?"), ("zh-TW", "圖片裡有什麼？")]
)
def test_a_question_is_answered_word_by_word(open_chat, locale, question):
    page = open_chat(locale=locale)
    before = page.locator(".chat-turn").count()
    ask(page, question)
    expect(page.locator(".chat-turn")).to_have_count(before + 1)
    expect(last(page).locator(".chat-question")).to_have_text(question)
    text = ask_app(page, "app.turns.at(-1).answers[0].text")
    assert text
    # The words join to the answer exactly.
    assert ask_app(page, "app.turns.at(-1).answers[0].words.map(({ t }) => t).join('')") == text
    assert last(page).locator(".chat-words").evaluate("n => n.textContent").strip() == text
    expect(said(page)).to_contain_text(text)
    expect(page.locator(".chat-line textarea")).to_have_value("")


def test_a_question_to_try_is_one_press_away(chat):
    chip = chat.locator(".chat-try").first
    question = chip.inner_text()
    chip.click()
    settle(chat)
    expect(last(chat).locator(".chat-question")).to_have_text(question)
    assert question not in chat.locator(".chat-tries").inner_text()


def test_enter_that_belongs_to_an_input_method_sends_nothing(chat):
    field = chat.locator(".chat-line textarea")
    field.fill("ㄊㄨˊ")
    before = chat.locator(".chat-turn").count()
    field.evaluate(
        "n => n.dispatchEvent(new KeyboardEvent('keydown',"
        " { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }))"
    )
    field.press("Shift+Enter")
    assert field.input_value() == "ㄊㄨˊ\n"
    assert ask_app(chat, "app.asking.isBusy") is False
    assert chat.locator(".chat-turn").count() == before


def test_nothing_is_asked_with_an_empty_field(chat):
    expect(chat.get_by_role("button", name="Ask (Enter)")).to_be_disabled()
    chat.locator(".chat-line textarea").fill("   \n ")
    expect(chat.get_by_role("button", name="Ask (Enter)")).to_be_disabled()
    tell(chat, error="An older mistake.")
    chat.locator(".chat-line textarea").press("Enter")
    expect(chat.locator(".chat-note[data-kind=mistake]")).to_have_text(
        "There are no words yet. Type a question first."
    )
    assert ask_app(chat, "app.asking.isBusy") is False


@pytest.mark.parametrize("width", [1366, 1920, 390])
def test_the_last_answer_is_in_sight_at_once(open_chat, width):
    page = open_chat(viewport={"width": width, "height": 768})
    words = last(page).locator(".chat-words")
    if width > 1000:
        expect(words).to_be_in_viewport(ratio=1)
        edges = "n => [n.getBoundingClientRect().bottom, n.closest('.chat-turns')"
        bottom, most = words.evaluate(f"{edges}.getBoundingClientRect().bottom]")
        assert bottom <= most
    tab = page.locator("#blip2_chat-button")
    expect(tab).to_be_in_viewport(ratio=1)
    row = tab.evaluate("n => n.closest('.tab-container').getBoundingClientRect().right")
    assert tab.evaluate("n => n.getBoundingClientRect().right") <= row + 1


def test_a_talk_that_cannot_be_taken_away_leaves_the_answer_going(chat):
    tell(chat, busy=True, turns=[turn(answer((" a", 0.9), state="writing"))])
    tell(chat, error="It cannot be taken.", is_aside=True)
    expect(chat.locator(".chat-note[data-kind=mistake]")).to_have_text("It cannot be taken.")
    expect(chat.get_by_role("button", name="Stop the answer")).to_be_visible()
    assert ask_app(chat, "app.asking.isAnswering") is True
    tell(chat, busy=False, turns=[turn(answer((" a", 0.9)))])
    expect(chat.get_by_role("button", name="Stop the answer")).to_be_hidden()


def test_a_picture_that_is_too_large_is_refused_before_it_is_sent(chat):
    before = chat.locator(".chat").get_attribute("data-ready")
    file = {"name": "big.png", "mimeType": "image/png", "buffer": b"0" * 13_000_000}
    chat.locator(".chat > input[type=file]").set_input_files(file)
    expect(chat.locator(".chat-note[data-kind=mistake]")).to_contain_text("larger than 12 MB")
    assert chat.locator(".chat").get_attribute("data-ready") == before


def test_a_question_that_is_too_long_is_given_back(chat):
    before = chat.locator(".chat-turn").count()
    question = "why " * 25_000
    ask(chat, question)
    note = chat.locator(".chat-note[data-kind=mistake]")
    expect(note).to_have_text("This text has 100000 characters. Shorten it to 500.")
    expect(chat.locator(".chat-line textarea")).to_have_value(question)
    expect(chat.locator(".chat-turn")).to_have_count(before)
    ask(chat, "What is it?")
    expect(chat.locator(".chat-note")).to_be_hidden()


def test_what_is_typed_stands_there_as_it_was_typed(chat):
    for text in ATTACKS:
        ask(chat, text)
        expect(last(chat).locator(".chat-question")).to_have_text(text)
    assert chat.locator(".chat-turns").locator("a, img, script, b, h1").count() == 0
    assert chat.evaluate("window.attacked") is None


def test_what_a_model_answers_is_text(chat):
    for number, text in enumerate(ATTACKS):
        one = answer((text, 0.4), (" end", 0.9), note=text, prompt=text)
        failed = answer(state="failed", error=text)
        models = [{"key": "m", "title": text, "languages": ["en"], "note": text}]
        turns = [turn(failed, number=f"f{number}"), turn(one, number=number, question=text)]
        tell(chat, busy=False, turns=turns, models=models)
        expect(last(chat).locator(".chat-word").first).to_have_text(text)
        last(chat).locator(".chat-word").first.click()
        expect(chat.locator(".chat-where mark")).to_have_text(text)
        expect(chat.locator(".chat-bar-text").first).to_have_text(text)
        expect(chat.locator(".chat-word-panel pre")).to_have_text(text)
    assert chat.locator(".chat a, .chat script, .chat .chat-turns img").count() == 0
    assert chat.evaluate("window.attacked") is None


def test_a_word_shows_the_ten_likeliest_and_all_others(chat):
    ask(chat, "What is in the picture?")
    last(chat).locator(".chat-word").nth(1).click()
    expect(last(chat).locator(".chat-word").nth(1)).to_have_attribute("aria-pressed", "true")
    rows = chat.locator(".chat-bar-row")
    expect(rows).to_have_count(10)
    expect(chat.locator(".chat-bar-row[aria-current=true]")).to_have_count(1)
    expect(chat.locator(".chat-rest")).to_contain_text("all others")
    shares = [
        float(re.search(r"[\d.]+", text)[0])
        for text in chat.locator(".chat-bar-number").all_inner_texts()
    ]
    assert shares[:10] == sorted(shares[:10], reverse=True)
    assert sum(shares) == pytest.approx(100, abs=3)


def test_another_word_goes_on_from_there(chat):
    ask(chat, "What is in the picture?")
    before = ask_app(chat, "app.turns.at(-1).answers[0].words.map(({ t }) => t)")
    last(chat).locator(".chat-word").nth(1).click()
    other = chat.locator(".chat-bar-row:not([aria-current])").first
    word = other.locator(".chat-bar-text").inner_text()
    other.click()
    settle(chat)
    after = ask_app(chat, "app.turns.at(-1).answers[0].words.map(({ t }) => t)")
    assert after[0] == before[0]
    assert after[1].strip() == word
    expect(chat.locator(".chat-bar-row[aria-current=true] .chat-bar-text")).to_have_text(word)
    expect(last(chat).locator(".chat-state")).to_contain_text("Word 2 was chosen by hand")


def test_words_are_walked_over_and_chosen_by_keyboard(chat):
    ask(chat, "What is in the picture?")
    words = last(chat).locator(".chat-word")
    words.nth(0).focus()
    chat.keyboard.press("ArrowRight")
    expect(words.nth(1)).to_be_focused()
    assert [words.nth(i).evaluate("n => n.tabIndex") for i in range(2)] == [-1, 0]
    chat.keyboard.press("Enter")
    expect(chat.locator(".chat-bar-row[aria-current=true]")).to_be_focused()
    chat.keyboard.press("Escape")
    expect(words.nth(1)).to_be_focused()


def test_the_words_of_a_running_answer_come_one_by_one(chat):
    tell(chat, busy=True, turns=[turn(answer(state="waiting"))])
    expect(last(chat).locator(".chat-state")).to_have_text("thinking")
    expect(chat.get_by_role("button", name="Stop the answer")).to_be_visible()
    words = [(" a", 0.9), (" red", 0.3), (" car", 0.6)]
    for count in range(1, 4):
        part = answer(*words[:count], state="writing")
        tell(chat, changed={"turn": "t1", "index": 0, "answer": part})
        expect(last(chat).locator(".chat-word")).to_have_count(count)
    expect(said(chat)).not_to_contain_text("car")
    expect(last(chat).locator(".chat-foot")).to_be_hidden()
    assert [
        last(chat).locator(".chat-word").nth(i).get_attribute("data-step") for i in range(3)
    ] == ["sure", "guess", "unsure"]


def test_a_word_stays_chosen_while_others_come(chat):
    tell(chat, busy=True, turns=[turn(answer((" a", 0.9), state="writing"))])
    word = last(chat).locator(".chat-word").first
    word.focus()
    both = answer((" a", 0.9), (" car", 0.5), state="writing")
    tell(chat, changed={"turn": "t1", "index": 0, "answer": both})
    expect(last(chat).locator(".chat-word").first).to_be_focused()


def test_an_answer_without_a_word_is_told(chat):
    tell(chat, busy=False, turns=[turn(answer(ended="end"))])
    expect(last(chat).locator(".chat-state")).to_have_text("The model ended without a word.")


def test_who_listens_hears_why_there_is_no_word(chat):
    chat.evaluate(f"() => {{ {APP}.trigger = () => {{}}; }}")
    field = chat.locator(".chat-line textarea")
    field.fill("What is it?")
    field.press("Enter")
    chat.wait_for_function(f"{APP}.asking.isAnswering")
    failed = answer(state="failed", model="vilt-vqa", error="It is not here.")
    tell(chat, busy=False, turns=[turn(answer(ended="end"), failed)])
    expect(said(chat)).to_contain_text("The model ended without a word.")
    expect(said(chat)).to_contain_text("It is not here.")


def test_stop_tells_the_server_and_keeps_the_words(chat):
    chat.evaluate(
        f"() => {{ const a = {APP}; a.sentEvents = []; a.trigger = (e) => a.sentEvents.push(e); }}"
    )
    tell(chat, busy=True, turns=[turn(answer((" a", 0.9), state="writing"))])
    chat.get_by_role("button", name="Stop the answer").click()
    assert ask_app(chat, "app.sentEvents") == ["stop"]
    expect(chat.get_by_role("button", name="Stop the answer")).to_be_disabled()
    tell(chat, busy=False, turns=[turn(answer((" a", 0.9), state="stopped"))])
    expect(last(chat)).to_contain_text("Stopped here")
    expect(last(chat).locator(".chat-word")).to_have_text("a")
    expect(chat.get_by_role("button", name="Stop the answer")).to_be_hidden()


def test_a_question_waits_for_the_answer_before(chat):
    chat.evaluate(
        f"() => {{ const a = {APP}; a.sentEvents = [];"
        " a.trigger = (e) => a.sentEvents.push([e, a.props.value.question]); }"
    )
    field = chat.locator(".chat-line textarea")
    for question in ("one?", "two?", "three?"):
        field.fill(question)
        field.press("Enter")
    assert ask_app(chat, "app.sentEvents") == [["ask", "one?"]]
    queued = chat.locator(".chat-turn[data-state=queued]")
    expect(queued).to_have_count(2)
    queued.first.get_by_role("button", name="Do not ask this").click()
    expect(queued).to_have_count(1)
    tell(chat, busy=False, turns=[turn(answer((" a", 0.9)), question="one?")])
    expect(chat.locator(".chat-turn[data-state=queued]")).to_have_count(0)
    assert ask_app(chat, "app.sentEvents") == [["ask", "one?"], ["ask", "three?"]]


def test_a_question_is_changed_while_the_answer_is_written(chat):
    chat.evaluate(
        f"() => {{ const a = {APP}; a.sentEvents = [];"
        " a.trigger = (e) => a.sentEvents.push([e, a.props.value.turn ?? '']); }"
    )
    writing = turn(answer((" a", 0.9), state="writing"))
    tell(chat, busy=True, turns=[writing])
    last(chat).get_by_role("button", name="Change the question").click()
    last(chat).locator("textarea").fill("Another?")
    # Words that come meanwhile leave the field alone.
    more = answer((" a", 0.9), (" car", 0.8), state="writing")
    tell(chat, changed={"turn": "t1", "index": 0, "answer": more})
    expect(last(chat).locator("textarea")).to_have_value("Another?")
    last(chat).locator("textarea").press("Enter")
    assert ask_app(chat, "app.sentEvents") == [["stop", ""]]
    tell(chat, busy=False, turns=[turn(answer((" a", 0.9), state="stopped"))])
    assert ask_app(chat, "app.sentEvents") == [["stop", ""], ["ask", "t1"]]
    expect(last(chat).locator(".chat-question")).to_have_text("Another?")


def test_an_earlier_question_is_changed_and_what_came_after_goes(chat):
    ask(chat, "What is in the picture?")
    ask(chat, "Where is it?")
    turns = ask_app(chat, "app.turns.map(({ id }) => id)")
    edited = chat.locator(f".chat-turn[data-turn='{turns[-2]}']")
    edited.hover()
    edited.get_by_role("button", name="Change the question").click()
    field = edited.locator("textarea")
    expect(field).to_be_focused()
    field.fill("never asked")
    field.press("Escape")
    expect(edited.locator(".chat-question")).to_have_text("What is in the picture?")
    edited.get_by_role("button", name="Change the question").click()
    expect(edited.locator(".ui-hint")).to_have_text("What comes after it goes.")
    edited.locator("textarea").fill("What is the background?")
    edited.locator("textarea").press("Enter")
    settle(chat)
    expect(last(chat).locator(".chat-question")).to_have_text("What is the background?")
    expect(chat.get_by_text("Where is it?", exact=True).and_(chat.locator("p"))).to_have_count(0)


def test_an_answer_is_given_once_more_and_copied(open_chat):
    chat = open_chat(permissions=["clipboard-read", "clipboard-write"])
    ask(chat, "What is in the picture?")
    text = ask_app(chat, "app.turns.at(-1).answers[0].text")
    last(chat).get_by_role("button", name="Answer once more").click()
    settle(chat)
    # The likeliest words are the same each time.
    assert ask_app(chat, "app.turns.at(-1).answers[0].text") == text
    last(chat).get_by_role("button", name="Copy").click()
    expect(said(chat)).to_have_text("Copied")
    assert chat.evaluate("navigator.clipboard.readText()") == text


def test_two_models_answer_side_by_side(chat):
    models = [
        {"key": key, "title": key.upper(), "languages": ["en"], "note": "A note."}
        for key in ("one", "two")
    ]
    both = turn(answer((" a", 0.9), model="one"), answer((" b", 0.9), model="two"))
    tell(chat, busy=False, models=models, turns=[both])
    titles = last(chat).locator(".chat-model")
    expect(titles).to_have_text(["ONE", "TWO"])
    left, right = (last(chat).locator(".chat-answer").nth(i).bounding_box() for i in range(2))
    assert left["y"] == right["y"] and left["x"] + left["width"] <= right["x"]
    last(chat).locator(".chat-word").nth(1).click()
    assert ask_app(chat, "app.chosen.index") == 1


def test_a_drawn_box_is_what_the_next_question_is_about(chat):
    drag(chat, (0.2, 0.7), (0.6, 0.1))
    assert box(chat) == pytest.approx([0.2, 0.1, 0.6, 0.7], abs=0.02)
    expect(chat.locator(".chat-about")).to_contain_text("about this part")
    expect(chat.locator(".chat-line textarea")).to_be_focused()
    ask(chat, "What is this?")
    assert ask_app(chat, "app.turns.at(-1).part.box.length") == 4
    expect(last(chat).locator(".chat-part svg")).to_be_visible()
    chat.get_by_role("button", name="Ask about the whole picture").click()
    assert ask_app(chat, "app.part") is None
    last(chat).get_by_role("button", name="Ask about this part again").click()
    assert box(chat) == pytest.approx([0.2, 0.1, 0.6, 0.7], abs=0.02)


def test_a_box_is_made_and_moved_by_keyboard(chat):
    chat.get_by_role("button", name="Box", exact=True).focus()
    chat.keyboard.press("Enter")
    expect(chat.locator(".chat-stage")).to_be_focused()
    before = box(chat)
    chat.keyboard.press("ArrowRight")
    chat.keyboard.press("ArrowUp")
    moved = box(chat)
    assert moved[0] > before[0] and moved[1] < before[1]
    assert moved[2] - moved[0] == pytest.approx(before[2] - before[0], abs=0.02)
    for _ in range(60):
        chat.keyboard.press("Shift+ArrowDown")
    assert box(chat)[3] == 1
    chat.keyboard.press("Enter")
    expect(chat.locator(".chat-line textarea")).to_be_focused()
    chat.locator(".chat-stage").focus()
    chat.keyboard.press("Escape")
    assert ask_app(chat, "app.part") is None


def test_a_thing_is_taken_by_one_click(chat):
    chat.get_by_role("button", name="Thing", exact=True).click()
    chat.mouse.click(*place(chat, 0.6, 0.7))
    chat.wait_for_function(f"{APP}.part?.runs", timeout=LONG_MS)
    size = ask_app(chat, "[app.part.width, app.part.height]")
    assert size == ask_app(chat, "[app.picture.width, app.picture.height]")
    runs = [int(run) for run in ask_app(chat, "app.part.runs").split(",")]
    assert sum(runs) == size[0] * size[1] and 0 < sum(runs[1::2]) < sum(runs)
    expect(chat.locator(".chat-stage .chat-outline.under")).to_have_attribute("d", re.compile("M"))
    ask(chat, "What is this?")
    assert ask_app(chat, "app.turns.at(-1).part.runs.length") > 0


def test_a_press_on_the_picture_alone_takes_nothing(chat):
    chat.mouse.click(*place(chat, 0.5, 0.5))
    assert ask_app(chat, "app.part") is None


def test_an_own_picture_begins_a_talk_of_its_own(chat):
    open_picture(chat)
    assert ask_app(chat, "[app.picture.width, app.picture.height]") == [320, 240]
    assert ask_app(chat, "app.turns.length") == 0
    expect(last(chat).locator(".chat-kicker")).to_have_text("What the model sees")
    ask(chat, "What is in the picture?")
    expect(chat.locator(".chat-turn")).to_have_count(2)


def test_a_file_that_is_no_picture_leaves_the_talk(chat):
    # The refusal is told as a message of the page too.
    chat.expected.append("Console|error")
    count = chat.locator(".chat-turn").count()
    chat.locator(".chat > input[type=file]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    expect(chat.locator(".chat-note[data-kind=mistake]")).to_be_visible()
    settle(chat)
    expect(chat.locator(".chat-turn")).to_have_count(count)
    ask(chat, "What is in the picture?")
    expect(chat.locator(".chat-turn")).to_have_count(count + 1)


def test_a_talk_that_the_server_forgot_is_taken_up_again(chat):
    ask(chat, "What is in the picture?")
    count = chat.locator(".chat-turn").count()
    chat.evaluate(f"() => {{ {APP}.picture.id = 'gone'; }}")
    ask(chat, "Where is it?")
    expect(last(chat).locator(".chat-question")).to_have_text("Where is it?")
    assert ask_app(chat, "app.picture.id") != "gone"
    assert chat.locator(".chat-turn").count() >= count


def test_what_a_server_without_room_forgets_is_asked_again_but_once(chat):
    chat.evaluate(
        f"() => {{ const a = {APP}; a.sentEvents = []; a.trigger = (e) => a.sentEvents.push(e); }}"
    )
    count = chat.locator(".chat-turn").count()
    field = chat.locator(".chat-line textarea")
    field.fill("What is it?")
    field.press("Enter")
    tell(chat, error="It is gone.", expired=True)
    assert ask_app(chat, "app.sentEvents") == ["ask", "again"]
    size = {"width": 8, "height": 8, "is_example": True, "hash": "h", "alt": "", "name": "a"}
    src = ask_app(chat, "app.picture.src")
    tell(chat, busy=False, picture={"id": "new", "src": src, **size}, turns=[], caption=[])
    chat.wait_for_function(f"{APP}.sentEvents.length === 3")
    tell(chat, error="It is gone.", expired=True)
    expect(chat.locator(".chat-note[data-kind=mistake]")).to_have_text("It is gone.")
    expect(field).to_have_value("What is it?")
    assert ask_app(chat, "app.sentEvents") == ["ask", "again", "ask"]
    assert ask_app(chat, "app.asking.isBusy") is False
    assert chat.locator(".chat-turn").count() < count


def test_a_picture_that_cannot_be_opened_again_asks_nothing_more(chat):
    chat.evaluate(
        f"() => {{ const a = {APP}; a.sentEvents = []; a.trigger = (e) => a.sentEvents.push(e); }}"
    )
    field = chat.locator(".chat-line textarea")
    field.fill("What is it?")
    field.press("Enter")
    tell(chat, error="It is gone.", expired=True)
    tell(chat, error="It cannot be read.")
    expect(chat.locator(".chat-note[data-kind=mistake]")).to_have_text("It cannot be read.")
    expect(field).to_have_value("What is it?")
    assert ask_app(chat, "app.sentEvents") == ["ask", "again"]
    assert ask_app(chat, "app.asking.isBusy") is False


def test_an_own_picture_that_the_server_forgot_is_sent_again(chat):
    open_picture(chat)
    ask(chat, "What is in the picture?")
    chat.evaluate(f"() => {{ {APP}.picture.id = 'gone'; }}")
    ask(chat, "Where is it?")
    questions = chat.locator(".chat-question")
    expect(questions).to_have_text(["What is in the picture?", "Where is it?"])


def test_a_talk_is_taken_away_and_opened_again(chat):
    ask(chat, "What is in the picture?")
    texts = ask_app(chat, "app.turns.map(({ question }) => question)")
    chat.locator(".chat-menu summary").click()
    with chat.expect_download() as taken:
        chat.get_by_role("button", name="Take away as text").click()
    assert "What is in the picture?" in taken.value.path().read_text("utf-8")
    chat.locator(".chat-menu summary").click()
    with chat.expect_download() as taken:
        chat.get_by_role("button", name="Take away as a recipe").click()
    recipe = taken.value.path().read_bytes()
    assert isinstance(json.loads(recipe), dict)
    chat.expected += LEAVING
    chat.reload()
    chat.wait_for_selector(".chat[data-ready]")
    chat.locator(".chat-menu input[type=file]").set_input_files(
        {"name": "talk.json", "mimeType": "application/json", "buffer": recipe}
    )
    chat.wait_for_function(f"(n) => {APP}.turns.length === n", arg=len(texts), timeout=LONG_MS)
    settle(chat)
    assert ask_app(chat, "app.turns.map(({ question }) => question)") == texts


def test_beginning_anew_and_forgetting(chat):
    open_picture(chat)
    ask(chat, "What is in the picture?")
    chat.locator(".chat-menu summary").click()
    chat.get_by_role("button", name="Begin anew with this picture").click()
    settle(chat)
    expect(chat.locator(".chat-question")).to_have_count(0)
    assert ask_app(chat, "app.picture.width") == 320
    chat.locator(".chat-menu summary").click()
    chat.get_by_role("button", name="Forget picture and talk").click()
    expect(chat.locator(".chat-stage img")).to_be_hidden()
    expect(chat.locator(".chat-turn")).to_have_count(0)
    expect(chat.locator(".chat-tip")).to_contain_text("Open a picture")
    chat.locator("#blip2-chat-examples button").first.click()
    chat.wait_for_selector(".chat[data-ready]")


def test_on_a_phone_everything_fits_and_the_answer_comes_into_sight(open_chat):
    page = open_chat(viewport=PHONE, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    ask(page, "What is in the picture?")
    expect(last(page).locator(".chat-words")).to_be_in_viewport()
    last(page).locator(".chat-word").nth(1).tap()
    panel = last(page).locator(".chat-word-panel")
    expect(panel).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    panel.get_by_role("button", name="Close").tap()
    expect(page.locator(".chat-word-panel")).to_have_count(0)


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1366, "height": 768}])
def test_what_is_pressed_is_large_enough(open_chat, viewport):
    page = open_chat(viewport=viewport)
    small = page.evaluate(
        """() => [...document.querySelectorAll('.chat button, .chat summary, .chat-tools button')]
        .filter((n) => n.offsetParent && !n.matches('.chat-word'))
        .map((n) => [n.className, n.getBoundingClientRect()])
        .filter(([, { width, height }]) => width < 43.5 || height < 43.5)
        .map(([name, { width, height }]) => [name, width, height])"""
    )
    assert small == []


def test_everything_that_is_pressed_has_a_name(chat):
    ask(chat, "What is in the picture?")
    unnamed = chat.evaluate(
        """() => [...document.querySelectorAll('.chat button, .chat summary, .chat textarea,'
          + ' .chat-tools button')]
        .filter((n) => !n.getAttribute('aria-label') && !n.textContent.trim())
        .map((n) => n.outerHTML)"""
    )
    assert unnamed == []
