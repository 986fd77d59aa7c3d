"""The checker decides as the library's own does, and never lets pass what it did not look at."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from playground.models import safety
from playground.models.files import check_folder
from playground.visitors.errors import PersonError
from tests.models.tiny_safety import save_tiny_checker


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("checker")
    save_tiny_checker(place)
    return place


@pytest.fixture(scope="module")
def checker(folder):
    check_folder(folder, title="tiny")
    return safety.join(folder, safety.build("checker", folder))


def pictures(count, seed=0):
    dice = np.random.default_rng(seed)
    sizes = dice.integers(8, 60, (count, 2))
    return [dice.integers(0, 256, (*size, 3), np.uint8) for size in sizes]


def library_says(checker, some):
    pixels = checker.image_processor(images=some, return_tensors="pt")["pixel_values"]
    return checker.module(pixels, [np.ones(1) for _ in some])[1]


def test_weights_of_the_layout_of_2022_are_all_read(checker, tmp_path):
    made = save_tiny_checker(tmp_path)
    there = checker.module.state_dict()
    assert there and all(torch.equal(there[name], made.state_dict()[name]) for name in there)


@settings(max_examples=30, deadline=None)
@given(
    concept=st.floats(-0.5, 0.5),
    special=st.floats(-1.5, 0.5),
    seed=st.integers(0, 2**16),
)
def test_it_decides_as_the_library_does(checker, concept, special, seed):
    checker.module.concept_embeds_weights.fill_(concept)
    checker.module.special_care_embeds_weights.fill_(special)
    some = pictures(5, seed)
    assert safety.check(checker, some) == library_says(checker, some)


def test_one_special_concept_makes_it_stricter(checker):
    """A score of 0.005 below the threshold counts where a special concept was seen."""
    some = pictures(1)
    pixels = checker.image_processor(images=some, return_tensors="pt")["pixel_values"]
    embed = checker.module.visual_projection(checker.module.vision_model(pixels)[1])
    best = safety._cosines(embed, checker.module.concept_embeds).max()
    checker.module.concept_embeds_weights.fill_(float(best) + 0.005)
    answers = []
    for threshold in (2.0, -2.0):
        checker.module.special_care_embeds_weights.fill_(threshold)
        answers += safety.check(checker, some)
    assert answers == [False, True]


def test_alone_as_together_and_none_at_all(checker):
    some = pictures(19)
    pixels = checker.image_processor(images=some, return_tensors="pt")["pixel_values"]
    embeds = checker.module.visual_projection(checker.module.vision_model(pixels)[1])
    best = safety._cosines(embeds, checker.module.concept_embeds).max(axis=1)
    checker.module.concept_embeds_weights.fill_(float(np.median(best)))
    checker.module.special_care_embeds_weights.fill_(2.0)
    together = safety.check(checker, some)
    assert together == [safety.check(checker, [one])[0] for one in some]
    assert {True, False} == set(together)
    assert safety.check(checker, []) == []


def test_pictures_are_left_as_they_are(checker):
    checker.module.concept_embeds_weights.fill_(-1.0)
    some = pictures(3)
    before = [one.copy() for one in some]
    assert safety.check(checker, some) == [True] * 3
    assert all(np.array_equal(one, two) for one, two in zip(some, before, strict=True))


def test_numbers_that_are_none_are_no_permission(tmp_path):
    save_tiny_checker(tmp_path)
    checker = safety.build("checker", tmp_path)
    checker.module.visual_projection.weight.data.fill_(float("nan"))
    with pytest.raises(FloatingPointError):
        safety.check(checker, pictures(1))


def test_missing_weights_are_not_made_up(tmp_path):
    save_tiny_checker(tmp_path)
    file = tmp_path / "model.safetensors"
    weights = load_file(file)
    del weights["concept_embeds"]
    save_file(weights, file, metadata={"format": "pt"})
    with pytest.raises(PersonError, match="mismatch"):
        safety.build("checker", tmp_path)
