"""A talk on its way out and back: as text, as a recipe, and a recipe opened again."""

from __future__ import annotations

import html
from dataclasses import dataclass, replace
from pathlib import Path

import gradio as gr

from playground.chatting.conversation import CAPTION, Reply, Talk
from playground.chatting.recipe import MOST_BYTES, Recipe, UsedModel, read_recipe, write_recipe
from playground.chatting.transcript import transcript
from playground.page.chat_asking import Asking, Chosen, Steps, going, read_settings
from playground.page.chat_canvas import Asked
from playground.page.chat_opening import Opening
from playground.page.chat_service import ChatService
from playground.page.chat_values import empty_value
from playground.page.languages import language_of
from playground.page.shown_picture import HASH_DIGITS
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture


@dataclass(frozen=True)
class Taking:
    """Each function yields canvas, status and notes."""

    service: ChatService
    opening: Opening

    def take(self, request: gr.Request, asked: Asked) -> Steps:
        """Give the talk away, as text or as a recipe; the browser makes the file."""
        download = self._download(request, asked)
        yield empty_value(self.service, request, download=download), gr.skip(), gr.skip()

    def _download(self, request: gr.Request, asked: Asked) -> dict[str, str]:
        service, ctx = self.service, self.service.ctx
        talk = service.store.talk_of(asked.picture_id, ctx.visitor(request))
        name = f"talk-{talk.picture.content_id[:HASH_DIGITS]}"
        if asked.take == "recipe":
            return {"name": f"{name}.json", "text": write_recipe(talk, self._used(talk))}
        titles = {key: service.item(key).title for key in self._used(talk)}
        text = transcript(talk, titles, lambda key, **more: ctx.say(request, key, **more))
        return {"name": f"{name}.txt", "text": text}

    def reopen(self, request: gr.Request, asked: Asked, chosen: Chosen) -> Steps:
        """Ask everything in a recipe again, and say of each answer whether it is the same."""
        recipe = read_recipe(_bytes_of(asked.file), read_settings)
        picture, name, alt = self._picture_of(request, recipe, asked)
        talk = self.opening.talk(request, picture, name, alt, chosen)
        models = tuple(used.key for used in recipe.models[:2]) or chosen.models
        talk = replace(
            talk,
            models=tuple(self.service.item(key).key for key in models),
            caption=tuple(map(self._checked, recipe.caption)),
            turns=tuple(
                replace(turn, replies=tuple(map(self._checked, turn.replies)))
                for turn in recipe.turns
            ),
        )
        talk = self.service.store.add(talk)
        run = self.service.store.begin(talk)
        places = going(CAPTION, talk.caption)
        for turn in talk.turns:
            places += going(turn.id, turn.replies)
        notes = html.escape(self._told_of_models(request, recipe))
        asking = Asking(self.service, expected=recipe.texts)
        yield from asking.answers(request, run, places, notes=notes, with_picture=True)

    def _used(self, talk: Talk) -> dict[str, UsedModel]:
        replies = [*talk.caption, *(reply for turn in talk.turns for reply in turn.replies)]
        keys = dict.fromkeys([*talk.models, *(reply.model for reply in replies)])
        return {key: self._files_of(key) for key in keys}

    def _files_of(self, key: str) -> UsedModel:
        item, prints = self.service.item(key), self.service.fingerprints
        return UsedModel(item.key, prints.revision(item), prints.of(item))

    def _checked(self, reply: Reply) -> Reply:
        return replace(reply, model=self.service.item(reply.model).key)

    def _picture_of(
        self, request: gr.Request, recipe: Recipe, asked: Asked
    ) -> tuple[Picture, str, str]:
        """The example, or the picture that is open already: a recipe holds no pixels."""
        service = self.service
        example = service.example_of(recipe.content_id)
        if example is not None:
            place = service.collection.place_of(example)
            item = service.collection.pictures[place]
            return service.collection.read(place), item.file, item.alt[language_of(request)]
        try:
            talk = service.store.talk_of(asked.picture_id, service.ctx.visitor(request))
        except PersonError:
            talk = None
        if talk is None or talk.picture.content_id != recipe.content_id:
            values = {"name": recipe.name, "hash": recipe.content_id[:HASH_DIGITS]}
            raise PersonError("chat.mistake.recipe_picture", values)
        return talk.picture, talk.name, talk.alt

    def _told_of_models(self, request: gr.Request, recipe: Recipe) -> str:
        """Which models have other files than when the recipe was written."""
        others = [
            self.service.item(used.key).title
            for used in recipe.models
            if self.service.fingerprints.of(self.service.item(used.key)) != used.fingerprint
        ]
        if not others:
            return ""
        return self.service.ctx.say(request, "chat.note.other_files", models=", ".join(others))


def _bytes_of(path: str | None) -> bytes:
    if path is None:
        raise PersonError("chat.mistake.recipe")
    with Path(path).open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise PersonError("chat.mistake.recipe")
    return data
