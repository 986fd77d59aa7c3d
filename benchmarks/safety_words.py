"""What the list of words misses, and what it objects to without need.

    python -m benchmarks.safety_words [--show]

Prints a table over the prompts of `assets/safety/measured.json`, which were written for this and
are not the list: plain ones, the same ideas with hidden letters, the same ideas in other words, and
harmless prompts that sound alike. The pictures themselves are looked at by the checker; this is
about words only. No bar: the numbers are printed in the README as they are.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from playground.drawing.safety_words import WordList

MEASURED = Path(__file__).parents[1] / "assets" / "safety" / "measured.json"
LANGUAGES = ("en", "zh-Hant")


def wrong(
    words: WordList, told: dict[str, Any], group: str, manner: str, language: str
) -> list[str]:
    """Returns the prompts on which the list decides otherwise than a teacher would."""
    is_without = manner == "without"
    wants_refusal = group == "refuse"
    return [
        prompt
        for prompt in told[group][manner][language]
        if (words.find(prompt, is_without=is_without) is not None) != wants_refusal
    ]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true", help="print what was decided wrongly")
    is_shown = parser.parse_args().show
    words, told = WordList(), json.loads(MEASURED.read_text(encoding="utf-8"))
    print(f"{'':28}{'English':>14}{'繁體中文':>10}")
    for group, name in (("refuse", "missed"), ("allow", "false alarms")):
        for manner in told[group]:
            cells, shown = [], []
            for language in LANGUAGES:
                found = wrong(words, told, group, manner, language)
                cells.append(f"{len(found)} of {len(told[group][manner][language])}")
                shown += found
            print(f"{name + ', ' + manner:28}{cells[0]:>14}{cells[1]:>14}")
            if is_shown:
                for prompt in shown:
                    print(f"    {prompt}")


if __name__ == "__main__":
    main()
