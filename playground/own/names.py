"""Names of files as they may be shown: any characters come in, plain text comes out."""

from __future__ import annotations

import unicodedata

MOST_CHARACTERS = 120
UNNAMED = "?"
# Control characters, invisible ones (bidirectional overrides among them), lone surrogates.
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean_name(name: str) -> str:
    """Returns a file's name without what could mislead or break a line.

    Args:
        name: As the browser or the disk gives it, folders included.

    Returns:
        1 to `MOST_CHARACTERS` characters; of longer names the end, which tells files apart.

    Example:
        >>> clean_name("holiday\\n/cat\\u202egpj.exe"), clean_name("\\x00")
        ('holiday/catgpj.exe', '?')
    """
    shown = "".join(
        character
        for character in unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
        if unicodedata.category(character) not in HIDDEN
    )
    return " ".join(shown.split())[-MOST_CHARACTERS:].strip() or UNNAMED
