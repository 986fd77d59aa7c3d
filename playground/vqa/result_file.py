"""A result as a file, laid out as lmms-eval lays out its own, so that other tools read it."""

from __future__ import annotations

import json
from typing import Any

from playground.vqa.items import LETTERS, QuestionSet
from playground.vqa.leaderboard import Scored
from playground.vqa.runner import Judged, Result

_METRIC_NAMES = {"exact": "exact_match", "choice": "exact_match", "vqa_v2": "vqa_accuracy"}


def result_json(questions: QuestionSet, result: Result, scored: Scored) -> str:
    """Writes a run out.

    Beside lmms-eval's `results`, `n-samples`, `configs` and `samples` stands, for ScienceQA,
    `scienceqa_results`: id to chosen index, as the authors' `evaluate_acc.py` reads it.

    Args:
        questions: The set.
        result: What was found.
        scored: The same run as it stands on the leaderboard.

    Returns:
        JSON, UTF-8 text.
    """
    task, metric = scored.set_key, _METRIC_NAMES[questions.metric]
    told: dict[str, Any] = {
        "results": {
            task: {
                f"{metric},none": result.score,
                "unread_share": result.unread_share,
                "by_type": {row.kind: row.score for row in result.rows},
                "columns": dict(scored.columns),
            }
        },
        "n-samples": {task: {"original": scored.whole, "effective": len(result.judged)}},
        "configs": {
            task: {
                "model": scored.model,
                "model_name": scored.title,
                "revision": scored.revision,
                "language": scored.language,
                "options_read_by": scored.way,
                "metric": questions.metric,
                "seconds": round(result.seconds, 2),
            }
        },
        "samples": {task: [_sample(place, one, metric) for place, one in enumerate(result.judged)]},
    }
    if any(one.item.facts for one in result.judged):
        told["scienceqa_results"] = {
            one.item.id: -1 if one.reply.choice is None else one.reply.choice
            for one in result.judged
        }
    return json.dumps(told, ensure_ascii=False, indent=1)


def _sample(place: int, one: Judged, metric: str) -> dict[str, Any]:
    item = one.item
    target: Any = LETTERS[item.right_choice] if item.choices else list(item.answers)
    return {
        "doc_id": place,
        "doc": {
            "id": item.id,
            "question": item.question,
            "type": item.kind,
            "picture": item.picture,
            **({"choices": list(item.choices)} if item.choices else {}),
            **({"hint": item.hint} if item.hint else {}),
            **item.facts,
        },
        "target": target,
        "resps": [[one.reply.text]],
        "filtered_resps": [
            one.reply.text if one.reply.choice is None else LETTERS[one.reply.choice]
        ],
        metric: one.score,
    }
