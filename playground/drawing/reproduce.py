"""Writes the program that draws a picture again, with the library's own pipeline.

From words alone that is one call. Where a picture comes first, or a mind was changed on the way,
the steps of the same pipeline are written out: the library has no call for them that gives the
same picture.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Mapping, Sequence
from textwrap import indent, wrap

import numpy as np

from playground.drawing.drawn import Drawn
from playground.drawing.orders import facts_of, steps_of
from playground.entries import Entry
from playground.models.diffusion import SAMPLERS
from playground.models.diffusion_asks import Change, Order
from playground.visitors.errors import PersonError

TAKEN_APART = "StableDiffusionPipeline"
READER = "mini-clip"
Say = Callable[[str], str]
# What a pipeline would do that is not done here: read with an encoder that is not fetched, mark
# the pixels, bring the size to one of its own.
_LEFT_OUT: Mapping[str, Mapping[str, object]] = {
    "StableDiffusion3Pipeline": {"text_encoder_3": None, "tokenizer_3": None},
    "StableDiffusionXLPipeline": {"add_watermarker": False},
}
_ASKED_FOR: Mapping[str, Mapping[str, object]] = {
    "SanaSprintPipeline": {"use_resolution_binning": False},
}
# Trained in the wider range of 16 bits.
_IN_BFLOAT16 = {
    "StableDiffusion3Pipeline",
    "Flux2KleinPipeline",
    "ZImagePipeline",
    "SanaSprintPipeline",
}


def program(drawn: Drawn, item: Entry, revision: str, say: Say) -> str:
    """Writes the program.

    Args:
        drawn: The drawing.
        item: The model that drew it.
        revision: Commit on the hub; "" for a built-in model.
        say: Gives the sentence for a language key, for the comments.

    Returns:
        Python source; it writes `drawing.png`.

    Raises:
        PersonError: `draw.mistake.no_program` for what this cannot write: new noise in the middle,
            and for models that are built otherwise all but pictures from words alone.
    """
    order = drawn.order
    is_plain = order.start is None and not order.changes and not order.blend_words
    has_new_noise = any(change.noise_seed is not None for change in order.changes)
    if has_new_noise or drawn.is_stopped or not (is_plain or item.class_name == TAKEN_APART):
        raise PersonError("draw.mistake.no_program")
    is_one_call = order.start is None and not order.changes
    parts = [
        _comment(say, "run_here" if item.is_built_in or order.start is not None else "run"),
        _imports(order, item, is_one_call),
        _pipeline(order, item, revision),
        f"dice = torch.Generator().manual_seed({order.seed})",
        *([_call(order, item)] if is_one_call else _steps(order, say)),
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _imports(order: Order, item: Entry, is_one_call: bool) -> str:
    standard = [] if is_one_call else ["import inspect"]
    if order.mask is not None:
        standard = ["import base64", *standard, "import zlib"]
    if order.start is not None:
        standard.append("from pathlib import Path")
    names = [item.class_name, *_own_sampler(order, item)]
    others = [] if is_one_call else ["import numpy as np"]
    others += ["import torch", f"from diffusers import {', '.join(sorted(names))}"]
    if not is_one_call:
        others.append("from PIL import Image")
    if item.is_built_in:
        others.append("from transformers import CLIPTextModel, CLIPTokenizer")
    own = []
    if order.start is not None:
        own = [
            "from playground.drawing.start import read_start",
            "from playground.visitors.pictures import read_picture",
        ]
    blocks = ["\n".join(block) for block in (standard, others, own) if block]
    return "\n\n".join(blocks) + "\n"


def _own_sampler(order: Order, item: Entry) -> list[str]:
    """The class of a sampler that is not the model's own."""
    if order.scheduler == facts_of(item).schedulers[0]:
        return []
    return [SAMPLERS[order.scheduler].class_name]


