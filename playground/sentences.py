"""Reads the files that hold every sentence a person meets, one for each language."""

from __future__ import annotations

import json
import logging
from pathlib import Path

LANGUAGE_FOLDER = Path(__file__).parents[1] / "assets" / "languages"
LOG = logging.getLogger("playground")


def read_sentences(language: str, folder: Path = LANGUAGE_FOLDER) -> dict[str, str]:
    """Sentences by key.

    Args:
        language: name of the file, such as "en".
        folder: where the files lie.

    Returns:
        The sentences; none, and a line in the log, if the file is broken: a damaged file must not
        keep the playground shut.
    """
    try:
        found = json.loads((folder / f"{language}.json").read_text(encoding="utf-8"))
        return {str(key): str(value) for key, value in found.items()}
    except (OSError, ValueError, AttributeError) as error:
        LOG.error("language file %s.json cannot be read: %s", language, type(error).__name__)
        return {}
