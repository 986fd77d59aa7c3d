"""The table of mini-blip2's model card, measured on test scenes."""

from pathlib import Path

import numpy as np

from training.blip2_scores import (
    Asked,
    Blip2,
    answers_right,
    asked_about,
    asked_about_missing,
    captions_name_all,
    load_blip2,
    second_turns,
    share,
)
from training.llama_scores import languages_table
from training.match_scores import (
    load_matcher,
    matching_accuracy,
    one_thing_wrong,
    places_swapped,
    retrieval_recall,
)
from training.painting import paint_picture
from training.questions import QuestionKind
from training.sampling import Split
from training.scene_text import CAPTION_PROMPTS
from training.scenes import Language

_OF_EACH_KIND = 150
_HELD_OUT_OF_EACH_KIND = 60
_BLANK_OF_EACH_KIND = 60
_DIALOGUES = 150
_CAPTIONS = 150
_PAIRS = 300
_SIDE_PX = 256
_GREY = 128
_SHOWN = {
    QuestionKind.WHAT: "what is there",
    QuestionKind.WHERE: "where",
    QuestionKind.HOW_MANY: "how many",
    QuestionKind.COLOUR: "which colour",
    QuestionKind.IS_THERE: "is there",
    QuestionKind.NEIGHBOUR: "left, right, above, below of",
    QuestionKind.BIGGER: "which is bigger or smaller",
    QuestionKind.BACKGROUND: "background",
    QuestionKind.YES_NO: "yes or no",
}
_LANGUAGES = tuple(Language)
Row = tuple[str, float, float]


def blip2_table(folder: Path) -> str:
    """Measure mini-blip2, both of its classes.

    Args:
        folder: Holds the model, its heads and the processor.

    Returns:
        A table in Markdown.
    """
    blip2 = load_blip2(folder)
    rows = [*_answer_rows(blip2, Split.TEST, _OF_EACH_KIND), *_blind_rows(blip2)]
    rows += [*_other_rows(blip2), *_match_rows(folder)]
    cells = [(what, *(f"{100 * score:.1f} %" for score in scores)) for what, *scores in rows]
    return languages_table([(what, english, chinese) for what, english, chinese in cells])


def _row(what: str, scores: list[float]) -> Row:
    english, chinese = scores
    return what, english, chinese


def _answer_rows(blip2: Blip2, split: Split, count: int) -> list[Row]:
    kinds = {kind: asked_about(kind, split, count) for kind in QuestionKind}
    right = {
        kind: [answers_right(blip2, asked, language) for language in _LANGUAGES]
        for kind, asked in kinds.items()
    }
    rows = [
        _row(f"answers exactly right: {_SHOWN[kind]} ({count} questions)", [share(r) for r in both])
        for kind, both in right.items()
    ]
    together = [
        float(np.mean([share(both[column]) for both in right.values()])) for column in (0, 1)
    ]
    counted = [q.fact.value != 1 for _, q in kinds[QuestionKind.HOW_MANY]]
    hard = [
        share(r for r, c in zip(both, counted, strict=True) if c)
        for both in right[QuestionKind.HOW_MANY]
    ]
    return [
        _row(f"answers exactly right: all kinds, {len(kinds)} x {count} questions", together),
        *rows,
        _row(f"the same: how many, where it is not one ({sum(counted)} questions)", hard),
    ]


def _all_kinds(count: int, *, held_out_only: bool = False) -> list[Asked]:
    return [
        asked
        for kind in QuestionKind
        for asked in asked_about(kind, Split.TEST, count, held_out_only=held_out_only)
    ]


def _blind_rows(blip2: Blip2) -> list[Row]:
    asked = _all_kinds(_BLANK_OF_EACH_KIND)
    blank = [np.full((_SIDE_PX, _SIDE_PX, 3), _GREY, np.uint8)] * len(asked)
    own = [paint_picture(scene, _SIDE_PX) for scene, _ in asked]
    others = own[7:] + own[:7]
    rows = []
    for what, shown in (
        ("with a grey picture (what the words alone give away)", blank),
        ("with the picture of another scene", others),
    ):
        scores = [share(answers_right(blip2, asked, language, shown)) for language in _LANGUAGES]
        rows.append(_row(f"all kinds, {len(asked)} questions, {what}", scores))
    return rows


def _other_rows(blip2: Blip2) -> list[Row]:
    held_out = _all_kinds(_HELD_OUT_OF_EACH_KIND, held_out_only=True)
    missing = asked_about_missing(Split.TEST, _OF_EACH_KIND)
    rows = [
        _row(
            f"all kinds, {len(held_out)} questions, each scene with a held-out triple",
            [share(answers_right(blip2, held_out, language)) for language in _LANGUAGES],
        ),
        _row(
            f"says that the thing asked about is not there ({len(missing)} questions)",
            [share(answers_right(blip2, missing, language)) for language in _LANGUAGES],
        ),
        _row(
            f'second question about "it" ({_DIALOGUES} dialogues, after its own first answer)',
            [second_turns(blip2, language, Split.TEST, _DIALOGUES) for language in _LANGUAGES],
        ),
        _row(
            f'caption after "{CAPTION_PROMPTS[Language.EN]}" or "{CAPTION_PROMPTS[Language.ZH]}" '
            f"names both things ({_CAPTIONS} scenes with two)",
            [
                captions_name_all(blip2, CAPTION_PROMPTS[language], Split.TEST, _CAPTIONS)
                for language in _LANGUAGES
            ],
        ),
    ]
    return rows


def _match_rows(folder: Path) -> list[Row]:
    matcher = load_matcher(folder)
    measures = (
        (f"ITC: caption to picture R@1 among {_PAIRS} scenes with 2-3 objects", retrieval_recall),
        (
            "ITM: caption of the scene or of another, right at 0.5 (guessing 50 %)",
            matching_accuracy,
        ),
        ("ITM: caption of the scene before one with one thing wrong (50 %)", one_thing_wrong),
        ("ITM: scene before its twin with swapped places (50 %)", places_swapped),
    )
    return [
        _row(what, [measure(matcher, language, Split.TEST, _PAIRS) for language in _LANGUAGES])
        for what, measure in measures
    ]
