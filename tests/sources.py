"""The product's Python sources, read once for the tests that hold the house rules."""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRODUCT_FOLDERS = ("demos", "playground", "training", "benchmarks")


@dataclass(frozen=True)
class Source:
    path: str
    text: str
    tree: ast.Module

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]


@cache
def tracked_files() -> tuple[str, ...]:
    """Every file that git tracks or would track, relative to the root, with forward slashes."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(sorted(name for name in listing.stdout.splitlines() if (ROOT / name).is_file()))


@cache
def python_sources(*, with_tests: bool = False) -> tuple[Source, ...]:
    found = []
    for name in tracked_files():
        is_product = name == "app.py" or name.split("/")[0] in PRODUCT_FOLDERS
        if name.endswith(".py") and (is_product or (with_tests and name.startswith("tests/"))):
            text = (ROOT / name).read_text(encoding="utf-8")
            found.append(Source(name, text, ast.parse(text)))
    return tuple(found)
