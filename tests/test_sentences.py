"""Reading the language files, broken ones too."""

import pytest

from playground.sentences import read_sentences


@pytest.mark.parametrize("text", ['{"a": ', "[1]", "null", '"a"', "\x00"])
def test_a_broken_file_is_empty_and_logged(tmp_path, caplog, text):
    (tmp_path / "en.json").write_text(text)
    assert read_sentences("en", tmp_path) == {}
    assert "en.json cannot be read" in caplog.text


def test_a_missing_file_is_empty(tmp_path):
    assert read_sentences("en", tmp_path) == {}
