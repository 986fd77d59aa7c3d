"""The downloads of one run: each in a thread of its own, one a model, whoever asks for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playground.cache.pace import Pace
from playground.cache.parts import Declined
from playground.entries import Entry
from playground.hub.consent import is_agreed
from playground.hub.faults import HubFault, fault
from playground.hub.places import keep, snapshot_of
from playground.hub.plan import Plan, make_plan
from playground.hub.snapshot import download
from playground.hub.transfer import Stopped
from playground.settings import Settings
from playground.visitors.errors import PersonError

Stage = Literal["asking", "asked", "fetching", "stopping", "failed"]
Report = Callable[[int, int], None]
# How often one who waits for a download is told how it goes, and may leave.
LOOK_SECONDS = 0.25


class DeclinedFault(HubFault, Declined):
    """A download that nobody agreed to or that was stopped: the cache does not hold it against
    the model."""


@dataclass(frozen=True)
class Status:
    """How a download goes.

    Attributes:
        stage: "asking" the hub what it takes; "asked": somebody must agree; "fetching";
            "stopping"; "failed".
        plan: What it takes, once that is known.
        bytes_done: Bytes that are here.
        bytes_total: Bytes in all; 0 until the hub told.
        seconds_left: Estimate, None while unknown.
        error: Why it failed.
    """

    stage: Stage
    plan: Plan | None = None
    bytes_done: int = 0
    bytes_total: int = 0
    seconds_left: float | None = None
    error: PersonError | None = None


@dataclass(eq=False)
class _Job:
    """One question or download; it is over when its thread is."""

    item: Entry
    stage: Stage
    plan: Plan | None = None
    bytes_done: int = 0
    bytes_total: int = 0
    seconds_left: float | None = None
    error: PersonError | None = None
    is_over: bool = False
    stop: threading.Event = field(default_factory=threading.Event)


class Store:
    """Published models on this machine and on their way to it. Safe to use from many threads.

    Args:
        settings: Where models lie, and what may be downloaded without asking.
        clock: Monotonic seconds.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._folder = settings.models_folder
        self._clock = clock
        self._changed = threading.Condition()
        self._jobs: dict[str, _Job] = {}
        self._agreed: set[str] = set()
        self.on_arrival: Callable[[Entry], None] = lambda _item: None

    def folder_of(self, item: Entry) -> Path | None:
        """Returns the folder of a published model if all its files are here."""
        return snapshot_of(item, self._folder)

    def is_agreed(self, item: Entry) -> bool:
        """Tells whether a model may be downloaded now."""
        return item.key in self._agreed or is_agreed(item, self._settings)

    def status(self, key: str) -> Status | None:
        """Returns how the download of a model goes; None where none is asked for."""
        with self._changed:
            job = self._jobs.get(key)
            if job is None:
                return None
            is_stopping = job.stage in ("asking", "fetching") and job.stop.is_set()
            return Status(
                "stopping" if is_stopping else job.stage,
                job.plan,
                job.bytes_done,
                job.bytes_total,
                job.seconds_left,
                job.error,
            )

    def ask(self, item: Entry, *, newest: bool = False) -> None:
        """Asks the hub in the background what a download takes; see `status`.

        Args:
            item: A published model.
            newest: Ask for its newest version in place of the one that was kept.
        """
        with self._changed:
            job = self._jobs.get(item.key)
            if job is not None and not job.is_over:
                return
            job = self._jobs[item.key] = _Job(item, "asking")
        self._start(job, lambda: self._find_out(job, newest))

    def agree(self, item: Entry) -> None:
        """Takes the consent to what `status` shows, and begins the download.

        Raises:
            PersonError: `mistake.hub.not_asked`: nothing was shown that could be agreed to.
        """
        with self._changed:
            job = self._jobs.get(item.key)
            if job is None or job.stage != "asked":
                raise fault("not_asked", item)
            self._agreed.add(item.key)
            job = self._jobs[item.key] = _Job(item, "fetching", job.plan)
        # A read-only folder is told by the download itself; the consent then lasts for this run.
        with suppress(OSError):
            keep(item, self._folder, is_agreed=True)
        self._start(job, lambda: self._bring(job))

    def cancel(self, item: Entry) -> None:
        """Stops a download, or puts away a question or a failure. What arrived stays."""
        with self._changed:
            job = self._jobs.get(item.key)
            if job is None:
                return
            job.stop.set()
            if job.is_over:
                del self._jobs[item.key]
            self._changed.notify_all()

    def fetch(self, item: Entry, report: Report) -> None:
        """Waits until a model is here; begins or joins its download. For the cache.

        Args:
            item: A published model.
            report: Called with (bytes here, bytes in all) every quarter second; what it raises
                ends this wait, not the download.

        Raises:
            PersonError: `mistake.hub.not_agreed`, or why the download failed.
        """
        if self.folder_of(item) is not None:
            return
        job = self._join(item)
        while True:
            with self._changed:
                if not job.is_over:
                    self._changed.wait(LOOK_SECONDS)
                is_over, done, total = job.is_over, job.bytes_done, job.bytes_total
            if is_over:
                break
            report(done, total)
        if job.error is not None:
            raise job.error
        if job.stop.is_set():
            raise DeclinedFault("mistake.hub.stopped", {"model": item.title})

    def _join(self, item: Entry) -> _Job:
        if not self.is_agreed(item):
            told = fault("not_agreed", item)
            raise DeclinedFault(told.key, told.values)
        with self._changed:
            job = self._jobs.get(item.key)
            if job is not None and job.stage == "fetching" and not job.is_over:
                return job
            job = self._jobs[item.key] = _Job(item, "fetching")
        self._start(job, lambda: self._bring(job))
        return job

    def _start(self, job: _Job, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except Stopped:
                self._end(job, None)
            except PersonError as error:
                self._end(job, error)
            except BaseException:
                self._end(job, fault("failed", job.item))
                raise

        threading.Thread(target=run, daemon=True, name=f"hub {job.item.key}").start()

    def _find_out(self, job: _Job, newest: bool) -> None:
        plan = make_plan(job.item, self._folder, newest=newest)
        with self._changed:
            if job.stop.is_set():
                raise Stopped
            job.plan, job.stage, job.is_over = plan, "asked", True
            job.bytes_done = plan.bytes_total - plan.bytes_missing
            job.bytes_total = plan.bytes_total
            self._changed.notify_all()

    def _bring(self, job: _Job) -> None:
        plan = job.plan or make_plan(job.item, self._folder)
        pace = Pace(self._clock)

        def report(done: int, total: int) -> None:
            with self._changed:
                job.bytes_done, job.bytes_total = done, total
                job.seconds_left = pace.seconds_left(done, total)

        job.plan = plan
        download(plan, report, job.stop, self._folder)
        self._end(job, None, has_arrived=True)

    def _end(self, job: _Job, error: PersonError | None, *, has_arrived: bool = False) -> None:
        # Only now does the stop count: a download that was faster than the stop is here.
        with self._changed:
            job.is_over, job.error = True, error
            if has_arrived:
                job.stop.clear()
            if error is not None:
                job.stage = "failed"
            elif self._jobs.get(job.item.key) is job:
                del self._jobs[job.item.key]
            self._changed.notify_all()
        if has_arrived:
            self.on_arrival(job.item)
