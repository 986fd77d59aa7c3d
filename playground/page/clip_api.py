"""The CLIP tab for programs: three events for `gradio_client` and MCP, with plain answers.

The docstrings below are what a program is told, so they are written for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.page.clip_asking import ClipAsking
from playground.page.events import add_program_events, result_of
from playground.page.picture_input import PictureInput
from playground.page.widgets import model_choice
from playground.search import USUAL_RESULTS, Answer, read_query
from playground.visitors.errors import PersonError
from playground.visitors.numbers import read_number
from playground.visitors.pictures import Picture
from playground.zero_shot import HIGHEST_SCALE, LOWEST_SCALE, PLAIN_TEMPLATE

HALF = 0.5
# Asks for the model's own logit scale.
OWN_SCALE = 0.0


class Texts(gr.JSON):
    """A list of texts. `gr.JSON` itself says of its type only `{}`, which MCP clients refuse."""

    is_template = True

    def api_info(self) -> dict[str, Any]:
        """Tells programs what is wanted."""
        return {"type": "array", "items": {"type": "string"}}


@dataclass(frozen=True)
class ClipApi:
    """The functions behind the events. An event is called as its function."""

    asking: ClipAsking

    def clip_search_by_text(
        self, words: str, without: str, count: int, model: str, request: gr.Request
    ) -> dict[str, Any]:
        """Find pictures of the playground's collection that fit a text.

        Args:
            words: What the picture should show, in English or Traditional Chinese.
            without: What it should not show; empty for nothing.
            count: How many pictures, 1 to 60.
            model: Key of the CLIP model that answers, such as mini-clip.

        Returns:
            The model's key and the pictures, best first: rank, id, file, alt, cosine (-1 to 1).
        """
        query, _ = read_query(words, without, None, HALF, HALF)
        return self._found(result_of(self.asking.find(request, query, count, model)), model)

    def clip_search_by_picture(
        self,
        picture: Picture | None,
        words: str,
        balance: float,
        without: str,
        count: int,
        model: str,
        request: gr.Request,
    ) -> dict[str, Any]:
        """Find pictures of the playground's collection that look like a picture, and fit a text.

        Args:
            picture: The picture to look like.
            words: What the found pictures should show as well; empty for nothing.
            balance: 0 (only the words count) to 1 (only the picture counts).
            without: What they should not show; empty for nothing.
            count: How many pictures, 1 to 60.
            model: Key of the CLIP model that answers, such as mini-clip.

        Returns:
            The model's key and the pictures, best first: rank, id, file, alt, cosine (-1 to 1).
        """
        if picture is None:
            raise PersonError("mistake.picture.missing")
        query, _ = read_query(words, without, picture.pixels, balance, HALF)
        return self._found(result_of(self.asking.find(request, query, count, model)), model)

    def clip_search_classify(
        self,
        picture: Picture | None,
        labels: list[str],
        templates: list[str],
        logit_scale: float,
        model: str,
        request: gr.Request,
    ) -> dict[str, Any]:
        """Name a picture with labels of your own (zero-shot classification).

        Args:
            picture: The picture to name.
            labels: 2 to 30 labels.
            templates: Up to 8 sentences with {} where the label goes; empty for the bare label.
            logit_scale: 1 / softmax temperature, 1 to 200; 0 for the model's own.
            model: Key of the CLIP model that answers, such as mini-clip.

        Returns:
            The model's key, the logit scale, whether the probabilities sum to 1 ("softmax") or
            each label is judged by itself ("sigmoid"), and per label, best first: cosine and
            probability.
        """
        if picture is None:
            raise PersonError("mistake.picture.missing")
        low, high = (OWN_SCALE, OWN_SCALE) if logit_scale == 0 else (LOWEST_SCALE, HIGHEST_SCALE)
        scale = read_number(logit_scale, name_key="label_bars.scale", low=low, high=high)
        news, _ = self.asking.name(request, picture.pixels, labels, templates, model)
        naming = result_of(news)
        scale = scale or naming.logit_scale
        rows = zip(naming.labels, naming.cosines, naming.probabilities(scale), strict=True)
        return {
            "model": model,
            "logit_scale": scale,
            "scores": "softmax" if naming.logit_bias is None else "sigmoid",
            "labels": [
                {"label": label, "cosine": float(cosine), "probability": float(share)}
                for label, cosine, share in sorted(rows, key=lambda row: -row[1])
            ],
        }

    def _found(self, answer: Answer, model: str) -> dict[str, Any]:
        pictures = self.asking.collection.pictures
        return {
            "model": model,
            "results": [
                {
                    "rank": rank,
                    "id": pictures[place].id,
                    "file": f"pictures/{pictures[place].file}",
                    "alt": dict(pictures[place].alt),
                    "cosine": float(answer.cosines[place]),
                }
                for rank, place in enumerate(answer.places.tolist(), start=1)
            ],
        }


def add_events(asking: ClipAsking) -> None:
    """Adds the three events to the page, behind widgets that nobody sees.

    Pictures come through a component: an event that took a path would open any file of the server.
    """
    ctx, api = asking.ctx, ClipApi(asking)
    with gr.Row(visible=False):
        words, words_as_well, without = gr.Textbox(), gr.Textbox(""), gr.Textbox("")
        picture = PictureInput(languages=ctx.languages)
        balance = gr.Number(HALF)
        count = gr.Number(USUAL_RESULTS, precision=0)
        labels, templates = Texts(), Texts([PLAIN_TEMPLATE])
        scale = gr.Number(OWN_SCALE)
        model = model_choice(ctx, "clip")
        answer = gr.JSON()
        inputs: dict[Callable[..., Any], list[Any]] = {
            api.clip_search_by_text: [words, without, count, model],
            api.clip_search_by_picture: [picture, words_as_well, balance, without, count, model],
            api.clip_search_classify: [picture, labels, templates, scale, model],
        }
        add_program_events(ctx, inputs, answer)
