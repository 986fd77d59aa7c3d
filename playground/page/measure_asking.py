"""How a model is asked a whole set of questions, through the cache, beside what others ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.cache import Progress, Turn
from playground.entries import Entry
from playground.models import blip2
from playground.models.blip2_kinds import KINDS
from playground.search import Asker
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.vqa.items import LETTERS, Item, QuestionSet, Reply
from playground.vqa.judging import choice_in
from playground.vqa.science_qa import choice_prompt

if TYPE_CHECKING:
    from playground.page.context import Context

LIKELIHOOD, WRITTEN = "likelihood", "written"
WAYS = (LIKELIHOOD, WRITTEN)
MOST_TOKENS = 30
# What stands for the picture where a question has none: models that read pictures need one.
BLANK = np.full((64, 64, 3), 128, np.uint8)


@dataclass(frozen=True)
class Wanted:
    """What a person asks to be measured, checked.

    Attributes:
        item: The model.
        set_key: One of `measuring.SETS`.
        language: In which language the shipped questions are asked.
        count: How many questions, 0 for all.
        way: One of `WAYS`: how options are read.
        files: The person's own files.
    """

    item: Entry
    set_key: str
    language: str
    count: int
    way: str
    files: Mapping[str, Path] = field(default_factory=dict)


class Asking:
    """How a model is asked: pictures are encoded once, questions answered some at a time.

    Other visitors' words come between its own: a run takes one turn for each word, as they do.
    """

    def __init__(self, ctx: Context, wanted: Wanted, questions: QuestionSet, asker: Asker) -> None:
        self._cache, self._say = ctx.cache, ctx.languages.say
        self._wanted, self._questions, self._asker = wanted, questions, asker
        self._seen: dict[str, blip2.Seen] = {}

    def __call__(self, items: list[Item]) -> Sequence[Reply]:
        """Answers some questions."""
        self._look({item.picture for item in items})
        by_likelihood = self._wanted.way == LIKELIHOOD
        scored = [item for item in items if item.choices and by_likelihood]
        written = [item for item in items if not (item.choices and by_likelihood)]
        replies = self._score(scored) | self._write(written)
        return [replies[item.id] for item in items]

    def _look(self, names: set[str]) -> None:
        new = sorted(names - set(self._seen))
        pixels = [self._questions.open_picture(name).pixels if name else BLANK for name in new]
        # Questions come picture by picture: of those before none is asked about again.
        self._seen = {name: seen for name, seen in self._seen.items() if name in names}
        if new:
            part = blip2.part_of(self._wanted.item, "eyes")
            found = self._cache.run(part, partial(_see, pixels), steps=True, **self._options())
            self._seen |= dict(zip(new, found, strict=True))

    def _write(self, items: list[Item]) -> dict[str, Reply]:
        if not items:
            return {}
        part = blip2.part_of(self._wanted.item, "language")
        asks = [self._ask(item) for item in items]
        answers = self._cache.run(
            part, lambda model, turn: blip2.answer(model, asks, turn), steps=True, **self._options()
        )
        texts = [answer.text.strip() for answer in answers]
        return {
            item.id: Reply(text, choice_in(text, item.choices) if item.choices else None)
            for item, text in zip(items, texts, strict=True)
        }

    def _score(self, items: list[Item]) -> dict[str, Reply]:
        if not items:
            return {}
        part = blip2.part_of(self._wanted.item, "language")
        pairs = [(self._ask(item), tuple(LETTERS[: len(item.choices)])) for item in items]
        scores = self._cache.run(
            part, lambda model, turn: blip2.score(model, pairs, turn), steps=True, **self._options()
        )
        best = [int(np.argmax(one.totals)) for one in scores]
        return {
            item.id: Reply(LETTERS[place], place) for item, place in zip(items, best, strict=True)
        }

    def _ask(self, item: Item) -> blip2.Ask:
        question = item.question
        if item.choices:
            last_line = self._say("vqa.ask_letter", item.language)
            question = choice_prompt(item, last_line=last_line)
        return blip2.Ask(
            seen=self._seen[item.picture],
            question=question,
            language=item.language,
            most_tokens=MOST_TOKENS,
            is_left=self._asker.cancel or _never,
        )

    def _options(self) -> dict[str, Any]:
        return replace(self._asker, progress=self._pass_on).options()

    def _pass_on(self, news: Progress | Note) -> None:
        # That a few questions are worked on says less than how many are done.
        is_waiting = not isinstance(news, Progress) or news.stage != "running"
        if is_waiting and self._asker.progress is not None:
            self._asker.progress(news)


def reading_options(wanted: Wanted) -> tuple[Wanted, tuple[Note, ...]]:
    """Reads the written letter where a model cannot tell how likely each is, and says so.

    Raises:
        PersonError: `vqa.mistake.no_choices` for a model that knows fixed answers only.
    """
    item = wanted.item
    if not blip2.facts(item).is_free_text:
        raise PersonError("vqa.mistake.no_choices", {"model": item.title})
    if wanted.way == WRITTEN or KINDS[item.class_name].score is not None:
        return wanted, ()
    return replace(wanted, way=WRITTEN), (Note("vqa.note.written", {"model": item.title}),)


def _see(pixels: Sequence[np.ndarray], eyes: Any, turn: Turn) -> list[blip2.Seen]:
    """Looks at one picture after the other: large eyes take seconds, and others come between."""
    found: list[blip2.Seen] = []
    for picture in pixels:
        turn.step()
        found += blip2.see(eyes, [picture])
    return found


def _never() -> bool:
    return False