def _pipeline(order: Order, item: Entry, revision: str) -> str:
    if item.is_built_in:
        made = (
            f'reader = "assets/models/{READER}"\n'
            f"pipe = {item.class_name}.from_pretrained(\n"
            f'    "assets/models/{item.source}",\n'
            "    text_encoder=CLIPTextModel.from_pretrained(reader, dtype=torch.float32),\n"
            "    tokenizer=CLIPTokenizer.from_pretrained(reader),\n"
            "    dtype=torch.float32,\n"
            ")"
        )
    else:
        told = [repr(item.source), *([f"revision={revision!r}"] if revision else [])]
        told += _options(_LEFT_OUT.get(item.class_name, {}))
        half = "bfloat16" if item.class_name in _IN_BFLOAT16 else "float16"
        made = (
            'device = "cuda" if torch.cuda.is_available() else "cpu"\n'
            f"dtype = torch.{half} if torch.cuda.is_available() else torch.float32\n"
            f"pipe = {item.class_name}.from_pretrained(\n"
            f"{_indented([f'{option},' for option in (*told, 'dtype=dtype')])}).to(device)"
        )
    for name in _own_sampler(order, item):
        options = "".join(f", {k}={v!r}" for k, v in SAMPLERS[order.scheduler].options.items())
        made += f"\npipe.scheduler = {name}.from_config(pipe.scheduler.config{options})"
    return made


def _options(options: Mapping[str, object]) -> list[str]:
    return [f"{name}={value!r}" for name, value in options.items()]


def _call(order: Order, item: Entry) -> str:
    height, width = order.size_hw
    more = dict(_ASKED_FOR.get(item.class_name, {}))
    if more and order.steps != 2:
        # Only for two steps there is one time between that it was trained for.
        more["intermediate_timesteps"] = None
    words = [f"prompt={order.words!r},"]
    if order.without:
        words.append(f"negative_prompt={order.without!r},")
    before = ""
    if order.blend_words:
        before = (
            "first, without = pipe.encode_prompt(\n"
            f"    {order.words!r},\n    pipe.device,\n    1,\n    True,\n"
            f"    negative_prompt={order.without!r},\n)\n"
            f"second, _ = pipe.encode_prompt({order.blend_words!r}, pipe.device, 1, False)\n"
        )
        words = [
            f"prompt_embeds=torch.lerp(first, second, {order.blend!r}),",
            "negative_prompt_embeds=without,",
        ]
    asked = [
        *words,
        f"height={height},",
        f"width={width},",
        f"num_inference_steps={order.steps},",
        f"guidance_scale={_scale(order, item)!r},",
        *(f"{option}," for option in _options(more)),
        "generator=dice,",
    ]
    return f'{before}drawing = pipe(\n{_indented(asked)}).images[0]\ndrawing.save("drawing.png")'


def _scale(order: Order, item: Entry) -> float:
    """Guidance as the pipeline counts it; one of them begins at 0, not at 1."""
    return order.guidance - 1 if item.class_name == "ZImagePipeline" else order.guidance


def _steps(order: Order, say: Say) -> list[str]:
    height, width = order.size_hw
    first = order.steps - steps_of(order)
    shape = f"(1, pipe.unet.config.in_channels, {height} // cell, {width} // cell)"
    parts = [
        "\ntorch.set_grad_enabled(False)\n\n\n"
        "def read(words):\n    return pipe.encode_prompt(words, pipe.device, 1, False)[0]\n\n\n"
        "def told(module, values):\n    return values.to(module.device, module.dtype)\n\n\n"
        f"heard, without = read({order.words!r}), read({order.without!r})",
        f"heard = torch.lerp(heard, read({order.blend_words!r}), {order.blend!r})"
        if order.blend_words
        else "",
        f"guidance = {order.guidance!r}\nsampler = pipe.scheduler\n"
        f"sampler.set_timesteps({order.steps})\ntimes = sampler.timesteps[{first}:]\n"
        'if hasattr(sampler, "set_begin_index"):\n'
        f"    sampler.set_begin_index({first})\n"
        'takes_dice = "generator" in inspect.signature(sampler.step).parameters\n'
        'options = {"generator": dice} if takes_dice else {}\n'
        "cell = pipe.vae_scale_factor\n"
        f"noise = torch.randn({shape}, generator=dice)",
        *_beginning(order, say),
        *_loop(order, say),
        *_ending(order, say),
    ]
    return parts


