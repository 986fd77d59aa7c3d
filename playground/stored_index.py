"""Makes the index that ships with the playground, so that the CLIP tab opens on real results.

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
from playground.settings import read_settings
from playground.visitors.words import fill_template, read_labels
from playground.zero_shot import read_templates

LANGUAGES = Path(__file__).parents[1] / "assets" / "languages"
IS_EXAMPLE = re.compile(r"clip_search\.example\.\d+(\.without)?")


def example_texts(sentences: Mapping[str, str]) -> list[str]:
    """Lists the texts that the CLIP tab opens on or offers, in one language.

    Args:
        sentences: A language file.

    Returns:
        Example queries, words to avoid, and every example label in every example template.
    """
    texts = [sentence for key, sentence in sentences.items() if IS_EXAMPLE.fullmatch(key)]
    labels = read_labels(sentences["clip_search.labels.example"]).labels
    # Braces are doubled in the language files, where they stand for values.
    templates, _ = read_templates(sentences["clip_search.templates.example"].format())
    return texts + [fill_template(template, label) for template in templates for label in labels]


def main() -> None:
    """Makes the stored index of every built-in CLIP model, with the example texts."""
    texts: list[str] = []
    for file in sorted(LANGUAGES.glob("*.json")):
        texts += example_texts(json.loads(file.read_text(encoding="utf-8")))
    settings = read_settings()
    cache = Cache(cache_items(CATALOG, settings))
    for item in of_family("clip"):
        if item.is_built_in:
            index = make_index(read_collection(), cache, item, texts=texts)
            write_index(index, STORED / f"{item.key}.safetensors")


if __name__ == "__main__":
    main()
