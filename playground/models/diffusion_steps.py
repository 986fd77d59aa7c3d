"""The loop that takes noise out of latents, one step of many pictures at a time.

Ho et al. 2020 (arXiv:2006.11239), algorithm 2, in the library's own samplers. Pictures in one call
may be at different steps, with different samplers and guidance: each keeps its own sampler.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.models.diffusion_asks import Frame, Order, Reading, Sketch
from playground.models.diffusion_kinds import KINDS, Kind
from playground.models.diffusion_parts import Denoiser, Predicted, Row
from playground.models.diffusion_samplers import Run, begin_run, make_sampler

if TYPE_CHECKING:
    import torch


LOG = logging.getLogger("playground")


@dataclass(frozen=True, eq=False)
class State:
    """Where a picture stands between two steps. Never changed: a step makes a new one.

    Attributes:
        run: Its sampler.
        latent: float32 (C, h, w) on the CPU, as the sampler holds it.
        noise: float32 (C, h, w), what it began with and what goes on a known part.
        first: The sampler's number of the first step.
        scale: What latents are multiplied with while they are worked on.
        known: float32 (C, h, w), latent of the picture it started from; None where it did not.
        drawn_cells: float32 (1, h, w), 1 where it is drawn anew; None: everywhere.
        predicted: float32 (C, h, w), what was foreseen last, as the sampler holds it.
    """

    run: Run
    latent: torch.Tensor
    noise: torch.Tensor
    first: int
    scale: float
    known: torch.Tensor | None = None
    drawn_cells: torch.Tensor | None = None
    predicted: torch.Tensor | None = None


def texts_of(order: Order) -> tuple[str, ...]:
    """Returns every text that has to be read for an order, each once."""
    texts = [order.words, order.without]
    if order.blend > 0:
        texts.append(order.blend_words)
    texts += [change.words for change in order.changes if change.words is not None]
    return tuple(dict.fromkeys(texts))


def begin(
    denoiser: Denoiser,
    order: Order,
    readings: Mapping[str, Reading],
    start_latent: np.ndarray | None = None,
) -> Sketch:
    """Begins a picture; see `diffusion.begin`."""
    import torch

    kind = KINDS[denoiser.kind]
    shape = kind.shape(denoiser, order.size_hw)
    sampler = make_sampler(denoiser.scheduler, order.scheduler)
    kind.set_steps(denoiser, sampler, order.steps, shape)
    first = 0 if order.start is None else first_step(order)
    run = begin_run(sampler, order.scheduler, first=first, seed=order.seed)
    noise = torch.randn(shape, generator=run.dice) * denoiser.latent_scale
    known = None
    if order.start is not None:
        if start_latent is None or start_latent.shape != shape:
            raise ValueError("a picture to start from needs its latent, of the picture's size")
        known = torch.from_numpy(start_latent).float() * denoiser.latent_scale
    drawn_cells = None if order.mask is None else cells_of(order.mask, shape)
    if known is None or (drawn_cells is not None and order.strength >= 1):
        latent = noise * float(getattr(sampler, "init_noise_sigma", 1.0))
    else:
        latent = run.mixed(known, noise, first)
    state = State(run, latent, noise, first, denoiser.latent_scale, known, drawn_cells)
    return Sketch(order, readings, 0, run.count - first, state)


def first_step(order: Order) -> int:
    """Returns where a picture that starts from another begins, from 0.

    Source: Meng et al. 2022 (arXiv:2108.01073), section 3 ("SDEdit"); the number is that of
    `StableDiffusionImg2ImgPipeline`, but at least one step is left.
    """
    left = max(1, min(int(order.steps * order.strength), order.steps))
    return order.steps - left


def cells_of(mask: np.ndarray, shape: tuple[int, int, int]) -> torch.Tensor:
    """Returns which cells of a latent are drawn anew: those in which any pixel is.

    Args:
        mask: float32 (H, W), 0 to 1.
        shape: Of the latent.

    Returns:
        float32 (1, h, w), 0 or 1.
    """
    import torch
    from torch.nn.functional import adaptive_max_pool2d

    pixels = torch.from_numpy(np.ascontiguousarray(mask > 0)).float()
    return adaptive_max_pool2d(pixels[None], shape[1:])


def advance(
    denoiser: Denoiser, sketches: Sequence[Sketch], *, most_rows: int | None = None
) -> list[Frame]:
    """Takes one step of each picture, in one forward pass.

    Args:
        denoiser: The denoiser part.
        sketches: Pictures in the making whose latents have one shape; each is changed only after
            the whole step of all has succeeded.
        most_rows: In one forward pass, where memory is short; a picture with guidance has two.

    Returns:
        What can be seen of each.

    Raises:
        FloatingPointError: What came out is not finite, in a wider range either.
    """
    import torch

    kind = KINDS[denoiser.kind]
    with torch.inference_mode():
        tries = [_prepare(kind, denoiser, sketch) for sketch in sketches]
        rows = [row for attempt in tries for row in attempt.rows]
        found = _predict(kind, denoiser, rows, most_rows or len(rows))
        ended, at = [], 0
        for attempt in tries:
            part = slice(at, at + len(attempt.rows))
            state, frame = _finish(kind, attempt, found.values[part], found.word_maps[part])
            is_widened = not found.widened.isdisjoint(range(part.start, part.stop))
            ended.append((state, replace(frame, is_widened=is_widened)))
            at = part.stop
    for sketch, (state, _) in zip(sketches, ended, strict=True):
        sketch.state = state
        sketch.step += 1
    return [frame for _, frame in ended]


def advance_sparingly(denoiser: Denoiser, sketches: Sequence[Sketch]) -> list[Frame]:
    """Takes one step as `advance` does, with and without the words one after the other."""
    return advance(denoiser, sketches, most_rows=1)


def latent_of(sketch: Sketch) -> np.ndarray:
    """Returns what is to be decoded; see `diffusion.latent_of`."""
    state: State = sketch.state
    latent = state.latent
    if not sketch.is_done and state.predicted is not None:
        latent = state.predicted
    found: np.ndarray = (latent / state.scale).numpy()
    return found


@dataclass(frozen=True, eq=False)
class _Attempt:
    """One step that is about to be taken."""

    sketch: Sketch
    state: State
    index: int
    guidance: float
    rows: tuple[Row, ...]


def _prepare(kind: Kind, denoiser: Denoiser, sketch: Sketch) -> _Attempt:
    if sketch.is_done:
        raise ValueError("all steps are done")
    order, index = sketch.order, sketch.state.first + sketch.step
    state = _changed_noise(sketch, index)
    guidance = _last(order, sketch.step, "guidance")
    guidance = order.guidance if guidance is None else guidance
    row = Row(
        latent=state.run.heard(state.latent, index),
        time=state.run.time(index),
        text=order.words,
        tensors=_asked(kind, sketch),
        size_hw=order.size_hw,
        guidance=guidance,
    )
    rows = [row]
    if kind.needs_both(denoiser, guidance):
        tensors = sketch.readings[order.without].tensors
        rows.insert(0, replace(row, text=order.without, tensors=tensors, is_without=True))
    return _Attempt(sketch, state, index, guidance, tuple(rows))


def _last(order: Order, step: int, name: str) -> Any:
    """What the last change up to a step says; None where none says anything."""
    said = [
        (change.step, getattr(change, name))
        for change in order.changes
        if change.step <= step and getattr(change, name) is not None
    ]
    return max(said, key=lambda pair: pair[0])[1] if said else None


def _asked(kind: Kind, sketch: Sketch) -> Mapping[str, torch.Tensor]:
    """What is heard at this step; changed words take the place of a blend, too."""
    order, readings = sketch.order, sketch.readings
    changed = _last(order, sketch.step, "words")
    if changed is not None:
        return readings[changed].tensors
    first = readings[order.words].tensors
    if order.blend <= 0:
        return first
    return kind.mix(first, readings[order.blend_words].tensors, order.blend)


def _changed_noise(sketch: Sketch, index: int) -> State:
    """The state that a step begins with; its sampler may be stepped without a trace."""
    import torch

    state: State = sketch.state
    state = replace(state, run=state.run.copy())
    for change in sketch.order.changes:
        if change.step == sketch.step and change.noise_seed is not None:
            assert state.predicted is not None, "a change comes after the first step"
            dice = torch.Generator().manual_seed(change.noise_seed)
            noise = torch.randn(state.latent.shape, generator=dice) * state.scale
            state.run.forget(dice)
            latent = state.run.mixed(state.predicted, noise, index)
            state = replace(state, latent=latent, noise=noise)
    return state


def _predict(kind: Kind, denoiser: Denoiser, rows: Sequence[Row], most_rows: int) -> Predicted:
    """Numbers that left the range of 16 bits are worked out once more with a wider one."""
    import torch

    found = _predict_few(kind, denoiser, rows, most_rows)
    is_bad = [not bool(values.isfinite().all()) for values in found.values]
    if not any(is_bad):
        return found
    first = next(denoiser.module.parameters())
    if first.dtype == torch.float16:
        LOG.warning("the denoiser left the range of float16; bfloat16 is tried")
        bad = [number for number, value in enumerate(is_bad) if value]
        with torch.autocast(first.device.type, torch.bfloat16):
            again = _predict_few(kind, denoiser, [rows[number] for number in bad], most_rows)
        found.values[bad] = again.values
        if bool(found.values.isfinite().all()):
            return replace(found, widened=frozenset(bad))
    raise FloatingPointError("the denoiser gave numbers that are not finite")


def _predict_few(kind: Kind, denoiser: Denoiser, rows: Sequence[Row], most_rows: int) -> Predicted:
    """Runs the denoiser over all rows, so many at once."""
    import torch

    if len(rows) <= most_rows:
        return kind.predict(denoiser, rows)
    starts = range(0, len(rows), most_rows)
    parts = [kind.predict(denoiser, rows[start : start + most_rows]) for start in starts]
    values = torch.cat([part.values for part in parts])
    return Predicted(values, [maps for part in parts for maps in part.word_maps])


def _finish(
    kind: Kind,
    attempt: _Attempt,
    values: torch.Tensor,
    maps: Sequence[np.ndarray | None],
) -> tuple[State, Frame]:
    state, index, sketch = attempt.state, attempt.index, attempt.sketch
    run, guided, guidance_map = state.run, values[-1], None
    if len(values) == 2:
        guided = kind.guide(values[0], values[1], attempt.guidance)
        guidance_map = _half((values[1] - values[0]).norm(dim=0))
    predicted = run.foreseen(guided, state.latent, index)
    latent = run.step(guided, state.latent, index)
    if state.known is not None and state.drawn_cells is not None:
        there = run.mixed(state.known, state.noise, index + 1)
        latent = there.lerp(latent, state.drawn_cells)
        predicted = state.known.lerp(predicted, state.drawn_cells)
    frame = Frame(
        step=sketch.step + 1,
        steps=sketch.steps,
        noise_level=run.noise_level(index),
        noisy=_half(attempt.rows[-1].latent / state.scale),
        predicted=_half(predicted / state.scale),
        word_maps=maps[-1],
        guidance_map=guidance_map,
    )
    return replace(state, latent=latent, predicted=predicted), frame


def _half(values: torch.Tensor) -> np.ndarray:
    limit = float(np.finfo(np.float16).max)
    return values.clamp(-limit, limit).numpy().astype(np.float16)
