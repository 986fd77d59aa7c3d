"""Makes what ships with the playground, so that the CLIP tab opens on real results: the index of
its pictures, and the maps that "Understand" opens on.

`python -m playground.stored_index`, after mini-clip, a picture or an example text has changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from playground.cache import Cache
from playground.catalog import CATALOG, cache_items, of_family
from playground.collection import read_collection
from playground.index import STORED, make_index, write_index
from playground.search import Asker
from playground.settings import read_settings
from playground.understanding.stored import PICTURE, where_file, write_where
from playground.understanding.where import find_where
from playground.visitors.words import fill_template, read_labels
from playground.zero_shot import read_templates

LANGUAGES = Path(__file__).parents[1] / "assets" / "languages"
LABELS = ("clip_search.labels.example", "understand.example.texts", "understand.others")
MOST_LABELS = 60
IS_EXAMPLE = re.compile(r"clip_search\.example\.\d+(\.without)?")


def example_texts(sentences: Mapping[str, str]) -> list[str]:
    """Lists the texts that the CLIP tab opens on or offers, in one language.

    Args:
        sentences: A language file.

    Returns:
        Example queries, words to avoid, and in every example template every example label of
        naming and of "Understand", and the texts that stand for "none of these".
    """
    texts = [sentence for key, sentence in sentences.items() if IS_EXAMPLE.fullmatch(key)]
    labels = tuple(
        dict.fromkeys(
            label
            for key in LABELS
            for label in read_labels(sentences[key], most=MOST_LABELS).labels
        )
    )
    # Braces are doubled in the language files, where they stand for values.
    templates, _ = read_templates(sentences["clip_search.templates.example"].format())
    return texts + [fill_template(template, label) for template in templates for label in labels]


def main() -> None:
    """Makes the stored index and the example maps of every built-in CLIP model."""
    texts: list[str] = []
    sentences = {
        file.stem: json.loads(file.read_text(encoding="utf-8"))
        for file in sorted(LANGUAGES.glob("*.json"))
    }
    for words in sentences.values():
        texts += example_texts(words)
    settings = read_settings()
    cache, collection = Cache(cache_items(CATALOG, settings)), read_collection()
    for item in of_family("clip"):
        if item.is_built_in:
            index = make_index(collection, cache, item, texts=texts)
            write_index(index, STORED / f"{item.key}.safetensors")
            picture = collection.pixels(collection.place_of(PICTURE))
            found = {
                language: find_where(
                    cache, item.key, picture, words["understand.example.sentence"], asker=Asker()
                )
                for language, words in sentences.items()
            }
            write_where(found, STORED / where_file(item.key), fingerprint=index.fingerprint)


if __name__ == "__main__":
    main()
