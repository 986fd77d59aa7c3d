"""Files that wait become pictures: faulty ones are told, a stop loses nothing."""

import io
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from playground.cache import Cancelled
from playground.models import clip
from playground.own.indexing import (
    BATCH_PICTURES,
    PREVIEW_PIXELS,
    catch_up,
    index_waiting,
    preview_of,
    see,
)
from playground.own.shelf import OwnPicture, Shelf
from playground.visitors.pictures import read_picture
from tests.tiny_world import tiny_cache, tiny_entry


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    items = [tiny_entry(folder), tiny_entry(folder, key="second-clip", seed=1)]
    return SimpleNamespace(cache=tiny_cache(*items, folder=folder), items=items)


def png(number, side=40):
    pixels = np.random.default_rng(number).integers(0, 255, (side, side, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def run(world, shelf, item=0, tell=lambda _: None, is_left=lambda: False):
    return index_waiting(
        shelf, world.cache, world.items[item], visitor="v", tell=tell, is_left=is_left
    )


def shelf_of(count):
    shelf = Shelf("v")
    for number in range(count):
        shelf.bring(f"{number}.png", png(number))
    return shelf


def test_vectors_are_those_of_the_model_itself(world):
    shelf = shelf_of(20)
    assert run(world, shelf).indexed == 20
    pixels = [read_picture(png(number)).pixels for number in range(20)]
    alone = world.cache.run("tiny-clip", lambda model: clip.embed_pictures(model, pixels))
    vectors, scale, bias = shelf.seen_by("tiny-clip")
    assert np.allclose(vectors, alone, atol=1e-5)
    assert scale == world.cache.run("tiny-clip", clip.logit_scale) and bias is None
    assert [shelf.at(place).name for place in range(3)] == ["0.png", "1.png", "2.png"]


def test_hundreds_of_broken_files_are_told_and_passed_over(world):
    shelf = Shelf("v")
    for number in range(60):
        data = png(number)
        shelf.bring(f"good {number}", data)
        for kind, broken in (("cut", data[: len(data) // 2]), ("empty", b""), ("text", b"hello")):
            shelf.bring(f"{kind} {number}", broken)
        shelf.bring(f"again {number}", data)
    progress = run(world, shelf)
    assert (progress.pictures, progress.duplicates, progress.faults_total) == (60, 60, 180)
    assert progress.waiting == 0
    reasons = {fault.name.split()[0]: fault.key for fault in progress.faults}
    assert reasons["empty"] == "mistake.picture.empty"
    assert reasons["text"] == "mistake.picture.format"
    assert reasons["cut"].startswith("mistake.picture.")


def test_small_copies_are_small_and_plain(world):
    shelf = Shelf("v")
    shelf.bring("large", png(1, side=900))
    run(world, shelf)
    assert max(read_picture(shelf.at(0).preview).pixels.shape) == PREVIEW_PIXELS


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_stop_at_any_batch_loses_nothing_and_goes_on(world, after):
    shelf = shelf_of(5 * BATCH_PICTURES)
    shelf.bring("broken", b"x")
    batches = []
    run(world, shelf, tell=batches.append, is_left=lambda: len(batches) > after)
    stopped = shelf.progress("tiny-clip")
    assert stopped.pictures + stopped.waiting + stopped.faults_total == 5 * BATCH_PICTURES + 1
    assert stopped.waiting > 0
    done = run(world, shelf)
    assert (done.pictures, done.faults_total) == (5 * BATCH_PICTURES, 1)
    assert (done.duplicates, done.waiting) == (0, 0)


def test_a_stop_while_the_model_is_waited_for_counts_nothing_twice(world):
    shelf = shelf_of(3)
    shelf.bring("broken", b"x")

    def left(*_, **__):
        raise Cancelled("tiny-clip")

    with pytest.raises(Cancelled):
        index_waiting(
            shelf,
            SimpleNamespace(run=left),
            world.items[0],
            visitor="v",
            tell=lambda _: None,
            is_left=lambda: False,
        )
    assert shelf.progress().faults_total == 0
    done = run(world, shelf)
    assert (done.pictures, done.faults_total, done.duplicates) == (3, 1, 0)


def test_it_waits_for_what_is_still_being_sent(world):
    shelf = shelf_of(1)
    shelf.sending(True)
    ended = []
    worker = threading.Thread(target=lambda: ended.append(run(world, shelf)))
    worker.start()
    shelf.bring("late", png(99))
    shelf.sending(False)
    worker.join(30)
    assert ended[0].pictures == 2


def test_another_model_sees_the_small_copies(world):
    shelf = shelf_of(3)
    run(world, shelf)
    catch_up(
        shelf, world.cache, world.items[1], visitor="v", tell=lambda _: None, is_left=lambda: False
    )
    assert shelf.progress("second-clip").indexed == 3
    shelf.bring("more", png(50))
    assert run(world, shelf, item=1).indexed == 4
    assert shelf.progress("tiny-clip").indexed == 3


def test_a_file_of_another_model_may_be_opened_while_the_indexing_runs(world):
    shelf, second = shelf_of(3 * BATCH_PICTURES), world.items[1]
    opened = []

    def open_once(_):
        if opened or shelf.progress().pictures < BATCH_PICTURES:
            return
        opened.append(True)
        calls = {"visitor": "v", "tell": lambda _: None, "is_left": lambda: False}
        catch_up(shelf, world.cache, second, **calls)
        pixels = [read_picture(png(77)).pixels]
        seen = see(world.cache, second, pixels, **calls)
        shelf.add(second.key, seen, [OwnPicture("77.png", preview_of(pixels[0]), "7" * 64)])

    done = run(world, shelf, tell=open_once)
    assert opened and (done.pictures, done.indexed) == (3 * BATCH_PICTURES + 1,) * 2
    place = shelf.place_of("7" * 64)
    pixels = [read_picture(shelf.at(place).preview).pixels]
    alone = world.cache.run("tiny-clip", lambda model: clip.embed_pictures(model, pixels))
    assert np.allclose(shelf.seen_by("tiny-clip")[0][place], alone, atol=1e-5)


def test_two_visitors_at_once_keep_apart(world):
    shelves = [shelf_of(40), Shelf("w")]
    for number in range(100, 140):
        shelves[1].bring(f"{number}.png", png(number))
    workers = [threading.Thread(target=run, args=(world, shelf)) for shelf in shelves]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    names = [{shelf.at(place).name for place in range(40)} for shelf in shelves]
    assert names == [{f"{n}.png" for n in range(40)}, {f"{n}.png" for n in range(100, 140)}]
