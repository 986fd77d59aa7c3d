"""ScienceQA: how its questions are asked, and the columns of its leaderboard."""

from __future__ import annotations

from collections.abc import Iterable

from playground.vqa.items import LETTERS, Item

COLUMNS = ("NAT", "SOC", "LAN", "TXT", "IMG", "NO", "G1-6", "G7-12", "Avg")
# Questions of the official test split: Avg is over all of them.
TEST_QUESTIONS = 4241
_SUBJECTS = {"natural science": "NAT", "social science": "SOC", "language science": "LAN"}
_LAST_LOW_GRADE, _LAST_GRADE = 6, 12


def columns_of(item: Item) -> tuple[str, ...]:
    """Returns the columns that a question counts in.

    A question with a hint and a picture counts in TXT and in IMG; NO is for one with neither.

    Source: Lu et al. 2022, "Learn to Explain", table 3, and the authors' `evaluate_acc.py`.
    """
    found = []
    if subject := _SUBJECTS.get(item.facts.get("subject", "")):
        found.append(subject)
    if item.hint:
        found.append("TXT")
    if item.picture:
        found.append("IMG")
    if not item.hint and not item.picture:
        found.append("NO")
    grade = item.facts.get("grade", "").removeprefix("grade")
    if grade.isascii() and grade.isdigit() and 1 <= int(grade) <= _LAST_GRADE:
        found.append("G1-6" if int(grade) <= _LAST_LOW_GRADE else "G7-12")
    return (*found, "Avg")


def column_scores(judged: Iterable[tuple[Item, float]]) -> dict[str, tuple[int, float]]:
    """Adds scores up by column.

    Args:
        judged: Questions with their scores 0 to 1.

    Returns:
        Column to (questions, mean score 0 to 1), in the official order; columns without questions
        are left out.
    """
    sums = {column: [0, 0.0] for column in COLUMNS}
    for item, score in judged:
        for column in columns_of(item):
            sums[column][0] += 1
            sums[column][1] += score
    return {column: (int(count), total / count) for column, (count, total) in sums.items() if count}


def choice_prompt(item: Item, *, last_line: str) -> str:
    """Writes a multiple-choice question out, in the form of LLaVA and lmms-eval.

    Args:
        item: The question, with options.
        last_line: What is asked for, such as "Answer with the option's letter from the given
            choices directly."

    Returns:
        Hint, question, lettered options, last line.

    Source: Liu et al. 2023, "Visual Instruction Tuning", section 5.2 and its code.
    """
    options = "\n".join(
        f"{letter}. {choice}" for letter, choice in zip(LETTERS, item.choices, strict=False)
    )
    hint = f"Context: {item.hint}\n" if item.hint else ""
    return f"{hint}{item.question}\n{options}\n{last_line}"
