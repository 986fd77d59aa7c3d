"""Learned bytes survive a restart; a damaged file costs only what it held."""

from pathlib import Path

import pytest

from playground.cache.work_file import read_work, write_work


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "work.json"
    write_work(path, {"b": 2, "a": 1})
    assert read_work(path) == {"a": 1, "b": 2}
    assert [file.name for file in path.parent.iterdir()] == ["work.json"]


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "\x00\xff"])
def test_a_damaged_file_is_like_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "work.json"
    path.write_bytes(text.encode("latin-1"))
    assert read_work(path) == {}


def test_values_that_are_no_sizes_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "work.json"
    path.write_text('{"a": 1, "b": "2", "c": -3, "d": true, "e": 1.5, "f": null}')
    assert read_work(path) == {"a": 1}


def test_a_place_that_cannot_be_written_fails_no_request(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    write_work(blocked / "work.json", {"a": 1})
    assert read_work(blocked / "work.json") == {}
