"""The accuracy of VQAv2: how well an answer agrees with those of ten people."""

from __future__ import annotations

from collections.abc import Sequence

from playground.vqa.normalise import normalise_vqa

# An answer that three of the others gave counts whole.
ENOUGH = 3


def vqa_accuracy(said: str, answers: Sequence[str]) -> float:
    """Scores an answer by leave-one-out over the people's answers.

    Each person in turn is left out, and the answer gets min(matches among the others / 3, 1); the
    score is the mean. Of ten people, 1, 2, 3 and 4 who agree give 0.3, 0.6, 0.9 and 1.

    The challenge's own program leaves answers as they are where all ten people wrote the same;
    here they are always normalised.

    Args:
        said: The model's answer.
        answers: What people answered, 2 or more (VQAv2 has ten).

    Returns:
        0 to 1.

    Raises:
        ValueError: There are fewer than two answers.

    Source: Antol et al. 2015, section 3.3; Goyal et al. 2017 (VQAv2) and the challenge's
    evaluation page, "averaged over all 10 choose 9 sets of human annotators".
    """
    if len(answers) < 2:
        raise ValueError("leave-one-out needs two answers or more")
    wanted = normalise_vqa(said)
    agree = sum(normalise_vqa(answer) == wanted for answer in answers)
    # Leaving out one who agrees leaves one match fewer; leaving out another leaves them all.
    without_one = agree * min((agree - 1) / ENOUGH, 1.0)
    with_all = (len(answers) - agree) * min(agree / ENOUGH, 1.0)
    return (without_one + with_all) / len(answers)
