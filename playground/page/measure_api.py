"""Measuring for programs: one event for `gradio_client` and MCP, with a plain answer.

The docstring below is what a program is told, so it is written for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from playground.page.events import awaited
from playground.page.measuring import Measured, Measuring
from playground.vqa.result_file import result_json


@dataclass(frozen=True)
class MeasureApi:
    """The function behind the event. The event is called as its function."""

    measuring: Measuring

    def blip2_chat_evaluate(
        self,
        model: str,
        questions: str,
        language: str,
        count: int,
        choice: str,
        files: Mapping[str, Path] | None,
        request: gr.Request,
    ) -> Iterator[dict[str, Any] | None]:
        """Measure how many questions about pictures a model answers rightly.

        Args:
            model: Key of the model, such as mini-blip2.
            questions: "emoji" (shipped, held out from training), "scienceqa" (if it is on the
                server), or "own".
            language: "en" or "zh-Hant": what the shipped questions are asked in.
            count: How many, spread evenly over the set; 0 for all.
            choice: How multiple choice is read: "likelihood" of the letters, or "written".
            files: For "own": a ZIP, or a JSON or CSV file (picture, question, answer, type,
                choices, hint, id) and its pictures.

        Yields:
            null while it goes on, then the result laid out as lmms-eval does: results (with
            by_type, and ScienceQA's columns), n-samples, configs, samples (every question with the
            answer and its score).
        """
        wanted = self.measuring.wanted(model, questions, language, count, choice, files)
        for found in awaited(self.measuring.run(request, wanted)):
            yield None if found is None else _laid_out(found)


def _laid_out(found: Measured) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(result_json(found.questions, found.result, found.scored))
    return answer
