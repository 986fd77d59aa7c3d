from pathlib import Path

import pytest

from training.evaluate import Row, score_table, write_into_card

ROWS = [Row("finding", 0.9876, 0.5), Row("naming", 1.0, 0.0)]


def test_scores_become_a_table() -> None:
    lines = score_table(ROWS).splitlines()
    assert lines[2:] == ["| finding | 98.8 % | 50.0 % |", "| naming | 100.0 % | 0.0 % |"]


def test_scores_replace_the_old_ones_and_nothing_else(tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text("# Card\n<!-- scores -->\nold\n<!-- /scores -->\nend\n", encoding="utf-8")
    for _ in range(2):
        write_into_card(card, score_table(ROWS))
    text = card.read_text(encoding="utf-8")
    assert text.startswith("# Card\n<!-- scores -->\n| measured")
    assert text.endswith("<!-- /scores -->\nend\n") and "old" not in text


def test_a_card_without_a_place_is_refused(tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text("# Card\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no place for scores"):
        write_into_card(card, "table")
