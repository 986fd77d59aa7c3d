"""How a picture comes into the chat: shown at once, encoded, described; or with its stored talk."""

from __future__ import annotations

import html
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import gradio as gr

from playground.chatting.conversation import CAPTION, MOST_TURNS, Reply, Settings, Talk, TalkTurn
from playground.chatting.questions import language_of_question, read_question
from playground.chatting.stored import EXAMPLES, StoredTalk, read_stored, stored_file
from playground.page.chat_asking import Asking, Chosen, Steps, going
from playground.page.chat_canvas import Asked
from playground.page.chat_service import ChatService
from playground.page.chat_values import empty_value, talk_value
from playground.page.languages import language_of
from playground.page.shown_picture import plain_name
from playground.page.widgets import status_html
from playground.visitors.errors import PersonError
from playground.visitors.pictures import Picture, read_picture
from playground.visitors.words import read_words

History = Sequence[tuple[str, str]]
MOST_ANSWER = 4000
NOTHING = Asked()


@dataclass(frozen=True)
class Opening:
    """Each function yields canvas, status and notes."""

    service: ChatService

    def first(self, request: gr.Request, chosen: Chosen) -> Steps:
        """What the tab opens on: an example with a talk about it, before any model is loaded."""
        place = self.service.collection.places.get(EXAMPLES[0])
        talk = None if place is None else self._example_talk(request, EXAMPLES[0], chosen)
        if talk is None or not talk.is_stored:
            said = status_html(self.service.ctx.say(request, "blip2_chat.choose"))
            yield empty_value(self.service, request, picture=None), said, ""
            return
        yield from self._show(request, talk, ())

    def file(self, request: gr.Request, path: str | None, chosen: Chosen, asked: Asked) -> Steps:
        """Open a file that a visitor chose, dropped or pasted.

        Args:
            request: Who asks.
            path: Where Gradio put it.
            chosen: Who answers, and how.
            asked: Holds questions and answers of a talk that the server has forgotten, or asks for
                a fresh talk.
        """
        if path is None:
            raise PersonError("mistake.picture.missing")
        picture = read_picture(Path(path))
        yield from self.picture(request, picture, plain_name(path), chosen, asked)

    def example(
        self,
        request: gr.Request,
        picture_id: str | None,
        chosen: Chosen,
        asked: Asked = NOTHING,
    ) -> Steps:
        """Open one of the playground's pictures.

        Args:
            request: Who asks.
            picture_id: Which, as it arrived.
            chosen: Who answers, and how.
            asked: As in `file`.
        """
        talk = self._example_talk(request, picture_id, chosen)
        if asked.history or asked.is_fresh:
            talk = replace(talk, is_stored=False, caption=(), turns=())
        yield from self._show(request, talk, asked.history)

    def picture(
        self,
        request: gr.Request,
        picture: Picture,
        name: str,
        chosen: Chosen,
        asked: Asked = NOTHING,
    ) -> Steps:
        """Open a picture that is here already.

        Args:
            request: Who asks.
            picture: The picture.
            name: Name of its file.
            chosen: Who answers, and how.
            asked: As in `file`.
        """
        example = self.service.example_of(picture.content_id)
        if example is not None:
            yield from self.example(request, example, chosen, asked)
            return
        alt = self.service.ctx.say(request, "blip2_chat.alt", name=Path(name).name)
        talk = self.talk(request, picture, name, alt, chosen)
        yield from self._show(request, talk, asked.history)

    def talk(
        self, request: gr.Request, picture: Picture, name: str, alt: str, chosen: Chosen
    ) -> Talk:
        """Makes a talk in which nothing has been said; the store does not know it yet."""
        return Talk(
            id="",
            visitor=self.service.ctx.visitor(request),
            language=language_of(request),
            name=name,
            picture=picture,
            models=chosen.models,
            alt=alt,
        )

    def _show(self, request: gr.Request, talk: Talk, history: History) -> Steps:
        """Show a talk, and have the picture described unless that came with it."""
        service, chosen = self.service, talk.models
        notes = html.escape(service.ctx.say_notes(request, talk.picture.notes))
        if talk.is_stored:
            talk = service.store.add(talk)
            value = talk_value(service, request, talk, with_picture=True)
            said = service.ctx.say(request, "blip2_chat.stored", model=self._titles(chosen))
            yield value, status_html(said), notes
            return
        usual = Settings()
        caption = [service.planned_caption(key, talk.language, usual) for key in chosen]
        turns = rebuilt(history, chosen)
        talk = service.store.add(replace(talk, caption=tuple(caption), turns=turns))
        run = service.store.begin(talk)
        places = going(CAPTION, caption)
        steps = Asking(service).answers(request, run, places, notes=notes, with_picture=True)
        yield from steps

    def _example_talk(self, request: gr.Request, picture_id: str | None, chosen: Chosen) -> Talk:
        collection = self.service.collection
        place = collection.place_of(picture_id)
        item, picture = collection.pictures[place], collection.read(place)
        language = language_of(request)
        name = f"assets/pictures/{item.file}"
        talk = self.talk(request, picture, name, item.alt[language], chosen)
        stored = self._stored(item.id, talk)
        if stored is None:
            return talk
        return replace(talk, caption=stored.caption, turns=stored.turns, is_stored=True)

    def _stored(self, picture_id: str, talk: Talk) -> StoredTalk | None:
        """The talk that ships with a picture, if it is of these pixels and this one model."""
        if len(talk.models) != 1:
            return None
        item = self.service.item(talk.models[0])
        stored = read_stored(stored_file(self.service.stored, item.key, picture_id), talk.language)
        wanted = (self.service.fingerprints.of(item), talk.picture.content_id)
        if stored is None or (stored.fingerprint, stored.content_id) != wanted:
            return None
        return stored

    def _titles(self, keys: Sequence[str]) -> str:
        return ", ".join(self.service.item(key).title for key in keys)


def rebuilt(history: History, models: Sequence[str]) -> tuple[TalkTurn, ...]:
    """Makes the questions of a talk that the browser brought back; what cannot be, is left out."""
    turns = []
    for question, answer in history[-MOST_TURNS:]:
        try:
            asked = read_question(question).text
            told = read_words(answer, most_characters=MOST_ANSWER).text
        except PersonError:
            continue
        language = language_of_question(asked)
        reply = Reply(models[0], language, told=told, state="done")
        turns.append(TalkTurn(secrets.token_hex(6), asked, language, None, (reply,)))
    return tuple(turns)
