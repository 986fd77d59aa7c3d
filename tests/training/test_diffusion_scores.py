import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from training.backgrounds import BACKGROUNDS
from training.concepts import CONCEPTS
from training.detector import Detector, Seen
from training.diffusion_scores import frechet_distance, hits, orders, painted, reconstructed
from training.sampling import Split
from training.scenes import Language, Scene
from training.vae_model import build_vae


def test_both_languages_ask_for_the_same_scenes() -> None:
    for objects in (1, 2):
        english, chinese = (orders(Split.TEST, lang, objects, 12) for lang in Language)
        assert [order.scene for order in english] == [order.scene for order in chinese]
        assert all(len(order.scene.counts()) == objects for order in english)
        assert all(order.words.isascii() for order in english)
        assert not any(order.words.isascii() for order in chinese)


def test_every_concept_is_asked_for() -> None:
    asked = orders(Split.TEST, Language.EN, 1, len(CONCEPTS))
    assert len({order.scene.objects[0].concept_key for order in asked}) == len(CONCEPTS)


class Judge(Detector):
    """Knows the scenes that are painted on the pictures it is shown, in order."""

    def __init__(self, scenes: list[Scene]) -> None:
        super().__init__()
        self.scenes = scenes

    def forward(self, pictures: torch.Tensor) -> Seen:
        presence = torch.full((len(pictures), len(CONCEPTS)), -1.0)
        background = torch.zeros(len(pictures), len(BACKGROUNDS))
        for row, scene in enumerate(self.scenes):
            for thing in scene.objects:
                presence[row, thing.concept.index] = 1
            background[row, list(BACKGROUNDS).index(scene.background.kind)] = 1
        nothing = torch.zeros(len(pictures), 1)
        return Seen(nothing, presence, background, nothing)


def test_all_things_must_be_found_and_the_background_named() -> None:
    scenes = [order.scene for order in orders(Split.TEST, Language.EN, 2, 6)]
    pictures = painted(scenes)
    assert pictures.shape == (6, 128, 128, 3)
    assert hits(Judge(scenes), pictures, scenes) == {"all_found": 1.0, "background": 1.0}
    half = [Scene(s.objects[:1], s.background, s.seed) for s in scenes]
    assert hits(Judge(half), pictures, scenes) == {"all_found": 0.0, "background": 1.0}
    assert hits(Judge(scenes), pictures, half)["all_found"] == 1.0


def test_pictures_pass_through_the_autoencoder() -> None:
    torch.manual_seed(0)
    scenes = [order.scene for order in orders(Split.TEST, Language.EN, 1, 2)]
    decoded = reconstructed(build_vae().eval(), scenes)
    assert decoded.shape == (2, 128, 128, 3) and decoded.dtype == np.uint8
    assert not np.array_equal(decoded, painted(scenes))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 3))
def test_distance_of_a_shifted_set_is_the_square_of_the_shift(seed: int, shift: float) -> None:
    features = torch.from_numpy(np.random.default_rng(seed).standard_normal((60, 5)))
    moved = features + shift * torch.tensor([1.0, 0, 0, 0, 0])
    assert frechet_distance(features, moved) == pytest.approx(shift**2, abs=1e-6)
    # Twice the deviation: the trace of C + 4 C - 2 * 2 C.
    spread = float(torch.cov(features.T).trace())
    centred = features - features.mean(0)
    assert frechet_distance(centred, 2 * centred) == pytest.approx(spread, rel=1e-6)
