"""Draws a picture: reads the words, goes through the steps in company, decodes, looks, hands over.

Nothing is shared between visitors but what a model makes of the same text and, for each model, how
its latents are turned into colours.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from playground.cache import Cache, Cancelled, OutOfMemory, Resting
from playground.drawing.drawn import Drawn, Preview
from playground.drawing.ensemble import Ensemble
from playground.drawing.guard import Guard, NoGuard, grey_card
from playground.drawing.previews import SHARP_SIDE, Previews, smaller
from playground.entries import Entry
from playground.fingerprints import Fingerprints
from playground.keeping import Keeping
from playground.models import diffusion
from playground.models.diffusion_asks import Colours, Decoded, Frame, Order, Reading, Sketch
from playground.search import Asker
from playground.visitors.errors import PersonError, Value
from playground.visitors.notes import Note
from playground.visitors.pictures import Picture

MOST_READING_BYTES = 64_000_000
MOST_READINGS = 1000
READING_SECONDS = 300.0
MOST_SHARP_BYTES = 200_000_000
MOST_SHARP = 400
FRAMES_AT_ONCE = 4
MOST_COLOURS = 64
# A vocabulary of 250 000 pieces takes some 100 MB.
MOST_CUTTERS = 8
Told = Callable[[Preview], None]
Asked = Callable[[], bool]
ModelKey = tuple[str, str]


def _never() -> bool:
    return False


class Artist:
    """Safe to use from many threads.

    Args:
        cache: Where the models are.
        fingerprints: Which files each model has.
        guard: Looks at words and pictures.
    """

    def __init__(
        self, cache: Cache, fingerprints: Fingerprints, guard: Guard | None = None
    ) -> None:
        self._cache = cache
        self._fingerprints = fingerprints
        self._guard: Guard = NoGuard() if guard is None else guard
        self.ensemble = Ensemble(
            cache, diffusion.advance, advance_sparingly=diffusion.advance_sparingly
        )
        self._readings: Keeping[tuple[ModelKey, str], Reading] = Keeping(
            _reading_bytes,
            most_bytes=MOST_READING_BYTES,
            most_values=MOST_READINGS,
            most_seconds=READING_SECONDS,
        )
        self._cutters: Keeping[ModelKey, diffusion.Cutter] = Keeping(
            lambda cutter: 0, most_bytes=0, most_values=MOST_CUTTERS, most_seconds=float("inf")
        )
        self._colours: Keeping[ModelKey, Colours] = Keeping(
            lambda colours: colours.matrix.nbytes,
            most_bytes=1 << 20,
            most_values=MOST_COLOURS,
            most_seconds=float("inf"),
        )
        self._sharp: Keeping[Drawn, list[np.ndarray]] = Keeping(
            lambda frames: sum(frame.nbytes for frame in frames),
            most_bytes=MOST_SHARP_BYTES,
            most_values=MOST_SHARP,
        )

    def draw(
        self,
        item: Entry,
        order: Order,
        asker: Asker,
        heard: Told,
        *,
        stopped: Asked = _never,
        notes: tuple[Note, ...] = (),
    ) -> Drawn:
        """Draws one picture.

        Args:
            item: The model.
            order: What is asked for.
            asker: Who asks; `cancel` tells that the visitor has left and wants nothing more.
            heard: Called with what can be shown after each step, in this thread.
            stopped: Whether the visitor wants what there is now.
            notes: What was done to what was asked for, to be handed on.

        Returns:
            The picture. When it was stopped after the first step, what was foreseen then.

        Raises:
            PersonError: The words may not be asked for; pictures cannot be looked at; the model
                gave numbers that are none (`draw.mistake.not_finite`); memory ran out although
                all room was made (`draw.mistake.out_of_memory`), or did so several times just now
                (`draw.mistake.resting`).
            Cancelled: The visitor left, or stopped before the first step.
            CacheError: The model cannot be had.
        """
        began = time.monotonic()
        try:
            return self._draw(item, order, asker, heard, stopped, notes, began)
        except FloatingPointError as error:
            raise PersonError("draw.mistake.not_finite", {"model": item.title}) from error
        except OutOfMemory as error:
            raise PersonError("draw.mistake.out_of_memory", {"model": item.title}) from error
        except Resting as error:
            if not isinstance(error.error, OutOfMemory):
                raise
            seconds = math.ceil(error.retry_in_seconds)
            told: dict[str, Value] = {"model": item.title, "seconds": seconds}
            raise PersonError("draw.mistake.resting", told) from error

    def reading(self, item: Entry, words: str, asker: Asker) -> Reading:
        """Tells how a model reads a text; the same text is read once in a while.

        Raises:
            CacheError: The model cannot be had.
        """

        def read() -> Reading:
            part = diffusion.part_of(item, "words")
            found: Reading = self._cache.batch(part, diffusion.read, words, **asker.options())
            return found

        key = (self._model_key(item), words)
        reading = self._readings.made(key, read, is_left=asker.cancel or _never)
        if reading is None:
            raise Cancelled(item.key)
        return reading

    def cut(self, item: Entry, words: str, asker: Asker) -> Reading:
        """Tells how a model cuts a text into tokens; nobody waits for the device after the first.

        Raises:
            CacheError: The model cannot be had.
        """

        def take() -> diffusion.Cutter:
            part = diffusion.part_of(item, "words")
            return self._cache.run(part, diffusion.cutter_of, **asker.options())

        is_left = asker.cancel or _never
        cutter = self._cutters.made(self._model_key(item), take, is_left=is_left)
        if cutter is None:
            raise Cancelled(item.key)
        return cutter.cut(words)

    def colours(self, item: Entry, asker: Asker) -> Colours:
        """Tells how a model's latents are turned into colours; found once.

        Raises:
            CacheError: The model cannot be had.
        """

        def fit() -> Colours:
            part = diffusion.part_of(item, "pixels")
            return self._cache.run(part, diffusion.fit_colours, **asker.options())

        key = self._model_key(item)
        colours = self._colours.made(key, fit, is_left=asker.cancel or _never)
        if colours is None:
            raise Cancelled(item.key)
        return colours

    def watches(self, item: Entry) -> bool:
        """Tells whether a model's pictures are looked at before they are shown."""
        return self._guard.watches(item)

    def sharp_frames(self, item: Entry, drawn: Drawn, asker: Asker) -> list[np.ndarray]:
        """Decodes what was foreseen at every step; kept for the drawing.

        Args:
            item: The model that drew it.
            drawn: The drawing.
            asker: Who asks.

        Returns:
            uint8 (h, w, 3) for each frame, no side longer than `SHARP_SIDE`; a grey card for one
            that may not be shown.

        Raises:
            PersonError: Pictures cannot be looked at, or are not finite.
            CacheError: The model cannot be had.
        """

        def decode() -> list[np.ndarray]:
            found: list[np.ndarray] = []
            # A few at a time, and kept small: all of a long film whole would be gigabytes for a
            # class, and others wait for the device.
            for start in range(0, len(drawn.frames), FRAMES_AT_ONCE):
                frames = drawn.frames[start : start + FRAMES_AT_ONCE]
                latents = [frame.predicted for frame in frames]
                found += self._looked_at(item, drawn.order, latents, asker)
            return found

        if drawn.sharp:
            return list(drawn.sharp)
        frames = self._sharp.made(drawn, decode, is_left=asker.cancel or _never)
        if frames is None:
            raise Cancelled(item.key)
        return frames

    def forget(self, drawings: list[Drawn]) -> None:
        """Lets go of what is kept for drawings that are gone."""
        gone = set(map(id, drawings))
        texts = {text for drawn in drawings for text in diffusion.texts_of(drawn.order) if text}
        self._sharp.drop(lambda drawn, _: id(drawn) in gone)
        self._readings.drop(lambda key, _: key[1] in texts)

    def _draw(
        self,
        item: Entry,
        order: Order,
        asker: Asker,
        heard: Told,
        stopped: Asked,
        notes: tuple[Note, ...],
        began: float,
    ) -> Drawn:
        is_watched = self._guard.watches(item)
        if is_watched:
            self._guard.check_words(item, order)
            self._guard.prepare(item, asker)
        readings = {text: self.reading(item, text, asker) for text in diffusion.texts_of(order)}
        colours = self.colours(item, asker)
        sketch = self._begin(item, order, readings, asker)
        frames: list[Frame] = []
        previews = self._previews(item, order, colours, heard, asker)

        def hear(frame: Frame, together: int) -> None:
            frames.append(frame)
            previews.hear(frame, together)

        is_left = asker.cancel or _never
        both = Asker(asker.visitor, asker.progress, lambda: stopped() or is_left())
        part = diffusion.part_of(item, "denoiser")
        try:
            self.ensemble.draw(part, sketch, both, hear)
        except Cancelled:
            if not stopped() or not frames:
                raise
        # A step may have been done to its end after Stop, and is not in `frames`: show that of the
        # last frame, so that picture and film end alike.
        is_stopped = len(frames) < sketch.steps
        latent = frames[-1].predicted if is_stopped else diffusion.latent_of(sketch)
        # Whoever pressed Stop waits for this one picture; a page may say "cancelled" for both.
        ender = Asker(asker.visitor, asker.progress) if is_stopped else asker
        decoded = self._decode(item, latent, ender)
        if decoded.is_widened or any(frame.is_widened for frame in frames):
            notes = (*notes, Note("draw.note.widened"))
        pixels = diffusion.blend_kept(order, decoded.pixels)
        is_withheld = is_watched and not self._guard.may_show([pixels], ender)[0]
        return Drawn(
            picture=Picture(_read_only(grey_card(pixels.shape[:2]) if is_withheld else pixels)),
            order=order,
            model=item.key,
            revision=self._fingerprints.of(item),
            # What the denoiser heard is large, and read again if need be.
            reading=replace(readings[order.words], tensors={}),
            frames=() if is_withheld else tuple(frames),
            colours=colours,
            seconds=time.monotonic() - began,
            is_withheld=is_withheld,
            is_stopped=is_stopped,
            notes=notes,
        )

    def _looked_at(
        self, item: Entry, order: Order, latents: list[np.ndarray], asker: Asker
    ) -> list[np.ndarray]:
        part = diffusion.part_of(item, "pixels")
        try:
            pictures = self._cache.run(
                part, lambda pixels: diffusion.decode(pixels, latents), **asker.options()
            )
        except FloatingPointError as error:
            raise PersonError("draw.mistake.not_finite", {"model": item.title}) from error
        # What was to stay as it was is not foreseen, but known.
        pictures = [diffusion.blend_kept(order, pixels) for pixels in pictures]
        shown = [True] * len(pictures)
        if self._guard.watches(item):
            shown = self._guard.may_show(pictures, asker)
        return [
            smaller(pixels if is_shown else grey_card(pixels.shape[:2]), SHARP_SIDE)
            for pixels, is_shown in zip(pictures, shown, strict=True)
        ]

    def _previews(
        self, item: Entry, order: Order, colours: Colours, heard: Told, asker: Asker
    ) -> Previews:
        def may_show(picture: np.ndarray) -> bool:
            return self._guard.may_show([picture], asker)[0]

        return Previews(
            colours,
            heard,
            decode=lambda latent: diffusion.blend_kept(
                order, self._decode(item, latent, asker).pixels
            ),
            may_show=may_show if self._guard.watches(item) else None,
        )

    def _begin(
        self, item: Entry, order: Order, readings: dict[str, Reading], asker: Asker
    ) -> Sketch:
        start_latent: np.ndarray | None = None
        if order.start is not None:
            part = diffusion.part_of(item, "pixels")
            start_latent = self._cache.batch(part, diffusion.encode, order.start, **asker.options())
        # A lease, not a turn: nothing is computed on the device, and others may be drawing.
        with self._cache.lease(diffusion.part_of(item, "denoiser"), **asker.options()) as denoiser:
            return diffusion.begin(denoiser, order, readings, start_latent)

    def _decode(self, item: Entry, latent: np.ndarray, asker: Asker) -> Decoded:
        part = diffusion.part_of(item, "pixels")
        found: Decoded = self._cache.batch(part, diffusion.decode_noting, latent, **asker.options())
        return found

    def _model_key(self, item: Entry) -> ModelKey:
        return item.key, self._fingerprints.of(item)


def _reading_bytes(reading: Reading) -> int:
    tensors = reading.tensors.values()
    return sum(int(getattr(tensor, "nbytes", 0)) for tensor in tensors) + 100 * len(reading.tokens)


def _read_only(pixels: np.ndarray) -> np.ndarray:
    pixels.setflags(write=False)
    return pixels
