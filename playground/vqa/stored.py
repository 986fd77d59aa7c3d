"""A run over the shipped questions that was made beforehand, so that the page opens on a result.

`python -m playground.stored_vqa` makes the files again, after the model or the questions changed.
"""

from __future__ import annotations

import json
from pathlib import Path

from playground.vqa.items import QuestionSet, Reply
from playground.vqa.judging import judge
from playground.vqa.runner import Judged, Result
from playground.vqa.shipped import SHIPPED


def stored_file(model_key: str, language: str, folder: Path = SHIPPED) -> Path:
    """Returns the file of one model and language, whether or not it exists."""
    return folder / f"{model_key}.{language}.json"


def write_stored(result: Result, fingerprint: str, file: Path) -> None:
    """Writes what a model said; scores are made anew from it.

    Args:
        result: A whole run.
        fingerprint: Which files of the model said it.
        file: Where to.
    """
    told = {
        "fingerprint": fingerprint,
        "seconds": round(result.seconds, 2),
        "said": {one.item.id: one.reply.text for one in result.judged},
    }
    text = json.dumps(told, ensure_ascii=False, indent=0) + "\n"
    file.write_text(text, encoding="utf-8")


def read_stored(file: Path, fingerprint: str, questions: QuestionSet) -> Result | None:
    """Reads a run that was made beforehand and judges it.

    Args:
        file: Of a model and a language.
        fingerprint: Which files the model has now.
        questions: The questions in that language.

    Returns:
        The result; None where there is none, or it is of other files or other questions.
    """
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        said, seconds = told["said"], float(told["seconds"])
        is_same = told["fingerprint"] == fingerprint
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not is_same or set(said) != {item.id for item in questions.items}:
        return None
    judged = tuple(
        Judged(item, Reply(said[item.id]), judge(item, Reply(said[item.id]), questions.metric))
        for item in questions.items
    )
    return Result(judged, len(judged), seconds)
