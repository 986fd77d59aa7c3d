"""What the stage of "Compare" asks outside the queue: a picture again, and one to take away."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playground.drawing.recipe import png_with_recipe, recipe_of
from playground.page.draw_compare_plan import MOST_CELLS
from playground.page.draw_compare_values import picture_address
from playground.visitors.errors import PersonError

if TYPE_CHECKING:
    from playground.page.draw_service import DrawService

PNG, RECIPE = "png", "recipe"
Answer = dict[str, Any]
Asked = Mapping[str, Any]


@dataclass(frozen=True)
class CompareFunctions:
    """The functions of one page. Each takes one object, which anyone may forge."""

    service: DrawService

    @property
    def all(self) -> list[Callable[..., Any]]:
        """The functions, for the component."""
        functions = (self.compare_pictures, self.compare_take)
        return [self.service.functions.plain(function) for function in functions]

    def compare_pictures(self, asked: Asked, visitor: str) -> Answer:
        """Tells pictures that the browser does not have.

        Returns:
            `pictures`: data addresses by id; without those that are gone.
        """
        ids = asked.get("ids")
        if not isinstance(ids, Sequence) or isinstance(ids, str) or len(ids) > MOST_CELLS:
            raise PersonError("draw.mistake.form")
        found = {}
        for drawing_id in ids:
            # One that is gone keeps none of the others from being seen.
            with suppress(PersonError):
                drawn = self.service.compared.drawn_of(drawing_id, visitor)
                found[drawing_id] = picture_address(drawn.picture)
        return {"pictures": found}

    def compare_take(self, asked: Asked, visitor: str) -> Answer:
        """Gives a picture with its recipe inside, or the recipe alone.

        Returns:
            `name` and `kind` of the file, and its `data` in base64 or its `text`.
        """
        drawn = self.service.compared.drawn_of(asked.get("id"), visitor)
        if drawn.is_withheld:
            raise PersonError("draw.mistake.withheld")
        item = self.service.item(drawn.model)
        recipe = recipe_of(drawn, item, self.service.fingerprints.revision(item))
        name = f"{drawn.model}-{drawn.order.seed}"
        if asked.get("format") == RECIPE:
            text = json.dumps(recipe, ensure_ascii=False, indent=2)
            return {"name": f"{name}.json", "kind": "application/json", "text": text}
        data = base64.b64encode(png_with_recipe(drawn.picture, recipe)).decode()
        return {"name": f"{name}.png", "kind": "image/png", "data": data}
