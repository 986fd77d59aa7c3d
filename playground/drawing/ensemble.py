"""Pictures are drawn in company: one step of all that wait is one call of the denoiser.

Nobody waits for a batch to fill, and nobody for a batch to end: a newcomer joins at the next step,
who leaves is gone at the next step, and between two steps the clicks and questions of others run.

Source: Yu et al., "Orca: A Distributed Serving System for Transformer-Based Generative Models",
OSDI 2022, section 3.2 (iteration-level scheduling), for denoising steps in the place of tokens.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from playground.cache import Cache, Cancelled, OutOfMemory, Progress, Turn, WaitedTooLong
from playground.drawing.member import Ended, Heard, Member
from playground.models.diffusion_asks import Frame, Sketch
from playground.search import Asker

LOG = logging.getLogger("playground")
Advance = Callable[[Any, Sequence[Sketch]], list[Frame]]

MOST_TOGETHER = 32
MOST_PIXELS, MOST_PIXELS_ON_CPU = 8 * 1024**2, 1024**2
"""Of all pictures in one call: bounds its activations. Where a processor draws, nothing is raised
when memory runs out, the system ends the program; and nothing is won by many large pictures."""
RELEASE_SECONDS = 8.0
"""After so long the denoiser is let go and asked for anew: newcomers could otherwise hold it for
ever, and whoever needs its place on the device would wait in vain."""


class Ensemble:
    """All that is being drawn, a company for each denoiser. Safe to use from many threads.

    Args:
        cache: Where the denoisers are.
        advance: Does one step of each sketch in one call; changes none of them if it fails.
        advance_sparingly: As `advance`, with as little memory as it can; for one picture alone for
            which memory ran out. `advance` itself if left out.
        most_together: Most pictures in one call.
        release_seconds: How long a company holds the denoiser at a stretch.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        cache: Cache,
        advance: Advance,
        *,
        advance_sparingly: Advance | None = None,
        most_together: int = MOST_TOGETHER,
        release_seconds: float = RELEASE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache = cache
        self._advance = advance
        self._advance_sparingly = advance_sparingly or advance
        self._most_together = most_together
        self._release_seconds = release_seconds
        self._clock = clock
        self._changed = threading.Condition()
        self._companies: dict[str, _Company] = {}

    def draw(self, part_key: str, sketch: Sketch, asker: Asker, heard: Heard) -> None:
        """Draws a picture to its end, together with all that the same denoiser draws meanwhile.

        Args:
            part_key: The denoiser's part in the cache.
            sketch: The picture that was begun. When this returns or raises, nobody changes it.
            asker: Who asks; hears how loading and waiting go on, and may leave.
            heard: Called in this thread with every frame and how many pictures were drawn in the
                same step. What it raises ends this picture.

        Raises:
            Cancelled: The visitor left.
            OutOfMemory: Memory ran out for this picture alone, and again in a smaller way.
            Resting: It ran out for several pictures in a row, a moment ago.
            CacheError: The denoiser cannot be had.
            Exception: What the step of this picture raised, alone.
        """
        if sketch.is_done:
            return
        # A company that draws holds the denoiser: who joins it does not ask the cache.
        self._cache.rests.check(part_key)
        member = Member(part_key, sketch, asker)
        company = self._join(part_key, member)
        try:
            member.follow(heard)
        finally:
            company.leave(member)

    def census(self) -> dict[str, int]:
        """Returns how many pictures each denoiser draws now."""
        with self._changed:
            return {key: len(company.members) for key, company in self._companies.items()}

    def _join(self, part_key: str, member: Member) -> _Company:
        with self._changed:
            company = self._companies.get(part_key)
            # In a forked child the thread of the parent is not alive.
            if company is None or not company.thread.is_alive():
                company = self._companies[part_key] = _Company(part_key, self)
                company.members.append(member)
                company.thread.start()
            else:
                company.members.append(member)
            return company


