import random
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from hypothesis import given, settings
from hypothesis import strategies as st

from training import diffusion_batches
from training.diffusion_batches import (
    NO_CONCEPT,
    UNGUIDED,
    LatentBatches,
    draw_caption,
    fingerprint,
    load_batches,
    mask_maps,
    shard_scenes,
)
from training.relations import held_out_triples
from training.vae_model import LATENT_CHANNELS, build_vae


@pytest.fixture(scope="module")
def vae() -> AutoencoderKL:
    torch.manual_seed(0)
    return build_vae().requires_grad_(False).eval()


def test_a_batch_is_the_same_again_after_a_restart(vae: AutoencoderKL, tmp_path: Path) -> None:
    made = LatentBatches(vae, tmp_path, 4, shard_size=4, steps_per_shard=2, most_shards=3)
    batches = list(load_batches(made, 0, 5))
    again = LatentBatches(vae, tmp_path, 4, shard_size=4, steps_per_shard=2, most_shards=3).make(4)
    assert again.captions == batches[4].captions
    for name in ("latents", "cover", "cells"):
        assert torch.equal(getattr(again, name), getattr(batches[4], name))
    assert (
        again.latents.shape == (4, LATENT_CHANNELS, 16, 16) and again.latents.dtype == torch.float16
    )
    assert again.cells.shape == (4, 8, 8) and again.cover.shape == (4, 16, 16)
    assert [made.shards_at(step) for step in range(5)] == [2, 2, 3, 3, 3]


def test_scenes_are_encoded_once(
    vae: AutoencoderKL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = LatentBatches(vae, tmp_path, 2, shard_size=2).make(0)

    def never(*_: object) -> dict[str, torch.Tensor]:
        raise AssertionError("encoded again")

    monkeypatch.setattr(diffusion_batches, "encode_shard", never)
    again = LatentBatches(vae, tmp_path, 2, shard_size=2).make(0)
    assert torch.equal(first.latents, again.latents)


def test_latents_of_another_autoencoder_are_not_taken(vae: AutoencoderKL) -> None:
    torch.manual_seed(1)
    assert fingerprint(vae) == fingerprint(vae) != fingerprint(build_vae())


def test_shards_begin_easy_and_hold_no_held_out_triple() -> None:
    early, late = shard_scenes(0, 200), shard_scenes(20, 200)
    singles = [sum(len(scene.objects) == 1 for scene in scenes) for scenes in (early, late)]
    assert singles[0] > 150 > 120 > singles[1] > 70
    assert not any(held_out_triples(scene) for scene in early + late)
    assert early == shard_scenes(0, 200)


def test_captions_come_in_both_languages_and_sometimes_not_at_all() -> None:
    rng = random.Random(0)
    scenes = shard_scenes(20, 300)
    captions = [draw_caption(scene, rng) for scene in scenes]
    empty = sum(text == UNGUIDED for text in captions)
    chinese = sum(any(ord(c) > 0x2E80 for c in text) for text in captions)
    assert 15 < empty < 60 and 100 < chinese < 165


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 96), st.integers(0, 96), st.integers(0, NO_CONCEPT - 1))
def test_maps_show_where_a_thing_stands(left: int, top: int, concept: int) -> None:
    masks = np.zeros((1, 128, 128), bool)
    masks[0, top : top + 32, left : left + 32] = True
    cover, cells = mask_maps(masks, np.array([concept]))
    assert cover.sum() / 255 * 64 == pytest.approx(32 * 32, abs=16)
    middle = ((top + 16) // 16, (left + 16) // 16)
    assert cells[middle] == concept or (cells == concept).any()
    assert set(np.unique(cells)) <= {concept, NO_CONCEPT}
