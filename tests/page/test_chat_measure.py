"""Measuring without a browser: its handlers with mini-blip2, what is kept, what is refused."""

from __future__ import annotations

import ast
import io
import json
import threading
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from playground.cache import Cancelled
from playground.catalog import entry
from playground.models import blip2
from playground.page.chat_measure import MeasureHandlers
from playground.page.measure_asking import LIKELIHOOD, WRITTEN
from playground.page.measuring import SESSION_NAME, Measuring
from playground.page.question_files import QuestionFiles
from playground.visitors.errors import PersonError
from playground.visitors.turns import TurnCounts
from playground.vqa.shipped import EMOJI, ShippedSet
from tests.chatting.mini_chat import MODEL, PATIENCE_SECONDS, count_calls, make_service, request_of
from tests.demos.test_clip_search import over_mcp

STATUS, NOTES, PROGRESS, RESULT, DOWNLOAD, WRONG, BOARD = range(7)
# The first answer of a run imports the libraries, on a machine that may be busy.
LOADING_SECONDS = 180
HOSTILE = '<img src=x onerror="window.hacked=1">'


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    return make_service(tmp_path_factory.mktemp("world"))


@pytest.fixture
def measuring(service):
    return Measuring(service)


def png(grey=90):
    file = io.BytesIO()
    Image.fromarray(np.full((48, 64, 3), grey, np.uint8)).save(file, "PNG")
    return file.getvalue()


def save_own(folder, rows=None, **changes):
    """A ZIP with questions of one's own; one's type and answer are hostile."""
    one = {"picture": "a.png", "question": "what is this?", "answer": HOSTILE, "type": HOSTILE}
    path = folder / "own.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("set.json", json.dumps(rows or [one | changes]))
        archive.writestr("a.png", png())
    return {"own.zip": path}


def run(measuring, request=None, **changes):
    fields = {
        "model": MODEL,
        "set_key": EMOJI,
        "language": "en",
        "count": 6,
        "way": LIKELIHOOD,
        "files": {},
    }
    request = request or request_of()
    return list(MeasureHandlers(measuring).measure(*(fields | changes).values(), request))


def refused(measuring, **changes):
    with pytest.raises(PersonError) as caught:
        run(measuring, **changes)
    return caught.value


@pytest.mark.parametrize("language", ["en", "zh-Hant"])
def test_the_shipped_questions_are_measured(measuring, language):
    shown = run(measuring, request_of(language), language=language)
    status, notes, progress, result, download, _, board = shown[-1]
    told = json.loads(download["value"])
    samples = told["samples"]["emoji"]
    assert len(samples) == 6 and told["n-samples"]["emoji"] == {"original": 689, "effective": 6}
    score = sum(sample["exact_match"] for sample in samples) / 6
    assert told["results"]["emoji"]["exact_match,none"] == pytest.approx(score)
    assert f"{100 * score:.1f} %" in result and "busy" not in status
    assert (notes, progress) == ("", "")
    part = {"en": "6 of 689", "zh-Hant": "689 題中的 6 題"}[language]
    assert part in board and "mini-blip2" in board
    assert all(sample["resps"][0][0] for sample in samples)


