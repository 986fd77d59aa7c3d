"""The README's table of models is the catalogue's."""

import pytest

from playground.catalog import CATALOG
from playground.model_table import BEGIN, END, main, model_table, table_in
from tests.sources import ROOT


def test_the_readme_holds_the_table_of_the_catalogue():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert table_in(readme) == model_table()


def test_every_model_has_a_row_with_what_one_must_know():
    head, line, *rows = model_table().splitlines()
    assert line == "|---|---|---|---|---|---|---|"
    assert len(rows) == len(CATALOG)
    for item, row in zip(CATALOG, rows, strict=True):
        assert row.startswith(f"| {item.title} |")
        assert row.count(" | ") == head.count(" | ")
        for told in (item.class_name, item.licence.name, item.licence.url, item.paper.url):
            assert told in row
        assert item.is_built_in == ("trained here" in row)
        assert item.is_built_in or f"https://huggingface.co/{item.source}" in row


def test_what_is_printed_can_be_pasted(capsys):
    assert main() == 0
    assert table_in(capsys.readouterr().out) == model_table()


def test_marks_are_needed():
    for text in ("", BEGIN, END, f"{END} {BEGIN}"):
        with pytest.raises(ValueError, match="marks"):
            table_in(text)
