"""The comparisons that ship: what the page says, drawn by the files that ship, read with care."""

from __future__ import annotations

import json

import numpy as np
import pytest

from playground.catalog import entry
from playground.fingerprints import Fingerprints
from playground.page.draw_compare_kept import CompareKept
from playground.page.draw_compare_plan import MODES
from playground.page.draw_compare_stored import (
    MODEL,
    STORED,
    StoredComparisons,
    example_fields,
    read_stored,
    write_stored,
)
from playground.sentences import read_sentences
from playground.visitors.errors import PersonError
from tests.drawing.drawings import drawn_of

MINI = entry(MODEL)
MARK = Fingerprints("").of(MINI)
LANGUAGES = ["en", "zh-Hant"]
MOST_BYTES = 200_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_ships_is_what_the_fields_of_the_page_ask_for(language):
    sentences = read_sentences(language)
    fields = example_fields(lambda name: sentences[f"draw.compare.example.{name}"])
    stored = StoredComparisons().of(MINI, MARK, language)
    assert [one.plan.mode for one in stored] == list(MODES) == list(fields)
    for one in stored:
        file = STORED / f"{language}-{one.plan.mode}.json"
        assert json.loads(file.read_text("utf-8"))["fields"] == fields[one.plan.mode]
        assert file.stat().st_size <= MOST_BYTES
        assert [drawn.order for _, drawn in one.drawings] == list(one.plan.orders)
        for _, drawn in one.drawings:
            assert drawn.picture.pixels.shape == (128, 128, 3)
            assert drawn.picture.pixels.std() > 10


def test_files_of_another_model_bring_nothing():
    assert StoredComparisons().of(MINI, "other files", "en") == ()
    assert StoredComparisons().of(MINI, MARK, "fr") == ()


def test_everybody_may_look_at_what_ships_and_nobody_draws_it_by_reuse():
    kept = CompareKept()
    ((first, drawn), *_) = kept.stored.of(MINI, MARK, "en")[0].drawings
    assert kept.drawn_of(first, "ada") is drawn and kept.drawn_of(first, "") is drawn
    assert kept.known("ada", MODEL, MARK, drawn.order) is None
    with pytest.raises(PersonError):
        kept.drawn_of("en-grid-99", "ada")


def written(tmp_path):
    fields = example_fields(lambda name: {"changed": "a dog"}.get(name, "a cat"))["change"]
    drawings = [drawn_of(seed=number, revision=MARK) for number in (1, 2)]
    write_stored(fields, drawings, tmp_path / "en-change.json")
    return tmp_path / "en-change.json", drawings


def test_pictures_come_back_bit_by_bit(tmp_path):
    file, drawings = written(tmp_path)
    found = read_stored(file, MINI, MARK)
    for (_, drawn), before in zip(found.drawings, drawings, strict=True):
        assert np.array_equal(drawn.picture.pixels, before.picture.pixels)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda told: told["pictures"].pop(),
        lambda told: told["pictures"].append(told["pictures"][0]),
        lambda told: told["pictures"].__setitem__(0, "!!"),
        lambda told: told["pictures"].__setitem__(0, "QUJD"),
        lambda told: told["pictures"].__setitem__(0, 7),
        lambda told: told["fields"].update(second=7),
        lambda told: told.update(fields=None),
        lambda told: told.pop("revision"),
        lambda told: told["fields"].update(model="other"),
    ],
)
def test_a_damaged_file_is_passed_over(tmp_path, spoil):
    file, _ = written(tmp_path)
    told = json.loads(file.read_text("utf-8"))
    spoil(told)
    file.write_text(json.dumps(told), "utf-8")
    assert read_stored(file, MINI, MARK) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "3"])
def test_what_is_no_comparison_is_passed_over(tmp_path, text):
    file = tmp_path / "en-grid.json"
    file.write_text(text, "utf-8")
    assert read_stored(file, MINI, MARK) is None
