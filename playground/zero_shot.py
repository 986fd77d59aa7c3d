"""Naming a picture with labels of one's own, without training for them (zero-shot)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from playground.cache import Cache
from playground.explain.similarity import (
    cosines,
    ensemble_templates,
    own_probabilities,
    probabilities,
)
from playground.index import Index
from playground.models import clip
from playground.search import Asker, embed_with_tokens
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.words import fill_template, read_optional_words

LOWEST_SCALE, HIGHEST_SCALE = 1.0, 200.0
MOST_TEMPLATES, MOST_TEMPLATE_CHARACTERS = 8, 120
PLAIN_TEMPLATE = "{}"


@dataclass(frozen=True)
class Naming:
    """How well each label fits a picture.

    Attributes:
        labels: M labels in the person's order.
        cosines: float32 (M,), of the picture with the mean over the templates.
        template_cosines: float32 (T, M), with each template alone.
        templates: T templates.
        logit_scale: The model's own: 1 / its temperature.
        logit_bias: What it adds before a sigmoid; None where a softmax makes the labels compete.
        tokens: How the text of each label was cut, in the first template.
        is_from_store: Whether no model had to run.
    """

    labels: tuple[str, ...]
    cosines: np.ndarray
    template_cosines: np.ndarray
    templates: tuple[str, ...]
    logit_scale: float
    tokens: tuple[clip.TokenCount, ...]
    is_from_store: bool
    logit_bias: float | None = None

    def probabilities(self, logit_scale: float) -> np.ndarray:
        """Returns how probable the labels are at any temperature: float64 (M,).

        They sum to 1 where the labels compete; else each is judged by itself.

        Args:
            logit_scale: 1 / temperature, `LOWEST_SCALE` to `HIGHEST_SCALE`.
        """
        if self.logit_bias is not None:
            return own_probabilities(
                self.cosines,
                logit_scale=logit_scale,
                own_scale=self.logit_scale,
                logit_bias=self.logit_bias,
            )
        return probabilities(self.cosines[None], logit_scale=logit_scale, across="texts")[0]


def read_templates(value: object) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """Checks the sentences that labels are written into, one a line.

    Args:
        value: Text, or a list of texts. "{}" is the label's place; a line without one gets the
            label at its end. Nothing at all is the bare label.

    Returns:
        1 to `MOST_TEMPLATES` templates, each once, and what the person is told.

    Raises:
        PersonError: `mistake.templates_too_many`, and those of words.
    """
    if isinstance(value, list | tuple):
        value = "\n".join(item if isinstance(item, str) else "" for item in value)
    words = read_optional_words(
        value, most_characters=(MOST_TEMPLATE_CHARACTERS + 1) * MOST_TEMPLATES
    )
    lines = tuple(dict.fromkeys(line.strip() for line in words.text.splitlines() if line.strip()))
    if len(lines) > MOST_TEMPLATES:
        raise PersonError(
            "mistake.templates_too_many", {"count": len(lines), "most": MOST_TEMPLATES}
        )
    return lines or (PLAIN_TEMPLATE,), words.notes


def is_naming_stored(
    index: Index, picture: np.ndarray | int, labels: Sequence[str], templates: Sequence[str]
) -> bool:
    """Tells whether a naming needs no model: a stored picture and texts embedded beforehand."""
    texts = (text for row in _filled(labels, templates) for text in row)
    return isinstance(picture, int) and all(text in index.texts for text in texts)


def name_picture(
    cache: Cache,
    index: Index,
    picture: np.ndarray | int,
    labels: tuple[str, ...],
    templates: tuple[str, ...],
    *,
    asker: Asker,
) -> Naming:
    """Compares a picture with every label, written into every template.

    Args:
        cache: Where the model is.
        index: The collection as that model sees it, for its stored pictures and texts.
        picture: uint8 (H, W, 3), or a place in the collection.
        labels: M labels.
        templates: T templates with "{}" where the label goes.
        asker: Who asks.

    Returns:
        The cosines; shares at any temperature follow from them without the model.

    Raises:
        CacheError: The model cannot be had.

    Source:
        Radford 2021, sections 3.1.2 (zero-shot) and 3.1.4 (prompts and their ensemble).
    """
    filled = _filled(labels, templates)
    texts = tuple(dict.fromkeys(text for row in filled for text in row))
    is_from_store = is_naming_stored(index, picture, labels, templates)
    rows, tokens = (
        ({text: index.texts[text] for text in texts}, {text: index.tokens[text] for text in texts})
        if is_from_store
        else embed_with_tokens(cache, index.model_key, texts, asker)
    )
    vector = (
        index.vectors[picture]
        if isinstance(picture, int)
        else cache.batch(index.model_key, clip.embed_pictures, picture, **asker.options())
    )
    by_template = np.stack([[rows[text] for text in row] for row in filled])
    return Naming(
        labels=labels,
        cosines=cosines(vector[None], ensemble_templates(by_template))[0],
        template_cosines=np.concatenate([cosines(vector[None], row) for row in by_template]),
        templates=templates,
        logit_scale=index.logit_scale,
        logit_bias=index.logit_bias,
        tokens=tuple(tokens[text] for text in filled[0]),
        is_from_store=is_from_store,
    )


def _filled(labels: Sequence[str], templates: Sequence[str]) -> list[list[str]]:
    return [[fill_template(template, label) for label in labels] for template in templates]
