"""The language files: the same keys, all used, all there, and truly Traditional."""

import ast
import json
import re

import pytest

from playground.page.languages import LANGUAGES
from playground.sentences import LANGUAGE_FOLDER
from tests.sources import ROOT, python_sources

FILES = {
    name: json.loads((LANGUAGE_FOLDER / f"{name}.json").read_text("utf-8")) for name in LANGUAGES
}
CODE = [s for s in python_sources() if s.path.startswith(("app.py", "demos/", "playground/"))]
SCRIPTS = "".join(path.read_text("utf-8") for path in (ROOT / "assets" / "js").glob("*.js"))
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_-]+)+")
# Calls whose text argument is a key.
SPEAKERS = {
    "say",
    "label",
    "PersonError",
    "Note",
    "SettingError",
    "Refusal",
    "status_line",
    "tool_card",
}
# Characters that Traditional Chinese as written in Taiwan does not use.
SIMPLIFIED = (
    (
        "\u4eec\u8fd9\u56fe\u8bf4\u8bed\u5173\u5f00\u8f7d\u5185\u8bf7\u9009\u8f93\u9519\u8bef\u7f51"
        "\u9875\u6807\u7b7e\u8bcd\u52a8\u673a\u5b66\u4e60\u5b9e\u73b0\u53d1\u4e3a\u65f6\u95f4\u95ee"
        "\u9898\u6837\u5f20\u8fb9\u5bf9\u6765\u6ca1\u4e2a\u4f1a\u6570\u636e\u8ba9\u8fd8\u8fc7\u8fdb"
        "\u8fdc\u8fde\u70b9\u4e0e\u4e1a\u4ece\u957f\u5f53\u7ed3\u679c\u5e93\u8bb0\u8bbe\u8ba1\u8ba4"
    )
    .replace("\u679c", "")
    .replace("\u6765", "")
)


def literals(tree):
    """Every constant text in code that is no docstring, and a pattern for every f-string."""
    texts, patterns = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.add(node.value)
        if isinstance(node, ast.JoinedStr):
            fixed = "".join(str(v.value) for v in node.values if isinstance(v, ast.Constant))
            if "." in fixed and " " not in fixed and "<" not in fixed:
                patterns.add(
                    "".join(
                        re.escape(str(v.value)) if isinstance(v, ast.Constant) else ".+"
                        for v in node.values
                    )
                )
    return texts, patterns


def used():
    texts, patterns = set(), set()
    for source in CODE:
        found = literals(source.tree)
        texts |= found[0]
        patterns |= found[1]
    return texts, [re.compile(p) for p in patterns]


def spoken_keys():
    """Constant keys that code says: first text argument of a call that speaks."""
    for source in CODE:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func).rpartition(".")[2]
                for argument in node.args:
                    is_text = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                    if name in SPEAKERS and is_text and KEY.fullmatch(argument.value):
                        yield source.path, argument.value


def test_both_files_have_the_same_keys():
    assert set(FILES["en"]) == set(FILES["zh-Hant"])


@pytest.mark.parametrize("name", LANGUAGES)
def test_files_are_sorted_and_filled(name):
    assert list(FILES[name]) == sorted(FILES[name])
    assert all(KEY.fullmatch(key) for key in FILES[name])
    assert [key for key, sentence in FILES[name].items() if not sentence.strip()] == []


def test_placeholders_are_the_same():
    names = {
        language: {key: set(re.findall(r"{(\w+)", text)) for key, text in sentences.items()}
        for language, sentences in FILES.items()
    }
    assert {k for k in FILES["en"] if names["en"][k] != names["zh-Hant"].get(k)} == set()


def test_no_simplified_characters():
    found = {k: t for k, t in FILES["zh-Hant"].items() if set(t) & set(SIMPLIFIED)}
    assert found == {}


def test_students_are_addressed_alike():
    assert [key for key, text in FILES["zh-Hant"].items() if "\u60a8" in text] == []


def test_every_key_that_is_said_exists():
    spoken = set(spoken_keys())
    assert len(spoken) > 50
    assert sorted(pair for pair in spoken if pair[1] not in FILES["en"]) == []


def test_every_key_is_used():
    texts, patterns = used()
    unused = [
        key
        for key in FILES["en"]
        if key not in texts and key not in SCRIPTS and not any(p.fullmatch(key) for p in patterns)
    ]
    assert unused == []


def test_static_sentences_hold_no_markup():
    """The browser formats them: a brace or a tag would be read as code."""
    assert [key for key, text in FILES["en"].items() if "<" in text] == []
