"""What every tab gets: the models, the visitor, the words, and how long work is done."""

from __future__ import annotations

import html
import inspect
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import gradio as gr
from gradio.i18n import I18nData

from playground.cache import Cache
from playground.catalog import Entry, is_on_disk
from playground.hub.store import Store
from playground.own.holdings import Holdings
from playground.page.languages import Languages, current_request, language_of
from playground.page.progress import in_words
from playground.page.sends import Sends
from playground.page.work import Done, Job, Partial, Status, Work
from playground.settings import Settings
from playground.visitors.errors import PersonError, explain
from playground.visitors.notes import Note
from playground.visitors.sessions import Session, Sessions, visitor_of
from playground.visitors.turns import Turns

R = TypeVar("R")
LOG = logging.getLogger("playground")
TOP_FOLDER = Path(__file__).parents[2]


@dataclass(frozen=True)
class Context:
    """Everything a tab needs; nothing global."""

    cache: Cache
    catalog: tuple[Entry, ...]
    languages: Languages
    sessions: Sessions
    turns: Turns
    settings: Settings
    sends: Sends
    store: Store
    # What the check at the start found, for the Models panel.
    troubles: list[Note] = field(default_factory=list)
    # Sets of questions that can be fetched as models can.
    question_sets: tuple[Entry, ...] = ()
    # What people brought along: their own pictures, and the operator's collections.
    holdings: Holdings = field(default_factory=Holdings)

    def label(self, key: str) -> I18nData:
        """Static text, put into words by the browser."""
        return self.languages.label(key)

    def compose(self, make: Callable[[Callable[[str], str]], str]) -> I18nData:
        """Static text or HTML of several sentences: see ``Languages.compose``."""
        return self.languages.compose(make)

    def say(self, request: gr.Request | None, key: str, **values: Any) -> str:
        """A sentence in the visitor's language, made now."""
        return self.languages.say(key, language_of(request), **values)

    def say_notes(self, request: gr.Request | None, notes: tuple[Note, ...]) -> str:
        """What the visitor is told about the input, as one line; "" if there is nothing to tell."""
        return " ".join(self.say(request, note.key, **note.values) for note in notes)

    def visitor(self, request: gr.Request | None) -> str:
        """A name for the visitor that tells nobody who it is."""
        return visitor_of(request.session_hash if request else None)

    def session(self, request: gr.Request | None) -> Session:
        """What this visitor carries from tab to tab."""
        return self.sessions.of((request.session_hash if request else None) or "")

    def entries(self, family: str) -> tuple[Entry, ...]:
        """The catalogue's models of one family, in its order."""
        return tuple(entry for entry in self.catalog if entry.family == family)

    @property
    def listed(self) -> tuple[Entry, ...]:
        """Everything that the Models panel shows: the models, then sets of questions."""
        return (*self.catalog, *self.question_sets)

    def is_on_disk(self, entry: Entry) -> bool:
        """Whether a model's files are on this machine."""
        return is_on_disk(entry, self.settings.models_folder)

    def budgets(self) -> dict[str, int]:
        """Bytes that models may take, by device."""
        return self.cache.budgets()

    def work(
        self, request: gr.Request | None, job: Job[R], *, title: str = ""
    ) -> Iterator[Status | Done[R]]:
        """Do long work in a thread of its own and say meanwhile how it goes.

        Args:
            request: whose work it is.
            job: called as ``job(report, is_cancelled)``; ``report`` takes the cache's ``Progress``
                or a ``Note``; ``is_cancelled`` is for the cache's ``cancel=``.
            title: the model's name as people know it, for "loading ...".

        Yields:
            A ``Status`` with a sentence whenever there is news, and one ``Done`` at the end.
            Closing the iterator (Stop, or the visitor leaving) cancels the job.
        """
        for step in self.stream(request, job, title=title):
            if not isinstance(step, Partial):
                yield step

    def stream(
        self, request: gr.Request | None, job: Job[R], *, title: str = ""
    ) -> Iterator[Status | Partial[Any] | Done[R]]:
        """As ``work``, with every ``Partial`` result that the job reports on its way."""
        work = Work(self.turns, self.visitor(request), job)
        language = language_of(request)
        return work.stream(lambda news: in_words(news, self.languages, language, title))

    def handler(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap an event's function so that every failure is a sentence in the visitor's language.

        Name, signature and docstring stay: Gradio, the API and MCP read them.
        """
        if inspect.isgeneratorfunction(fn):

            @wraps(fn)
            def steps(*args: Any, **kwargs: Any) -> Iterator[Any]:
                try:
                    yield from fn(*args, **kwargs)
                except GeneratorExit:
                    raise
                except Exception as error:
                    raise self.mistake(error) from None

            return steps

        @wraps(fn)
        def once(*args: Any, **kwargs: Any) -> Any:
            try:
                return fn(*args, **kwargs)
            except Exception as error:
                raise self.mistake(error) from None

        return once

    def mistake(self, error: BaseException) -> gr.Error:
        """What a visitor is shown for an exception: a sentence, never a traceback."""
        return spoken_mistake(error, self.languages)


def spoken_mistake(error: BaseException, languages: Languages) -> gr.Error:
    """Turn an exception into a message in the language of the request that runs now."""
    if isinstance(error, gr.Error):
        return error
    if not isinstance(error, PersonError):
        LOG.warning("%s at %s", type(error).__name__, _place(error))
    told = explain(error)
    language = language_of(current_request())
    # The toast shows HTML, and a value may be a visitor's own text.
    values = {
        name: html.escape(value) if isinstance(value, str) else value
        for name, value in told.values.items()
    }
    return gr.Error(languages.say(told.key, language, **values), print_exception=False)


def _place(error: BaseException) -> str:
    """File, line and function where it happened: the log must not hold what people wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if str(TOP_FOLDER) in frame.filename] or frames
    if not ours:
        return "unknown place"
    last = ours[-1]
    return f"{Path(last.filename).name}:{last.lineno} {last.name}"
