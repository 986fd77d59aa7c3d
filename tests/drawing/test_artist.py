"""What the artist hands over is what the model made, whoever else draws, stops or leaves."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from playground.cache import Cancelled, OutOfMemory, Resting
from playground.drawing.guard import GREY
from playground.drawing.several import draw_several
from playground.models import diffusion, diffusion_steps
from playground.models.diffusion_kinds import KINDS
from playground.search import Asker
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from tests.drawing.fakes import LONG_SECONDS
from tests.drawing.mini_artist import MINI, STEPS, Watcher, a_picture, mini_artist, mini_order


@pytest.fixture(scope="module")
def artist():
    return mini_artist()


@pytest.fixture(scope="module")
def cat(artist):
    return artist.draw(MINI, mini_order(), Asker(), lambda preview: None)


def furthest(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def test_a_drawing_tells_all_that_was_seen(artist):
    previews = []
    notes = (Note("draw.note.seed", {"seed": 1}),)
    drawn = artist.draw(MINI, mini_order(), Asker(), previews.append, notes=notes)
    assert [p.step for p in previews] == [f.step for f in drawn.frames] == [1, 2, 3, 4]
    assert all(p.pixels is not None and p.pixels.dtype == np.uint8 for p in previews)
    assert previews[0].pixels.shape == (16, 16, 3) and previews[0].drawing_together == 1
    assert drawn.picture.pixels.shape == (128, 128, 3) and not drawn.picture.pixels.flags.writeable
    assert drawn.model == MINI.key and len(drawn.revision) > 6 and drawn.notes == notes
    assert drawn.reading.words == ("a", "cat") and drawn.seconds > 0
    assert not drawn.is_stopped and not drawn.is_withheld and drawn.bytes_held > 128 * 128 * 3


def test_the_same_order_draws_the_same_picture(artist, cat):
    again = artist.draw(MINI, mini_order(), Asker(), lambda preview: None)
    assert np.array_equal(again.picture.pixels, cat.picture.pixels)
    other = artist.draw(MINI, mini_order(seed=2), Asker(), lambda preview: None)
    assert furthest(other.picture.pixels, cat.picture.pixels) > 20


def test_company_changes_nothing(artist, cat):
    orders = [mini_order(), mini_order("a dog", seed=7), mini_order(guidance=1, seed=3)]
    heard: list[tuple[int, object]] = []
    found = draw_several(
        artist,
        MINI,
        orders,
        Asker("ada"),
        lambda place, news: heard.append((place, news)),
        stopped=lambda: False,
    )
    assert [drawn.order for drawn in found] == orders
    assert furthest(found[0].picture.pixels, cat.picture.pixels) <= 1
    for place, drawn in enumerate(found):
        news = [item for where, item in heard if where == place]
        assert news[-1] is drawn and len(news) == STEPS + 1


def test_one_mistake_ends_all_of_a_visitor():
    artist = mini_artist(Watcher())
    orders = [mini_order(steps=20), mini_order("a gun")]
    with pytest.raises(PersonError) as caught:
        draw_several(artist, MINI, orders, Asker(), lambda *news: None, stopped=lambda: False)
    assert caught.value.key == "draw.mistake.words"
    assert not any(artist.ensemble.census().values())


def test_stop_shows_what_was_foreseen(artist):
    stop = threading.Event()

    def hear(preview):
        if preview.step == 2:
            stop.set()

    drawn = artist.draw(
        MINI, mini_order(steps=30), Asker(cancel=lambda: False), hear, stopped=stop.is_set
    )
    assert drawn.is_stopped and 2 <= len(drawn.frames) < 30
    frames = artist.sharp_frames(MINI, drawn, Asker())
    assert furthest(frames[-1], drawn.picture.pixels) <= 1


def test_a_page_that_says_left_for_stop_gets_its_picture_too(artist):
    stop = threading.Event()
    drawn = artist.draw(
        MINI,
        mini_order(steps=30),
        Asker(cancel=stop.is_set),
        lambda preview: stop.set(),
        stopped=stop.is_set,
    )
    assert drawn.is_stopped and drawn.frames


def test_who_leaves_gets_nothing(artist):
    left = threading.Event()
    with pytest.raises(Cancelled):
        artist.draw(
            MINI, mini_order(steps=30), Asker(cancel=left.is_set), lambda preview: left.set()
        )
    with pytest.raises(Cancelled):
        artist.draw(MINI, mini_order(), Asker(), lambda preview: None, stopped=lambda: True)
    assert not any(artist.ensemble.census().values())


def test_several_that_are_stopped(artist):
    stop = threading.Event()
    found = draw_several(
        artist,
        MINI,
        [mini_order(steps=40, seed=seed) for seed in range(9)],
        Asker(),
        lambda place, news: stop.set(),
        stopped=stop.is_set,
    )
    assert 1 <= len(found) < 9 and all(drawn.is_stopped for drawn in found)
    with pytest.raises(Cancelled):
        draw_several(
            artist, MINI, [mini_order()] * 2, Asker(), lambda *news: None, stopped=lambda: True
        )


def test_what_is_not_marked_stays_bit_by_bit(artist):
    mask = np.zeros((128, 128), bool)
    mask[40:80, 40:80] = True
    start = a_picture()
    order = mini_order(start=start, mask=mask, feather=8, strength=1.0)
    drawn = artist.draw(MINI, order, Asker(), lambda preview: None)
    untouched = order.mask == 0
    assert np.array_equal(drawn.picture.pixels[untouched], start.pixels[untouched])
    assert furthest(drawn.picture.pixels[mask], start.pixels[mask]) > 10
    assert not untouched[32:88, 32:88].any() or untouched[:30].all()


def test_a_little_strength_keeps_most_of_a_picture(artist):
    start = a_picture()
    apart = []
    for strength in (0.25, 1.0):
        order = mini_order(start=start, strength=strength)
        drawn = artist.draw(MINI, order, Asker(), lambda preview: None)
        apart.append(np.abs(drawn.picture.pixels.astype(int) - start.pixels).mean())
        assert len(drawn.frames) == max(1, int(STEPS * strength))
    assert apart[0] < apart[1]


def test_words_are_read_once(artist, cat, monkeypatch):
    reading = artist.reading(MINI, "a cat", Asker())
    assert reading.tokens == cat.reading.tokens and reading.tensors and not cat.reading.tensors
    monkeypatch.setattr(diffusion, "read", lambda *told: pytest.fail("read again"))
    assert artist.reading(MINI, "a cat", Asker()) is reading


def test_words_are_forgotten_with_their_drawing(artist, cat):
    reading = artist.reading(MINI, "a cat", Asker())
    artist.forget([cat])
    assert artist.reading(MINI, "a cat", Asker()) is not reading


def test_what_is_kept_of_a_start_picture_is_seen_at_every_step(artist):
    """Also in the film and in sharp previews: else the last step is not the picture."""
    mask = np.zeros((128, 128), bool)
    mask[:, 64:] = True
    order = mini_order("a cat", a_picture(), mask, feather=0)
    heard = []
    drawn = artist.draw(MINI, order, Asker(), heard.append)
    frames = artist.sharp_frames(MINI, drawn, Asker())
    sharp = [preview.pixels for preview in heard if preview.pixels.shape == (128, 128, 3)]
    for pixels in (*frames, *sharp):
        assert (pixels[:, :64] == order.start[:, :64]).all()
    far = np.abs(frames[-1].astype(int) - drawn.picture.pixels)
    assert far.max() <= 1


def test_sharp_frames_are_made_once(artist, cat, monkeypatch):
    frames = artist.sharp_frames(MINI, cat, Asker())
    assert [frame.shape for frame in frames] == [(128, 128, 3)] * STEPS
    monkeypatch.setattr(diffusion, "decode", lambda *told: pytest.fail("decoded again"))
    assert artist.sharp_frames(MINI, cat, Asker()) is frames
    artist.forget([cat])
    monkeypatch.undo()
    assert artist.sharp_frames(MINI, cat, Asker()) is not frames


def test_a_film_of_large_pictures_is_kept_small_and_looked_at_whole(monkeypatch):
    watcher = Watcher()
    artist = mini_artist(watcher)
    drawn = artist.draw(MINI, mini_order(steps=6), Asker(), lambda preview: None)
    large = np.random.default_rng(0).integers(0, 256, (1024, 768, 3), np.uint8)
    counts = []

    def decode(pixels, latents):
        counts.append(len(latents))
        return [large for _ in latents]

    monkeypatch.setattr(diffusion, "decode", decode)
    watcher.seen.clear()
    frames = artist.sharp_frames(MINI, drawn, Asker())
    assert counts == [4, 2] and [pixels.shape for pixels in watcher.seen] == [large.shape] * 6
    assert {frame.shape for frame in frames} == {(256, 192, 3)}
    assert abs(frames[0].mean() - large.mean()) < 1


@pytest.mark.parametrize("where", ["denoiser", "autoencoder", "nowhere"])
def test_row_83_numbers_that_had_to_be_worked_out_again_are_told(artist, monkeypatch, where):
    """Without that the picture would be black; it took longer, and a teacher may be asked why."""
    step, decode = artist.ensemble._advance, diffusion.decode_noting

    def advance(denoiser, sketches):
        frames = step(denoiser, sketches)
        return [replace(f, is_widened=where == "denoiser" and f.step == 2) for f in frames]

    def decoded(pixels, latents):
        return [replace(d, is_widened=where == "autoencoder") for d in decode(pixels, latents)]

    monkeypatch.setattr(artist.ensemble, "_advance", advance)
    monkeypatch.setattr(diffusion, "decode_noting", decoded)
    drawn = artist.draw(MINI, mini_order(), Asker(), lambda preview: None)
    assert [note.key for note in drawn.notes] == ["draw.note.widened"] * (where != "nowhere")


def test_numbers_that_make_no_picture_are_told(artist, monkeypatch):
    def black(*told):
        raise FloatingPointError

    monkeypatch.setattr(diffusion, "decode_noting", black)
    with pytest.raises(PersonError) as caught:
        artist.draw(MINI, mini_order(), Asker(), lambda preview: None)
    assert caught.value.key == "draw.mistake.not_finite"


def test_memory_that_runs_out_midway_is_told_and_the_next_picture_is_drawn(artist, monkeypatch):
    calls = []

    def hungry(way):
        def run(denoiser, sketches):
            calls.append((way, len(sketches)))
            raise MemoryError

        return run

    for way in ("_advance", "_advance_sparingly"):
        monkeypatch.setattr(artist.ensemble, way, hungry(way))
    with pytest.raises(PersonError) as caught:
        artist.draw(MINI, mini_order(), Asker(), lambda preview: None)
    assert caught.value.key == "draw.mistake.out_of_memory"
    assert calls == [("_advance", 1), ("_advance_sparingly", 1)]
    monkeypatch.undo()
    assert artist.draw(MINI, mini_order(), Asker(), lambda preview: None).frames


def test_a_model_that_rests_says_so(monkeypatch):
    artist = mini_artist()
    short = OutOfMemory("x", "cpu", where="run", work_bytes=0, budget_bytes=0)

    def rests(*told):
        raise Resting("x", short, 12.3)

    monkeypatch.setattr(artist.ensemble, "draw", rests)
    with pytest.raises(PersonError) as caught:
        artist.draw(MINI, mini_order(), Asker(), lambda preview: None)
    assert caught.value.key == "draw.mistake.resting" and caught.value.values["seconds"] == 13


def test_memory_that_suffices_for_less_at_once_ends_in_the_same_picture(artist, cat, monkeypatch):
    """Freed, and tried once more in a smaller way: with and without the words apart."""
    rows = []
    predict = KINDS["StableDiffusionPipeline"].predict

    def hungry(denoiser, told):
        if len(told) > 1:
            raise MemoryError
        rows.append(told[0].is_without)
        return predict(denoiser, told)

    kind = replace(KINDS["StableDiffusionPipeline"], predict=hungry)
    monkeypatch.setattr(diffusion_steps, "KINDS", {"StableDiffusionPipeline": kind})
    drawn = artist.draw(MINI, mini_order(), Asker(), lambda preview: None)
    assert rows == [True, False] * STEPS
    assert furthest(drawn.picture.pixels, cat.picture.pixels) <= 1
    for one, other in zip(drawn.frames, cat.frames, strict=True):
        assert np.allclose(one.word_maps, other.word_maps, atol=2e-3)


def test_words_that_may_not_be_asked_for_are_refused_before_anything_is_drawn():
    watcher, previews = Watcher(), []
    with pytest.raises(PersonError):
        mini_artist(watcher).draw(MINI, mini_order("a gun"), Asker(), previews.append)
    assert previews == watcher.seen == []


def test_without_a_checker_nothing_is_drawn():
    """Closed, not open."""
    previews = []
    with pytest.raises(PersonError) as caught:
        mini_artist(Watcher(can_look=False)).draw(MINI, mini_order(), Asker(), previews.append)
    assert caught.value.key == "draw.mistake.no_checker" and previews == []


def test_nothing_is_shown_that_was_not_looked_at():
    watcher, previews = Watcher(), []
    drawn = mini_artist(watcher).draw(MINI, mini_order(), Asker(), previews.append)
    shown = [preview.pixels for preview in previews if preview.pixels is not None]
    assert len(previews) == STEPS and shown
    assert all(pixels is seen for pixels, seen in zip(shown, watcher.seen[:-1], strict=True))
    assert np.array_equal(watcher.seen[-1], drawn.picture.pixels)


def test_what_is_kept_back_leaves_no_trace():
    watcher, previews = Watcher(lambda number: number < 1), []
    artist = mini_artist(watcher)
    drawn = artist.draw(MINI, mini_order(), Asker(), previews.append)
    assert [preview.pixels is None for preview in previews] == [False, True, True, True]
    assert drawn.is_withheld and drawn.frames == ()
    assert drawn.picture.pixels.shape == (128, 128, 3) and (drawn.picture.pixels == GREY).all()


def test_one_frame_of_the_film_may_be_kept_back():
    watcher = Watcher()
    artist = mini_artist(watcher)
    drawn = artist.draw(MINI, mini_order(), Asker(), lambda preview: None)
    before = len(watcher.seen)
    watcher._may_show = lambda number: number != before + 1
    frames = artist.sharp_frames(MINI, drawn, Asker())
    assert [(frame == GREY).all() for frame in frames] == [False, True, False, False]


def test_sixteen_at_once_share_their_steps(artist):
    together: list[int] = []
    start = threading.Barrier(16)

    def visit(number: int) -> None:
        start.wait(LONG_SECONDS)
        artist.draw(
            MINI,
            mini_order(seed=number),
            Asker(str(number)),
            lambda preview: together.append(preview.drawing_together),
        )

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(together) == 16 * STEPS and max(together) > 1
