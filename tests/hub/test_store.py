"""Downloads of one run: consent first, one a model, and nobody else waits for them."""

from __future__ import annotations

import contextlib
import threading

import pytest

from playground.cache import Cache, Cancelled, Part
from playground.catalog import cache_items
from playground.hub import transfer
from playground.hub.consent import check_names, is_agreed
from playground.hub.places import read_note
from playground.hub.store import Store
from playground.models import clip
from playground.settings import SettingError
from playground.visitors.errors import PersonError, explain
from tests.hub.tiny_entry import published, save_plain_repository, settings_at
from tests.models.tiny_clip import save_tiny_clip

ITEM = published()
PATIENCE_SECONDS = 60.0


@pytest.fixture
def there(hub, tmp_path):
    return hub.add("org/tiny", save_plain_repository(tmp_path / "there"))


@pytest.fixture
def store(tmp_path):
    return Store(settings_at(tmp_path / "cache"))


def until(condition):
    """Waits for another thread's work; the test fails if it never comes."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_SECONDS / 0.01)):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not happen")


def stage(store, item=ITEM):
    status = store.status(item.key)
    return None if status is None else status.stage


def test_nothing_is_downloaded_before_somebody_saw_what_it_takes(hub, there, store):
    with pytest.raises(PersonError, match="not_agreed"):
        store.fetch(ITEM, lambda *_: None)
    with pytest.raises(PersonError, match="not_asked"):
        store.agree(ITEM)
    assert hub.requests == []
    store.ask(ITEM)
    until(lambda: stage(store) == "asked")
    plan = store.status("tiny").plan
    assert plan.commit == there and plan.bytes_missing > 200_000
    assert hub.asked("/cdn/") == [] and not store.is_agreed(ITEM)


def test_ask_agree_arrive(hub, there, store, tmp_path):
    arrived = []
    store.on_arrival = arrived.append
    store.ask(ITEM)
    until(lambda: stage(store) == "asked")
    store.agree(ITEM)
    until(lambda: arrived == [ITEM])
    assert store.folder_of(ITEM).name == there and store.status("tiny") is None
    note = read_note(ITEM, str(tmp_path / "cache"))
    assert note.is_agreed and note.commit == there
    # The consent is there after a new start.
    assert Store(settings_at(tmp_path / "cache")).is_agreed(ITEM)
    store.fetch(ITEM, lambda *_: None)


def test_a_question_can_be_put_away(hub, there, store):
    store.cancel(ITEM)
    store.ask(ITEM)
    until(lambda: stage(store) == "asked")
    store.cancel(ITEM)
    assert store.status("tiny") is None and not store.is_agreed(ITEM)


def test_a_question_can_be_stopped_while_it_is_asked(hub, there, store):
    fault = hub.misbehave("config.json", hold_at=10)
    store.ask(ITEM)
    fault.reached.wait(PATIENCE_SECONDS)
    store.cancel(ITEM)
    assert stage(store) == "stopping"
    store.ask(ITEM)
    fault.release.set()
    until(lambda: store.status("tiny") is None)


def test_a_failure_stays_until_it_is_put_away_or_tried_again(hub, there, store):
    hub.misbehave("/api/", status=429, headers={"Retry-After": "30"}, times=1)
    store.ask(ITEM)
    until(lambda: stage(store) == "failed")
    assert store.status("tiny").error.values["seconds"] == 30
    store.ask(ITEM)
    until(lambda: stage(store) == "asked")


def test_a_stopped_download_can_go_on(hub, there, store):
    fault = hub.misbehave("/cdn/", hold_at=98_304, times=1)
    store.ask(ITEM)
    until(lambda: stage(store) == "asked")
    store.agree(ITEM)
    fault.reached.wait(PATIENCE_SECONDS)
    until(lambda: store.status("tiny").bytes_done >= 98_304)
    store.cancel(ITEM)
    assert stage(store) == "stopping"
    fault.release.set()
    until(lambda: store.status("tiny") is None)
    assert store.folder_of(ITEM) is None
    store.fetch(ITEM, lambda *_: None)
    assert store.folder_of(ITEM) is not None


def test_those_who_wait_are_told_when_it_is_stopped(hub, there, tmp_path):
    store = Store(settings_at(tmp_path / "cache", "tiny"))
    fault = hub.misbehave("/cdn/", hold_at=98_304, times=1)
    told = []

    def wait():
        try:
            store.fetch(ITEM, lambda *_: None)
        except PersonError as error:
            told.append(error.key)

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    fault.reached.wait(PATIENCE_SECONDS)
    store.cancel(ITEM)
    fault.release.set()
    for thread in threads:
        thread.join()
    assert set(told) == {"mistake.hub.stopped"}


def test_the_setting_agrees_beforehand(tmp_path):
    other = published("other")
    for text, agreed in (("", ""), ("all", "tiny other"), ("tiny", "tiny"), ("a, tiny", "tiny")):
        settings = settings_at(tmp_path, text)
        found = " ".join(item.key for item in (ITEM, other) if is_agreed(item, settings))
        assert found == agreed
    check_names(settings_at(tmp_path, "all,tiny"), [ITEM])
    with pytest.raises(SettingError):
        check_names(settings_at(tmp_path, "tiny,tinny"), [ITEM])


# Through the cache.


@pytest.fixture
def clip_there(hub, tmp_path):
    save_tiny_clip(tmp_path / "clip")
    return hub.add("org/tiny", tmp_path / "clip")


def cache_of(tmp_path, *items, download="all"):
    return Cache(cache_items(items, settings_at(tmp_path / "cache", download)))


def run(cache, key="tiny", **options):
    return cache.run(key, lambda model: clip.embed_texts(model, ["a cat"]), **options)


def test_row_73_a_model_that_is_not_here_says_how_to_get_it_and_others_answer(tmp_path):
    save_tiny_clip(tmp_path / "cache/org/here")
    cache = cache_of(tmp_path, ITEM, published("here"), download="")
    for _ in range(2):
        with pytest.raises(Exception) as caught:
            run(cache)
        assert explain(caught.value).key == "mistake.hub.not_agreed"
    assert run(cache, "here").shape[0] == 1
    assert all(row.error is None for row in cache.rows())


def test_row_77_thirty_first_clicks_are_one_download_and_one_load(hub, clip_there, tmp_path):
    cache = cache_of(tmp_path, ITEM)
    answers = []
    begin = threading.Barrier(30)

    def click():
        begin.wait()
        answers.append(run(cache))

    threads = [threading.Thread(target=click) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 30
    assert len(hub.asked(r"/cdn/")) == len({request.path for request in hub.asked("/cdn/")})
    loads = [line for line in cache.metrics().splitlines() if 'kind="build"' in line]
    assert sorted(line.rpartition(" ")[2] for line in loads) == ["1", "1"]


def test_row_78_two_models_that_arrive_at_once(hub, clip_there, tmp_path):
    save_tiny_clip(tmp_path / "second", seed=1)
    hub.add("org/second", tmp_path / "second")
    cache = cache_of(tmp_path, ITEM, published("second"))
    answers = {}
    threads = [
        threading.Thread(target=lambda key=key: answers.update({key: run(cache, key)}))
        for key in ("tiny", "second")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) == {"tiny", "second"}
    assert abs(answers["tiny"] - answers["second"]).max() > 1e-3


def test_another_model_answers_while_a_slow_download_goes_on(hub, clip_there, tmp_path):
    save_tiny_clip(tmp_path / "cache/org/here")
    cache = cache_of(tmp_path, ITEM, published("here"))
    fault = hub.misbehave("/cdn/", hold_at=10_000, times=1)
    told, answers = [], []
    thread = threading.Thread(
        target=lambda: answers.append(run(cache, progress=told.append, timeout=5.0))
    )
    thread.start()
    fault.reached.wait(PATIENCE_SECONDS)
    until(lambda: any(news.stage == "fetching" and news.bytes_done for news in told))
    assert run(cache, "here", visitor="another").shape[0] == 1
    cache.prefetch("here")
    assert answers == []
    waiting = [row for row in cache.rows() if row.key == "tiny"]
    assert waiting[0].state == "loading"
    fault.release.set()
    thread.join()
    assert len(answers) == 1


def test_who_stops_does_not_wait_and_the_download_goes_on(hub, clip_there, tmp_path):
    settings = settings_at(tmp_path / "cache", "all")
    store = Store(settings)
    cache = Cache(cache_items([ITEM], settings, store))
    fault = hub.misbehave("/cdn/", hold_at=10_000, times=1)
    with pytest.raises(Cancelled):
        run(cache, cancel=fault.reached.is_set)
    assert stage(store) == "fetching"
    assert all(row.error is None for row in cache.rows())
    fault.release.set()
    assert run(cache).shape[0] == 1


def test_a_failure_rests_and_is_forgotten_when_the_files_come(
    hub, clip_there, tmp_path, monkeypatch
):
    monkeypatch.setattr(transfer, "REST_SECONDS", ())
    settings = settings_at(tmp_path / "cache", "all")
    store = Store(settings)
    cache = Cache(cache_items([ITEM], settings, store))
    store.on_arrival = lambda item: cache.retry(item.key)
    hub.misbehave("/cdn/", cut_at=0)
    for _ in range(2):
        with pytest.raises(Exception) as caught:
            run(cache)
        assert explain(caught.value).key == "mistake.hub.cut"
    hub.behave()
    asked = len(hub.requests)
    with contextlib.suppress(Exception):
        run(cache)
    store.ask(ITEM)
    until(lambda: stage(store) == "asked")
    store.agree(ITEM)
    until(lambda: store.status("tiny") is None)
    until(lambda: all(row.error is None for row in cache.rows()))
    assert len(hub.requests) > asked and run(cache).shape[0] == 1


def test_row_82_a_model_that_is_too_big_is_refused_before_it_is_downloaded(
    hub, clip_there, tmp_path
):
    save_tiny_clip(tmp_path / "cache/org/here")
    settings = settings_at(tmp_path / "cache", "all")
    big = published(bytes_on_device=9_000_000_000, bytes_on_disk=9_000_000_000)
    items = cache_items([big, published("here")], settings)
    cache = Cache(items, budget={"cpu": 2_000_000_000})
    with pytest.raises(Exception) as caught:
        run(cache)
    told = explain(caught.value)
    assert told.key == "mistake.model.too_big" and told.values["needed"] > 8
    assert hub.requests == []
    assert run(cache, "here").shape[0] == 1


def test_a_built_in_model_asks_nobody(hub):
    from playground.catalog import BUILT_IN

    parts = [part for part in cache_items(BUILT_IN, settings_at("")) if isinstance(part, Part)]
    assert all(part.fetch is None for part in parts)
