"""Every published pipeline, taken apart, draws what the unmodified pipeline draws."""

from __future__ import annotations

from dataclasses import replace
from functools import cache as remember
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch

from playground.models import diffusion
from playground.models.diffusion_asks import Change, Order, Sketch
from playground.models.diffusion_kinds import KINDS
from playground.models.diffusion_samplers import own_sampler
from tests.models.tiny_pipelines import PIPELINES

# What each is asked for beside the words: side in pixels, steps, guidance.
ASKED = {
    "sd": (16, 5, 5.0),
    "sd-turbo": (16, 1, 1.0),
    "lcm": (16, 4, 8.0),
    "sdxl": (16, 4, 5.0),
    "sdxl-turbo": (16, 2, 1.0),
    "sd3": (16, 4, 4.5),
    "flux2-klein": (32, 4, 1.0),
    "z-image": (32, 4, 1.0),
    "sana-sprint": (32, 2, 4.5),
}
NAMES = tuple(ASKED)
PROMPT, OTHER = "a cat on the red sea", "cat cat"


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory):
    root = tmp_path_factory.mktemp("pipelines")

    @remember
    def save(name: str) -> Path:
        PIPELINES[name](root / name)
        return root / name

    return save


@pytest.fixture(scope="session")
def parts_of(folder_of):
    @remember
    def build(name: str) -> dict[str, Any]:
        return {
            part: diffusion.build(part, folder_of(name)) for part in ("words", "denoiser", "pixels")
        }

    return build


def order_for(name: str, parts: dict[str, Any], **changes: Any) -> Order:
    side, steps, guidance = ASKED[name]
    sampler = own_sampler(parts["denoiser"].scheduler)
    told: dict[str, Any] = {"size_hw": (side, 2 * side), "steps": steps, "guidance": guidance}
    return Order(**({"words": PROMPT, "scheduler": sampler, "seed": 7} | told | changes))


def begun(parts: dict[str, Any], order: Order) -> Sketch:
    texts = diffusion.texts_of(order)
    readings = dict(zip(texts, diffusion.read(parts["words"], texts), strict=True))
    start = None
    if order.start is not None:
        [start] = diffusion.encode(parts["pixels"], [order.start])
    return diffusion.begin(parts["denoiser"], order, readings, start)


def drawn(parts: dict[str, Any], order: Order) -> np.ndarray:
    sketch = begun(parts, order)
    while not sketch.is_done:
        diffusion.advance(parts["denoiser"], [sketch])
    return diffusion.decode(parts["pixels"], [diffusion.latent_of(sketch)])[0]


def library_draws(name: str, folder: Path, order: Order) -> np.ndarray:
    """What the pipeline that `model_index.json` names makes of the same order."""
    left_out = {"text_encoder_3": None, "tokenizer_3": None} if name == "sd3" else {}
    pipeline = diffusers.DiffusionPipeline.from_pretrained(
        folder, torch_dtype=torch.float32, **left_out
    )
    pipeline.set_progress_bar_config(disable=True)
    height, width = order.size_hw
    told: dict[str, Any] = {"guidance_scale": order.guidance}
    if name == "z-image":
        # Its guidance begins at 0.
        told["guidance_scale"] = order.guidance - 1
    if name == "sana-sprint":
        told["use_resolution_binning"] = False
        if order.steps != 2:
            told["intermediate_timesteps"] = None
    if order.without:
        told["negative_prompt"] = order.without
    found = pipeline(
        prompt=order.words,
        height=height,
        width=width,
        num_inference_steps=order.steps,
        generator=torch.Generator().manual_seed(order.seed),
        output_type="np",
        **told,
    ).images[0]
    pixels: np.ndarray = np.rint(found * 255).astype(np.int16)
    return pixels


def is_close(pixels: np.ndarray, others: np.ndarray) -> bool:
    """Within one of 255, and no plain surface, which would be close to any other."""
    assert pixels.shape == others.shape and others.std() > 2
    return int(np.abs(pixels.astype(np.int16) - others).max()) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_is_that_of_the_library(name, folder_of, parts_of):
    parts = parts_of(name)
    order = order_for(name, parts)
    assert is_close(drawn(parts, order), library_draws(name, folder_of(name), order))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("sd", {"without": OTHER}),
        ("sd", {"size_hw": (24, 16), "steps": 3}),
        ("sdxl", {"without": OTHER, "size_hw": (24, 16)}),
        ("sd3", {"without": OTHER, "steps": 3}),
        ("z-image", {"guidance": 3.0}),
        ("z-image", {"guidance": 3.0, "without": OTHER}),
        ("flux2-klein", {"words": "", "steps": 3}),
        # No more than the distilled one hears.
        ("flux2-klein", {"guidance": 4.0}),
        ("sana-sprint", {"steps": 1}),
        ("sana-sprint", {"steps": 3, "guidance": 2.0}),
        ("sana-sprint", {"words": "A CAT "}),
        ("sd-turbo", {"steps": 3}),
        ("lcm", {"guidance": 3.0, "steps": 2}),
    ],
)
def test_other_orders_too(name, changes, folder_of, parts_of):
    parts = parts_of(name)
    order = order_for(name, parts, **changes)
    assert is_close(drawn(parts, order), library_draws(name, folder_of(name), order))


