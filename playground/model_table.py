"""The README's table of models, written from the catalogue.

`python -m playground.model_table` prints it; a test holds the README to it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from playground.catalog import CATALOG
from playground.entries import Entry
from playground.sentences import read_sentences

BEGIN, END = "<!-- models -->", "<!-- /models -->"
HEADS = ("Model", "What it is", "Class", "Reads", "Licence", "Size", "Paper")
LANGUAGE_NAMES = {"en": "English", "zh-Hant": "Chinese"}


def model_table(entries: Iterable[Entry] = CATALOG) -> str:
    """Writes the table of models.

    Args:
        entries: What it lists, in this order.

    Returns:
        A Markdown table, one row an entry, without a line end at its end.
    """
    sentences = read_sentences("en")
    rows = [_row(item, sentences[item.note_key]) for item in entries]
    head, *body = (f"| {' | '.join(cells)} |" for cells in (HEADS, *rows))
    return "\n".join([head, "|---" * len(HEADS) + "|", *body])


def table_in(text: str) -> str:
    """Returns what stands between the two marks of a README.

    Raises:
        ValueError: The marks are not there.
    """
    _, found, rest = text.partition(BEGIN)
    table, closed, _ = rest.partition(END)
    if not found or not closed:
        raise ValueError("no marks")
    return table.strip()


def _row(item: Entry, note: str) -> tuple[str, ...]:
    card = f"[trained here](assets/models/{item.key}/README.md)"
    source = card if item.is_built_in else f"[hub](https://huggingface.co/{item.source})"
    reads = ", ".join(LANGUAGE_NAMES[language] for language in item.languages) or "no words"
    return (
        item.title,
        f"{note} {source}",
        f"`{item.class_name}`",
        reads,
        f"[{item.licence.name}]({item.licence.url})" + (" (gated)" if item.is_gated else ""),
        _size(item.bytes_on_disk),
        f"[{item.paper.citation}]({item.paper.url})",
    )


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def main() -> int:
    """Prints the table between its marks, ready to paste."""
    sys.stdout.write(f"{BEGIN}\n{model_table()}\n{END}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
