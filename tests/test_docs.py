"""What the README says is true: its map, its commands, its settings, its tabs and models."""

import json
import re

import pytest

from demos import find_demos
from playground.catalog import CATALOG
from playground.settings import SETTINGS
from tests.sources import ROOT, tracked_files

README = (ROOT / "README.md").read_text(encoding="utf-8")
# Folders whose files are described together, by one line of the map.
MAPPED_AS_FOLDERS = ("assets/", "tests/", ".ci/", "benchmarks/traces/")


def test_front_matter_of_a_space() -> None:
    front = README.split("---")[1]
    keys = set(re.findall(r"^(\w+):", front, re.M))
    assert {"title", "emoji", "sdk", "sdk_version", "python_version", "app_file"} <= keys
    assert "app_file: app.py" in front and "sdk: gradio" in front


def test_both_commands_are_on_the_first_screen() -> None:
    first_screen = "\n".join(README.split("---", 2)[2].splitlines()[:45])
    assert "python app.py" in first_screen and "pytest" in first_screen
    assert "pip install -r requirements.txt" in first_screen
    assert "pip install -r tests/requirements.txt" in first_screen


@pytest.mark.parametrize("name", [n for n in tracked_files() if n.endswith(".py")])
def test_the_map_names_every_file(name: str) -> None:
    if not name.startswith(MAPPED_AS_FOLDERS):
        assert re.search(rf"(?<![\w]){re.escape(name.rpartition('/')[2])}(?!\w)", README), name


def test_every_path_in_the_readme_exists() -> None:
    for path in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: s.name)
def test_every_setting_is_told(setting) -> None:
    assert f"PLAYGROUND_{setting.name.upper()}" in README


def test_every_tab_is_told() -> None:
    english = json.loads((ROOT / "assets/languages/en.json").read_text(encoding="utf-8"))
    for demo in find_demos():
        assert english[demo.title] in README
        assert demo.paper.citation in README


@pytest.mark.parametrize("entry", CATALOG, ids=lambda e: e.key)
def test_every_model_is_told(entry) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| {entry.title} |"))
    assert entry.licence.name in row


@pytest.mark.parametrize("entry", [e for e in CATALOG if e.is_built_in], ids=lambda e: e.key)
def test_every_built_in_model_has_a_card(entry) -> None:
    card = (ROOT / "assets/models" / entry.key / "README.md").read_text(encoding="utf-8")
    for word in ("python -m training", "seed", "held-out", "licen"):
        assert word.lower() in card.lower()
