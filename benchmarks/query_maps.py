"""Do the maps of mini-blip2's queries mean anything? Queries are switched off, on held-out scenes.

    python -m benchmarks.query_maps [--scenes N]

Each scene holds two or more things; where one is or what colour it has is asked, in English. Then
the four queries that look at it most are switched off, and twenty times four others by chance.
Printed: how much of a map lies on the thing (beside its share of the picture), how alike the
queries are, and how much less likely the model then holds its own answer.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from playground.cache import Cache
from playground.catalog import cache_items, entry
from playground.explain import query_maps, referee
from playground.models import blip2
from playground.models.blip2 import Ask
from playground.settings import read_settings
from training.painting import paint
from training.questions import QuestionKind, ask
from training.sampling import Split, sample_scene
from training.scenes import Language

SWITCHED_OFF = 4
DRAWS = 20
SIDE_PX = 192
ITEM = entry("mini-blip2")
EYES, LANGUAGE = blip2.part_of(ITEM, "eyes"), blip2.part_of(ITEM, "language")


@dataclass(frozen=True)
class Case:
    """A picture, a question about one thing in it, and where that is.

    Attributes:
        picture: uint8 (H, W, 3).
        question: In English.
        mask: bool (H, W), the part of the thing that can be seen.
    """

    picture: np.ndarray
    question: str
    mask: np.ndarray


@dataclass(frozen=True)
class Found:
    """What one case showed: shares and natural logarithms."""

    on_thing: float
    of_picture: float
    likeness: float
    drop: float
    random_drops: np.ndarray


def cases(count: int) -> Iterator[Case]:
    """Draws held-out scenes with a question about a thing that is there once."""
    number, made = 0, 0
    while made < count:
        scene = sample_scene(number, Split.TEST, min_objects=2)
        kind = (QuestionKind.WHERE, QuestionKind.COLOUR)[number % 2]
        question = ask(scene, kind, random.Random(number))
        number += 1
        things = [
            place
            for place, thing in enumerate(scene.objects)
            if question is not None and thing.concept.key == question.subject
        ]
        if question is None or len(things) != 1:
            continue
        painting = paint(scene, SIDE_PX)
        mask = painting.visible_masks[things[0]]
        if mask.any():
            made += 1
            yield Case(painting.picture, question.asked(Language.EN), mask)


def judge(cache: Cache, case: Case) -> Found:
    """Switches queries off and sees what that costs."""
    seen = cache.batch(EYES, blip2.see, case.picture)
    looks = cache.run(EYES, lambda eyes: blip2.look(eyes, seen))
    places = query_maps.places_of_each(looks.weights)
    cover = query_maps.on_grid(case.mask, (places.shape[1], places.shape[2]))
    at_thing = query_maps.onlookers(places, cover)
    most = np.flatnonzero(referee.hottest(at_thing, SWITCHED_OFF / len(at_thing)))
    others = referee.random_parts(len(at_thing), SWITCHED_OFF, draws=DRAWS)
    asked = Ask(seen, question=case.question)
    answer = cache.batch(LANGUAGE, blip2.answer, asked, steps=True)
    sets = [(), tuple(most), *(tuple(np.flatnonzero(chosen)) for chosen in others)]
    items = [
        (replace(asked, silenced=tuple(int(one) for one in some)), (answer.text,)) for some in sets
    ]
    scores = cache.run(
        LANGUAGE, lambda language, turn: blip2.score(language, items, turn), steps=True
    )
    plain, off, *random_off = (score.totals[0] for score in scores)
    whole = query_maps.mean_map(looks.weights, looks.elsewhere).places
    return Found(
        on_thing=referee.heat_on(whole.ravel(), cover.ravel()),
        of_picture=float(cover.mean()),
        likeness=query_maps.likeness(looks.queries),
        drop=plain - off,
        random_drops=plain - np.array(random_off),
    )


def main() -> int:
    """Prints what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=60)
    cache = Cache(cache_items([ITEM], read_settings([], {})))
    found = [judge(cache, case) for case in cases(parser.parse_args().scenes)]
    drops = np.array([one.drop for one in found])
    chance = np.array([one.random_drops.mean() for one in found])
    wins = np.array([(one.drop > one.random_drops).mean() for one in found])
    print(f"{len(found)} questions about one thing among others")
    print(f"of the mean map on the thing   {np.mean([one.on_thing for one in found]):.3f}")
    print(f"of the picture                 {np.mean([one.of_picture for one in found]):.3f}")
    print(f"mean cosine of the queries     {np.mean([one.likeness for one in found]):.3f}")
    print(f"its four onlookers off cost    {np.median(drops):.3f} (median, natural logarithm)")
    print(f"four others off cost           {np.median(chance):.3f}")
    print(f"the onlookers cost more than   {wins.mean():.3f} of the random sets (0.5: no matter)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