@pytest.mark.parametrize("name", NAMES)
def test_tokens_are_counted_by_the_tokenizer_alone(name, parts_of):
    words = parts_of(name)["words"]
    texts = ["", PROMPT.upper(), "cat " * 600]
    cutter = diffusion.cutter_of(words)
    for text, reading in zip(texts, diffusion.read(words, texts), strict=True):
        assert vars(cutter.cut(text)) == vars(replace(reading, tensors={}))


@pytest.mark.parametrize("name", NAMES)
def test_words_and_seed_matter(name, parts_of):
    parts = parts_of(name)
    order = order_for(name, parts)
    first = drawn(parts, order)
    assert np.array_equal(first, drawn(parts, order))
    assert not np.array_equal(first, drawn(parts, replace(order, words=OTHER)))
    assert not np.array_equal(first, drawn(parts, replace(order, seed=8)))


@pytest.mark.parametrize("name", NAMES)
def test_together_as_alone(name, parts_of):
    """Other words, other guidance, another step of the way."""
    parts = parts_of(name)
    orders = [order_for(name, parts), order_for(name, parts, words=OTHER, seed=3)]
    if name not in {"flux2-klein", "z-image", "sd-turbo", "sdxl-turbo"}:
        orders.append(order_for(name, parts, guidance=2.0, seed=4))
    alone = [drawn(parts, order) for order in orders]
    sketches = [begun(parts, order) for order in orders]
    if not sketches[0].is_done and sketches[0].steps > 1:
        diffusion.advance(parts["denoiser"], sketches[:1])
    while left := [sketch for sketch in sketches if not sketch.is_done]:
        diffusion.advance(parts["denoiser"], left)
    latents = [diffusion.latent_of(sketch) for sketch in sketches]
    for one, other in zip(alone, diffusion.decode(parts["pixels"], latents), strict=True):
        assert is_close(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_to_start_from_and_a_part_of_it(name, parts_of):
    parts = parts_of(name)
    order = order_for(name, parts)
    height, width = order.size_hw
    start = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    mask = np.zeros((height, width), np.float32)
    mask[:, : width // 2] = 1
    changed = replace(order, start=start, strength=0.6)
    assert drawn(parts, changed).shape == start.shape
    kept = diffusion.blend_kept(
        replace(changed, mask=mask), drawn(parts, replace(changed, mask=mask))
    )
    assert np.array_equal(kept[:, width // 2 :], start[:, width // 2 :])
    assert not np.array_equal(kept, start)


@pytest.mark.parametrize("name", NAMES)
def test_what_can_be_seen_on_the_way(name, parts_of):
    parts = parts_of(name)
    order = order_for(name, parts)
    sketch = begun(parts, order)
    frames = []
    while not sketch.is_done:
        frames += diffusion.advance(parts["denoiser"], [sketch])
    # PNDM takes its second step twice.
    assert [frame.step for frame in frames] == list(range(1, sketch.steps + 1))
    assert sketch.steps == order.steps + (order.scheduler == "pndm")
    assert [f.noise_level for f in frames] == sorted((f.noise_level for f in frames), reverse=True)
    # After the last step the latent is what was foreseen.
    last = frames[-1].predicted.astype(np.float32)
    assert np.allclose(last, diffusion.latent_of(sketch), atol=0.02 * np.abs(last).max())
    colours = diffusion.fit_colours(parts["pixels"])
    assert diffusion.preview(colours, frames[0].predicted).dtype == np.uint8
    tokens = sketch.readings[PROMPT].tokens
    assert [token.text for token in tokens if not token.is_special]
    if frames[0].word_maps is not None:
        assert len(frames[0].word_maps) == len(tokens)
        assert np.allclose(frames[0].word_maps.sum(axis=0, dtype=np.float32), 1, atol=0.01)


@pytest.mark.parametrize("name", [name for name in NAMES if ASKED[name][1] > 1])
def test_a_change_of_mind_and_two_prompts_at_once(name, parts_of):
    parts = parts_of(name)
    order = order_for(name, parts)
    plain, other = drawn(parts, order), drawn(parts, replace(order, words=OTHER))
    halfway = drawn(parts, replace(order, changes=(Change(1, words=OTHER),)))
    assert not np.array_equal(halfway, plain) and not np.array_equal(halfway, other)
    both = replace(order, blend_words=OTHER, blend=0.5)
    mixed = drawn(parts, both)
    assert not np.array_equal(mixed, plain) and not np.array_equal(mixed, other)
    assert is_close(drawn(parts, replace(both, blend=1.0)), other)


def test_every_kind_is_tried(folder_of):
    tried = {
        diffusers.DiffusionPipeline.load_config(folder_of(name))["_class_name"] for name in NAMES
    }
    known = set(KINDS) | {n for kind in KINDS.values() for n in kind.also_named}
    assert tried == known
