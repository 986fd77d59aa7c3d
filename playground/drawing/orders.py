"""What a person asks to have drawn, checked: every number again, whatever the browser says."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from playground.drawing.start import read_start
from playground.entries import Drawing, Entry
from playground.models.diffusion_asks import Change, Order
from playground.visitors.errors import PersonError, Value
from playground.visitors.notes import Note
from playground.visitors.numbers import read_choice, read_integer, read_number
from playground.visitors.pictures import Picture
from playground.visitors.words import read_optional_words, read_words

MOST_CHARACTERS = 1500
MOST_SEED = 2**32 - 1
MOST_CHANGES = 8
MOST_SIDE = 8192
MOST_FEATHER = 64
USUAL_STRENGTH = 0.6
USUAL_FEATHER = 6
Fields = Mapping[str, object]


@dataclass(frozen=True)
class _Asked:
    """The texts of an order, cleaned."""

    words: str
    without: str
    blend_words: str
    notes: tuple[Note, ...]


def read_order(
    item: Entry, fields: Fields, start: Picture | None = None, mask: np.ndarray | None = None
) -> tuple[Order, tuple[Note, ...]]:
    """Checks what a person asks of a model.

    Args:
        item: The model.
        fields: What arrived, by name. `words` is needed; what else is left out, or None, is as the
            model likes it: `without`, `blend_words`, `blend` (0 to 1), `height`, `width`, `steps`,
            `guidance`, `scheduler`, `seed` (a random one if left out), `strength` (0 to 1, with a
            picture to start from), `feather` (pixels, with a mask).
        start: Picture to start from, of any size.
        mask: Where it is drawn anew: (H, W) of bool, uint8 or float from 0 to 1, of any size; laid
            over the whole of `start`.

    Returns:
        The order, and what was done to what was asked.

    Raises:
        PersonError: `mistake.words.*` (none, too many), `mistake.number.*`, `mistake.choice`,
            `draw.mistake.cannot_edit`, `draw.mistake.mask_alone`, `draw.mistake.mask_empty`,
            `draw.mistake.mask_broken`.
    """
    facts = facts_of(item)
    asked = _read_texts(facts, fields)
    size_hw, notes = _read_size(facts, fields)
    seed, seed_notes = read_seed(fields.get("seed"))
    steps = _integer(fields, "steps", facts.steps[0], 1, facts.steps[1])
    guidance = _number(fields, "guidance", facts.guidance[0], 1.0, facts.guidance[1])
    order = Order(
        words=asked.words,
        size_hw=size_hw,
        steps=steps,
        guidance=guidance,
        scheduler=_read_sampler(facts, fields),
        seed=seed,
        without=asked.without if guidance > 1 else "",
        blend_words=asked.blend_words,
        blend=_number(fields, "blend", 0.5, 0.0, 1.0) if asked.blend_words else 0.0,
    )
    notes = (*asked.notes, *notes, *seed_notes)
    if asked.without and guidance <= 1:
        notes += (Note("draw.note.without_guidance"),)
    if start is None:
        if mask is not None:
            raise PersonError("draw.mistake.mask_alone")
        return order, notes
    if not facts.can_edit:
        raise PersonError("draw.mistake.cannot_edit", {"model": item.title})
    feather = _integer(fields, "feather", USUAL_FEATHER, 0, MOST_FEATHER)
    pixels, placed, start_notes = read_start(start.pixels, mask, size_hw, feather)
    usual = USUAL_STRENGTH if mask is None else 1.0
    strength = _number(fields, "strength", usual, 0.0, 1.0)
    enough = least_strength(steps)
    if strength < enough:
        start_notes += (Note("draw.note.strength_raised", {"steps": steps}),)
        strength = enough
    return replace(order, start=pixels, mask=placed, strength=strength), (*notes, *start_notes)


def facts_of(item: Entry) -> Drawing:
    """Returns how a model draws.

    Raises:
        PersonError: `draw.mistake.no_drawing` for one that does not.
    """
    if item.drawing is None:
        raise PersonError("draw.mistake.no_drawing", {"model": item.title})
    return item.drawing


def read_seed(value: object) -> tuple[int, tuple[Note, ...]]:
    """Reads a seed; none ("" or None) is a random one, and that is told.

    Raises:
        PersonError: It is no whole number from 0 to `MOST_SEED`.
    """
    if value is None or value == "":
        seed = secrets.randbelow(MOST_SEED + 1)
        return seed, (Note("draw.note.seed", {"seed": seed}),)
    return read_integer(value, name_key="draw.field.seed", low=0, high=MOST_SEED), ()


def add_change(item: Entry, order: Order, fields: Fields) -> tuple[Order, tuple[Note, ...]]:
    """Changes an order from a step on.

    Args:
        item: The model.
        order: The order; a change of it at the same step or later is dropped.
        fields: `step`, and at least one of `words`, `guidance`, `noise_seed`.

    Returns:
        The order with the change, and what was done to what was asked.

    Raises:
        PersonError: `draw.mistake.no_change`, `draw.mistake.no_middle` for a picture of one step,
            `draw.mistake.too_many_changes`, and those of words and numbers.
    """
    facts = facts_of(item)
    last = steps_of(order) - 1
    if last < 1:
        raise PersonError("draw.mistake.no_middle")
    step = read_integer(fields.get("step"), name_key="draw.field.step", low=1, high=last)
    words = read_optional_words(fields.get("words"), most_characters=MOST_CHARACTERS)
    guidance = fields.get("guidance")
    noise_seed = fields.get("noise_seed")
    change = Change(
        step,
        words=words.text or None,
        guidance=None
        if guidance is None
        else read_number(guidance, name_key="draw.field.guidance", low=1, high=facts.guidance[1]),
        noise_seed=None
        if noise_seed is None
        else read_integer(noise_seed, name_key="draw.field.seed", low=0, high=MOST_SEED),
    )
    if change.words is None and change.guidance is None and change.noise_seed is None:
        raise PersonError("draw.mistake.no_change")
    before = tuple(old for old in order.changes if old.step < step)
    if len(before) >= MOST_CHANGES:
        raise PersonError("draw.mistake.too_many_changes", {"most": MOST_CHANGES})
    return replace(order, changes=(*before, change)), words.notes


def steps_of(order: Order) -> int:
    """Returns how many steps are really done: fewer than asked where it starts from a picture.

    Source: Meng et al. 2022, "SDEdit", algorithm 1; counted as the library's pipelines count.
    """
    if order.start is None:
        return order.steps
    return max(1, min(int(order.steps * order.strength), order.steps))


def least_strength(steps: int) -> float:
    """Returns the smallest strength that leaves one of so many steps to do."""
    strength = 1 / steps
    while int(steps * strength) < 1:
        strength = math.nextafter(strength, 2.0)
    return strength


def _read_texts(facts: Drawing, fields: Fields) -> _Asked:
    words = read_words(fields.get("words", ""), most_characters=MOST_CHARACTERS)
    without = read_optional_words(fields.get("without"), most_characters=MOST_CHARACTERS)
    other = read_optional_words(fields.get("blend_words"), most_characters=MOST_CHARACTERS)
    notes = (*words.notes, *without.notes, *other.notes)
    is_heard = facts.reads_negative
    if without.text and not is_heard:
        notes += (Note("draw.note.without_ignored"),)
    return _Asked(words.text, without.text if is_heard else "", other.text, notes)


def _read_size(facts: Drawing, fields: Fields) -> tuple[tuple[int, int], tuple[Note, ...]]:
    usual_hw = facts.size_hw
    asked_hw = (
        _integer(fields, "height", usual_hw[0], 1, MOST_SIDE),
        _integer(fields, "width", usual_hw[1], 1, MOST_SIDE),
    )
    sides = [side for size in facts.sizes_hw for side in size]
    unit = facts.side_multiple
    low, high = min(sides), max(sides)
    height, width = (min(max(round(side / unit) * unit, low), high) for side in asked_hw)
    most_pixels = max(size[0] * size[1] for size in facts.sizes_hw)
    if height * width > most_pixels:
        height, width = min(
            facts.sizes_hw,
            key=lambda size: abs(math.log(size[0] / size[1] * asked_hw[1] / asked_hw[0])),
        )
    if (height, width) == asked_hw:
        return asked_hw, ()
    values: dict[str, Value] = {
        "asked_height": asked_hw[0],
        "asked_width": asked_hw[1],
        "height": height,
        "width": width,
    }
    return (height, width), (Note("draw.note.size", values),)


def _read_sampler(facts: Drawing, fields: Fields) -> str:
    value = fields.get("scheduler")
    if value is None or value == "":
        return facts.schedulers[0]
    return read_choice(value, name_key="draw.field.scheduler", choices=facts.schedulers)


def _integer(fields: Fields, name: str, usual: int, low: int, high: int) -> int:
    value = fields.get(name)
    if value is None:
        return usual
    return read_integer(value, name_key=f"draw.field.{name}", low=low, high=high)


def _number(fields: Fields, name: str, usual: float, low: float, high: float) -> float:
    value = fields.get(name)
    if value is None:
        return usual
    return read_number(value, name_key=f"draw.field.{name}", low=low, high=high)
