"""Two models side by side on one query; or one model, asked in two languages."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.collection import Pictures
from playground.explain.rankings import agreement
from playground.page.clip_asking import FAMILY, ClipAsking
from playground.page.events import PRIVATE
from playground.page.languages import language_of
from playground.page.own_pictures import source_of
from playground.page.result_grid import ResultGrid, Shown, grid_value
from playground.page.widgets import entry_choice, status_html, status_line, stop_button
from playground.search import Answer, read_query
from playground.visitors.pictures import Picture

# Status, what both share, then a head and a grid for each.
Step = tuple[Any, ...]


@dataclass(frozen=True)
class CompareHandlers:
    """What happens when somebody compares.

    Attributes:
        asking: The models.
    """

    asking: ClipAsking

    def compare(
        self,
        words: str,
        picture: Picture | None,
        balance: float,
        without: str,
        strength: float,
        count: int,
        model: str,
        where: str,
        other_model: str,
        other_words: str,
        request: gr.Request,
    ) -> Iterator[Step]:
        """Ask both: status, what they share, and a grid for each."""
        ctx, source = self.asking.ctx, source_of(self.asking, request, where)
        pixels = picture.pixels if picture else None
        answers: list[Answer] = []
        for key, text in ((model, words), (other_model, other_words.strip() or words)):
            query, _ = read_query(text, without, pixels, balance, strength)
            news = self.asking.find(request, query, count, key, source)
            for step in self.asking.told(request, news, key):
                if isinstance(step, str):
                    yield step, *[gr.skip()] * 5
                else:
                    answers.append(step[1])
        is_one = model == other_model
        titles = [self.asking.entry(key).title for key in (model, other_model)]
        both = agreement(*(answer.places.tolist() for answer in answers))
        ranks = (both.first_in_second, both.second_in_first)
        grids = [
            self._grid(request, source.collection, answer, rank_there, "" if is_one else title)
            for answer, rank_there, title in zip(answers, ranks, reversed(titles), strict=True)
        ]
        values = {"shared": both.shared, "count": len(answers[0].places)}
        said = ctx.say(request, "compare.agreement", **values, moved=f"{both.moved:.1f}")
        pairs = zip(titles, answers, strict=True)
        heads = [_head(f"{title}: {answer.query.words}") for title, answer in pairs]
        ready = status_html(ctx.say(request, "status.ready"))
        yield ready, html.escape(said), heads[0], grids[0], heads[1], grids[1]

    def again(
        self,
        recipe: Any,
        words: str,
        picture: Picture | None,
        balance: float,
        without: str,
        strength: float,
        count: int,
        model: str,
        where: str,
        other_model: str,
        other_words: str,
        request: gr.Request,
    ) -> Iterator[Step]:
        """Compare as a recipe says, if it says so; the fields hold it already."""
        if not (isinstance(recipe, Mapping) and isinstance(recipe.get("compare"), Mapping)):
            yield (gr.skip(),) * 6
            return
        fields = (words, picture, balance, without, strength, count, model, where)
        yield from self.compare(*fields, other_model, other_words, request)

    def _grid(
        self,
        request: gr.Request,
        collection: Pictures,
        answer: Answer,
        rank_there: Sequence[int | None],
        other: str,
    ) -> dict[str, Any]:
        ctx = self.asking.ctx
        shown = []
        for rank, (place, there) in enumerate(zip(answer.places, rank_there, strict=True), 1):
            if there is None:
                note = ctx.say(request, "compare.only_here")
            elif there == rank:
                note = ctx.say(request, "compare.same", rank=rank)
            else:
                key = "compare.there" if other else "compare.there_words"
                note = ctx.say(request, key, rank=rank, there=there, model=other)
            picture = collection.pictures[place]
            shown.append(Shown(picture, cosine=float(answer.cosines[place]), note=note))
        return grid_value(ctx, request, language_of(request), shown)


@dataclass(frozen=True)
class Comparison:
    """The folded part, for whoever sets it.

    Attributes:
        handlers: What happens in it.
        part: What folds.
        model: The second model.
        words: The second words.
        said: What both lists share; empty as long as nothing was compared.
        asked: What `compare` reads.
        outputs: What it answers for.
    """

    handlers: CompareHandlers
    part: gr.Accordion
    model: gr.Dropdown
    words: gr.Textbox
    said: gr.HTML
    asked: list[Any]
    outputs: list[Any]


def build_compare(asking: ClipAsking, fields: Sequence[Any]) -> Comparison:
    """Places the folded part under the results.

    Args:
        asking: The models.
        fields: The widgets of the search, which `compare` reads first.

    Returns:
        Its widgets.
    """
    ctx, handlers = asking.ctx, CompareHandlers(asking)
    entries = sorted(ctx.entries(FAMILY), key=lambda entry: not ctx.is_on_disk(entry))
    with gr.Accordion(
        ctx.label("compare.title"), open=False, elem_classes="inside two-models"
    ) as part:
        gr.HTML(ctx.label("compare.about"), elem_classes="notes", apply_default_css=False)
        with gr.Row(elem_classes="two-models-tools"):
            model = gr.Dropdown(
                [(entry_choice(entry), entry.key) for entry in entries],
                value=entries[0].key,
                label=ctx.label("compare.model"),
                elem_id="compare-model",
                filterable=False,
            )
            words = gr.Textbox(
                label=ctx.label("compare.words"),
                placeholder=ctx.label("compare.words.placeholder"),
                elem_id="compare-words",
                max_lines=1,
            )
            go = gr.Button(ctx.label("compare.go"), elem_id="compare-go", scale=0, min_width=120)
        with gr.Row(elem_classes="status-row") as line:
            status = status_line(ctx)
        said = gr.HTML("", elem_id="compare-said", apply_default_css=False)
        with gr.Row(elem_classes="two-models-grids"):
            sides = [_side(name) for name in ("first", "second")]
    outputs = [status, said, *sides[0], *sides[1]]
    asked = [*fields, model, words]
    event = gr.on(
        [go.click, words.submit], ctx.handler(handlers.compare), asked, outputs, **PRIVATE
    )
    with line:
        stop = stop_button(ctx, [event])
    stop.click(ctx.handler(asking.stopped), [], status, **PRIVATE)
    return Comparison(handlers, part, model, words, said, asked, outputs)


def _side(name: str) -> tuple[gr.HTML, ResultGrid]:
    with gr.Column(min_width=240):
        head = gr.HTML("", apply_default_css=False)
        return head, ResultGrid(elem_id=f"compare-{name}", opens=False)


def _head(text: str) -> str:
    return f'<h3 class="two-models-head">{html.escape(text.strip(": "))}</h3>'
