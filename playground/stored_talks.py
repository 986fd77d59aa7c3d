"""Makes the talks that ship with the playground: the chat opens on one before any model is loaded.

`python -m playground.stored_talks`, after mini-blip2 or one of the example pictures has changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from playground.cache import Cache
from playground.catalog import CATALOG, cache_items, of_family
from playground.chatting.conversation import History, Reply, Settings, Talk, TalkTurn
from playground.chatting.stored import EXAMPLES, STORED, stored_file, write_stored
from playground.collection import read_collection
from playground.entries import Entry
from playground.index import fingerprint
from playground.models import blip2
from playground.settings import read_settings
from playground.visitors.pictures import Picture

USUAL = Settings()
# What is asked about each example, in each language.
QUESTIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "scene-002": {
            "en": ("What is in the picture?", "What is above the owl?", "Is there a cat?"),
            "zh-Hant": ("圖片裡有什麼？", "貓頭鷹的上面是什麼？", "有貓嗎？"),
        },
        "scene-046": {
            "en": ("What is in the picture?", "What colour is the apple?", "Is there a banana?"),
            "zh-Hant": ("圖片裡有什麼？", "蘋果是什麼顏色？", "有香蕉嗎？"),
        },
        "scene-018": {
            "en": ("What is bigger, the camel or the tulip?", "What is the background?"),
            "zh-Hant": ("哪個比較大，駱駝還是鬱金香？", "背景是什麼？"),
        },
        "scene-010": {
            "en": ("How many lions are there?", "Where are they?"),
            "zh-Hant": ("有幾頭獅子？", "背景是什麼？"),
        },
        "scene-013": {
            "en": ("What is in the picture?", "What is the background?"),
            "zh-Hant": ("圖片裡有什麼？", "背景是什麼？"),
        },
        "scene-024": {
            "en": ("How many dinosaurs are there?", "What is the background?"),
            "zh-Hant": ("有幾隻恐龍？", "背景是什麼？"),
        },
    }
)


def main() -> None:
    """Has every built-in model talk about every example, in both languages; old files go."""
    cache = Cache(cache_items(CATALOG, read_settings()))
    collection = read_collection()
    for file in STORED.glob("*.json"):
        file.unlink()
    for item in of_family("blip2"):
        if not item.is_built_in:
            continue
        for picture_id in EXAMPLES:
            picture = collection.read(collection.place_of(picture_id))
            with_eyes = cache.batch(blip2.part_of(item, "eyes"), blip2.see, picture.pixels)
            talks = [
                talk_about(cache, item, picture, with_eyes, language, asked)
                for language, asked in QUESTIONS[picture_id].items()
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
