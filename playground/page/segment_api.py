"""Click to segment for programs: four events for `gradio_client` and MCP, with plain answers.

The docstrings below are what a program is told, so they are written for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from playground.models import sam
from playground.page.events import add_program_events, result_of
from playground.page.picture_input import PictureInput
from playground.page.segment_service import FAMILY, SegmentService
from playground.page.segment_values import hash_of
from playground.page.widgets import model_choice
from playground.page.work import Done, Status
from playground.segmenting.prompts import read_prompts
from playground.segmenting.proposals import (
    LEAST_IOU,
    LEAST_STABILITY,
    MOST_OVERLAP,
    Proposal,
    best_of,
)
from playground.segmenting.run_lengths import coco_rle
from playground.segmenting.store import Kept
from playground.visitors.errors import PersonError
from playground.visitors.numbers import read_number
from playground.visitors.pictures import Picture

# Masks in one answer: each is as large as the picture.
MOST_MASKS = 200


class Numbers(gr.JSON):
    """A list of numbers, or of lists of them. `gr.JSON` says of its type only `{}`.

    Args:
        depth: 1 for [x0, y0, x1, y1], 2 for [[x, y, label], ...].
    """

    is_template = True

    def __init__(self, value: Any = None, *, depth: int = 1, **options: Any) -> None:
        self.depth = depth
        super().__init__(value, **options)

    def api_info(self) -> dict[str, Any]:
        """Tells programs what is wanted."""
        told: dict[str, Any] = {"type": "number"}
        for _ in range(self.depth):
            told = {"type": "array", "items": told}
        return told


@dataclass(frozen=True)
class SegmentApi:
    """The functions behind the events. An event is called as its function."""

    service: SegmentService

    def sam_segment_encode(
        self, picture: Picture | None, model: str, request: gr.Request
    ) -> dict[str, Any]:
        """Look at a picture once, so that clicks and boxes on it are answered quickly.

        Args:
            picture: The picture; the other events take it again and find it by its pixels.
            model: Key of the segmentation model, such as mini-sam.

        Returns:
            The model's key, width and height in pixels, a hash of the pixels, and the seconds that
            looking took (0 if the picture was known).
        """
        kept, seconds = self._kept(picture, model, request)
        height, width = kept.encoded.size_hw
        about = {"width": width, "height": height, "hash": hash_of(kept)}
        return {"model": model, **about, "seconds": round(seconds, 3)}

    def sam_segment_click(
        self,
        picture: Picture | None,
        points: list[list[float]],
        multimask: bool,
        model: str,
        request: gr.Request,
    ) -> dict[str, Any]:
        """Outline what is clicked on in a picture.

        Args:
            picture: The picture.
            points: Up to 50 clicks [x, y, label] in pixels; label 1 includes, 0 excludes.
            multimask: Whether three candidates are wanted (the whole, a part, a detail) or one.
            model: Key of the segmentation model, such as mini-sam.

        Returns:
            Width and height in pixels, and the masks, the best first: COCO run lengths (rle), the
            model's own guess of its IoU, stability, area in pixels, box [x0, y0, x1, y1].
        """
        asked = {"points": points, "multimask": multimask}
        return self._decoded(picture, asked, model, request)

    def sam_segment_box(
        self,
        picture: Picture | None,
        box: list[float],
        points: list[list[float]],
        model: str,
        request: gr.Request,
    ) -> dict[str, Any]:
        """Outline what is in a box in a picture.

        Args:
            picture: The picture.
            box: [x0, y0, x1, y1] in pixels.
            points: Clicks [x, y, label] as well; empty for none. Label 1 includes, 0 excludes.
            model: Key of the segmentation model, such as mini-sam.

        Returns:
            Width and height in pixels, and the mask: COCO run lengths (rle), the model's own guess
            of its IoU, stability, area in pixels, box [x0, y0, x1, y1].
        """
        if not box:
            raise PersonError("segment.mistake.box_empty")
        return self._decoded(picture, {"points": points, "box": box}, model, request)

    def sam_segment_everything(
        self,
        picture: Picture | None,
        least_iou: float,
        least_stability: float,
        most_overlap: float,
        model: str,
        request: gr.Request,
    ) -> dict[str, Any]:
        """Outline everything in a picture: a grid of points is decoded, and the best are kept.

        Args:
            picture: The picture.
            least_iou: Masks whose own guess of the IoU is lower are left out, 0 to 1.
            least_stability: Masks that are less stable are left out, 0 to 1.
            most_overlap: IoU of two boxes above which the worse mask is left out, 0 to 1.
            model: Key of the segmentation model, such as mini-sam.

        Returns:
            Width and height in pixels, how many masks there were before any was left out, and up
            to 200 masks, the best first: COCO run lengths (rle), the model's own guess of its IoU,
            stability, area in pixels, box [x0, y0, x1, y1], the point that found it.
        """
        limits = {
            "least_iou": least_iou,
            "least_stability": least_stability,
            "most_overlap": most_overlap,
        }
        limits = {
            name: read_number(value, name_key=f"sam_segment.{name}", low=0, high=1)
            for name, value in limits.items()
        }
        kept, _ = self._kept(picture, model, request)
        visitor = self.service.ctx.visitor(request)

        def job(report: Any, is_left: Any) -> list[dict[str, Any]]:
            self.service.grow(kept, visitor, report, is_left)
            chosen = list(best_of(kept.proposals, **limits))[:MOST_MASKS]
            return [self._full(kept, kept.proposals[index], visitor) for index in chosen]

        masks = result_of(self.service.ctx.work(request, job))
        return {**_about(kept), "found": len(kept.proposals), "masks": masks}

    def _decoded(
        self, picture: Picture | None, asked: dict[str, Any], model: object, request: gr.Request
    ) -> dict[str, Any]:
        kept, _ = self._kept(picture, model, request)
        prompts = read_prompts(asked, kept.encoded)
        masks = self.service.decode(kept, prompts, self.service.ctx.visitor(request))
        best = sam.choose(masks, prompts, kept.encoded)
        order = sorted(range(len(masks.iou)), key=lambda level: (level != best, -masks.iou[level]))
        return {**_about(kept), "masks": [_told(kept, masks, level) for level in order]}

    def _full(self, kept: Kept, item: Proposal, visitor: str) -> dict[str, Any]:
        """Decoded again: of a proposal only the coarse mask is kept."""
        point = np.asarray([item.point_xy], np.float32)
        prompts = sam.Prompts(point, np.ones(1, np.int64), is_multimask=True)
        masks = self.service.decode(kept, prompts, visitor)
        return {**_told(kept, masks, item.level), "point": list(item.point_xy)}

    def _kept(
        self, picture: Picture | None, model: object, request: gr.Request
    ) -> tuple[Kept, float]:
        service = self.service
        item, visitor = service.entry(model), service.ctx.visitor(request)
        if picture is None:
            raise PersonError("mistake.picture.missing")
        found = service.at_hand(picture, item)
        if found is not None:
            return found, 0.0

        def job(report: Any, is_left: Any) -> Kept:
            return service.encode(picture, item, visitor, report, is_left)

        news: Iterator[Status | Done[Kept]] = service.ctx.work(request, job, title=item.title)
        kept = result_of(news)
        return kept, kept.seconds


def _about(kept: Kept) -> dict[str, Any]:
    height, width = kept.encoded.size_hw
    return {"model": kept.item.key, "width": width, "height": height}


def _told(kept: Kept, masks: sam.Masks, level: int) -> dict[str, Any]:
    mask = sam.full_mask(masks.logits[level], kept.encoded)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    is_empty = not len(rows)
    box = [0, 0, 0, 0] if is_empty else [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
    return {
        "rle": coco_rle(mask),
        "iou": round(float(masks.iou[level]), 4),
        "stability": round(float(masks.stability[level]), 4),
        "area": int(mask.sum()),
        "box": [int(edge) for edge in box],
    }


def add_events(service: SegmentService) -> None:
    """Adds the four events to the page, behind widgets that nobody sees.

    Pictures come through a component: an event that took a path would open any file of the server.
    """
    ctx, api = service.ctx, SegmentApi(service)
    with gr.Row(visible=False):
        picture = PictureInput(languages=ctx.languages)
        points, box = Numbers(depth=2), Numbers()
        points_as_well = Numbers([], depth=2)
        multimask = gr.Checkbox(True)
        limits = [gr.Number(value) for value in (LEAST_IOU, LEAST_STABILITY, MOST_OVERLAP)]
        model = model_choice(ctx, FAMILY)
        answer = gr.JSON()
        inputs: dict[Callable[..., Any], list[Any]] = {
            api.sam_segment_encode: [picture, model],
            api.sam_segment_click: [picture, points, multimask, model],
            api.sam_segment_box: [picture, box, points_as_well, model],
            api.sam_segment_everything: [picture, *limits, model],
        }
        add_program_events(ctx, inputs, answer)
