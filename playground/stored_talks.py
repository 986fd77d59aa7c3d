"""Makes the talks that ship with the playground: the chat opens on one before any model is loaded.

`python -m playground.stored_talks`, after mini-blip2 or one of the example pictures has changed.
What is asked stands in `assets/examples/blip2_chat/questions.json`.
"""

from __future__ import annotations

from collections.abc import Sequence

from playground.cache import Cache
from playground.catalog import CATALOG, cache_items, of_family
from playground.chatting.conversation import History, Reply, Settings, Talk, TalkTurn
from playground.chatting.stored import (
    EXAMPLES,
    STORED,
    read_questions,
    stored_file,
    write_stored,
)
from playground.collection import read_collection
from playground.entries import Entry
from playground.index import fingerprint
from playground.models import blip2
from playground.settings import read_settings
from playground.visitors.pictures import Picture

USUAL = Settings()


def main() -> None:
    """Has every built-in model talk about every example, in both languages; old files go."""
    cache = Cache(cache_items(CATALOG, read_settings()))
    collection, questions = read_collection(), read_questions()
    for item in of_family("blip2"):
        if not item.is_built_in:
            continue
        for file in STORED.glob(f"{item.key}-*.json"):
            file.unlink()
        for picture_id in EXAMPLES:
            picture = collection.read(collection.place_of(picture_id))
            seen = cache.batch(blip2.part_of(item, "eyes"), blip2.see, picture.pixels)
            talks = [
                talk_about(cache, item, picture, seen, language, about.asked)
                for language, about in questions[picture_id].items()
            ]
            write_stored(talks, fingerprint(item), stored_file(STORED, item.key, picture_id))


def talk_about(
    cache: Cache,
    item: Entry,
    picture: Picture,
    seen: blip2.Seen,
    language: str,
    questions: Sequence[str],
) -> Talk:
    """Has a model describe a picture and answer questions, each with those before in mind.

    Args:
        cache: Holds the model.
        item: The model.
        picture: The picture.
        seen: What the model saw in it.
        language: What is talked in.
        questions: What is asked, in this order.

    Returns:
        The talk, as a visitor's would be.
    """

    def answered(question: str, turns: History) -> Reply:
        ask = blip2.Ask(seen, turns, question, language, most_tokens=USUAL.most_tokens)
        part = blip2.part_of(item, "language")
        answer: blip2.Answer = cache.batch(part, blip2.answer, ask, steps=True)
        return Reply(
            item.key,
            language,
            USUAL,
            words=answer.words,
            state="done",
            ended=answer.ended,
            prompt=answer.prompt,
            history=turns,
        )

    caption = answered("", ())
    talk = Talk("", "", language, "", picture, (item.key,), caption=(caption,))
    for place, question in enumerate(questions):
        turn = TalkTurn(f"stored-{place}", question, language, None, ())
        talk = talk.asking(turn, instead_of=None)
        talk = talk.with_replies(turn.id, [answered(question, talk.history(turn.id, item.key))])
    return talk


if __name__ == "__main__":
    main()
