"""The recipe of a search: what was asked, so that a link or a small file asks it again."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.page.clip_asking import FAMILY, ClipAsking
from playground.page.compare_models import Comparison
from playground.page.events import PRIVATE
from playground.page.own_pictures import OWN, PLAYGROUND, OwnCard
from playground.page.picture_input import PictureInput
from playground.page.recipe_bar import RecipeBar, recipe_value
from playground.search import MOST_CHARACTERS, read_count
from playground.visitors.errors import PersonError
from playground.visitors.notes import Note
from playground.visitors.numbers import read_number
from playground.visitors.pictures import Picture
from playground.visitors.words import read_optional_words

FIELDS = ("words", "without", "balance", "strength", "count", "model")


@dataclass(frozen=True)
class SearchRecipes:
    """Writes and reads recipes of a search."""

    asking: ClipAsking

    def opening(self, request: gr.Request) -> dict[str, Any]:
        """The words of the buttons."""
        return recipe_value(self.asking.ctx, request)

    def make(
        self,
        words: str,
        without: str,
        balance: float,
        strength: float,
        count: int,
        model: str,
        where: str,
        picture: Picture | None,
        compared: str,
        other_model: str,
        other_words: str,
        request: gr.Request,
    ) -> dict[str, Any]:
        """Write down what the fields say; of a picture only that there was one.

        Raises:
            PersonError: `recipe.mistake.no_words`.
        """
        if not words.strip():
            raise PersonError("recipe.mistake.no_words")
        fields = (words, without, balance, strength, count, model)
        recipe: dict[str, Any] = dict(zip(FIELDS, fields, strict=True))
        recipe["where"] = where
        recipe["picture"] = picture is not None
        recipe["compare"] = {"model": other_model, "words": other_words} if compared else None
        has_own = where == OWN or picture is not None
        return recipe_value(self.asking.ctx, request, recipe, has_own=has_own)

    def reopen(self, recipe: Any, request: gr.Request) -> tuple[Any, ...]:
        """Fill the fields from a recipe.

        Returns:
            Values of `FIELDS`, of the card of places, of the picture, and of the comparison (is it
            open, model, words).

        Raises:
            PersonError: `recipe.mistake.form`, and those of words and numbers.
        """
        return self._read(recipe, request)[0]

    def missing(self, recipe: Any, notes: str, request: gr.Request) -> str:
        """Add what of the recipe is not here to what the search has told, as HTML.

        Raises:
            PersonError: As `reopen`.
        """
        told = html.escape(self.asking.ctx.say_notes(request, self._read(recipe, request)[1]))
        return " ".join(part for part in (notes, told) if part)

    def _read(self, recipe: Any, request: gr.Request) -> tuple[tuple[Any, ...], tuple[Note, ...]]:
        if not isinstance(recipe, Mapping):
            raise PersonError("recipe.mistake.form")
        notes: list[Note] = []
        words = [_words(recipe, name, notes) for name in ("words", "without")]
        if not words[0]:
            raise PersonError("mistake.nothing_to_search")
        parts = [
            read_number(recipe.get(name, 0.5), name_key=f"clip_search.{name}", low=0, high=1)
            for name in ("balance", "strength")
        ]
        count, model = read_count(recipe.get("count")), self._model(recipe, notes)
        where = {"where": self._where(recipe, request, notes), "moved": True}
        if recipe.get("picture") is True:
            notes.append(Note("note.recipe.picture"))
        compare = recipe.get("compare")
        is_compared = isinstance(compare, Mapping)
        other = compare if isinstance(compare, Mapping) else {}
        comparison = (
            gr.Accordion(open=is_compared),
            self._model(other, notes) if is_compared else gr.skip(),
            _words(other, "words", notes),
        )
        # A picture that is still there would make it another question.
        return (*words, *parts, count, model, where, None, *comparison), tuple(notes)

    def _model(self, recipe: Mapping[str, Any], notes: list[Note]) -> str:
        entries = self.asking.ctx.entries(FAMILY)
        model = recipe.get("model")
        if isinstance(model, str) and model in {entry.key for entry in entries}:
            return model
        notes.append(Note("note.recipe.model", {"model": entries[0].title}))
        return entries[0].key

    def _where(self, recipe: Mapping[str, Any], request: gr.Request, notes: list[Note]) -> str:
        holdings, where = self.asking.ctx.holdings, recipe.get("where", PLAYGROUND)
        if where == PLAYGROUND or (isinstance(where, str) and where in holdings.fixed):
            return str(where)
        if where == OWN:
            visitor = self.asking.ctx.visitor(request)
            if visitor and holdings.shelves.of(visitor).progress().pictures:
                return OWN
        notes.append(Note("note.recipe.where"))
        return PLAYGROUND


def offer_search_recipe(
    asking: ClipAsking,
    tab: str,
    mode: str,
    fields: Sequence[Any],
    own: OwnCard,
    picture: PictureInput,
    comparison: Comparison,
    *,
    notes: gr.HTML,
    then: tuple[Any, Sequence[Any], Sequence[Any]],
) -> RecipeBar:
    """Places the buttons here, and says what they do.

    Args:
        asking: The pictures, and what the models see in them.
        tab: Id of the tab.
        mode: Element id of the mode.
        fields: The widgets of `FIELDS`.
        own: The card of places.
        picture: The field of the picture, which no recipe holds.
        comparison: Two models side by side.
        notes: Where the search says what it has to say.
        then: Handler, inputs and outputs of the search that follows.

    Returns:
        The buttons.
    """
    ctx, recipes = asking.ctx, SearchRecipes(asking)
    bar = RecipeBar(elem_id=f"{mode}-recipe", tab=tab, mode=mode)
    gr.on(None, ctx.handler(recipes.opening), [], bar, **PRIVATE)
    seen = [*fields, own, picture, comparison.said, comparison.model, comparison.words]
    bar.make(ctx.handler(recipes.make), seen, bar, **PRIVATE)
    filled = [*fields, own, picture, comparison.part, comparison.model, comparison.words]
    opened = bar.reopen(ctx.handler(recipes.reopen), [bar], filled, **PRIVATE)
    run, inputs, outputs = then
    searched = opened.success(run, list(inputs), list(outputs), **PRIVATE)
    # Only now: the search has written there what it has to say itself.
    searched.success(ctx.handler(recipes.missing), [bar, notes], notes, **PRIVATE)
    again = ctx.handler(comparison.handlers.again)
    searched.success(again, [bar, *comparison.asked], comparison.outputs, **PRIVATE)
    return bar


def _words(recipe: Mapping[str, Any], name: str, notes: list[Note]) -> str:
    read = read_optional_words(recipe.get(name), most_characters=MOST_CHARACTERS)
    notes += read.notes
    return read.text
