"""Measuring behind the page: which questions, how a model is asked, who may see the result."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import gradio as gr

from playground.cache import Cancelled, Progress
from playground.hub.places import snapshot_of
from playground.models import blip2
from playground.page.chat_service import FAMILY, ChatService
from playground.page.languages import LANGUAGES, language_of
from playground.page.measure_asking import WAYS, WRITTEN, Asking, Wanted, reading_options
from playground.page.progress import in_words
from playground.page.work import Done, Partial, Status, Work
from playground.published.question_sets import SCIENCE_QA_COPY
from playground.search import Asker
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.numbers import read_choice, read_integer
from playground.visitors.turns import Turns
from playground.vqa.items import QuestionSet, spread
from playground.vqa.leaderboard import Leaderboard, Scored
from playground.vqa.packages import files_package
from playground.vqa.question_sets import OWN, read_own_set
from playground.vqa.runner import Result, measure
from playground.vqa.science_qa import column_scores
from playground.vqa.science_qa_copy import ScienceQaCopy
from playground.vqa.science_qa_files import (
    SCIENCE_QA,
    is_science_qa,
    read_folder,
    read_science_qa,
)
from playground.vqa.shipped import EMOJI, ShippedSet
from playground.vqa.stored import read_stored, stored_file

SETS = (EMOJI, SCIENCE_QA, OWN)
MOST_QUESTIONS = 50_000
SESSION_NAME = "blip2_chat.measured"
MOST_OWN_ROWS = 20

IsLeft = Callable[[], bool]
SoFar = tuple[Result, QuestionSet]


@dataclass(frozen=True)
class Measured:
    """A run that ended, or that came with the playground."""

    questions: QuestionSet
    result: Result
    scored: Scored


@dataclass
class Measuring:
    """Everything that the mode and its event for programs ask.

    Attributes:
        service: The chat's.
        shipped: The questions that ship.
        board: Runs over sets that everybody may see.
        turns: Runs of one visitor, apart from other work: the chat goes on beside one.
    """

    service: ChatService
    shipped: ShippedSet = field(default_factory=ShippedSet)
    board: Leaderboard = field(default_factory=Leaderboard)
    turns: Turns = field(default_factory=lambda: Turns(most_running=1, most_waiting=1))
    _has_stored: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    # Who measures, with what ends it.
    _runs: set[tuple[str, threading.Event]] = field(default_factory=set)

    def wanted(
        self,
        model: object,
        set_key: object,
        language: object,
        count: object,
        way: object,
        files: Mapping[str, Path] | None,
    ) -> Wanted:
        """Checks what arrived.

        Raises:
            PersonError: Something of it cannot be used, or the model cannot do what is asked.
        """
        item = self.service.item(model)
        key = read_choice(set_key, name_key="vqa.set", choices=SETS)
        spoken = read_choice(language, name_key="vqa.language", choices=LANGUAGES)
        read = read_choice(way, name_key="vqa.way", choices=WAYS)
        most = read_integer(count, name_key="vqa.count", low=0, high=MOST_QUESTIONS)
        facts = blip2.facts(item)
        if not facts.answers or facts.is_captioner:
            raise PersonError("vqa.mistake.no_answers", {"model": item.title})
        if key == EMOJI and spoken not in facts.languages:
            raise PersonError("vqa.mistake.language", {"model": item.title})
        return Wanted(item, key, spoken, most, read, files or {})

    def run(
        self, request: gr.Request | None, wanted: Wanted
    ) -> Iterator[Status | Partial[SoFar] | Done[Measured]]:
        """Measures, in a thread of its own.

        Args:
            request: Who asks.
            wanted: What is measured.

        Yields:
            News and what is known so far, then the result; not a whole one after `stop`.
        """
        ctx, over = self.service.ctx, threading.Event()
        visitor, language = ctx.visitor(request), language_of(request)

        def job(report: Any, is_left: IsLeft) -> Measured:
            asker = Asker(visitor, report, lambda: is_left() or over.is_set())
            return self.measure(wanted, asker, lambda so_far: report(Partial(so_far)))

        work: Work[Measured] = Work(self.turns, visitor, job)
        self._runs.add((visitor, over))
        try:
            for step in work.stream(
                lambda news: in_words(news, ctx.languages, language, wanted.item.title)
            ):
                if isinstance(step, Done):
                    self._keep(request, step.value)
                yield step
        finally:
            self._runs.discard((visitor, over))

    def stop(self, request: gr.Request | None) -> None:
        """Ends a visitor's runs within one step; what they found is their result."""
        visitor = self.service.ctx.visitor(request)
        # A copy is made in one step: others begin and end meanwhile.
        for who, over in self._runs.copy():
            if who == visitor:
                over.set()

    def measure(self, wanted: Wanted, asker: Asker, tell: Callable[[SoFar], None]) -> Measured:
        """Reads the set, asks the model all of it, and judges.

        Args:
            wanted: What is measured.
            asker: Who asks.
            tell: Called with what is known so far, after every few questions.

        Returns:
            What was found; not whole if the visitor has left.

        Raises:
            PersonError: The set cannot be read, or the model cannot answer such questions.
            CacheError: The model cannot be had.
        """
        report, is_left = asker.progress or _tell_nobody, asker.cancel or _never
        report(Note("vqa.reading"))
        whole = self.questions(wanted, is_left)
        questions = replace(whole, items=spread(whole.items, wanted.count))
        if without := sum(not item.picture for item in questions.items):
            note = Note("vqa.note.no_picture", {"count": without})
            questions = replace(questions, notes=(*questions.notes, note))
        if any(item.choices for item in questions.items):
            wanted, notes = reading_options(wanted)
            questions = replace(questions, notes=(*questions.notes, *notes))
        ask = Asking(self.service.ctx, wanted, questions, asker)
        found = [Result((), len(questions.items), 0.0)]

        def told(result: Result) -> None:
            found[:] = [result]
            tell((result, questions))
            values = {"done": len(result.judged), "total": result.total}
            report(Note("vqa.progress", values))

        # In the middle of a model's work a visitor who leaves is told by an exception.
        with suppress(Cancelled):
            told(measure(questions.items, questions.metric, ask, told, is_left))
        (result,) = found
        return Measured(questions, result, self._scored(wanted, questions, result))

    def questions(self, wanted: Wanted, is_left: IsLeft) -> QuestionSet:
        """Reads the set that is asked for.

        Args:
            wanted: What is measured.
            is_left: Whether to read no further.

        Raises:
            PersonError: It is not here, or has a mistake.
        """
        if wanted.set_key == EMOJI:
            return self.shipped.in_language(wanted.language)
        if wanted.set_key == OWN:
            package = files_package(wanted.files)
            if is_science_qa(package):
                return read_science_qa(package)
            questions = read_own_set(package)
            # Before the first question, so that nobody waits for an hour to hear of it.
            for name in dict.fromkeys(item.picture for item in questions.items):
                if is_left():
                    break
                questions.open_picture(name)
            return replace(questions, key=f"{OWN}-{_digest(questions)}")
        folder = self.service.ctx.settings.scienceqa_folder
        if folder:
            return read_folder(Path(folder))
        copy = snapshot_of(SCIENCE_QA_COPY, self.service.ctx.settings.models_folder)
        if copy is None:
            raise PersonError("vqa.mistake.no_science_qa")
        return ScienceQaCopy(copy).questions()

    def about(self, set_key: object) -> tuple[str, ...]:
        """Returns the keys of what a person is told about a set before it is measured."""
        key = read_choice(set_key, name_key="vqa.set", choices=SETS)
        if key != SCIENCE_QA:
            return (f"vqa.about.{key}",)
        return (f"vqa.about.{key}", f"vqa.about.scienceqa.{self.science_qa_place()}")

    def science_qa_place(self) -> str:
        """Returns where ScienceQA is: "folder", "hub", or "missing"."""
        if self.service.ctx.settings.scienceqa_folder:
            return "folder"
        return "hub" if self.service.ctx.is_on_disk(SCIENCE_QA_COPY) else "missing"

    def opening(self, language: str) -> Measured | None:
        """Returns the run that came with the playground, in a language; None without one."""
        for item in self.service.ctx.entries(FAMILY):
            fingerprint = self.service.fingerprints.of(item) if item.is_built_in else ""
            questions = self.shipped.in_language(language)
            file = stored_file(item.key, language, self.shipped.folder)
            result = read_stored(file, fingerprint, questions)
            if result is not None:
                wanted = Wanted(item, EMOJI, language, 0, WRITTEN)
                scored = replace(self._scored(wanted, questions, result), is_stored=True)
                return Measured(questions, result, scored)
        return None

    def rows(self, request: gr.Request | None, set_key: str) -> tuple[Scored, ...]:
        """Returns the runs over one set that a visitor may see, whole ones and the best first."""
        if set_key == EMOJI:
            self._put_stored()
        held = self.service.ctx.session(request).get(SESSION_NAME, ())
        own = Leaderboard(MOST_OWN_ROWS)
        for row in (*self.board.rows(set_key), *(Scored(**told) for told in held)):
            own.add(row)
        return own.rows(set_key)

    def _put_stored(self) -> None:
        """Enters the runs that came with the playground, once."""
        with self._lock:
            is_first, self._has_stored = not self._has_stored, True
        if is_first:
            for language in LANGUAGES:
                if measured := self.opening(language):
                    self.board.add(measured.scored)

    def _keep(self, request: gr.Request | None, measured: Measured) -> None:
        if not measured.result.is_whole:
            return
        if measured.questions.is_shared:
            self.board.add(measured.scored)
            return
        session = self.service.ctx.session(request)
        told = [*session.get(SESSION_NAME, ()), asdict(measured.scored)]
        session.put(SESSION_NAME, told[-MOST_OWN_ROWS:])

    def _scored(self, wanted: Wanted, questions: QuestionSet, result: Result) -> Scored:
        columns = {}
        if questions.key == SCIENCE_QA:
            found = column_scores((one.item, one.score) for one in result.judged)
            columns = {name: score for name, (_, score) in found.items()}
        has_choices = any(item.choices for item in questions.items)
        return Scored(
            set_key=questions.key,
            model=wanted.item.key,
            title=wanted.item.title,
            revision=self.service.fingerprints.of(wanted.item),
            language=wanted.language if questions.key == EMOJI else "",
            way=wanted.way if has_choices else "",
            count=len(questions.items),
            whole=questions.whole,
            score=result.score,
            unread_share=result.unread_share,
            columns=columns,
            seconds=result.seconds,
        )


def _digest(questions: QuestionSet) -> str:
    """Tells one own set from another, so that only runs over the same one are compared."""
    found = hashlib.sha256()
    for item in questions.items:
        found.update(repr((item.question, item.answers, item.choices, item.picture)).encode())
    return found.hexdigest()[:12]


def _tell_nobody(_news: Progress | Note) -> None:
    return


def _never() -> bool:
    return False