def test_pictures_are_encoded_once_and_questions_answered_together(measuring, monkeypatch):
    seen, answered = count_calls(monkeypatch, "see"), count_calls(monkeypatch, "answer")
    run(measuring, count=40)
    asked = measuring.shipped.in_language("en").items
    assert answered == [16, 16, 8]
    pictures = {asked[place * len(asked) // 40].picture for place in range(40)}
    assert sum(seen) == len(pictures)


def test_news_on_the_way_hold_what_is_known_so_far(measuring, monkeypatch):
    real, go_on = blip2.answer, threading.Semaphore(1)

    def answer(*given):
        assert go_on.acquire(timeout=PATIENCE_SECONDS)
        return real(*given)

    monkeypatch.setattr(blip2, "answer", answer)
    fields = (MODEL, EMOJI, "en", 40, LIKELIHOOD, {})
    steps = MeasureHandlers(measuring).measure(*fields, request_of())
    partial = next(step for step in steps if isinstance(step[RESULT], str))
    assert 'aria-valuenow="40"' in partial[PROGRESS]
    assert "after 16 of 40 questions" in partial[RESULT]
    go_on.release(2)
    assert "of 40 questions" in list(steps)[-1][RESULT]


def test_stopping_ends_the_work(measuring, monkeypatch):
    began, real = threading.Event(), blip2.answer

    def answer(model, asks, turn):
        began.set()
        assert until_left(asks)
        return real(model, asks, turn)

    def until_left(asks):
        return any(asks[0].is_left() or threading.Event().wait(0.01) for _ in range(2000))

    monkeypatch.setattr(blip2, "answer", answer)
    fields = (MODEL, EMOJI, "en", 40, LIKELIHOOD, {})
    steps = MeasureHandlers(measuring).measure(*fields, request_of())
    next(steps)
    assert began.wait(PATIENCE_SECONDS)
    steps.close()
    # The visitor's next run gets the turn that the stopped one gives back.
    monkeypatch.setattr(blip2, "answer", real)
    assert "right" in run(measuring)[-1][STATUS]
    assert measuring.turns.counts() == TurnCounts(0, 0, 0)
    assert all(row.count != 40 for row in measuring.rows(request_of(), EMOJI))


@pytest.mark.parametrize("answered", [0, 16])
def test_what_was_found_until_stop_can_be_taken_away(measuring, monkeypatch, answered):
    real, handlers, done = blip2.answer, MeasureHandlers(measuring), []

    def answer(model, asks, turn):
        if len(done) == answered:
            handlers.stop(request_of())
            # As the cache does where nobody waits any more.
            raise Cancelled("language")
        done.extend(asks)
        return real(model, asks, turn)

    monkeypatch.setattr(blip2, "answer", answer)
    status, _, progress, result, download, wrong, _ = run(measuring, count=40)[-1]
    assert "Stopped" in status and "busy" not in status and progress == ""
    told = json.loads(download["value"])
    assert len(told["samples"]["emoji"]) == answered
    assert told["n-samples"]["emoji"] == {"original": 689, "effective": answered}
    assert download["interactive"] == bool(answered)
    if answered:
        assert "after 16 of 40 questions" in result and "vqa-wrong" in wrong
    assert all(row.count != 40 for row in measuring.rows(request_of(), EMOJI))


def test_nobody_stops_the_run_of_another(measuring, monkeypatch):
    real, other = blip2.answer, MeasureHandlers(measuring)

    def answer(*given):
        other.stop(request_of(session_hash="bao"))
        return real(*given)

    monkeypatch.setattr(blip2, "answer", answer)
    assert "right, 20 questions" in run(measuring, count=20)[-1][STATUS]


def test_the_opening_needs_no_model(measuring, monkeypatch):
    seen, answered = count_calls(monkeypatch, "see"), count_calls(monkeypatch, "answer")
    handlers = MeasureHandlers(measuring)
    visitor = request_of("zh-Hant", "bob")
    language, status, _, _, result, download, wrong, board = handlers.opening(visitor)
    assert language == "zh-Hant"
    assert "事先測得" in status and "vqa-score" in result and wrong.count("<li>") == 24
    assert len(json.loads(download["value"])["samples"]["emoji"]) == 689
    assert board.count("measured") == 0 and board.count("mini-blip2") == 2
    assert not seen and not answered
    assert all(isinstance(part, dict) for part in handlers.opening(visitor))


def test_a_stored_run_of_other_files_is_not_shown(measuring, tmp_path):
    (tmp_path / "emoji.json").write_bytes((measuring.shipped.folder / "emoji.json").read_bytes())
    other = Measuring(measuring.service, ShippedSet(tmp_path))
    (tmp_path / f"{MODEL}.en.json").write_text('{"fingerprint": "x", "seconds": 1, "said": {}}')
    assert other.opening("en") is None
    assert "vqa-empty" in MeasureHandlers(other).opening(request_of(session_hash="eve"))[4]


def test_own_questions_are_escaped_and_stay_with_their_visitor(measuring, tmp_path):
    ada, bao = request_of(session_hash="ada"), request_of(session_hash="bao")
    files = save_own(tmp_path)
    shown = run(measuring, ada, set_key="own", files=files)[-1]
    assert HOSTILE not in shown[RESULT] + shown[WRONG] and "&lt;img src=x" in shown[WRONG]
    assert shown[WRONG].count("<li>") == 1 and "data:image/webp" in shown[WRONG]
    told = json.loads(shown[DOWNLOAD]["value"])
    (task,) = told["samples"]
    assert task.startswith("own-") and told["samples"][task][0]["target"] == [HOSTILE]
    assert len(measuring.rows(ada, task)) == 1 and not measuring.rows(bao, task)
    measuring.service.ctx.sessions.forget("ada")
    assert not measuring.rows(ada, task)


def test_own_rows_are_bounded(measuring, tmp_path):
    request = request_of(session_hash="cai")
    for number in range(23):
        run(measuring, request, set_key="own", files=save_own(tmp_path, answer=str(number)))
    assert len(measuring.service.ctx.session(request).get(SESSION_NAME)) == 20


def test_options_by_likelihood_and_by_what_is_written(measuring, tmp_path, monkeypatch):
    rows = [
        {"picture": "a.png", "question": f"q{n}?", "answer": "B", "choices": ["cat", "dog"]}
        for n in range(3)
    ]
    scored = count_calls(monkeypatch, "score")
    likely = run(measuring, set_key="own", files=save_own(tmp_path, rows))[-1]
    assert scored == [3]
    samples = next(iter(json.loads(likely[DOWNLOAD]["value"])["samples"].values()))
    assert {sample["filtered_resps"][0] for sample in samples} <= {"A", "B"}
    written = run(measuring, set_key="own", files=save_own(tmp_path, rows), way=WRITTEN)[-1]
    told = json.loads(written[DOWNLOAD]["value"])
    assert scored == [3]
    # mini-blip2 writes no letters: that is told apart.
    unread = next(iter(told["results"].values()))["unread_share"]
    assert (f"{100 * unread:.1f} %" in written[RESULT]) == (unread > 0)


def science_qa(folder):
    problems = {
        str(n): {
            "question": "Which?",
            "choices": ["x", "y"],
            "answer": n % 2,
            "hint": "",
            "image": "image.png" if n < 2 else None,
            "grade": "grade2",
            "subject": "natural science",
            "split": "test",
        }
        for n in range(4)
    }
    for n in range(2):
        place = folder / "images" / "test" / str(n)
        place.mkdir(parents=True)
        (place / "image.png").write_bytes(png())
    (folder / "problems.json").write_text(json.dumps(problems))
    return folder


def with_settings(measuring, **changes):
    service = measuring.service
    ctx = replace(service.ctx, settings=replace(service.ctx.settings, **changes))
    return Measuring(replace(service, ctx=ctx))


def test_science_qa_from_the_folder_that_was_set(measuring, tmp_path):
    measuring = with_settings(measuring, scienceqa_folder=str(science_qa(tmp_path)))
    shown = run(measuring, set_key="scienceqa", count=0)[-1]
    assert "2 questions have no picture" in shown[NOTES]
    for column in ("NAT", "IMG", "NO", "G1-6", "Avg"):
        assert f">{column}<" in shown[RESULT]
    assert "SOC" not in shown[RESULT]
    told = json.loads(shown[DOWNLOAD]["value"])
    assert set(told["scienceqa_results"]) == {"0", "1", "2", "3"}
    assert "LLaVA + GPT-4" in shown[BOARD] and shown[BOARD].count("published") > 13
    assert shown[BOARD].count('class="here"') == 1
    assert len(measuring.rows(request_of(session_hash="bao"), "scienceqa")) == 1
    assert MeasureHandlers(measuring).choose_set("scienceqa", request_of())[0].count("<p>") == 2


def test_science_qa_in_a_zip_stays_with_its_visitor(measuring, tmp_path):
    science_qa(tmp_path / "sqa")
    path = tmp_path / "sqa.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in (tmp_path / "sqa").rglob("*.*"):
            archive.write(file, file.relative_to(tmp_path))
    shown = run(measuring, set_key="own", count=0, files={"sqa.zip": path})[-1]
    assert "LLaVA + GPT-4" in shown[BOARD]
    assert not measuring.rows(request_of(session_hash="bao"), "scienceqa")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"model": "gpt-17"}, "mistake.choice"),
        ({"model": None}, "mistake.choice"),
        ({"set_key": "imagenet"}, "mistake.choice"),
        ({"language": "fr"}, "mistake.choice"),
        ({"way": 7}, "mistake.choice"),
        ({"count": "all"}, "mistake.number.not_a_number"),
        ({"count": float("nan")}, "mistake.number.not_a_number"),
        ({"count": -1}, "mistake.number.range"),
        ({"count": 2.5}, "mistake.number.not_whole"),
        ({"set_key": "scienceqa"}, "vqa.mistake.no_science_qa"),
        ({"set_key": "own"}, "vqa.mistake.files_none"),
        ({"set_key": "own", "files": None}, "vqa.mistake.files_none"),
    ],
)
def test_what_cannot_be_used_is_refused(measuring, changes, key):
    assert refused(measuring, **changes).key == key


