"""The two languages of the page: one file of sentences each, and who reads which.

Static text goes to the browser as a key (``label``) and is put into words there; what is
said while the page runs is put into words here (``say``).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import gradio as gr
from gradio.context import LocalContext
from gradio.i18n import I18nData

from playground.sentences import LANGUAGE_FOLDER, read_sentences

LANGUAGES = ("en", "zh-Hant")
# Gradio brings its own words for this language under this name.
GRADIO_NAME = {"en": "en", "zh-Hant": "zh-TW"}
TRADITIONAL = re.compile(r"^(zh-(hant|tw|hk|mo)\b.*|zh|yue\b.*)$", re.IGNORECASE)
MOST_HEADER_CHARACTERS = 1000
LOG = logging.getLogger("playground")


class Languages:
    """The sentences of the product by language and key."""

    def __init__(self, sentences: Mapping[str, Mapping[str, str]]) -> None:
        self._sentences = MappingProxyType({name: dict(sentences[name]) for name in LANGUAGES})
        self._gradio = gr.I18n(
            **{GRADIO_NAME[name]: self._with_english(name) for name in LANGUAGES}
        )
        self._composed = 0

    @classmethod
    def read(cls, folder: Path = LANGUAGE_FOLDER) -> Languages:
        """Read the language files; a broken one is logged and English is shown instead."""
        return cls({name: read_sentences(name, folder) for name in LANGUAGES})

    def keys(self, language: str) -> frozenset[str]:
        """The keys that one language has."""
        return frozenset(self._sentences[language])

    def label(self, key: str) -> I18nData:
        """A marker that the browser turns into the sentence: for labels and other static text."""
        return self._gradio(key)

    def compose(self, make: Callable[[Callable[[str], str]], str]) -> I18nData:
        """A marker for static text or HTML that holds several sentences.

        The browser puts only one marker of a text into words, so the whole is made here in each
        language, and the marker stands for the whole.

        Args:
            make: gets a function from key to sentence, and gives the text.
        """
        key = f"composed.{self._composed}"
        self._composed += 1
        for language in LANGUAGES:
            words = self._gradio.translations_dict[GRADIO_NAME[language]]
            words[key] = make(partial(self.say, language=language))
        return self._gradio(key)

    def say(self, key: str, language: str, **values: Any) -> str:
        """The sentence in one language.

        Args:
            key: a key of the language files.
            language: one of ``LANGUAGES``.
            values: what stands for the {names} in the sentence. One whose name ends in ``_key``
                is a key itself: its own sentence stands for the name without that ending.

        Returns:
            The sentence; English where the language lacks it, the key where English does too.
        """
        sentence = self._sentences[language].get(key) or self._sentences["en"].get(key, key)
        words = {
            name.removesuffix("_key"): (
                self.say(str(value), language) if name.endswith("_key") else value
            )
            for name, value in values.items()
        }
        try:
            return sentence.format(**words)
        except (KeyError, IndexError, ValueError):
            LOG.error("the sentence %s does not fit its values", key)
            return sentence

    @property
    def for_gradio(self) -> gr.I18n:
        """All sentences, for ``launch(i18n=...)``."""
        return self._gradio

    def _with_english(self, language: str) -> dict[str, str]:
        return {**self._sentences["en"], **self._sentences[language]}


def best_language(accept_language: str) -> str:
    """The language of ours that a browser likes best.

    Args:
        accept_language: the header, such as "zh-HK,en;q=0.8"; may be empty, wrong or huge.

    Returns:
        "zh-Hant" or "en"; English if neither is asked for.
    """
    liked: list[tuple[float, str]] = []
    for part in accept_language[:MOST_HEADER_CHARACTERS].split(","):
        tag, _, weight = part.strip().partition(";q=")
        language = language_of_tag(tag)
        if language:
            liked.append((_weight(weight), language))
    return max(liked, key=lambda pair: pair[0])[1] if liked else "en"


def language_of_tag(tag: str) -> str | None:
    """ "zh-Hant" or "en" for a language tag that we can serve, else None."""
    tag = tag.strip()
    if TRADITIONAL.match(tag):
        return "zh-Hant"
    return "en" if re.match(r"^en\b", tag, re.IGNORECASE) else None


def language_of(request: gr.Request | None) -> str:
    """The language of the visitor behind a request: ``?lang=`` first, then the browser's."""
    if request is None:
        return "en"
    query = getattr(request, "query_params", None) or {}
    chosen = language_of_tag(str(query.get("lang", ""))[:40])
    headers = getattr(request, "headers", None) or {}
    return chosen or best_language(str(headers.get("accept-language", "")))


def current_request() -> gr.Request | None:
    """The request that this code runs for, or None outside any."""
    return LocalContext.request.get(None)


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