class _Company:
    """All that one denoiser draws now, and the thread that draws it.

    Args:
        key: The denoiser's part in the cache.
        ensemble: Whose company it is; its lock guards the members.
    """

    def __init__(self, key: str, ensemble: Ensemble) -> None:
        self._key = key
        self._ensemble = ensemble
        self._changed = ensemble._changed
        self._at_work: tuple[Member, ...] = ()
        self._round = 0
        self._limit = ensemble._most_together
        self.members: list[Member] = []
        self.thread = threading.Thread(target=self._run, name=f"drawing {key}", daemon=True)

    def leave(self, member: Member) -> None:
        """Takes a member out; returns when no step of it is being done."""
        with self._changed:
            if member in self.members:
                self.members.remove(member)
            self._changed.wait_for(lambda: member not in self._at_work)

    # The thread.

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self.members:
                    del self._ensemble._companies[self._key]
                    return
            self._hold()

    def _hold(self) -> None:
        """Holds the denoiser for a while."""
        with self._changed:
            present = tuple(self.members)
        try:
            self._ensemble._cache.run(
                self._key, self._steps, progress=self._tell, cancel=self._is_deserted, steps=True
            )
        except Cancelled:
            # Nobody was left; whoever has come since begins anew.
            return
        except WaitedTooLong as error:
            self._end(present, error)
        except Exception as error:
            if isinstance(error, OutOfMemory) and error.where == "run":
                # Those who were hurt by it have been told; the others go on, fewer together.
                return
            with self._changed:
                present = tuple(self.members)
            self._end(present, error)

    def _steps(self, part: Any, turn: Turn) -> None:
        turn.count_losses_itself()
        began = self._ensemble._clock()
        while group := self._next_group(turn.device):
            try:
                self._draw(part, turn, group)
            finally:
                with self._changed:
                    self._at_work = ()
                    self._changed.notify_all()
            if self._ensemble._clock() - began >= self._ensemble._release_seconds:
                return
            turn.step()

    def _next_group(self, device: str) -> tuple[Member, ...]:
        """Those whose turn it is, served longest ago first: pictures of one size."""
        most_pixels = MOST_PIXELS_ON_CPU if device == "cpu" else MOST_PIXELS
        self._is_deserted()
        with self._changed:
            if not self.members:
                return ()
            order = sorted(self.members, key=lambda member: member.last_round)
            size_hw = order[0].sketch.order.size_hw
            same = [member for member in order if member.sketch.order.size_hw == size_hw]
            most = max(1, most_pixels // (size_hw[0] * size_hw[1]))
            self._at_work = tuple(same[: min(self._limit, most)])
            return self._at_work

    def _draw(self, part: Any, turn: Turn, group: tuple[Member, ...]) -> None:
        """Does one step of each; halves a group that failed until the one that fails is alone."""
        ensemble = self._ensemble
        is_sparing = len(group) == 1 and group[0].is_sparing
        advance = ensemble._advance_sparingly if is_sparing else ensemble._advance
        try:
            frames = advance(part, [member.sketch for member in group])
        except Exception as error:
            if turn.is_out_of_memory(error):
                self._memory_ran_out(turn, group, error)
                # The cache makes all the room there is, then calls anew.
                raise
            if turn.is_lost(error):
                raise
            if len(group) == 1:
                self._end(group, error)
                return
        else:
            self._tell_frames(group, frames)
            return
        half = len(group) // 2
        self._draw(part, turn, group[:half])
        self._draw(part, turn, group[half:])

    def _memory_ran_out(self, turn: Turn, group: tuple[Member, ...], error: Exception) -> None:
        if len(group) > 1:
            self._limit = len(group) // 2
            return
        group[0].tries_alone += 1
        # To the end: whole steps would each make the cache clear the device once more.
        group[0].is_sparing = True
        if group[0].tries_alone == 1:
            return
        told = OutOfMemory(
            self._key,
            turn.device,
            where="run",
            work_bytes=0,
            budget_bytes=self._ensemble._cache.budgets().get(turn.device, 0),
        )
        self._ensemble._cache.rests.lost(self._key, told)
        self._end(group, told)

    def _tell_frames(self, group: tuple[Member, ...], frames: list[Frame]) -> None:
        self._round += 1
        self._ensemble._cache.rests.went_well(self._key)
        for member, frame in zip(group, frames, strict=True):
            member.last_round = self._round
            member.tries_alone = 0
            member.news.put((frame, len(group)))
        self._end([member for member in group if member.sketch.is_done])

    def _end(self, members: Sequence[Member], error: BaseException | None = None) -> None:
        with self._changed:
            for member in members:
                if member in self.members:
                    self.members.remove(member)
                member.news.put(Ended(error))

    def _tell(self, progress: Progress) -> None:
        with self._changed:
            for member in self.members:
                member.news.put(progress)

    def _is_deserted(self) -> bool:
        """Lets those go that have left; whether nobody remains."""
        with self._changed:
            members = tuple(self.members)
        for member in members:
            try:
                if member.has_left():
                    self._end((member,), Cancelled(self._key))
            except Exception as error:
                self._end((member,), error)
        with self._changed:
            return not self.members
