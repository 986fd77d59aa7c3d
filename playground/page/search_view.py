"""What the CLIP tab shows of an answer: the grid, the numbers inside, the tokens."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np

from playground.collection import Pictures
from playground.explain.similarity import own_probabilities, probabilities
from playground.models.clip import TokenCount
from playground.page.languages import language_of
from playground.page.result_grid import Shown, grid_value
from playground.search import Answer
from playground.visitors.notes import Note
from playground.zero_shot import Naming

if TYPE_CHECKING:
    from playground.page.context import Context


def found_grid(
    ctx: Context, request: gr.Request | None, collection: Pictures, answer: Answer
) -> dict[str, Any]:
    """Makes the value of the grid: pictures with their cosines, best first.

    A bar is empty for the picture of the collection that fits least and full for the best one.
    """
    lowest, highest = float(np.nanmin(answer.cosines)), float(answer.cosines[answer.places[0]])
    room = max(highest - lowest, 1e-9)
    shown = [
        Shown(
            collection.pictures[place],
            cosine=float(answer.cosines[place]),
            part=float(np.clip((answer.cosines[place] - lowest) / room, 0, 1)),
        )
        for place in answer.places
    ]
    return grid_value(ctx, request, language_of(request), shown)


def plain_grid(
    ctx: Context, request: gr.Request | None, collection: Pictures, places: Iterable[int]
) -> dict[str, Any]:
    """Makes the value of a grid of pictures that nobody asked for: no scores."""
    shown = [Shown(collection.pictures[place]) for place in places]
    return grid_value(ctx, request, language_of(request), shown)


def cut_notes(tokens: Iterable[TokenCount]) -> tuple[Note, ...]:
    """Tells which words were not read because the text was too long for the model."""
    return tuple(
        Note("note.clip_search.cut", {"limit": count.limit, "unread": count.unread})
        for count in tokens
        if count.unread
    )


def search_inside(
    ctx: Context, request: gr.Request | None, collection: Pictures, answer: Answer
) -> str:
    """Writes the drawer of a search: cosine, logit and share of each result, and the tokens."""
    language = language_of(request)
    bias = answer.logit_bias if answer.query.is_one_text else None
    shares = _shares(answer, bias)
    logits = answer.logit_scale * answer.cosines + (bias or 0.0)
    rows = [
        (
            str(rank),
            collection.pictures[place].alt[language],
            f"{answer.cosines[place]:.4f}",
            f"{logits[place]:.3f}",
            f"{100 * shares[place]:.2f} %",
        )
        for rank, place in enumerate(answer.places, start=1)
    ]
    values = {
        "scale": f"{answer.logit_scale:.2f}",
        "temperature": f"{1 / answer.logit_scale:.4f}",
        "count": len(answer.cosines),
    }
    if bias is None:
        heads = ("rank", "picture", "cosine", "logit", "share_of_all")
        about = ctx.say(request, "clip_search.inside.about", **values)
    else:
        heads = ("rank", "picture", "cosine", "logit", "fits")
        values["bias"] = f"{bias:.2f}"
        about = ctx.say(request, "clip_search.inside.about_each", **values)
    return (
        f"<p>{html.escape(about)}</p>{_tokens(ctx, request, answer.tokens.values())}"
        f"{_table([_term(ctx, request, head) for head in heads], rows)}"
    )


def _shares(answer: Answer, bias: float | None) -> np.ndarray:
    """The pictures' shares of 100 %; where each is judged by itself, its probability."""
    if bias is not None:
        scale = answer.logit_scale
        return own_probabilities(
            answer.cosines, logit_scale=scale, own_scale=scale, logit_bias=bias
        )
    # Of a very large collection only the found pictures and an even sample were compared.
    known = np.isfinite(answer.cosines)
    shares = np.full(len(known), np.nan)
    shares[known] = probabilities(
        answer.cosines[known, None], logit_scale=answer.logit_scale, across="pictures"
    )[:, 0]
    return shares


def naming_inside(ctx: Context, request: gr.Request | None, naming: Naming) -> str:
    """Writes the drawer of a naming: each label's cosine with each template, and the tokens."""
    heads = [f"{number}. {template}" for number, template in enumerate(naming.templates, start=1)]
    rows = [
        (label, *(f"{cosine:.4f}" for cosine in column), f"{mean:.4f}")
        for label, column, mean in zip(
            naming.labels, naming.template_cosines.T, naming.cosines, strict=True
        )
    ]
    said = [_term(ctx, request, "label"), *map(html.escape, heads)]
    said.append(_term(ctx, request, "ensemble"))
    about = ctx.say(request, "clip_search.inside.templates", count=len(naming.templates))
    if naming.logit_bias is not None:
        about += " " + ctx.say(request, "clip_search.inside.each_label")
    return f"<p>{html.escape(about)}</p>{_table(said, rows)}{_tokens(ctx, request, naming.tokens)}"


def _tokens(ctx: Context, request: gr.Request | None, counts: Iterable[TokenCount]) -> str:
    lines = [
        '<p class="tokens">'
        + "".join(_token(piece, place < count.kept) for place, piece in enumerate(count.pieces))
        + f'<span class="token-count">{count.kept} / {count.limit}</span></p>'
        for count in counts
    ]
    if not lines:
        return ""
    heading = html.escape(ctx.say(request, "clip_search.inside.tokens"))
    return f'<p class="inside-heading">{heading}</p>{"".join(lines)}'


def _token(piece: str, is_read: bool) -> str:
    return f'<span class="token{"" if is_read else " unread"}">{html.escape(piece)}</span>'


def _term(ctx: Context, request: gr.Request | None, name: str) -> str:
    """A table head with the English word on hover: exams and papers use it."""
    key = f"clip_search.inside.{name}"
    english = html.escape(ctx.languages.say(key, "en"), quote=True)
    return f'<span title="{english}">{html.escape(ctx.say(request, key))}</span>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; heads are HTML, cells are text."""
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<div class="inside-table"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
