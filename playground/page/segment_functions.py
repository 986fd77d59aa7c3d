"""What the stage asks at a high rate: clicks, proposals, similarity, the program.

Gradio runs these outside its queue, and an exception would reach the browser as nothing at all.
So each is bounded here and answers every mistake with a sentence.
"""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import anyio.to_thread
import gradio as gr
import numpy as np

from playground.models import sam
from playground.page.segment_service import SegmentService
from playground.page.server_functions import session_of
from playground.segmenting.prompts import read_points, read_prompts, read_steps, write_logits
from playground.segmenting.proposals import Proposal
from playground.segmenting.reproduce import Recipe, program
from playground.segmenting.similarity import similarity_map
from playground.segmenting.store import Visit
from playground.visitors.errors import PersonError, explain
from playground.visitors.numbers import read_integer, read_number
from playground.visitors.sessions import visitor_of

LOG = logging.getLogger("playground")
# Proposals in one answer, so that a picture with many does not hold others up.
PROPOSALS_AT_ONCE = 400
# Threads that answer: more than decode at once, so that what is quick need not wait.
MOST_THREADS = 16
MOST_THRESHOLD = 30.0
Answer = dict[str, Any]


@dataclass(frozen=True)
class SegmentFunctions:
    """The functions of one page. Each takes one object and returns one."""

    service: SegmentService
    limiter: anyio.CapacityLimiter = field(
        default_factory=lambda: anyio.CapacityLimiter(MOST_THREADS)
    )

    async def decode(self, asked: Any, request: gr.Request) -> Answer:
        """Answer clicks and a box with masks."""
        return await self._answer(self._decode, asked, request)

    async def proposals(self, asked: Any, request: gr.Request) -> Answer:
        """Give what the grid has found since."""
        return await self._answer(self._proposals, asked, request)

    async def similarity(self, asked: Any, request: gr.Request) -> Answer:
        """Compare the features of one place with all others."""
        return await self._answer(self._similarity, asked, request)

    async def program(self, asked: Any, request: gr.Request) -> Answer:
        """Write the program that makes a mask again."""
        return await self._answer(self._program, asked, request)

    @property
    def all(self) -> list[Callable[..., Any]]:
        """The functions, for the component."""
        return [
            _plain(function)
            for function in (self.decode, self.proposals, self.similarity, self.program)
        ]

    async def _answer(
        self, function: Callable[[Mapping[str, Any], Visit], Answer], asked: Any, request: Any
    ) -> Answer:
        visitor = visitor_of(await session_of(request))
        answer = partial(self._told, function, asked, visitor, request)
        return await anyio.to_thread.run_sync(answer, limiter=self.limiter)

    def _told(
        self,
        function: Callable[[Mapping[str, Any], Visit], Answer],
        asked: Any,
        visitor: str,
        request: Any,
    ) -> Answer:
        visit = None
        try:
            if not isinstance(asked, Mapping):
                raise PersonError("segment.mistake.form")
            visit = self.service.store.visit_of(asked.get("id"), visitor)
            return function(asked, visit)
        except Exception as error:
            if not isinstance(error, PersonError):
                LOG.warning("%s in %s", type(error).__name__, function.__name__)
            return self._mistake(explain(error), visit, request)

    def _mistake(self, told: PersonError, visit: Visit | None, request: Any) -> Answer:
        languages = self.service.ctx.languages
        values: dict[str, Any] = {**told.values}
        sentence = (
            languages.say(told.key, visit.language, **values)
            if visit
            else self.service.ctx.say(request, told.key, **values)
        )
        is_expired = told.key == "segment.mistake.expired"
        return {"error": sentence} | ({"expired": True} if is_expired else {})

    def _decode(self, asked: Mapping[str, Any], visit: Visit) -> Answer:
        seq = read_integer(asked.get("seq", 0), name_key="segment.seq", low=0, high=2**53)
        prompts = read_prompts(asked, visit.kept.encoded)
        started = time.perf_counter()
        masks = self.service.decode(visit.kept, prompts, visit.visitor)
        seconds = time.perf_counter() - started
        candidates = [
            {
                "logits": write_logits(logits),
                "iou": round(float(iou), 4),
                "stability": round(float(stability), 4),
            }
            for logits, iou, stability in zip(masks.logits, masks.iou, masks.stability, strict=True)
        ]
        best = sam.choose(masks, prompts, visit.kept.encoded)
        return {"seq": seq, "candidates": candidates, "best": best, "seconds": round(seconds, 4)}

    def _proposals(self, asked: Mapping[str, Any], visit: Visit) -> Answer:
        found = visit.kept.proposals
        start = read_integer(asked.get("start", 0), name_key="segment.start", low=0, high=10**6)
        some = found[start : start + PROPOSALS_AT_ONCE]
        return {
            "start": start,
            "items": [proposal_value(item) for item in some],
            "done": len(found),
            "of": visit.kept.points_of,
            "low_size": list(visit.kept.encoded.low_picture_hw),
        }

    def _similarity(self, asked: Mapping[str, Any], visit: Visit) -> Answer:
        point = [[asked.get("x"), asked.get("y"), 1]]
        ((x, y),), _ = read_points(point, visit.kept.encoded.size_hw)
        found = similarity_map(visit.kept.encoded, float(x), float(y))
        values = np.rint(found.clip(0, 1) * 255).astype(np.uint8)
        return {
            "width": values.shape[1],
            "height": values.shape[0],
            "values": base64.b64encode(values.tobytes()).decode(),
        }

    def _program(self, asked: Mapping[str, Any], visit: Visit) -> Answer:
        kept, ctx = visit.kept, self.service.ctx
        threshold = read_number(
            asked.get("threshold", 0.0),
            name_key="segment.ui.threshold",
            low=-MOST_THRESHOLD,
            high=MOST_THRESHOLD,
        )
        recipe = Recipe(
            item=kept.item,
            revision=self.service.fingerprints.revision(kept.item),
            picture=visit.name,
            steps=read_steps(asked.get("steps"), kept.encoded.size_hw),
            threshold=threshold,
        )
        say = partial(ctx.languages.say, language=visit.language)
        return {"text": program(recipe, say)}


def _plain(method: Callable[..., Any]) -> Callable[..., Any]:
    """Gradio writes a mark on server functions, which a method does not take."""

    async def call(asked: Any, request: gr.Request) -> Answer:
        answer: Answer = await method(asked, request)
        return answer

    call.__name__ = method.__name__
    return call


def proposal_value(item: Proposal) -> Answer:
    """Writes a proposal as the browser reads it."""
    told = asdict(item)
    return {
        **{name: told[name] for name in ("iou", "stability", "area", "level", "runs")},
        "box": list(item.box_xyxy),
        "point": list(item.point_xy),
    }
