import numpy as np
import pytest

from training.concepts import CONCEPTS
from training.scenes import Language
from training.scores import _average_precision, plain_prompts


def test_average_precision_by_hand() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    assert _average_precision(scores, np.array([True, False, True, False])) == pytest.approx(5 / 6)
    assert _average_precision(scores, np.array([False, False, False, True])) == pytest.approx(0.25)


def test_prompts_are_those_of_the_paper() -> None:
    english, chinese = (plain_prompts(language) for language in Language)
    assert len(english) == len(chinese) == len(CONCEPTS)
    assert english[0] == "a photo of a cat" and chinese[0] == "一張一隻貓的照片"
