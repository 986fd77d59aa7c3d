"""The program that a visitor takes away is run, and its picture compared with the one shown."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from diffusers import DiffusionPipeline

from playground.drawing.orders import add_change
from playground.drawing.reproduce import program
from playground.models import diffusion
from playground.models.diffusion_asks import Order
from playground.models.diffusion_samplers import own_sampler
from playground.search import Asker
from playground.sentences import read_sentences
from playground.visitors.errors import PersonError
from playground.visitors.pictures import read_picture
from tests.drawing.drawings import drawn_of
from tests.drawing.entries import drawing_entry
from tests.drawing.mini_artist import MINI, a_picture, mini_artist, mini_order
from tests.models import mini_drawer
from tests.models.tiny_pipelines import PIPELINES

ROOT = Path(__file__).parents[2]
SAY = read_sentences("en").__getitem__
PARTS = ("words", "denoiser", "pixels")
# Side in pixels, steps, guidance.
ASKED = {
    "sd": (16, 5, 5.0),
    "sd-turbo": (16, 1, 1.0),
    "lcm": (16, 4, 8.0),
    "sdxl": (16, 4, 5.0),
    "sdxl-turbo": (16, 2, 1.0),
    "sd3": (16, 4, 4.5),
    "flux2-klein": (32, 4, 1.0),
    "z-image": (32, 4, 1.0),
    "sana-sprint": (32, 3, 4.5),
}


def a_mask() -> np.ndarray:
    mask = np.zeros((160, 160), bool)
    mask[40:100, 50:120] = True
    return mask


def changed(order):
    order, _ = add_change(MINI, order, {"step": 1, "words": 'a "dog"'})
    return add_change(MINI, order, {"step": 2, "guidance": 2.5})[0]


START = a_picture(160)
ORDERS = {
    "plain": mini_order("a 'cat' on\nthe grass"),
    "without, another sampler": mini_order(without="a dog", scheduler="dpm++2m"),
    "ancestral": mini_order(scheduler="euler-a"),
    "no guidance, wide": mini_order(guidance=1, width=192),
    "blend": mini_order(blend_words="a dog", blend=0.25, without="a car"),
    "start": mini_order(start=START, strength=0.6),
    "mask": mini_order(start=START, mask=a_mask(), feather=6),
    "mask, some strength": mini_order(start=START, mask=a_mask(), strength=0.75, scheduler="euler"),
    "changes": changed(mini_order(blend_words="a car", blend=0.5)),
}


RUN_ALL = """
import os, runpy, sys
for folder in sys.argv[1:]:
    os.chdir(folder)
    runpy.run_path("again.py")
"""


@pytest.fixture(scope="module")
def drawings(tmp_path_factory):
    """All pictures by name, as they were shown and as their programs draw them."""
    shown, folders = {}, {}
    for number, (name, order) in enumerate(ORDERS.items()):
        shown[name] = mini_artist().draw(MINI, order, Asker(), lambda preview: None)
        folder = folders[name] = tmp_path_factory.mktemp(f"program-{number}")
        (folder / "again.py").write_text(program(shown[name], MINI, "", SAY), encoding="utf-8")
        (folder / "start.png").write_bytes(START.webp())
        (folder / "assets").symlink_to(ROOT / "assets")
    # One process for all: importing the libraries takes longer than drawing.
    command = [sys.executable, "-c", RUN_ALL, *map(str, folders.values())]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    subprocess.run(command, env=environment, check=True, timeout=600)
    return {
        name: (shown[name].picture.pixels, read_picture(folder / "drawing.png").pixels)
        for name, folder in folders.items()
    }


@pytest.mark.parametrize("name", ORDERS)
def test_the_program_draws_the_same_picture(drawings, name):
    shown, again = drawings[name]
    assert np.abs(again.astype(int) - shown).max() <= 1
    order = ORDERS[name]
    if order.mask is not None:
        untouched = order.mask == 0
        assert np.array_equal(again[untouched], order.start[untouched])


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """What tiny pipelines of every published class draw: here, and by their programs."""
    shown, folders = {}, {}
    for name, save in PIPELINES.items():
        folder = folders[name] = tmp_path_factory.mktemp(f"published-{name}")
        save(folder / "model")
        parts = {part: diffusion.build(part, folder / "model") for part in PARTS}
        side, steps, guidance = ASKED[name]
        order = Order(
            words="a cat on the sea",
            size_hw=(side, 2 * side),
            steps=steps,
            guidance=guidance,
            scheduler=own_sampler(parts["denoiser"].scheduler),
            seed=5,
        )
        shown[name] = mini_drawer.drawn(order, parts)
        item = replace(
            drawing_entry(str(folder / "model"), is_built_in=False),
            class_name=DiffusionPipeline.load_config(folder / "model")["_class_name"],
        )
        item = replace(item, drawing=replace(item.drawing, schedulers=(order.scheduler,)))
        text = program(drawn_of(order), item, "", SAY)
        (folder / "again.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", RUN_ALL, *map(str, folders.values())]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    subprocess.run(command, env=environment, check=True, timeout=600)
    return {
        name: (shown[name], read_picture(folder / "drawing.png").pixels)
        for name, folder in folders.items()
    }


@pytest.mark.parametrize("name", PIPELINES)
def test_programs_of_published_models_draw_the_same_picture(published, name):
    assert mini_drawer.farthest(*published[name]) <= 1


def test_a_published_model_is_named_with_its_commit():
    item = drawing_entry("org/model", is_built_in=False)
    text = program(drawn_of(), item, "abc123", SAY)
    ast.parse(text)
    assert "    'org/model',\n    revision='abc123',\n" in text and "playground" not in text
    other = replace(item, class_name="StableDiffusion3Pipeline")
    assert "StableDiffusion3Pipeline.from_pretrained" in program(drawn_of(), other, "", SAY)


def test_words_cannot_leave_their_quotes():
    words = "\"; import os; '\\\n#"
    order = replace(drawn_of().order, words=words, without=words)
    tree = ast.parse(program(drawn_of(order), drawing_entry(), "", SAY))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert texts.count(words) == 2


@pytest.mark.parametrize(
    "order, more",
    [
        (add_change(MINI, mini_order(), {"step": 1, "noise_seed": 3})[0], {}),
        (mini_order(), {"is_stopped": True}),
    ],
)
def test_what_cannot_be_written(order, more):
    with pytest.raises(PersonError) as caught:
        program(drawn_of(order, **more), MINI, "", SAY)
    assert caught.value.key == "draw.mistake.no_program"


def test_a_model_that_is_built_otherwise_takes_words_only():
    item = replace(drawing_entry(), class_name="StableDiffusion3Pipeline")
    with pytest.raises(PersonError):
        program(drawn_of(ORDERS["start"]), item, "", SAY)
