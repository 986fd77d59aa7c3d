"""The CLIP tab without a browser: its handlers, its events for programs, two visitors at once."""

from __future__ import annotations

import ast
import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

from demos.clip_search import EXAMPLES, Handlers
from playground.collection import PICTURES, read_collection
from playground.hub.store import Store
from playground.index import Indexes, make_index, write_index
from playground.page.clip_asking import ClipAsking
from playground.page.context import Context
from playground.page.languages import Languages
from playground.page.naming import NamingHandlers
from playground.page.own_pictures import OWN, PLAYGROUND, OwnHandlers
from playground.page.sends import Sends
from playground.visitors.errors import PersonError
from playground.visitors.pictures import read_picture
from playground.visitors.sessions import Sessions
from playground.visitors.turns import Turns
from tests.faults import bad_pictures, bad_words
from tests.loops import run_in_own_thread
from tests.tiny_world import save_tiny_pictures, tiny_cache, tiny_entry, tiny_settings

MODEL = "tiny-clip"


def request_of(language="en", session_hash="ada"):
    return SimpleNamespace(query_params={"lang": language}, headers={}, session_hash=session_hash)


ENGLISH, CHINESE = request_of(), request_of("zh-Hant", "bao")


def make_asking(folder, *, stored_texts=()):
    item = tiny_entry(folder)
    collection = save_tiny_pictures(folder / "pictures")
    ctx = Context(
        cache=tiny_cache(item, folder=folder),
        catalog=(item,),
        languages=Languages.read(),
        sessions=Sessions(),
        turns=Turns(),
        settings=tiny_settings(folder),
        sends=Sends(),
        store=Store(tiny_settings(folder)),
    )
    stored = folder / "stored"
    if stored_texts:
        maker = tiny_cache(item, folder=folder)
        index = make_index(collection, maker, item, texts=stored_texts, models_folder=str(folder))
        write_index(index, stored / f"{MODEL}.safetensors")
    indexes = Indexes(collection, ctx.cache, models_folder=str(folder), stored=stored)
    return ClipAsking(ctx, collection, indexes)


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    return make_asking(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def handlers(asking):
    return Handlers(asking)


@pytest.fixture(scope="module")
def naming(asking):
    return NamingHandlers(asking)


def picture(place=0):
    return read_picture(Image.fromarray(np.full((32, 40, 3), (20 * place, 120, 200), np.uint8)))


def search(handlers, words="", shown=None, request=ENGLISH, **changes):
    fields = {
        "words": words,
        "picture": shown,
        "balance": 0.5,
        "without": "",
        "strength": 0.5,
        "count": 4,
        "model": MODEL,
        "where": PLAYGROUND,
    }
    return list(handlers.search(**(fields | changes), request=request))[-1]


@pytest.mark.parametrize(
    ("words", "request_"), [("a red cat", ENGLISH), ("紅貓", CHINESE)], ids=["en", "zh"]
)
def test_words_find_pictures_in_either_language(handlers, words, request_):
    grid, status, notes, inside = search(handlers, words, request=request_)
    cosines = [item["cosine"] for item in grid["items"]]
    assert len(cosines) == 4 and cosines == sorted(cosines, reverse=True)
    assert grid["items"][0]["part"] == 1.0
    assert MODEL in status and "busy" not in status
    assert notes == ""
    assert inside.count("<tr>") == 5 and '<span class="token">' in inside
    is_chinese = request_ is CHINESE
    assert ("有一條線" in grid["items"][0]["alt"]) == is_chinese
    assert grid["words"]["more"] == ("找更多相似的" if is_chinese else "More like this")


def test_a_picture_alone_and_with_words(handlers):
    alone, *_ = search(handlers, shown=picture())
    both, *_ = search(handlers, "a cat", shown=picture(), without="a dog")
    assert len(alone["items"]) == len(both["items"]) == 4
    assert [i["cosine"] for i in alone["items"]] != [i["cosine"] for i in both["items"]]


def test_results_are_drawn_anew_even_when_they_are_the_same(handlers):
    first, *_ = search(handlers, "a cat")
    second, *_ = search(handlers, "a cat")
    assert first["items"] == second["items"] and first["stamp"] != second["stamp"]


def test_more_like_this(handlers):
    words, shown, grid, *_ = list(handlers.more("green", 4, MODEL, PLAYGROUND, ENGLISH))[-1]
    assert words == "" and tuple(shown.pixels[0, 0]) == (40, 180, 60)
    assert "green" not in [item["id"] for item in grid["items"]]


@pytest.mark.parametrize("forged", [None, "", "purple", "../../etc/passwd", "<img onerror=x>"])
def test_a_forged_choice_is_refused(handlers, naming, forged):
    for run in (
        lambda: list(handlers.more(forged, 4, MODEL, PLAYGROUND, ENGLISH)),
        lambda: list(naming.name_offered(forged, "a, b", "", MODEL, ENGLISH)),
        lambda: handlers.chosen_picture(None, forged, PLAYGROUND),
    ):
        with pytest.raises(PersonError) as caught:
            run()
        assert caught.value.key == "mistake.no_such_picture"


def test_an_example_fills_the_fields_and_searches(handlers):
    words, without, shown, grid, *_ = list(
        handlers.example(EXAMPLES[-1])(4, MODEL, PLAYGROUND, CHINESE)
    )[-1]
    assert words == "動物" and without == "一隻狗" and shown is None
    assert len(grid["items"]) == 4


def test_it_opens_on_stored_results_before_any_model(tmp_path):
    example = Languages.read().say(EXAMPLES[0], "en")
    asking = make_asking(tmp_path, stored_texts=(example,))
    words, _, _, grid, status, _, inside = list(Handlers(asking).opening(ENGLISH))[-1]
    assert words == example and len(grid["items"]) == 6
    assert grid["items"][0]["cosine"] is not None and "beforehand" in status and inside
    assert {row.state for row in asking.ctx.cache.rows()} == {"cold"}
    with asking.ctx.turns.enter(asking.ctx.visitor(ENGLISH)):
        assert list(Handlers(asking).opening(ENGLISH)), "a page must not stand in its own way"


def test_without_stored_results_it_opens_on_plain_pictures(handlers, naming):
    words, _, _, grid, *_ = list(handlers.opening(ENGLISH))[-1]
    assert words == "" and grid["items"] and grid["items"][0]["cosine"] is None
    labels, _, offered, *_ = list(naming.opening(ENGLISH))[-1]
    assert "cat" in labels and offered["items"]


def test_a_picture_from_another_tab_is_searched_for(handlers):
    steps = list(handlers.receive(picture(), ENGLISH))
    assert steps[-1][3]["items"]


def name(naming, labels, templates="a {}", shown=None, request=ENGLISH):
    fields = (picture() if shown is None else shown, labels, templates, MODEL)
    return list(naming.name(*fields, request))[-1]


def test_naming_gives_bars_and_numbers(naming):
    bars, status, _, inside = name(naming, "cat, dog\n 貓", "a {}\nthe {}")
    assert bars["labels"] == ["cat", "dog", "貓"] and len(bars["cosines"]) == 3
    assert bars["low"] < bars["own"] < bars["high"] and bars["words"]["own"]
    assert MODEL in status and inside.count("<th scope") == 4


def test_markup_and_braces_stay_text(naming, handlers):
    labels = ["{class}", "%s", "<b>x</b>", *bad_words.MARKUP[2:3]]
    bars, _, _, inside = name(naming, ", ".join(labels), "<i>{}</i> {0}")
    assert bars["labels"] == labels
    assert "<b>" not in inside and "<i>" not in inside and "<img" not in inside
    *_, inside = search(handlers, bad_words.MARKUP[0])
    assert "<script" not in inside and "&lt;" in inside


def test_words_that_were_not_read_are_told(handlers, naming):
    text = "a cat and <b>a dog</b> beside a tree on the grass"
    _, _, notes, inside = search(handlers, text)
    assert "Not read" in notes and "tree on the grass" in notes and "<b>" not in notes
    assert "token unread" in inside
    _, _, notes, _ = name(naming, f"{text}, cat")
    assert "Not read" in notes


@pytest.mark.parametrize(
    "words",
    [
        bad_words.ZERO_WIDTH,
        bad_words.BIDI,
        bad_words.TAGS,
        bad_words.ZALGO,
        bad_words.ONE_LONG_WORD,
        bad_words.FAMILY,
        "貓" * 200,
        "猫猫狗狗",
        "ｃａｔ",
        "cat 和 dog",
        *bad_words.MARKUP,
        *bad_words.FORMATS,
    ],
)
def test_odd_words_are_answered(handlers, words):
    grid, *_ = search(handlers, words)
    assert np.isfinite([item["cosine"] for item in grid["items"]]).all()


@pytest.mark.parametrize(
    "words",
    ["", "   ", None, 7, ["a"], bad_words.NUL, bad_words.LONE_SURROGATE, bad_words.ENORMOUS],
    ids=lambda words: repr(words)[:20],
)
def test_bad_words_end_in_a_sentence(handlers, words):
    for run in (search, lambda handlers, words: search(handlers, "a cat", without=words)):
        if run is not search and words in ("", "   ", None):
            continue
        with pytest.raises(PersonError):
            run(handlers, words)


BAD_NUMBERS = [float("nan"), float("inf"), -1, 1e300, "7", None, True]


@pytest.mark.parametrize("number", BAD_NUMBERS)
@pytest.mark.parametrize("field", ["balance", "strength", "count"])
def test_bad_numbers_end_in_a_sentence(handlers, field, number):
    with pytest.raises(PersonError) as caught:
        search(handlers, "a cat", **{field: number})
    spoken = handlers.asking.ctx.mistake(caught.value)
    assert "{" not in str(spoken) and "mistake." not in str(spoken)


@pytest.mark.parametrize("count", [0, 61, 3.5])
def test_bad_counts(handlers, count):
    with pytest.raises(PersonError):
        search(handlers, "a cat", count=count)


@pytest.mark.parametrize("model", [None, "", "gpt", 3, "../tiny-clip"])
def test_an_unknown_model(handlers, model):
    with pytest.raises(PersonError):
        search(handlers, "a cat", model=model)


@pytest.mark.parametrize(
    ("labels", "key"),
    [
        ("", "none"),
        (None, "none"),
        ("cat", "too_few"),
        ("cat, CAT", "too_few"),
        (", ".join(map(str, range(31))), "too_many"),
        ("a" * 81 + ", b", "too_long"),
    ],
)
def test_labels_that_cannot_be_used(naming, labels, key):
    with pytest.raises(PersonError) as caught:
        name(naming, labels)
    assert caught.value.key.endswith(key)


def test_repeated_labels_are_told(naming):
    bars, _, notes, _ = name(naming, "cat, dog, Cat")
    assert bars["labels"] == ["cat", "dog"] and "1" in notes


def test_naming_without_a_picture(naming):
    with pytest.raises(PersonError) as caught:
        list(naming.name(None, "a, b", "", MODEL, ENGLISH))
    assert caught.value.key == "mistake.picture.missing"


def test_taking_a_picture_away_asks_for_nothing(handlers, naming):
    (skipped,) = handlers.new_picture("", None, 0.5, "", 0.5, 4, MODEL, PLAYGROUND, ENGLISH)
    assert all(part == {"__type__": "update"} for part in skipped)
    (skipped,) = naming.new_picture(None, "a, b", "", MODEL, ENGLISH)
    assert all(part == {"__type__": "update"} for part in skipped)
    assert list(handlers.new_picture("a cat", None, 0.5, "", 0.5, 4, MODEL, PLAYGROUND, ENGLISH))[
        -1
    ][0]["items"]
    assert list(naming.new_picture(picture(), "a, b", "", MODEL, ENGLISH))[-1][0]["labels"]


def test_a_mistake_takes_the_busy_line_back(tmp_path):
    asking = make_asking(tmp_path)
    (tmp_path / MODEL / "model.safetensors").write_bytes(b"")
    heard = []
    with pytest.raises(PersonError) as caught:
        for step in Handlers(asking).search(
            "a cat", None, 0.5, "", 0.5, 4, MODEL, PLAYGROUND, ENGLISH
        ):
            heard.append(step[1])
    assert caught.value.key == "mistake.model.broken"
    assert "busy" not in heard[-1]


def test_one_visitor_cannot_fill_the_queue_and_another_is_not_held_up(handlers):
    ctx = handlers.asking.ctx
    with ctx.turns.enter(ctx.visitor(ENGLISH)):
        waits = threading.Event()
        threads = [ThreadPoolExecutor(1).submit(search, handlers, "a cat")]
        while ctx.turns.counts().waiting == 0:
            waits.wait(0.01)
        with pytest.raises(PersonError) as caught:
            search(handlers, "a dog")
        assert caught.value.key == "mistake.too_many_at_once"
        grid, *_ = search(handlers, "a cat", request=CHINESE)
        assert grid["items"]
    assert threads[0].result(timeout=30)


def test_leaving_ends_the_work(handlers):
    ctx = handlers.asking.ctx
    is_held, let_go = threading.Event(), threading.Event()

    def hold():
        with ctx.cache.turn():
            is_held.set()
            let_go.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_held.wait(30)
    steps = handlers.search("a wholly new cat", None, 0.5, "", 0.5, 4, MODEL, PLAYGROUND, ENGLISH)
    assert "busy" in next(steps)[1]
    steps.close()
    # Bounded: the work must notice by itself that nobody waits for it any more.
    gone = [let_go.wait(0.01) for _ in range(1000) if ctx.turns.counts().running]
    assert len(gone) < 1000 and ctx.turns.counts().running == 0
    let_go.set()
    holder.join()
    assert search(handlers, "a cat")[0]["items"]


def test_a_visitors_picture_is_found_by_nobody(handlers):
    before = [item.id for item in handlers.asking.collection.pictures]
    search(handlers, shown=picture(3))
    grid, *_ = search(handlers, shown=picture(3), request=CHINESE, count=60)
    assert sorted(item["id"] for item in grid["items"]) == sorted(before)


def test_many_visitors_share_calls_and_get_their_own_answers(handlers):
    words = [f"picture number {n} with a cat" for n in range(30)]
    alone = [search(handlers, text)[0]["items"] for text in words]

    def ask(number):
        return search(handlers, words[number], request=request_of(session_hash=f"v{number}"))[0]

    with ThreadPoolExecutor(30) as crowd:
        together = list(crowd.map(ask, range(30)))
    for one, many in zip(alone, together, strict=True):
        assert [i["id"] for i in one] == [i["id"] for i in many["items"]]
        assert np.allclose(
            [i["cosine"] for i in one], [i["cosine"] for i in many["items"]], atol=1e-5
        )


# The events for programs, on the running product with mini-clip.


@pytest.fixture(scope="module")
def client(address):
    return Client(address, verbose=False)


@pytest.fixture(scope="module")
def stored():
    return read_collection()


def test_only_three_events_are_public(client):
    events = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert {name for name in events if name.startswith("/clip_search")} == {
        "/clip_search_by_text",
        "/clip_search_by_picture",
        "/clip_search_classify",
    }


@pytest.mark.parametrize("words", ["a cat", "一隻貓"])
def test_by_text(client, stored, words):
    found = client.predict(words=words, count=5, api_name="/clip_search_by_text")
    assert found["model"] == "mini-clip"
    assert [row["rank"] for row in found["results"]] == [1, 2, 3, 4, 5]
    for row in found["results"]:
        item = stored.pictures[stored.place_of(row["id"])]
        assert row["file"] == f"pictures/{item.file}" and row["alt"] == dict(item.alt)
        assert -1 <= row["cosine"] <= 1


def test_by_picture(client, stored):
    file = handle_file(stored.path_of(stored.pictures[7]))
    found = client.predict(picture=file, count=3, api_name="/clip_search_by_picture")
    assert found["results"][0]["id"] == stored.pictures[7].id
    assert found["results"][0]["cosine"] == pytest.approx(1, abs=1e-3)


def test_classify_at_any_temperature(client, stored):
    file = handle_file(stored.path_of(stored.pictures[0]))
    asked = {"picture": file, "labels": ["cat", "dog", "tree"], "api_name": "/clip_search_classify"}
    own = client.predict(**asked)
    soft = client.predict(**asked, logit_scale=1)
    assert [row["cosine"] for row in own["labels"]] == [row["cosine"] for row in soft["labels"]]
    for answer in (own, soft):
        assert sum(row["probability"] for row in answer["labels"]) == pytest.approx(1)
    assert own["logit_scale"] > soft["logit_scale"] == 1
    assert own["labels"][0]["probability"] > soft["labels"][0]["probability"]


@pytest.mark.parametrize(
    ("event", "changes"),
    [
        ("by_text", {"words": ""}),
        ("by_text", {"words": "a cat", "count": 0}),
        ("by_text", {"words": "a cat", "count": 10**6}),
        ("by_picture", {"picture": None}),
        ("classify", {"picture": None, "labels": ["a", "b"]}),
    ],
)
def test_programs_get_sentences_too(client, event, changes):
    with pytest.raises(AppError) as caught:
        client.predict(**changes, api_name=f"/clip_search_{event}")
    assert str(caught.value).endswith(".") and "Traceback" not in str(caught.value)


@pytest.mark.parametrize("scale", [-1, 0.5, 201, "50", True])
def test_a_scale_out_of_range(client, stored, scale):
    file = handle_file(stored.path_of(stored.pictures[0]))
    with pytest.raises(AppError):
        client.predict(
            picture=file, labels=["a", "b"], logit_scale=scale, api_name="/clip_search_classify"
        )


BROKEN = {"empty.png": b"", "half.jpg": bad_pictures.valid("JPEG")[:200], "page.png": b"<html>"}
BROKEN |= bad_pictures.foreign()


@pytest.mark.parametrize("file", BROKEN)
def test_bad_pictures_end_in_a_sentence(client, tmp_path, file):
    path = tmp_path / (file if "." in file else f"{file}.png")
    path.write_bytes(BROKEN[file])
    with pytest.raises(AppError) as caught:
        client.predict(picture=handle_file(path), api_name="/clip_search_by_picture")
    assert str(caught.value).endswith(".")
    assert client.predict(words="a cat", count=1, api_name="/clip_search_by_text")["results"]


def test_a_file_of_the_server_cannot_be_named(client):
    named = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
    with pytest.raises((AppError, ValueError)) as caught:
        client.predict(picture=named, api_name="/clip_search_by_picture")
    assert "root:" not in str(caught.value)


def test_two_visitors_at_once(address, stored):
    clients = [Client(address, verbose=False) for _ in range(2)]
    places = [3, 11]

    def ask(pair):
        client, place = pair
        file = handle_file(stored.path_of(stored.pictures[place]))
        answers = [
            client.predict(picture=file, count=1, api_name="/clip_search_by_picture")
            for _ in range(3)
        ]
        return {answer["results"][0]["id"] for answer in answers}

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(ask, zip(clients, places, strict=True)))
    assert found == [{stored.pictures[place].id} for place in places]


