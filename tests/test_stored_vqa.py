"""What measuring opens on belongs to the model and the questions of today."""

from __future__ import annotations

import pytest

from playground.catalog import of_family
from playground.fingerprints import Fingerprints
from playground.vqa.shipped import ShippedSet
from playground.vqa.stored import read_stored, stored_file

BUILT_IN = [
    (item, language)
    for item in of_family("blip2")
    if item.is_built_in
    for language in item.languages
]
AGAIN = "run python -m playground.stored_vqa"


@pytest.mark.parametrize(
    ("item", "language"), BUILT_IN, ids=lambda value: getattr(value, "key", value)
)
def test_the_stored_run_is_of_this_model_and_these_questions(item, language):
    questions = ShippedSet().in_language(language)
    result = read_stored(stored_file(item.key, language), Fingerprints("").of(item), questions)
    assert result is not None, AGAIN
    assert result.is_whole and 0.5 < result.score < 1
    assert len(result.rows) == 9


def test_there_is_something_stored():
    assert len(BUILT_IN) >= 2
