"""A published model from its folder to the picture on the screen, past the checker of pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from playground.cache import Cache
from playground.catalog import cache_items, entry
from playground.drawing.artist import Artist
from playground.drawing.safety import Safety
from playground.fingerprints import Fingerprints
from playground.hub.store import Store
from playground.models.diffusion_asks import Order
from playground.search import Asker
from playground.visitors.errors import PersonError
from tests.hub.test_families_drawing import LAYOUTS
from tests.hub.tiny_entry import settings_at
from tests.models.tiny_pipelines import PIPELINES
from tests.models.tiny_safety import save_tiny_checker

KEYS = ("sd-1.5", "sdxl-turbo", "flux-2-klein-4b", "z-image-turbo", "sana-sprint-600m")
# A threshold on cosines: over the first nothing comes, under the second everything lies.
HARMLESS, HARMFUL = 2.0, -2.0


@pytest.fixture
def artist_of(tmp_path):
    """An artist whose models lie in plain folders; the checker too, if a threshold is given."""

    def make(key, threshold):
        items = [replace(entry(name), least_memory_bytes=0) for name in (key, "safety-checker")]
        PIPELINES[LAYOUTS[key]](tmp_path / items[0].source)
        if threshold is not None:
            save_tiny_checker(tmp_path / items[1].source, threshold=threshold, special=2)
        settings = settings_at(tmp_path)
        cache = Cache(cache_items(items, settings, Store(settings)))
        return items[0], Artist(cache, Fingerprints(str(tmp_path)), Safety(cache))

    return make


def order_for(item) -> Order:
    drawing = item.drawing
    return Order(
        words="a red cat",
        size_hw=(64, 64),
        steps=drawing.steps[0] if drawing.steps[0] < 10 else 3,
        guidance=drawing.guidance[0],
        scheduler=drawing.schedulers[0],
        seed=5,
    )


@pytest.mark.parametrize("key", KEYS)
def test_a_harmless_picture_is_shown_with_all_that_was_seen(key, artist_of):
    item, artist = artist_of(key, HARMLESS)
    heard = []
    drawn = artist.draw(item, order_for(item), Asker(), heard.append)
    assert not drawn.is_withheld and drawn.picture.pixels.shape == (64, 64, 3)
    assert drawn.picture.pixels.std() > 1 and drawn.frames and heard
    assert drawn.model == item.key and drawn.revision
    sharp = artist.sharp_frames(item, drawn, Asker())
    assert len(sharp) == len(drawn.frames)
    assert np.abs(sharp[-1].astype(int) - drawn.picture.pixels).mean() < 4


@pytest.mark.parametrize("key", KEYS[:3])
def test_a_harmful_one_is_not_shown_and_nothing_of_it_was(key, artist_of):
    item, artist = artist_of(key, HARMFUL)
    heard = []
    drawn = artist.draw(item, order_for(item), Asker(), heard.append)
    assert drawn.is_withheld and not drawn.frames
    # A card of one grey, and no preview before it.
    assert len(np.unique(drawn.picture.pixels.reshape(-1, 3), axis=0)) == 1
    assert all(preview.pixels is None for preview in heard)


def test_without_the_checker_nothing_is_drawn(artist_of):
    item, artist = artist_of("sd-1.5", None)
    heard = []
    with pytest.raises(PersonError) as caught:
        artist.draw(item, order_for(item), Asker(), heard.append)
    assert caught.value.key == "mistake.hub.not_agreed" and heard == []
    assert caught.value.values["model"] == entry("safety-checker").title