def over_mcp(address, *calls):
    async def talk():
        url = f"{address}/gradio_api/mcp/"
        async with (
            streamable_http_client(url) as (read, write, *_),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            return tools, [await session.call_tool(name, given) for name, given in calls]

    return run_in_own_thread(talk())


def test_over_mcp(address, stored):
    data = base64.b64encode(stored.path_of(stored.pictures[0]).read_bytes()).decode()
    shown = f"data:image/webp;base64,{data}"
    tools, answers = over_mcp(
        address,
        ("clip_search_by_text", {"words": "a cat", "count": 2}),
        ("clip_search_by_picture", {"picture": shown, "count": 1}),
        ("clip_search_classify", {"picture": shown, "labels": ["cat", "dog"]}),
        ("clip_search_by_text", {"words": " "}),
    )
    by_text = tools["clip_search_by_text"]
    assert by_text.description.startswith("Find pictures")
    assert all(field.get("description") for field in by_text.inputSchema["properties"].values())
    schema = tools["clip_search_classify"].inputSchema
    assert schema["properties"]["labels"]["type"] == "array"
    assert "default" not in schema["properties"]["picture"]
    text, like, named = (ast.literal_eval(answer.content[0].text) for answer in answers[:3])
    assert len(text["results"]) == 2
    assert like["results"][0]["id"] == stored.pictures[0].id
    assert {row["label"] for row in named["labels"]} == {"cat", "dog"}
    assert answers[3].isError and answers[3].content[0].text.endswith(".")


def test_the_pictures_are_served_and_nothing_else_of_the_disk(address, stored):
    file = stored.pictures[0].file
    answer = httpx.get(f"{address}/pictures/{file}")
    assert answer.content == (PICTURES / file).read_bytes()
    for path in ("..%2f..%2fapp.py", "../../app.py", "%2e%2e/%2e%2e/app.py", "scenes"):
        assert httpx.get(f"{address}/pictures/{path}").status_code >= 400


def test_an_older_answer_does_not_cover_a_newer_one(handlers):
    visitor = request_of(session_hash="hasty")
    fields = (None, 0.5, "", 0.5, 4, MODEL, PLAYGROUND)
    older = handlers.search("a cat", *fields, visitor)
    next(older)
    *_, (newer, *_) = handlers.search("a dog", *fields, visitor)
    assert newer["items"]
    shown = [grid for grid, *_ in older if isinstance(grid, dict) and "items" in grid]
    assert shown == []


def own_of(asking, request, *names):
    """Puts plain pictures on a visitor's shelf, as the card does."""
    shelf = asking.ctx.holdings.shelves.of(asking.ctx.visitor(request))
    for number, name in enumerate(names):
        shelf.bring(name, picture(number + len(request.session_hash)).webp())
    told = list(OwnHandlers(asking).index(OWN, MODEL, request))
    assert told[-1]["is_running"] is False and told[-1]["pictures"] == len(names)
    return shelf


def names_in(grid):
    return [item["file"] for item in grid["items"]]


def test_nobody_finds_the_pictures_of_another(asking, handlers):
    eve, mallory = request_of(session_hash="eve"), request_of(session_hash="mallory")
    own_of(asking, eve, "hers 1", "hers 2")
    own_of(asking, mallory, "his")
    grid, *_ = search(handlers, "a cat", request=eve, where=OWN)
    assert sorted(names_in(grid)) == ["hers 1", "hers 2"]
    other, *_ = search(handlers, "a cat", request=mallory, where=OWN)
    assert names_in(other) == ["his"]
    stolen = grid["items"][0]["id"]
    for attempt in (
        lambda: list(handlers.more(stolen, 4, MODEL, OWN, mallory)),
        lambda: list(handlers.more(stolen, 4, MODEL, PLAYGROUND, mallory)),
    ):
        with pytest.raises(PersonError):
            attempt()


def test_an_empty_shelf_and_a_place_that_is_not_there_are_told(handlers):
    nobody = request_of(session_hash="nobody")
    with pytest.raises(PersonError) as told:
        search(handlers, "a cat", request=nobody, where=OWN)
    assert told.value.key == "mistake.own.empty"
    with pytest.raises(PersonError) as told:
        search(handlers, "a cat", where="/etc/passwd")
    assert told.value.key == "mistake.choice"
    fields = ("a cat", None, 0.5, "", 0.5, 4, MODEL, OWN)
    grid, *_ = list(handlers.elsewhere(*fields, nobody))[-1]
    assert names_in(grid) == []


def test_leaving_forgets_ones_own_pictures(asking, handlers):
    visitor = request_of(session_hash="leaver")
    own_of(asking, visitor, "a", "b")
    OwnHandlers(asking).leave(visitor)
    with pytest.raises(PersonError):
        search(handlers, "a cat", request=visitor, where=OWN)