def _beginning(order: Order, say: Say) -> list[str]:
    if order.start is None:
        return ["latents = noise * sampler.init_noise_sigma"]
    parts = [
        f"{_comment(say, 'start')}\n"
        'picture = read_picture(Path("start.png")).pixels\n'
        f"start, _, _ = read_start(picture, None, {order.size_hw}, 0)\n"
        "pixels = torch.from_numpy(start.transpose(2, 0, 1).astype(np.float32))[None]\n"
        "known = pipe.vae.encode(told(pipe.vae, pixels / 127.5 - 1)).latent_dist.mode()\n"
        "known = known.float().cpu() * pipe.vae.config.scaling_factor"
    ]
    if order.mask is None:
        return [*parts, "latents = sampler.add_noise(known, noise, times[:1])"]
    if order.strength < 1:
        parts.append("latents = sampler.add_noise(known, noise, times[:1])")
    else:
        parts.append("latents = noise * sampler.init_noise_sigma")
    levels = np.rint(order.mask * 255).astype(np.uint8)
    packed = base64.b64encode(zlib.compress(levels.tobytes(), 9)).decode()
    lines = "\n".join(f'    "{line}"' for line in wrap(packed, 80))
    return [
        *parts,
        f"{_comment(say, 'mask')}\npacked = (\n{lines}\n)\n"
        "levels = np.frombuffer(zlib.decompress(base64.b64decode(packed)), np.uint8)\n"
        f"mask = levels.reshape({order.mask.shape}).astype(np.float32) / 255\n"
        "marked = torch.from_numpy(mask > 0).float()[None, None]\n"
        "cells = torch.nn.functional.adaptive_max_pool2d(marked, known.shape[2:])",
    ]


def _loop(order: Order, say: Say) -> list[str]:
    lines = ["for number, time in enumerate(times):"]
    for change in order.changes:
        lines.append(indent(_change(change, say), "    "))
    lines += [
        "    heard_latents = sampler.scale_model_input(latents, time)",
        "    rows = torch.cat([heard_latents, heard_latents])",
        "    words = torch.cat([without, heard])",
        "    said = pipe.unet(told(pipe.unet, rows), time, encoder_hidden_states=words).sample",
        "    plain, led = said.float().cpu().chunk(2)",
        "    guided = plain + guidance * (led - plain)",
        "    latents = sampler.step(guided, time, latents, **options).prev_sample",
    ]
    if order.mask is not None:
        lines += [
            "    is_last = number + 1 == len(times)",
            "    there = known",
            "    if not is_last:",
            "        there = sampler.add_noise(known, noise, times[number + 1 : number + 2])",
            "    latents = torch.lerp(there, latents, cells)",
        ]
    return lines


def _change(change: Change, say: Say) -> str:
    lines = [f"if number == {change.step}:"]
    if change.words is not None:
        lines.append(f"    heard = read({change.words!r})")
    if change.guidance is not None:
        lines.append(f"    guidance = {change.guidance!r}")
    return "\n".join([_comment(say, "change"), *lines])


def _ending(order: Order, say: Say) -> list[str]:
    parts = [
        "scaled = told(pipe.vae, latents / pipe.vae.config.scaling_factor)\n"
        "decoded = pipe.vae.decode(scaled).sample[0].float().cpu()\n"
        "drawing = (decoded / 2 + 0.5).clamp(0, 1).permute(1, 2, 0).numpy()\n"
        "drawing = np.rint(drawing * 255)"
    ]
    if order.mask is not None:
        parts.append(
            f"{_comment(say, 'kept')}\n"
            "share = mask[..., None]\n"
            "drawing = np.rint(start * (1 - share) + drawing * share)"
        )
    parts.append('Image.fromarray(drawing.astype(np.uint8)).save("drawing.png")')
    return parts


def _indented(lines: Sequence[str]) -> str:
    return indent("".join(f"{line}\n" for line in lines), "    ")


def _comment(say: Say, name: str) -> str:
    return f"# {' '.join(say(f'draw.program.{name}').split())}"
