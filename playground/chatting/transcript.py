"""A talk as plain text, to keep or to hand in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from playground.chatting.conversation import Reply, Talk

# Called as say(key, **values).
Say = Callable[..., str]


def transcript(talk: Talk, titles: Mapping[str, str], say: Say) -> str:
    """Writes a talk down.

    Args:
        talk: The talk.
        titles: The models' names for people, by key.
        say: Puts a language key into words.

    Returns:
        The picture, its captions, then questions and answers; every answer names its model.
    """
    picture = {"name": Path(talk.name).name, "hash": talk.picture.content_id}
    lines = [say("chat.text.picture", **picture), ""]
    lines += [_answer(reply, titles, say, "chat.text.caption") for reply in talk.caption]
    for turn in talk.turns:
        lines += ["", say("chat.text.question", question=turn.question)]
        if turn.part is not None:
            left, top, right, bottom = turn.part.box_xyxy
            edges = {"left": left, "top": top, "right": right, "bottom": bottom}
            lines.append(say("chat.text.part", **edges))
        lines += [_answer(reply, titles, say, "chat.text.answer") for reply in turn.replies]
    return "\n".join(lines) + "\n"


def _answer(reply: Reply, titles: Mapping[str, str], say: Say, key: str) -> str:
    line = say(key, model=titles.get(reply.model, reply.model), answer=reply.text)
    if not reply.text and not reply.is_going:
        line += say("chat.text.nothing")
    if reply.forced:
        line += f" {say('chat.text.put_in', number=len(reply.forced))}"
    if reply.state == "stopped":
        line += f" {say('chat.text.stopped')}"
    if reply.settings.temperature and not reply.told:
        drawn = {"temperature": reply.settings.temperature, "seed": reply.settings.seed}
        line += f" {say('chat.text.drawn', **drawn)}"
    return line