def test_a_mistake_ends_the_busy_line(measuring, tmp_path):
    files = save_own(tmp_path, picture="b.png")
    fields = (MODEL, "own", "en", 0, WRITTEN, files)
    shown = []
    with pytest.raises(PersonError, match=r"vqa\.mistake\.missing"):
        for step in MeasureHandlers(measuring).measure(*fields, request_of()):
            shown.append(step)
    assert "busy" not in shown[-1][STATUS] and shown[-1][PROGRESS] == ""


@pytest.mark.parametrize(
    ("facts", "changes", "key"),
    [
        ({"answers": False}, {}, "vqa.mistake.no_answers"),
        ({"is_captioner": True}, {}, "vqa.mistake.no_answers"),
        ({"languages": ("en",)}, {"language": "zh-Hant"}, "vqa.mistake.language"),
    ],
)
def test_models_that_cannot_do_it_are_refused(measuring, monkeypatch, facts, changes, key):
    real = blip2.facts(entry(MODEL))
    monkeypatch.setattr(blip2, "facts", lambda _item: replace(real, **facts))
    assert refused(measuring, **changes).key == key


def test_models_that_choose_among_fixed_answers_read_no_options(measuring, monkeypatch, tmp_path):
    real = blip2.facts(entry(MODEL))
    monkeypatch.setattr(blip2, "facts", lambda _item: replace(real, is_free_text=False))
    rows = [{"picture": "a.png", "question": "q?", "answer": "A", "choices": ["x", "y"]}]
    error = refused(measuring, set_key="own", files=save_own(tmp_path, rows))
    assert error.key == "vqa.mistake.no_choices"


