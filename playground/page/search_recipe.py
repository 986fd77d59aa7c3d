"""The recipe of a search: what was asked, so that a link or a small file asks it again."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.page.clip_asking import FAMILY, ClipAsking
from playground.page.events import PRIVATE
from playground.page.recipe_bar import RecipeBar, recipe_value
from playground.search import MOST_CHARACTERS, read_count
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.numbers import read_number
from playground.visitors.words import read_optional_words

FIELDS = ("words", "without", "balance", "strength", "count", "model")


@dataclass(frozen=True)
class SearchRecipes:
    """Writes and reads recipes of a search."""

    asking: ClipAsking

    def opening(self, request: gr.Request) -> dict[str, Any]:
        """The words of the buttons."""
        return recipe_value(self.asking.ctx, request)

    def make(self, *values: Any) -> dict[str, Any]:
        """Write down what the fields say; a picture is nobody's to pass on."""
        *fields, request = values
        return recipe_value(self.asking.ctx, request, dict(zip(FIELDS, fields, strict=True)))

    def reopen(self, recipe: Any, request: gr.Request) -> tuple[Any, ...]:
        """Fill the fields from a recipe: as `FIELDS`, then what the person is told."""
        ctx = self.asking.ctx
        if not isinstance(recipe, Mapping):
            raise PersonError("recipe.mistake.form")
        notes: list[Note] = []
        words = [
            read_optional_words(recipe.get(name), most_characters=MOST_CHARACTERS)
            for name in ("words", "without")
        ]
        parts = [
            read_number(recipe.get(name, 0.5), name_key=f"clip_search.{name}", low=0, high=1)
            for name in ("balance", "strength")
        ]
        keys = [entry.key for entry in ctx.entries(FAMILY)]
        model = recipe.get("model")
        if not isinstance(model, str) or model not in keys:
            model = keys[0]
            notes.append(Note("note.recipe.model", {"model": model}))
        if not words[0].text:
            raise PersonError("mistake.nothing_to_search")
        notes += [*words[0].notes, *words[1].notes]
        fields = (words[0].text, words[1].text, *parts, read_count(recipe.get("count")), model)
        return (*fields, html.escape(ctx.say_notes(request, tuple(notes))))


def offer_search_recipe(
    asking: ClipAsking,
    tab: str,
    mode: str,
    fields: Sequence[Any],
    notes: Any,
    *,
    then: tuple[Callable[..., Iterator[Any]], Sequence[Any], Sequence[Any]],
) -> RecipeBar:
    """Places the buttons here, and says what they do.

    Args:
        asking: The pictures, and what the models see in them.
        tab: Id of the tab.
        mode: Element id of the mode.
        fields: The widgets of `FIELDS`.
        notes: Where a person is told what a recipe lacks.
        then: Handler, inputs and outputs of the search that follows.

    Returns:
        The buttons.
    """
    ctx, recipes = asking.ctx, SearchRecipes(asking)
    bar = RecipeBar(elem_id=f"{mode}-recipe", tab=tab, mode=mode)

    def make(*values: Any, request: gr.Request) -> dict[str, Any]:
        return recipes.make(*values, request)

    gr.on(None, ctx.handler(recipes.opening), [], bar, **PRIVATE)
    bar.make(ctx.handler(make), list(fields), bar, **PRIVATE)
    filled = bar.reopen(ctx.handler(recipes.reopen), [bar], [*fields, notes], **PRIVATE)
    run, inputs, outputs = then
    filled.success(run, list(inputs), list(outputs), **PRIVATE)
    return bar
