"""What the service tells the stage: plain objects, with every word the stage needs."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import gradio as gr

from playground.page.context import Context
from playground.page.segment_canvas import canvas_words
from playground.page.shown_picture import HASH_DIGITS, data_address
from playground.segmenting.ranking import Ranking
from playground.segmenting.store import Kept, Visit


def empty_value(ctx: Context, request: gr.Request | None, **more: Any) -> dict[str, Any]:
    """Makes a value without news of a picture.

    Args:
        ctx: The page's context.
        request: Whose page it is.
        **more: `picture=None` where there is none yet, or `error=` with a sentence.
    """
    return {"stamp": secrets.token_hex(4), "words": canvas_words(ctx, request), **more}


def picture_value(
    ctx: Context, request: gr.Request | None, visit: Visit, alt: str, *, is_example: bool
) -> dict[str, Any]:
    """Makes the value that puts a picture on the stage.

    Args:
        ctx: The page's context.
        request: Whose page it is.
        visit: The visitor's hold on the picture.
        alt: What it shows.
        is_example: Whether it is one of the playground's.
    """
    kept = visit.kept
    height, width = kept.encoded.size_hw
    told = {
        "src": data_address(kept.picture),
        "width": width,
        "height": height,
        "alt": alt,
        "is_example": is_example,
        "name": Path(visit.name).name,
    }
    value = progress_value(ctx, request, visit)
    return value | {
        "picture": value["picture"] | told,
        "model": {
            "key": kept.item.key,
            "title": kept.item.title,
            "revision": kept.item.revision or "",
            "input_side": kept.encoded.input_side,
            "resized": list(kept.encoded.resized_hw),
            "low": list(kept.encoded.low_hw),
        },
        "seconds": {"encode": round(kept.seconds, 3) if kept.seconds else None},
    }


def progress_value(
    ctx: Context, request: gr.Request | None, visit: Visit, ranking: Ranking | None = None
) -> dict[str, Any]:
    """Makes the value that tells how far the grid is, and how proposals were ranked.

    Args:
        ctx: The page's context.
        request: Whose page it is.
        visit: The visitor's hold on the picture.
        ranking: How well the proposals fit some words; left out, an old ranking stays.
    """
    kept = visit.kept
    value = empty_value(ctx, request) | {
        "picture": {"id": visit.id, "hash": hash_of(kept)},
        "proposals_done": len(kept.proposals),
        # Until the grid is decoded nobody knows how many there will be.
        "proposals_of": len(kept.proposals) + (0 if kept.is_grown else 1),
        "points_done": kept.points_done,
        "points_of": kept.points_of,
    }
    if ranking is not None:
        told = {"words": ranking.words, "scores": list(ranking.scores), "most": ranking.most}
        value["ranking"] = told
    return value


def hash_of(kept: Kept) -> str:
    """Returns what the browser knows a picture's pixels by."""
    return kept.picture.content_id[:HASH_DIGITS]