def test_a_field_of_files_keeps_the_names_that_people_gave():
    root = [
        SimpleNamespace(orig_name="../../Set.json", path="/tmp/x/Set.json"),
        SimpleNamespace(orig_name=None, path="/tmp/y/a.png"),
    ]
    found = QuestionFiles().preprocess(SimpleNamespace(root=root))
    assert {name: str(path) for name, path in found.items()} == {
        "Set.json": "/tmp/x/Set.json",
        "a.png": "/tmp/y/a.png",
    }
    assert QuestionFiles().preprocess(None) == {}


def test_programs_measure(address, tmp_path):
    client = Client(address, verbose=False, httpx_kwargs={"timeout": LOADING_SECONDS})
    told = client.predict(count=5, api_name="/blip2_chat_evaluate")
    assert told["n-samples"]["emoji"]["effective"] == 5
    files = [handle_file(str(path)) for path in save_own(tmp_path).values()]
    told = client.predict(questions="own", files=files, api_name="/blip2_chat_evaluate")
    (samples,) = told["samples"].values()
    assert samples[0]["doc"]["question"] == "what is this?"
    with pytest.raises(AppError, match="no questions yet"):
        client.predict(questions="own", files=None, api_name="/blip2_chat_evaluate")


def test_programs_measure_over_mcp(address):
    tools, answers = over_mcp(address, ("blip2_chat_evaluate", {"count": 3, "language": "zh-Hant"}))
    schema = tools["blip2_chat_evaluate"].inputSchema
    assert {"model", "questions", "language", "count", "choice"} <= set(schema["properties"])
    told = ast.literal_eval(answers[0].content[0].text)
    assert told["n-samples"]["emoji"]["effective"] == 3
