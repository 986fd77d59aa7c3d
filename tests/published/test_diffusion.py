"""What the catalogue says of published drawing models, counted in the library's classes."""

from __future__ import annotations

import inspect

import diffusers
import pytest
import torch
from diffusers.pipelines.pixart_alpha.pipeline_pixart_alpha import ASPECT_RATIO_1024_BIN

from playground.models.diffusion_kinds import KINDS
from playground.models.diffusion_samplers import SAMPLERS
from playground.models.precision import needed_bytes
from playground.published.diffusion import PUBLISHED_DIFFUSION, SAFETY_CHECKER
from tests.published.diffusion_sizes import COMPONENTS, component, weights_of

ITEMS = (*PUBLISHED_DIFFUSION, SAFETY_CHECKER)
SAME = {"sdxl-turbo": "sdxl"}
# Bytes a weight in the repository, where it is not 16 bits.
STORED = {
    ("lcm-dreamshaper-v7", "text_encoder"): 4,
    ("lcm-dreamshaper-v7", "unet"): 4,
    ("lcm-dreamshaper-v7", "vae"): 4,
    ("z-image-turbo", "transformer"): 4,
    ("safety-checker", ""): 4,
}
MOST_WEIGHTS_IN_FULL = 1_500_000_000
# One picture's activations: the autoencoder's, at the size that a model was made for.
SMALL_PICTURE, LARGE_PICTURE = 1_000_000_000, 4_000_000_000


@pytest.fixture(scope="module", params=ITEMS, ids=lambda item: item.key)
def item(request):
    return request.param


def stored_numbers(key: str, name: str) -> int:
    """With what is kept beside the weights, such as a table of positions."""
    model = component(*COMPONENTS[key][name])
    kept = {id(tensor): tensor for tensor in model.state_dict(keep_vars=True).values()}
    return sum(tensor.numel() for tensor in kept.values())


def test_bytes_are_those_of_the_classes(item):
    key = SAME.get(item.key, item.key)
    on_disk = sum(
        STORED.get((key, name), 2) * stored_numbers(key, name) for name in COMPONENTS[key]
    )
    # Heads of files, and numbers that are counted in more bits.
    assert abs(item.bytes_on_disk - on_disk) < 500_000
    weights = sum(weights_of(key).values())
    stored = sum(stored_numbers(key, name) for name in COMPONENTS[key])
    width = 4 if weights <= MOST_WEIGHTS_IN_FULL else 2
    assert abs(item.bytes_on_device - width * stored) < 500_000


def test_the_least_memory_is_that_of_16_bits_and_a_picture(item):
    weights = sum(weights_of(SAME.get(item.key, item.key)).values())
    if item.drawing is None:
        least = needed_bytes(weights, "float32")
    else:
        is_small = item.drawing.size_hw == (512, 512)
        picture = SMALL_PICTURE if is_small else LARGE_PICTURE
        least = needed_bytes(weights, "bfloat16") + picture
    assert least <= item.least_memory_bytes < least + 200_000_000


def test_nothing_that_runs_code_is_fetched(item):
    assert all(p.endswith((".json", ".txt", ".jinja", ".safetensors")) for p in item.files)
    assert not item.is_built_in
    assert all(part.startswith(f"{item.key}/") for part in item.parts)
    folders = {p.partition("/")[0] for p in item.files if p.endswith("/*.safetensors")}
    assert folders == set(COMPONENTS[SAME.get(item.key, item.key)]) - {""}


@pytest.mark.parametrize("item", PUBLISHED_DIFFUSION, ids=lambda item: item.key)
def test_how_it_draws(item):
    drawing = item.drawing
    names = {name for name, kind in KINDS.items()} | {
        other for kind in KINDS.values() for other in kind.also_named
    }
    assert item.class_name in names and hasattr(diffusers, item.class_name)
    assert set(drawing.schedulers) <= set(SAMPLERS)
    assert drawing.size_hw == drawing.sizes_hw[0] and drawing.has_checker
    assert all(side % drawing.side_multiple == 0 for size in drawing.sizes_hw for side in size)
    assert 1 <= drawing.steps[0] <= drawing.steps[1]
    assert 1 <= drawing.guidance[0] <= drawing.guidance[1]
    # What leads away from something needs guidance.
    assert not drawing.reads_negative or drawing.guidance[1] > 1
    assert drawing.has_word_maps == any(p.startswith("unet/") for p in item.files)


def test_what_the_pipelines_themselves_would_do():
    """Steps and guidance of the library, where a model's card says nothing else."""
    by_key = {item.key: item.drawing for item in PUBLISHED_DIFFUSION}
    sprint = inspect.signature(diffusers.SanaSprintPipeline.__call__).parameters
    assert by_key["sana-sprint-600m"].steps[0] == sprint["num_inference_steps"].default
    assert by_key["sana-sprint-600m"].guidance[0] == sprint["guidance_scale"].default
    shapes = {tuple(map(int, shape)) for shape in ASPECT_RATIO_1024_BIN.values()}
    assert set(by_key["sana-sprint-600m"].sizes_hw) <= shapes
    lcm = inspect.signature(diffusers.LatentConsistencyModelPipeline.__call__).parameters
    assert by_key["lcm-dreamshaper-v7"].steps[0] == lcm["num_inference_steps"].default
    assert by_key["lcm-dreamshaper-v7"].guidance[0] == lcm["guidance_scale"].default
    sdxl = inspect.signature(diffusers.StableDiffusionXLPipeline.__call__).parameters
    assert by_key["sdxl"].guidance[0] == sdxl["guidance_scale"].default


def test_counting_needs_no_memory():
    model = component(*COMPONENTS["sdxl"]["unet"])
    assert next(model.parameters()).device == torch.device("meta")
