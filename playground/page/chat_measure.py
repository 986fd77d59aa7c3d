"""The mode "Measure" of the chat tab: a model answers a set of questions, and is judged.

The shipped questions, a set of one's own, or ScienceQA; Antol et al. 2015 (arXiv:1505.00468) and
Lu et al. 2022 (arXiv:2209.09513) say what is right.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.context import Context as GradioContext

from playground.page.chat_service import FAMILY, ChatService
from playground.page.context import Context
from playground.page.events import PRIVATE, add_program_events, model_key
from playground.page.languages import LANGUAGES, language_of
from playground.page.measure_api import MeasureApi
from playground.page.measure_asking import LIKELIHOOD, WAYS
from playground.page.measure_view import MeasureView, percent
from playground.page.measuring import SETS, Measured, Measuring
from playground.page.question_files import QuestionFiles
from playground.page.result_download import ResultDownload
from playground.page.widgets import (
    model_choice,
    status_html,
    status_line,
    tool_card,
    workbench,
)
from playground.page.work import Done, Partial
from playground.vqa.question_sets import OWN
from playground.vqa.result_file import result_json
from playground.vqa.shipped import EMOJI

# 0 is all of them.
COUNTS = (20, 100, 500, 0)
USUAL_COUNT = 100
RESULT_NAME = "vqa-result.json"
# In a visitor's session: the mode has been opened, and what stands there is to stay.
OPENED = "vqa.opened"
# On a phone the button stands far below what it sets going.
TO_STATUS = """(...fields) => {
    document.getElementById("vqa-status").scrollIntoView({ block: "nearest" });
    return fields;
}"""
Shown = tuple[Any, ...]
Files = Mapping[str, Path] | None


@dataclass(frozen=True)
class MeasureHandlers:
    """What happens when somebody does something.

    Most give status, notes, progress, result, download, wrong answers, leaderboard.
    """

    measuring: Measuring

    def measure(
        self,
        model: str,
        set_key: str,
        language: str,
        count: int,
        way: str,
        files: Files,
        request: gr.Request,
    ) -> Iterator[Shown]:
        """Measure what the widgets say, with what is known so far on the way."""
        ctx, view = self.measuring.service.ctx, self._view(request)
        skip = gr.skip()
        cards: tuple[str, ...] | None = None
        try:
            wanted = self.measuring.wanted(model, set_key, language, count, way, files)
            for step in self.measuring.run(request, wanted):
                if isinstance(step, Done):
                    yield self._measured(request, view, step.value, step.seconds)
                elif isinstance(step, Partial):
                    so_far, questions = step.value
                    result = view.result(questions, so_far, wanted.item.title)
                    before, cards = cards, view.wrong_shown(so_far)
                    wrong = skip if cards == before else view.wrong(questions, so_far)
                    closed = gr.update(interactive=False)
                    yield skip, skip, view.progress(so_far), result, closed, wrong, skip
                else:
                    yield status_html(step.text, is_busy=True), *(skip,) * 6
        except Exception:
            # The mistake is told by itself; the line must not go on saying that work goes on.
            yield status_html(ctx.say(request, "status.ready")), skip, "", *(skip,) * 4
            raise

    def opening(self, request: gr.Request) -> Shown:
        """What the mode opens on: a run that was made beforehand, before any model; but once."""
        session = self.measuring.service.ctx.session(request)
        if session.get(OPENED):
            return (gr.skip(),) * 8
        session.put(OPENED, True)
        ctx, view, language = self.measuring.service.ctx, self._view(request), language_of(request)
        measured = self.measuring.opening(language)
        board = view.board(EMOJI, self.measuring.rows(request, EMOJI))
        if measured is None:
            ready = status_html(ctx.say(request, "status.ready"))
            return language, ready, "", "", view.empty(), gr.skip(), "", board
        said = ctx.say(
            request,
            "vqa.stored",
            model=measured.scored.title,
            percent=percent(measured.result.score),
            count=measured.scored.count,
        )
        return language, *self._parts(request, view, measured, said)

    def choose_set(self, set_key: str, request: gr.Request) -> Shown:
        """Show what belongs to a set: its language, or a place for files; and its leaderboard."""
        view = self._view(request)
        about = self.measuring.about(set_key)
        is_own = set_key == OWN
        board = gr.skip() if is_own else view.board(set_key, self.measuring.rows(request, set_key))
        return (
            "".join(f"<p>{view.say(key)}</p>" for key in about),
            gr.update(visible=set_key == EMOJI),
            gr.update(visible=is_own),
            board,
        )

    def stop(self, request: gr.Request) -> None:
        """Ends the run; what was found so far is its result."""
        self.measuring.stop(request)

    def _measured(
        self, request: gr.Request, view: MeasureView, measured: Measured, seconds: float
    ) -> Shown:
        ctx = self.measuring.service.ctx
        if not measured.result.is_whole:
            return self._parts(request, view, measured, ctx.say(request, "vqa.stopped"))
        said = ctx.say(
            request,
            "vqa.done",
            model=measured.scored.title,
            percent=percent(measured.result.score),
            count=len(measured.result.judged),
            seconds=round(seconds, 1),
        )
        return self._parts(request, view, measured, said)

    def _parts(
        self, request: gr.Request, view: MeasureView, measured: Measured, said: str
    ) -> Shown:
        ctx = self.measuring.service.ctx
        questions, result, scored = measured.questions, measured.result, measured.scored
        rows = self.measuring.rows(request, questions.key)
        return (
            status_html(said),
            html.escape(ctx.say_notes(request, questions.notes)),
            "",
            view.result(questions, result, scored.title),
            gr.update(
                value=result_json(questions, result, scored), interactive=bool(result.judged)
            ),
            view.wrong(questions, result),
            view.board(questions.key, rows),
        )

    def _view(self, request: gr.Request) -> MeasureView:
        return MeasureView(self.measuring.service.ctx, request, self.measuring.shipped)


def build_measure(service: ChatService) -> None:
    """The result on the stage, the questions and the model beside it; call it inside a tab.

    Args:
        service: The chat's.
    """
    ctx, measuring = service.ctx, Measuring(service)
    handlers = MeasureHandlers(measuring)
    with workbench() as (stage, tools):
        with stage:
            with gr.Row(elem_classes="status-row", elem_id="vqa-status") as line:
                status = status_line(ctx)
            notes = gr.HTML("", elem_classes="notes", apply_default_css=False)
            progress, result = _place("progress"), _place("result")
            download = ResultDownload(
                name=RESULT_NAME,
                label=ctx.label("vqa.download"),
                interactive=False,
                elem_id="vqa-download",
                elem_classes="quiet",
            )
            wrong, board = _place("wrong"), _place("board")
        with tools:
            fields, go = measure_tools(ctx, handlers, board)
    shown = [status, notes, progress, result, download, wrong, board]
    language = fields[2]
    # One run at a time: a second press while one goes on would only wait behind it.
    go.click(ctx.handler(handlers.measure), fields, shown, js=TO_STATUS, **PRIVATE)
    with line:
        stop = gr.Button(ctx.label("page.stop"), elem_classes="quiet stop")
    stop.click(ctx.handler(handlers.stop), **PRIVATE)
    tab = GradioContext.block
    while tab is not None and not isinstance(tab, gr.Tab):
        tab = tab.parent
    assert isinstance(tab, gr.Tab), "measuring is a mode: it is built inside a tab"
    tab.select(ctx.handler(handlers.opening), None, [language, *shown], **PRIVATE)
    add_measure_event(measuring)


def _place(name: str) -> gr.HTML:
    return gr.HTML("", elem_id=f"vqa-{name}", elem_classes="vqa", apply_default_css=False)


def measure_tools(
    ctx: Context, handlers: MeasureHandlers, board: gr.HTML
) -> tuple[list[Any], gr.Button]:
    """Which questions, which model, and the one main button; the rest has good defaults."""
    with tool_card(ctx, "vqa.card"):
        which = gr.Radio(
            [(ctx.label(f"vqa.set.{name}"), name) for name in SETS],
            value=EMOJI,
            label=ctx.label("vqa.set"),
            info=ctx.label("vqa.set.help"),
            elem_id="vqa-set",
        )
        about = gr.HTML(
            ctx.compose(lambda say: f"<p>{html.escape(say('vqa.about.emoji'))}</p>"),
            elem_id="vqa-about",
            elem_classes="vqa-about",
            apply_default_css=False,
        )
        files = QuestionFiles(
            label=ctx.label("vqa.files"), visible=False, elem_id="vqa-files", height=200
        )
        language = gr.Radio(
            [(ctx.label(f"vqa.language.{name}"), name) for name in LANGUAGES],
            value=LANGUAGES[0],
            label=ctx.label("vqa.language"),
            elem_id="vqa-language",
        )
        model = model_choice(ctx, FAMILY, elem_id="vqa-model")
        go = gr.Button(ctx.label("vqa.go"), variant="primary", elem_id="vqa-go")
    with gr.Accordion(ctx.label("page.settings"), open=False, elem_classes="settings"):
        count = gr.Radio(
            [(str(number) if number else ctx.label("vqa.count.all"), number) for number in COUNTS],
            value=USUAL_COUNT,
            label=ctx.label("vqa.count"),
            info=ctx.label("vqa.count.help"),
            elem_id="vqa-count",
        )
        way = gr.Radio(
            [(ctx.label(f"vqa.way.{name}"), name) for name in WAYS],
            value=LIKELIHOOD,
            label=ctx.label("vqa.way"),
            info=ctx.label("vqa.way.help"),
            elem_id="vqa-way",
        )
    which.input(ctx.handler(handlers.choose_set), which, [about, language, files, board], **PRIVATE)
    return [model, which, language, count, way, files], go


def add_measure_event(measuring: Measuring) -> None:
    """Adds the event for programs, behind widgets that nobody sees."""
    ctx, api = measuring.service.ctx, MeasureApi(measuring)
    with gr.Row(visible=False):
        entries = ctx.entries(FAMILY)
        model = model_key(sorted(entries, key=lambda item: not ctx.is_on_disk(item)))
        set_key, language = gr.Textbox(EMOJI), gr.Textbox(LANGUAGES[0])
        count, way = gr.Number(USUAL_COUNT, precision=0), gr.Textbox(LIKELIHOOD)
        # An empty list, so that programs may leave it out.
        files = QuestionFiles(value=[])
        inputs = {api.blip2_chat_evaluate: [model, set_key, language, count, way, files]}
        add_program_events(ctx, inputs, gr.JSON())
