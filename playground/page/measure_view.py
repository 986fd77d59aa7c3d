"""What measuring shows, as HTML in the visitor's language. What people wrote is always escaped."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import gradio as gr

from playground.page.held_picture import thumbnail
from playground.page.languages import language_of
from playground.vqa.items import LETTERS, Item, QuestionSet
from playground.vqa.leaderboard import Scored
from playground.vqa.published_rows import PUBLISHED_ROWS, PublishedRow
from playground.vqa.runner import Judged, Result
from playground.vqa.science_qa import COLUMNS, TEST_QUESTIONS, column_scores
from playground.vqa.science_qa_files import SCIENCE_QA
from playground.vqa.shipped import EMOJI, ShippedSet

if TYPE_CHECKING:
    from playground.page.context import Context

MOST_WRONG = 24
THUMBNAIL_PIXELS = 224
MOST_SHOWN_CHARACTERS = 400


def percent(share: float) -> str:
    """A share 0 to 1 in percent, as the tables write it."""
    return f"{100 * share:.1f}"


@dataclass(frozen=True)
class MeasureView:
    """Makes the parts of the page for one visitor.

    Attributes:
        ctx: The page's context.
        request: Whose page it is.
        shipped: The shipped questions, for the words of their pictures.
        small: Pictures that were made small already, by their names.
    """

    ctx: Context
    request: gr.Request | None
    shipped: ShippedSet
    small: dict[str, str] = field(default_factory=dict)

    def say(self, key: str, **values: object) -> str:
        """A sentence, ready for HTML."""
        return html.escape(self.ctx.say(self.request, key, **values))

    def progress(self, result: Result | None) -> str:
        """The bar of a run that goes on; "" when none does."""
        if result is None:
            return ""
        share = round(100 * len(result.judged) / max(1, result.total))
        words = self.say("vqa.progress", done=len(result.judged), total=result.total)
        return (
            f'<span class="meter vqa-meter vqa-part" role="progressbar" aria-label="{words}" '
            f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{share}">'
            f'<span style="width:{share}%"></span></span>'
        )

    def result(self, questions: QuestionSet, result: Result, title: str) -> str:
        """The score, and the table by type or by ScienceQA's columns."""
        if not result.judged:
            return self.empty()
        key = "vqa.right_of" if result.is_whole else "vqa.right_so_far"
        counted = self.say(key, count=len(result.judged), total=result.total)
        unread = ""
        if result.unread_share:
            unread = f"<p>{self.say('vqa.unread', percent=percent(result.unread_share))}</p>"
        return (
            f'<section class="vqa-result vqa-part"><header><b class="vqa-score">'
            f"{self.say('vqa.percent', percent=percent(result.score))}</b>"
            f"<div><strong>{html.escape(title)}</strong><span>{counted}</span></div></header>"
            f"{self._table(questions, result)}"
            f'<p class="vqa-small">{self.say(f"vqa.metric.{questions.metric}")}</p>{unread}'
            "</section>"
        )

    def empty(self) -> str:
        """What stands where no result is."""
        return f'<p class="vqa-empty vqa-part">{self.say("vqa.empty")}</p>'

    def wrong(self, questions: QuestionSet, result: Result) -> str:
        """The first wrong answers, each with its picture."""
        if not result.judged:
            return ""
        wrong = result.wrong
        shown = wrong[:MOST_WRONG]
        # While a run goes on the cards are sent anew only when there are others: no count of all.
        key = "none" if not wrong else "first" if result.is_whole else "some"
        told = self.say(f"vqa.wrong.{key}", shown=len(shown), count=len(wrong))
        cards = "".join(f"<li>{self._card(questions, one)}</li>" for one in shown)
        return (
            f'<section class="vqa-wrong vqa-part"><h3>{self.say("vqa.wrong")}</h3>'
            f'<p class="vqa-small">{told}</p><ol>{cards}</ol></section>'
        )

    def wrong_shown(self, result: Result) -> tuple[str, ...]:
        """Which questions `wrong` shows."""
        return tuple(one.item.id for one in result.wrong[:MOST_WRONG])

    def board(self, set_key: str, rows: Sequence[Scored]) -> str:
        """The leaderboard of a set: what was measured here, and for ScienceQA what is published."""
        columns = COLUMNS if set_key == SCIENCE_QA else ()
        published = PUBLISHED_ROWS if columns else ()
        heads = ["model", *(("all",) if not columns else ()), "count", "seconds"]
        names = {name: self.say(f"vqa.column.{name}") for name in heads}
        middle = columns or (names["all"],)
        head = [names["model"], *middle, names["count"], names["seconds"]]
        body = [(row.columns.get("Avg", row.score), self._own_row(row, columns)) for row in rows]
        body += [(row.percent("Avg") / 100, self._published_row(row)) for row in published]
        body.sort(key=lambda pair: -pair[0])
        about = [self.say("vqa.board.about" if set_key in (EMOJI, SCIENCE_QA) else "vqa.board.own")]
        if published:
            about.append(self.say("vqa.board.about_published", count=TEST_QUESTIONS))
        if not rows:
            about.append(self.say("vqa.board.empty"))
        return (
            f'<section class="vqa-board vqa-part"><h3>{self.say("vqa.board")}</h3>'
            f'<p class="vqa-small">{" ".join(about)}</p>'
            + _table("vqa-rows", self.say("vqa.board"), head, [line for _, line in body])
            + "</section>"
        )

    def _table(self, questions: QuestionSet, result: Result) -> str:
        if questions.key == SCIENCE_QA:
            found = column_scores((one.item, one.score) for one in result.judged)
            rows = [(name, count, score) for name, (count, score) in found.items()]
        else:
            rows = [(self._kind(questions, row.kind), row.count, row.score) for row in result.rows]
        head = [self.say(f"vqa.column.{name}") for name in ("kind", "right", "count")]
        lines = [
            f'<tr><th scope="row">{name}</th><td><div><span class="vqa-bar" '
            f'style="--part:{score:.3f}"></span><span class="vqa-number">'
            f"{self.say('vqa.percent', percent=percent(score))}</span></div></td>"
            f"<td>{count}</td></tr>"
            for name, count, score in rows
        ]
        return _table("vqa-kinds", head[0], head, lines)

    def _kind(self, questions: QuestionSet, kind: str) -> str:
        if not kind:
            return self.say("vqa.kind.none")
        return self.say(f"vqa.kind.{kind}") if questions.key == EMOJI else html.escape(kind)

    def _card(self, questions: QuestionSet, one: Judged) -> str:
        item = one.item
        said = one.reply.text if one.reply.choice is None else _option(item, one.reply.choice)
        truth = (
            _option(item, item.right_choice)
            if item.choices
            else ", ".join(dict.fromkeys(item.answers))
        )
        label = "people" if questions.metric == "vqa_v2" and not item.choices else "truth"
        partly = (
            f'<dd class="vqa-small">{self.say("vqa.wrong.score", percent=percent(one.score))}</dd>'
            if one.score
            else ""
        )
        nothing = f"<i>{self.say('vqa.wrong.nothing')}</i>"
        return (
            f"{self._picture(questions, item)}<div><p>{_short(item.question)}</p><dl>"
            f"<dt>{self.say('vqa.wrong.said')}</dt><dd>{_short(said) or nothing}</dd>{partly}"
            f"<dt>{self.say(f'vqa.wrong.{label}')}</dt><dd>{_short(truth)}</dd></dl></div>"
        )

    def _picture(self, questions: QuestionSet, item: Item) -> str:
        if not item.picture:
            return f'<span class="vqa-blank">{self.say("vqa.wrong.no_picture")}</span>'
        alt = self.say("vqa.wrong.picture")
        if questions.key == EMOJI:
            alt = html.escape(self.shipped.alt(item.picture, language_of(self.request)))
        if item.picture not in self.small:
            picture = questions.open_picture(item.picture)
            self.small[item.picture] = thumbnail(picture, THUMBNAIL_PIXELS)
        return f'<img src="{self.small[item.picture]}" alt="{alt}">'

    def _own_row(self, row: Scored, columns: Sequence[str]) -> str:
        told = []
        if row.language:
            told.append(self.say(f"vqa.language.{row.language}"))
        if row.way:
            told.append(self.say(f"vqa.way.{row.way}"))
        if row.is_stored:
            told.append(self.say("vqa.board.stored"))
        marks = "".join(f'<span class="vqa-mark">{word}</span>' for word in told)
        scores = [row.columns.get(name) for name in columns] if columns else [row.score]
        cells = "".join(f"<td>{'' if s is None else percent(s)}</td>" for s in scores)
        count = str(row.count)
        if row.count < row.whole:
            count = self.say("vqa.board.part", count=row.count, whole=row.whole)
        seconds = self.say("vqa.board.seconds", seconds=round(row.seconds))
        return (
            f'<tr class="here"><th scope="row"><b>{html.escape(row.title)}</b>{marks}</th>{cells}'
            f"<td>{count}</td><td>{seconds}</td></tr>"
        )

    def _published_row(self, row: PublishedRow) -> str:
        cells = "".join(f"<td>{number:.1f}</td>" for number in row.percents)
        source = (
            f'<a href="{html.escape(row.url)}" target="_blank" rel="noopener noreferrer">'
            f"{html.escape(row.citation)}</a>"
        )
        return (
            f'<tr class="published"><th scope="row"><b>{html.escape(row.method)}</b>'
            f'<span class="vqa-mark">{self.say("vqa.board.published")}</span>'
            f"<small>{source}</small></th>{cells}<td>{TEST_QUESTIONS}</td><td></td></tr>"
        )


def _table(name: str, label: str, head: Sequence[str], lines: Sequence[str]) -> str:
    cells = "".join(f'<th scope="col">{word}</th>' for word in head)
    return (
        f'<div class="vqa-scroll" role="region" tabindex="0" aria-label="{label}">'
        f'<table class="{name}"><thead><tr>{cells}</tr></thead><tbody>{"".join(lines)}'
        "</tbody></table></div>"
    )


def _option(item: Item, place: int) -> str:
    return f"{LETTERS[place]}. {item.choices[place]}"


def _short(text: str) -> str:
    is_long = len(text) > MOST_SHOWN_CHARACTERS
    return html.escape(text[:MOST_SHOWN_CHARACTERS] + ("…" if is_long else ""))
