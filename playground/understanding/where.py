"""Where in a picture words are, and which words a picture is in: maps, each with its verdict.

Everything is computed there and then, in short turns of the device, so that others come in between
and Stop is noticed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from playground.cache import Cache, Cancelled
from playground.explain.referee import (
    DRAWS,
    Verdict,
    count_of,
    hottest,
    judge,
    random_parts,
)
from playground.explain.relevance import occlusion_heat, occlusion_windows
from playground.models import clip, clip_relevance
from playground.models.clip_framing import Framed, frame_picture
from playground.models.clip_relevance import Looks
from playground.search import Asker
from playground.understanding.sentence_words import Word, heat_of_words, without, words_of
from playground.visitors.notes import Note

# Recommended first: its lead over chance is measured by `benchmarks/relevance.py`.
METHODS = ("occlusion", "gradient", "rollout")
WINDOW_SIDE, MOST_WINDOWS = 2, 64
# Pictures in one turn of the device.
BATCH = 32
SEED = 0
# How the scrambled model's weights are shuffled: the same each time, so that a view reopens.
SCRAMBLE = 1
# The order of fewer words agrees by chance.
FEWEST_RANKED = 6


@dataclass(frozen=True)
class Heat:
    """One method's map.

    Attributes:
        method: One of `METHODS`.
        heat: float64 (P,), at least 0.
        verdict: What the referee says; None where there is nothing to compare: of one word, and
            where the map is the very test.
        hot: bool (P,), the hottest fifth.
    """

    method: str
    heat: np.ndarray
    verdict: Verdict | None
    hot: np.ndarray


@dataclass(frozen=True)
class Where:
    """What was found out about one picture and one sentence.

    Attributes:
        shown: uint8 (H, W, 3), the picture as the model is given it.
        grid_hw: Rows and columns of its patches.
        sentence: The sentence.
        cosine: Their cosine.
        places: A map of the picture's patches by each method.
        words: The sentence's words that the model reads.
        weights: A map of those words by each method.
        is_from_store: Whether no model had to run.
    """

    shown: np.ndarray
    grid_hw: tuple[int, int]
    sentence: str
    cosine: float
    places: tuple[Heat, ...]
    words: tuple[Word, ...]
    weights: tuple[Heat, ...]
    is_from_store: bool = False


@dataclass(frozen=True)
class Turns:
    """Runs pieces of the work in turns of the device, and tells how far it is."""

    cache: Cache
    key: str
    asker: Asker
    steps: int

    def run(self, step: int, work: Callable[[Any], Any]) -> Any:
        """Does one piece; `work` gets the joined model.

        Raises:
            CacheError: The model cannot be had, or the person has left.
        """
        asker = self.asker
        if asker.cancel is not None and asker.cancel():
            raise Cancelled(self.key)
        # News of loading comes in the first turn only; later it would say that nothing is known.
        options = asker.options() | ({} if step == 0 else {"progress": None})
        found = self.cache.run(self.key, work, **options)
        if asker.progress is not None:
            asker.progress(Note("note.understand.where", {"done": step + 1, "total": self.steps}))
        return found


def find_where(
    cache: Cache, key: str, picture: np.ndarray, sentence: str, *, asker: Asker
) -> Where:
    """Maps a sentence onto a picture, and a picture onto a sentence.

    Args:
        cache: Where the model is.
        key: The model.
        picture: uint8 (H, W, 3).
        sentence: What is looked for.
        asker: Who asks.

    Returns:
        Every method's maps with their verdicts.

    Raises:
        PersonError: `understand.mistake.no_map` for a model whose attention cannot be read.
        CacheError: The model cannot be had, or the person has left.
    """
    turns = Turns(cache, key, asker, steps=6)
    framed, text, image, count = turns.run(
        0,
        lambda model: (
            frame_picture(model, picture),
            clip.embed_texts(model, [sentence])[0],
            clip.embed_pictures(model, [picture])[0],
            clip.count_tokens(model, sentence),
        ),
    )
    places = _places(turns, framed, text)
    words = words_of(sentence, count.pieces[: count.kept])
    weights = _weights(turns, sentence, words, image)
    return Where(
        framed.shown, framed.grid_hw, sentence, float(text @ image), places, words, weights
    )


def _places(turns: Turns, framed: Framed, text: np.ndarray) -> tuple[Heat, ...]:
    patches = framed.grid_hw[0] * framed.grid_hw[1]
    plain, scrambled = (
        turns.run(step, _look_at_picture(framed, text, scramble))
        for step, scramble in ((1, None), (2, SCRAMBLE))
    )
    windows = occlusion_windows(framed.grid_hw, side=WINDOW_SIDE, most=MOST_WINDOWS)
    draws = random_parts(patches, count_of(patches), draws=DRAWS, seed=SEED)
    whole = np.zeros((1, patches), bool)
    hidden = np.concatenate([whole, windows, draws])
    scores = _score(turns, 3, framed, text, hidden, None)
    others = _score(turns, 3, framed, text, np.concatenate([whole, windows]), SCRAMBLE)
    end = 1 + len(windows)
    heats = _by_method(plain, occlusion_heat(scores[0] - scores[1:end], windows))
    from_scrambled = _by_method(scrambled, occlusion_heat(others[0] - others[1:], windows))
    hot = {method: hottest(heat) for method, heat in heats.items()}
    without_hot = _score(turns, 4, framed, text, np.stack(list(hot.values())), None)
    return tuple(
        Heat(
            method,
            heats[method],
            judge(
                float(scores[0] - score),
                scores[0] - scores[end:],
                heat=heats[method],
                scrambled=from_scrambled[method],
            ),
            hot[method],
        )
        for method, score in zip(hot, without_hot, strict=True)
    )


def _by_method(looks: Looks, occluded: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "occlusion": occluded,
        "gradient": looks.gradient_rollout(),
        "rollout": looks.rollout(),
    }


def _look_at_picture(
    framed: Framed, text: np.ndarray, scramble: int | None
) -> Callable[[Any], Looks]:
    return lambda model: clip_relevance.look_at_picture(model, framed, text, scramble=scramble)


def _look_at_text(sentence: str, image: np.ndarray, scramble: int | None) -> Callable[[Any], Looks]:
    return lambda model: clip_relevance.look_at_text(model, sentence, image, scramble=scramble)


def _score(
    turns: Turns,
    step: int,
    framed: Framed,
    text: np.ndarray,
    hidden: np.ndarray,
    scramble: int | None,
) -> np.ndarray:
    """Cosines of the picture with each set of patches hidden: float32 (K,)."""

    def batch(values: np.ndarray) -> Callable[[Any], np.ndarray]:
        return lambda model: clip_relevance.score_framed(model, values, text, scramble=scramble)

    parts = [hidden[start : start + BATCH] for start in range(0, len(hidden), BATCH)]
    return np.concatenate([turns.run(step, batch(framed.hidden(part))) for part in parts])


def _weights(
    turns: Turns, sentence: str, words: tuple[Word, ...], image: np.ndarray
) -> tuple[Heat, ...]:
    if not words:
        return ()
    step, count = 5, len(words)
    plain, scrambled = (
        turns.run(step, _look_at_text(sentence, image, scramble)) for scramble in (None, SCRAMBLE)
    )
    one_gone = np.eye(count, dtype=bool)
    sets = random_parts(count, count_of(count), draws=DRAWS, seed=SEED)
    texts = [without(sentence, words, gone) for gone in np.concatenate([one_gone, sets])]
    scores = _score_texts(turns, step, [sentence, *texts], image, None)
    others = _score_texts(turns, step, [sentence, *texts[:count]], image, SCRAMBLE)
    heats = _by_word(plain, words, scores[0] - scores[1 : 1 + count])
    from_scrambled = _by_word(scrambled, words, others[0] - others[1:])
    found = []
    for method, heat in heats.items():
        hot = hottest(heat)
        gone = without(sentence, words, hot)
        score = _score_texts(turns, step, [gone], image, None)[0]
        # What the map itself takes out is no draw against it.
        is_other = ~(sets == hot).all(axis=1)
        random_drops = (scores[0] - scores[1 + count :])[is_other]
        verdict = None
        # Leaving words out one by one is the test itself: of one word it cannot lose.
        if len(random_drops) and (method != "occlusion" or hot.sum() > 1):
            scrambled_heat = from_scrambled[method] if count >= FEWEST_RANKED else None
            drop = float(scores[0] - score)
            verdict = judge(drop, random_drops, heat=heat, scrambled=scrambled_heat)
        found.append(Heat(method, heat, verdict, hot))
    return tuple(found)


def _by_word(looks: Looks, words: tuple[Word, ...], drops: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "occlusion": np.maximum(drops, 0.0).astype(np.float64),
        "gradient": heat_of_words(looks.gradient_rollout(), words),
        "rollout": heat_of_words(looks.rollout(), words),
    }


def _score_texts(
    turns: Turns, step: int, texts: list[str], image: np.ndarray, scramble: int | None
) -> np.ndarray:
    found: np.ndarray = turns.run(
        step,
        lambda model: clip_relevance.score_texts(model, texts, image, scramble=scramble),
    )
    return found
