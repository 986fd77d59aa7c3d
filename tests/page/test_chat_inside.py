"""The drawer of the chat, with the real mini-blip2: its maps and its referee say what is so."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import replace

import numpy as np
import pytest

from playground.cache import Cancelled
from playground.catalog import entry
from playground.chatting.conversation import Reply, Settings, Talk, TalkTurn
from playground.chatting.parts_of_picture import Part
from playground.chatting.stored import EXAMPLES
from playground.collection import read_collection
from playground.hub.store import Store as Hub
from playground.models import blip2
from playground.models.blip2_kinds import KINDS
from playground.page.chat_inside import MOST_SENTENCES, MOST_SETS, ChatInside, read_queries
from playground.page.chat_referee import Change, grey, swapped
from playground.page.chat_service import ChatService
from playground.page.context import Context
from playground.page.languages import Languages
from playground.page.sends import Sends
from playground.search import Asker
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture
from playground.visitors.sessions import Sessions, visitor_of
from playground.visitors.turns import Turns
from tests.loops import run_in_own_thread
from tests.models.tiny_chats import CHAT_CHECKPOINTS
from tests.page.test_segment_functions import Request
from tests.tiny_world import tiny_cache, tiny_settings

MODEL = "mini-blip2"
QUERIES = 16
ADA = visitor_of("ada")
# float32 in batches of another size: the last digits differ.
ROUNDING = 2e-4


def make_service(folder, *items):
    ctx = Context(
        cache=tiny_cache(*items, folder=folder),
        catalog=items,
        languages=Languages.read(),
        sessions=Sessions(),
        turns=Turns(),
        settings=tiny_settings(folder),
        sends=Sends(),
        store=Hub(tiny_settings(folder)),
    )
    return ChatService(ctx, read_collection())


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    return make_service(tmp_path_factory.mktemp("world"), entry(MODEL))


@pytest.fixture(scope="module")
def inside(service):
    return ChatInside(service)


def picture_named(service, name):
    return service.collection.read(service.collection.place_of(name))


def talk_about(
    service, picture, *, part=None, settings=None, language="en", visitor=ADA, model=MODEL
):
    """A talk with a caption and one question, as if both had been answered."""
    question = "what is in the picture?" if language == "en" else "圖片裡有什麼？"
    reply = Reply(model, language, settings or Settings(), state="done")
    turn = TalkTurn("q", question, language, part, (reply,))
    talk = Talk(
        id="",
        visitor=visitor,
        language=language,
        name="a.png",
        picture=picture,
        models=(model,),
        caption=(reply,),
        turns=(turn,),
    )
    return service.store.add(talk)


@pytest.fixture(scope="module")
def talk(service):
    return talk_about(service, picture_named(service, EXAMPLES[1]))


def about(talk, **more):
    return {"picture_id": talk.id, "turn": "q", "index": 0, "model": MODEL, **more}


def asked_of(service, talk, turn="q"):
    return service.ask_again(talk, turn, 0, Asker(ADA))


def answers(service, *asks):
    return service.ctx.cache.run(
        f"{MODEL}/language",
        lambda model, turn: blip2.answer(model, asks, turn),
        steps=True,
    )


def maps_of(told):
    height, width = told["grid"]
    shape = (told["layers"], told["heads"], told["queries"], height, width)
    values = np.frombuffer(base64.b64decode(told["values"]), np.uint8).reshape(shape)
    return (values / 255) ** 2 * np.reshape(told["scale"], shape[:3])[..., None, None]


def test_maps_are_those_of_the_model(service, inside, talk):
    told = inside.looks(about(talk), ADA)
    maps = maps_of(told)
    assert told["queries"] == QUERIES and told["part"] is None
    seen = service.see(entry(MODEL), talk.picture, Asker(ADA))
    with service.ctx.cache.lease(f"{MODEL}/eyes") as eyes:
        looks = blip2.look(eyes, seen)
    largest = looks.weights.astype(np.float32).max(axis=(3, 4))[..., None, None]
    assert (np.abs(maps - looks.weights) <= largest / 250 + 1e-5).all()
    elsewhere = np.reshape(told["elsewhere"], maps.shape[:3])
    assert np.allclose(maps.sum(axis=(3, 4)) + elsewhere, 1, atol=0.01)


def test_a_part_has_maps_of_its_own(service, inside, talk):
    picture = picture_named(service, EXAMPLES[1])
    part = talk_about(service, picture, part=Part((10, 10, 120, 120)))
    told = inside.looks(about(part), ADA)
    assert told["part"]["src"].startswith("data:image/")
    assert not np.allclose(maps_of(told), maps_of(inside.looks(about(talk), ADA)), atol=0.05)
    whole = inside.looks(about(part, turn="caption"), ADA)
    assert whole["part"] is None


def test_what_is_known_of_the_maps_is_said_in_the_language_of_the_talk(service, inside, talk):
    picture = picture_named(service, EXAMPLES[1])
    said = {
        language: inside.looks(about(talk_about(service, picture, language=language)), ADA)["about"]
        for language in ("en", "zh-Hant")
    }
    assert "training" in said["en"] and "訓練" in said["zh-Hant"]


def test_a_query_switched_off_is_what_the_model_says_without_it(service, inside, talk):
    _, ask = asked_of(service, talk)
    found = inside.changed(about(talk, silenced=[3, 1, 3]), ADA)
    plain, silenced = answers(service, ask, replace(ask, silenced=(1, 3)))
    assert found["before"]["text"] == plain.text.strip() != ""
    assert found["after"]["text"] == silenced.text.strip()
    first = found["after"]["words"][0]
    assert first["p"] == pytest.approx(silenced.words[0].probability, abs=ROUNDING)
    assert len(first["o"]) == 10
    whole = math.prod(word.probability for word in plain.words)
    assert found["chance"][0] == pytest.approx(whole, abs=ROUNDING)
    assert found["chance"][1] != pytest.approx(whole, abs=1e-6)


def test_without_any_query_nothing_of_the_picture_is_left(service, inside):
    """The queries are the only way: with all of them off, two pictures give the same answer."""
    found = [
        inside.changed(
            about(talk_about(service, picture_named(service, name)), silenced=[*range(QUERIES)]),
            ADA,
        )["after"]
        for name in EXAMPLES[:2]
    ]
    assert found[0]["text"] == found[1]["text"]
    for one, other in zip(found[0]["words"], found[1]["words"], strict=True):
        assert one["p"] == pytest.approx(other["p"], abs=ROUNDING)


def test_queries_of_the_same_picture_change_nothing(service, inside, talk):
    same = talk.picture.content_id
    for queries in ([0, 5, 9], [*range(QUERIES)]):
        found = inside.changed(about(talk, silenced=queries, swapped=same), ADA)
        assert found["after"]["text"] == found["before"]["text"]
        assert found["chance"][0] == pytest.approx(found["chance"][1], abs=ROUNDING)


def test_all_queries_of_another_picture_are_that_picture(service, inside, talk):
    others = inside.offers(about(talk), ADA)["pictures"]
    assert talk.picture.content_id[:16] not in {item["hash"] for item in others}
    assert len(others) >= 3 and all(item["alt"] for item in others)
    other = service.example(others[0]["hash"])
    found = inside.changed(about(talk, silenced=[*range(QUERIES)], swapped=others[0]["hash"]), ADA)
    _, ask = asked_of(service, talk_about(service, other))
    assert found["after"]["text"] == answers(service, ask)[0].text.strip()
    assert found["chance"][0] != pytest.approx(found["chance"][1], abs=1e-6)


def test_a_blank_picture_is_grey_and_no_more(service, inside, talk):
    found = inside.changed(about(talk, blank=True), ADA)
    _, ask = asked_of(service, talk)
    seen = service.see(entry(MODEL), Picture(np.full_like(talk.picture.pixels, 128)), Asker(ADA))
    (blank,) = answers(service, replace(ask, seen=seen))
    assert found["after"]["text"] == blank.text.strip()
    assert grey(talk.picture).pixels.shape == talk.picture.pixels.shape


def test_each_off_is_each_change_by_itself(inside, talk):
    sets = [[0], [7], [2, 11]]
    found = inside.each_off(about(talk, sets=sets), ADA)
    assert [item["silenced"] for item in found["items"]] == sets
    for one, item in zip(sets, found["items"], strict=True):
        alone = inside.changed(about(talk, silenced=one), ADA)
        assert item["text"] == alone["after"]["text"]
        assert item["is_same"] == (alone["after"]["text"] == alone["before"]["text"])
        assert item["chance"] == pytest.approx(alone["chance"][1], abs=ROUNDING)
        assert found["chance"] == pytest.approx(alone["chance"][0], abs=ROUNDING)


def test_a_caption_can_be_tested_as_well(inside, talk):
    found = inside.each_off(about(talk, turn="caption", sets=[[0]]), ADA)
    assert found["before"]["text"] and 0 < found["chance"] < 1


def test_a_drawn_answer_is_compared_without_drawing(service, inside, talk):
    drawn = Settings(temperature=2.0, seed=5)
    other = talk_about(service, talk.picture, settings=drawn)
    found = inside.changed(about(other, silenced=[0]), ADA)
    assert (
        found["before"]["text"] == inside.changed(about(talk, silenced=[0]), ADA)["before"]["text"]
    )


def test_who_has_left_is_waited_for_no_longer(service, inside, monkeypatch):
    visitor = visitor_of("dan")
    talk = talk_about(service, picture_named(service, EXAMPLES[2]), visitor=visitor)
    asked, real = [], blip2.answer

    def leaving(language, asks, turn):
        asked.append(len(asks))
        service.forget(visitor)
        return real(language, asks, turn)

    monkeypatch.setattr(blip2, "answer", leaving)
    with pytest.raises(Cancelled):
        inside.each_off(about(talk, sets=[[0], [1]]), visitor)
    assert asked == [3]


def test_the_picture_is_not_seen_again(service, inside, talk, monkeypatch):
    inside.looks(about(talk), ADA)
    monkeypatch.setattr(blip2, "see", None)
    inside.looks(about(talk), ADA)
    inside.each_off(about(talk, sets=[[1]]), ADA)
    inside.match(about(talk, sentences=["a camel"]), ADA)


def test_sentences_that_fit_fit_better(service, inside, talk):
    alt = service.collection.pictures[service.collection.place_of(EXAMPLES[1])].alt["en"]
    found = inside.match(about(talk, sentences=[alt, "a car in the night sky"]), ADA)["items"]
    assert found[0]["probability"] > found[1]["probability"]
    assert found[0]["cosine"] > found[1]["cosine"]


def test_queries_that_read_the_question_are_swapped_all_or_not_at_all():
    seen = blip2.Seen("any", (4, 4), np.zeros((2, 3), np.float16))
    other = replace(seen, states=np.ones((2, 3), np.float16))
    assert swapped(seen, other, (0, 1), is_every=True) == Change(seen=other)
    with pytest.raises(PersonError, match=r"chat\.mistake\.swap_all"):
        swapped(seen, other, (0,), is_every=False)


def test_a_model_without_queries_says_so():
    with pytest.raises(PersonError, match=r"chat\.mistake\.no_queries"):
        read_queries([0], replace(entry(MODEL), queries=0))


FUNCTIONS = ["looks", "changed", "each_off", "match", "offers"]
GOOD = {"silenced": [0], "sets": [[0]], "sentences": ["a camel"]}
BAD = {
    "changed": [
        {"silenced": []},
        {"silenced": None},
        {"silenced": "0"},
        {"silenced": [QUERIES]},
        {"silenced": [-1]},
        {"silenced": [0.5]},
        {"silenced": [float("nan")]},
        {"silenced": [[0]]},
        {"silenced": [0] * (QUERIES + 1)},
        {"blank": "yes"},
        {"turn": "gone"},
        {"turn": 7},
        {"index": 1},
        {"index": "0"},
        {"silenced": [0], "swapped": "forged"},
        {"silenced": [0], "swapped": ["a"]},
    ],
    "each_off": [{"sets": []}, {"sets": [[]]}, {"sets": [[0]] * (MOST_SETS + 1)}, {"sets": 3}],
    "match": [
        {"sentences": []},
        {"sentences": "a cat"},
        {"sentences": [""]},
        {"sentences": [7]},
        {"sentences": ["x" * 201]},
        {"sentences": ["a"] * (MOST_SENTENCES + 1)},
        {"sentences": ["a cat"], "model": "another"},
    ],
    "looks": [{"model": "another"}, {"model": None}, {"turn": "gone"}],
}
CASES = [(name, changes) for name, several in BAD.items() for changes in several]


def call(inside, name, asked, request=None):
    function = next(one for one in inside.all if one.__name__ == name)
    return run_in_own_thread(function(asked, request or Request()))


@pytest.mark.parametrize(("name", "changes"), CASES, ids=str)
def test_what_cannot_be_used_is_a_sentence(inside, talk, name, changes):
    answer = call(inside, name, about(talk) | changes)
    assert set(answer) == {"error"} and answer["error"][-1] == "." and "{" not in answer["error"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_another_visitors_talk_is_no_talk(inside, talk, name):
    assert "error" not in call(inside, name, about(talk, **GOOD))
    for request in (Request("bao"), Request("")):
        answer = call(inside, name, about(talk, **GOOD), request)
        assert answer["expired"] is True and answer["error"]
    assert call(inside, name, about(talk, **GOOD) | {"picture_id": "forged"})["expired"] is True
    for asked in (None, 7, "a", []):
        assert set(call(inside, name, asked)) == {"error"}


def test_a_mistake_speaks_the_visitors_language(service, inside):
    picture = picture_named(service, EXAMPLES[0])
    talk = talk_about(service, picture, language="zh-Hant", visitor=visitor_of("chen"))
    answer = call(inside, "changed", about(talk, silenced=[99]), Request("chen"))
    assert "請" in answer["error"] or "之間" in answer["error"]


def test_markup_and_marks_in_a_sentence_are_words(inside, talk):
    texts = ["<image><image> a camel", "<b>a camel</b>", "</s> Question: a camel Answer:"]
    for item in inside.match(about(talk, sentences=texts), ADA)["items"]:
        assert 0 <= item["probability"] <= 1 and -1 <= item["cosine"] <= 1


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory):
    """A service with a tiny checkpoint of each published kind; their weights are random."""
    folder = tmp_path_factory.mktemp("kinds")
    items = []
    for layout, save in CHAT_CHECKPOINTS.items():
        save(folder / layout)
        class_name = json.loads((folder / layout / "config.json").read_text())["architectures"][0]
        is_matcher = layout == "blip2-itm"
        parts = [part for part in KINDS[class_name].build if part != "match" or is_matcher]
        items.append(
            replace(
                entry(MODEL),
                key=layout,
                title=layout,
                parts=tuple(f"{layout}/{part}" for part in parts),
                source=layout,
                is_built_in=False,
                class_name=class_name,
                languages=("en",),
                queries=queries_of(folder / layout),
            )
        )
    return make_service(folder, *items)


def queries_of(folder):
    told = json.loads((folder / "config.json").read_text())
    return told.get("num_query_tokens", 0)


ANSWERING = [layout for layout in CHAT_CHECKPOINTS if layout != "blip2-itm"]


@pytest.mark.parametrize("layout", ANSWERING)
def test_the_same_for_every_kind_of_model(every_kind, layout):
    inside, item = ChatInside(every_kind), every_kind.item(layout)
    talk = talk_about(every_kind, picture_named(every_kind, EXAMPLES[0]), model=layout)
    _, ask = asked_of(every_kind, talk)
    found = inside.changed(about(talk, blank=True), ADA)
    before = every_kind.say(item, ask, Asker(ADA))
    assert found["before"]["text"] == before.text.strip()
    whole = math.prod(word.probability for word in before.words)
    assert found["chance"][0] == pytest.approx(whole, abs=ROUNDING)
    facts = blip2.facts(item)
    if not facts.has_queries:
        for function in (inside.looks, inside.changed):
            with pytest.raises(PersonError, match=r"chat\.mistake\.no_queries"):
                function(about(talk, model=layout, silenced=[0]), ADA)
        return
    every = [*range(facts.query_count)]
    other = talk_about(every_kind, picture_named(every_kind, EXAMPLES[1]), model=layout)
    off = [inside.changed(about(one, silenced=every), ADA)["after"] for one in (talk, other)]
    assert off[0]["text"] == off[1]["text"]
    swap = about(talk, silenced=every, swapped=other.picture.content_id)
    assert (
        inside.changed(swap, ADA)["after"]["text"]
        == (inside.changed(about(other, silenced=[0]), ADA)["before"]["text"])
    )
    if ask.seen.queries is None:
        for function, asked in ((inside.looks, {}), (inside.changed, {"silenced": [0]})):
            with pytest.raises(PersonError, match=r"chat\.mistake\.(no_looks|swap_all)"):
                function(about(talk, model=layout, swapped=swap["swapped"]) | asked, ADA)
    else:
        told = inside.looks(about(talk, model=layout), ADA)
        assert told["queries"] == facts.query_count and not told["about"]


def test_another_model_may_match(every_kind):
    inside = ChatInside(every_kind)
    talk = talk_about(every_kind, picture_named(every_kind, EXAMPLES[0]), model="smolvlm")
    offered = [one["key"] for one in inside.offers(about(talk), ADA)["matchers"]]
    assert offered == ["blip2-itm"]
    asked = about(talk, sentences=["a cat"])
    (found,) = inside.match(asked | {"model": "blip2-itm"}, ADA)["items"]
    assert 0 <= found["probability"] <= 1
    with pytest.raises(PersonError, match=r"mistake\.choice"):
        inside.match(asked | {"model": "smolvlm"}, ADA)
