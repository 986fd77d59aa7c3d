"""The house rules that a machine can hold: sizes, names, unsafe calls, module-level state."""

import ast
import re

import pytest

from tests.sources import ROOT, Source, python_sources, tracked_files

SOURCES = python_sources()
MOST_FUNCTION_LINES = 60
MOST_FILE_LINES = 400
MOST_APP_LINES = 80
MOST_FILE_BYTES = 9_000_000
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "misc", "manager", "common"}
# The one place that decodes pictures of visitors; training makes its own and reads the font.
MAY_OPEN_PICTURES = {"playground/visitors/pictures.py"}
CHANGING_METHODS = {"append", "add", "update", "setdefault", "pop", "extend", "clear"}
TYPES_THAT_CHANGE = {"list", "dict", "set", "defaultdict", "OrderedDict", "deque", "Counter"}


def by_path(source: Source) -> str:
    return source.path


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    docstring = ast.get_docstring(function, clean=False)
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    return lines - (len(docstring.splitlines()) if docstring else 0)


def calls(source: Source) -> list[str]:
    return [ast.unparse(node.func) for node in ast.walk(source.tree) if isinstance(node, ast.Call)]


def test_there_is_something_to_read() -> None:
    assert len(SOURCES) > 20


@pytest.mark.parametrize("source", SOURCES, ids=by_path)
def test_files_and_functions_are_small(source: Source) -> None:
    most = MOST_APP_LINES if source.path == "app.py" else MOST_FILE_LINES
    assert source.text.count("\n") <= most
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = {
        node.name: code_lines(node)
        for node in ast.walk(source.tree)
        if isinstance(node, functions) and code_lines(node) > MOST_FUNCTION_LINES
    }
    assert long == {}


@pytest.mark.parametrize("source", SOURCES, ids=by_path)
def test_names_say_what_a_file_is_for(source: Source) -> None:
    assert not FORBIDDEN_NAMES & set(re.split(r"[/._]", source.path))


@pytest.mark.parametrize("source", SOURCES, ids=by_path)
def test_every_file_says_what_it_is_for(source: Source) -> None:
    assert ast.get_docstring(source.tree) or not source.text.strip()


@pytest.mark.parametrize("source", SOURCES, ids=by_path)
def test_nothing_unsafe_is_loaded(source: Source) -> None:
    names = {
        keyword.arg
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
    }
    assert not names & {"trust_remote_code", "custom_pipeline"}
    assert not set(calls(source)) & {"torch.load", "pickle.load", "pickle.loads", "eval", "exec"}


@pytest.mark.parametrize("source", SOURCES, ids=by_path)
def test_pictures_of_visitors_enter_through_one_door(source: Source) -> None:
    if source.path.startswith("playground") or source.path.startswith("demos"):
        opens = {"Image.open", "PIL.Image.open"} & set(calls(source))
        assert not opens or source.path in MAY_OPEN_PICTURES


@pytest.mark.parametrize("source", SOURCES, ids=by_path)
def test_no_module_level_state(source: Source) -> None:
    """A module-level container that some function changes is shared between visitors."""
    # The cache is the one place that may: it knows every live lock when the process forks.
    if source.path.startswith(("training/", "benchmarks/", "playground/cache/")):
        return
    containers = set()
    for node in source.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            value = node.value
            is_container = isinstance(value, ast.List | ast.Dict | ast.Set) or (
                isinstance(value, ast.Call)
                and ast.unparse(value.func).rpartition(".")[2] in TYPES_THAT_CHANGE
            )
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if is_container:
                containers |= {ast.unparse(target) for target in targets} - {"__all__"}
    changes = set()
    for node in ast.walk(source.tree):
        function = node.func if isinstance(node, ast.Call) else None
        if isinstance(function, ast.Attribute) and function.attr in CHANGING_METHODS:
            changes.add(ast.unparse(function.value))
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            changes.add(ast.unparse(node.value))
        if isinstance(node, ast.Global):
            changes |= set(node.names)
    assert not containers & changes


@pytest.mark.parametrize("source", SOURCES, ids=by_path)
def test_no_unfinished_business(source: Source) -> None:
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", source.text)


@pytest.mark.parametrize("source", SOURCES, ids=by_path)
def test_no_sentence_for_people_in_code(source: Source) -> None:
    """Chinese text belongs in the language files, or in the words the models are trained on."""
    if source.path.startswith(("training/", "benchmarks/")):
        return
    assert not re.search(r"[\u4e00-\u9fff]", source.text)


def test_launch_is_called_in_app_only() -> None:
    launching = {s.path for s in SOURCES if any(name.endswith(".launch") for name in calls(s))}
    assert {path for path in launching if not path.startswith("benchmarks/")} <= {"app.py"}


def test_no_file_is_too_big_for_git() -> None:
    big = [name for name in tracked_files() if (ROOT / name).stat().st_size > MOST_FILE_BYTES]
    assert big == []


def test_built_in_models_fit_together() -> None:
    sizes = [
        (ROOT / name).stat().st_size
        for name in tracked_files()
        if name.startswith("assets/models/")
    ]
    assert 0 < sum(sizes) <= 64_000_000


def test_only_safetensors_carry_weights() -> None:
    suffixes = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".npy", ".npz", ".onnx")
    assert [name for name in tracked_files() if name.endswith(suffixes)] == []
