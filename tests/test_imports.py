"""Who may import whom (the house plan): read from the sources, not from running them."""

import ast
import sys

import pytest

from tests.sources import Source, python_sources

SOURCES = python_sources()
HEAVY = {
    *("torch", "torchvision", "transformers", "diffusers", "segment_anything", "accelerate"),
    "faiss",
}
MAY_IMPORT_GRADIO = ("app.py", "demos/", "playground/page/", "benchmarks/")


def imported(tree: ast.AST) -> set[str]:
    """Dotted names of everything imported anywhere below a node."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def imported_at_start(source: Source) -> set[str]:
    """Dotted names imported when the module is, outside functions and type-checking blocks."""
    names: set[str] = set()
    waiting: list[ast.stmt] = list(source.tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= imported(ast.Module([node], []))
        for field in ("body", "orelse", "finalbody", "handlers"):
            waiting += getattr(node, field, [])
    return names


def tops(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.path)
def test_heavy_libraries_are_imported_late(source: Source) -> None:
    if source.path.startswith(("training/", "benchmarks/")):
        return
    allowed = {"torch"} if source.path.startswith("playground/explain/") else set()
    assert not tops(imported_at_start(source)) & (HEAVY - allowed)


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.path)
def test_gradio_stays_on_the_page(source: Source) -> None:
    if not source.path.startswith(MAY_IMPORT_GRADIO):
        assert "gradio" not in tops(imported(source.tree))


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.path)
def test_layers(source: Source) -> None:
    names = imported(source.tree)
    inside = {name for name in names if tops({name}) <= {"playground", "demos", "training", "app"}}
    if source.path.startswith("playground/explain/"):
        assert all(name.startswith("playground.explain") for name in inside)
        third_party = tops(names) - tops(inside) - set(sys.stdlib_module_names)
        assert third_party <= {"numpy", "torch"}
    if source.path.startswith("playground/cache/"):
        assert all(name.startswith("playground.cache") for name in inside)
        assert "torch" not in tops(names) or source.path == "playground/cache/mover.py"
    if source.path.startswith("playground/visitors/"):
        assert all(name.startswith(("playground.visitors", "playground.cache")) for name in inside)
        assert not tops(names) & HEAVY
    if source.path.startswith("playground/models/"):
        assert not any(name.startswith(("playground.page", "demos")) for name in inside)
    if source.path.startswith("playground/"):
        assert not any(name.startswith(("demos", "training", "app")) for name in inside)
    if source.path.startswith("demos/") and source.path != "demos/__init__.py":
        assert not any(name.startswith("demos.") for name in inside)
