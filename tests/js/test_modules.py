"""All modules of the tabs' stages: they load, fit together, and hold no sentence for people."""

from __future__ import annotations

import json
import posixpath
import re

import pytest

from tests.js.conftest import SCRIPTS
from tests.sources import ROOT

# By folder and name, such as "segment/stage".
MODULES = {
    path.relative_to(SCRIPTS).with_suffix("").as_posix(): path.read_text(encoding="utf-8")
    for path in SCRIPTS.glob("*/*.js")
}
# What the page, or a worker, loads by itself.
ENTRIES = {
    *("segment/stage", "segment/export_worker", "chat/stage", "understand/stage", "recipe/bar"),
    *("own/card", "draw/stage", "draw/inside_drawer", "draw/compare_stage"),
}
MOST_LINES = 400
# Ours: arrays in, arrays out.
PURE = ["shared/runs", "shared/outline", "shared/boxes", "chat/sureness"]
PURE += ["shared/scale", "shared/recipe", "understand/shares", "draw/inside_maps"]
PURE += [
    f"segment/{name}"
    for name in (
        *("logits", "proposals", "set_operations", "refine", "brush", "effects", "regions"),
        *("grow", "tiles", "feather", "soften", "coarse"),
        *("effect_blocks", "effect_colours", "effect_outline"),
    )
]
# What the keys of a stage's words begin with, by the beginning of its modules' names; those of the
# shared modules that it imports are there too.
PREFIXES = {
    "segment/": "segment.ui.",
    "chat/": "chat.ui.",
    "understand/": "understand.ui.",
    "draw/": "draw.ui.",
    "draw/compare_": "draw.compare.ui.",
}
IMPORT = re.compile(r"import\s*(?:\{([^}]*)\}\s*from\s*)?'(\.\.?/[\w/]+)\.js'")
# Strings and comments, whichever begins first; an apostrophe in a comment begins none.
TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)|'(?P<single>(?:\\.|[^'\\\n])*)'"
    r"|\"(?P<double>(?:\\.|[^\"\\\n])*)\"|`(?P<template>(?:\\.|[^`\\])*)`",
    re.DOTALL,
)
# Three words in a row, as people write them, or any Chinese character.
SENTENCE = re.compile(r"\b[A-Za-z]{2,} [A-Za-z]+ [a-z]{2,}\b|[\u3400-\u9fff]")
# A mistake of the code itself is told in the console, in English.
OWN_MISTAKE = re.compile(r"Error\('[^'\n]*'\)")
LANGUAGES = ["en", "zh-Hant"]


def strings_of(text):
    for token in TOKEN.finditer(OWN_MISTAKE.sub("", text)):
        yield from filter(None, (token["single"], token["double"], token["template"]))


def imports_of(name):
    """(module, names) of each import of a module."""
    for names, address in IMPORT.findall(MODULES[name]):
        wanted = [one.split(" as ")[0].strip() for one in names.split(",")]
        module = posixpath.normpath(posixpath.join(posixpath.dirname(name), address))
        yield module, set(filter(None, wanted))


@pytest.fixture(scope="module")
def exported(module_page):
    """Names that each module exports, as the browser loads it."""
    script = """async (names) => Object.fromEntries(await Promise.all(names.map(
      async (name) => [name, Object.keys(await import(`/${name}.js`))],
    )))"""
    return module_page.evaluate(script, sorted(MODULES))


def test_every_module_loads_and_has_what_others_import(exported):
    assert len(exported) > 30
    missing = {
        (name, module, wanted)
        for name in MODULES
        for module, names in imports_of(name)
        for wanted in names - set(exported.get(module, []))
    }
    assert missing == set()


def test_every_module_is_used():
    used = {module for name in MODULES for module, _ in imports_of(name)}
    assert set(MODULES) - used == ENTRIES


def test_what_is_imported_is_used():
    unused = {
        (name, wanted)
        for name, text in MODULES.items()
        for _, names in imports_of(name)
        for wanted in names
        if len(re.findall(rf"\b{wanted}\b", text)) < 2
    }
    assert unused == set()


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_says_what_it_is_for_in_few_lines(name):
    text = MODULES[name]
    assert text.startswith("// ")
    assert text.count("\n") <= MOST_LINES


@pytest.mark.parametrize("name", sorted(MODULES))
def test_no_sentence_for_people_stands_in_code(name):
    assert [text for text in strings_of(MODULES[name]) if SENTENCE.search(text)] == []


def test_a_sentence_would_be_found():
    code = """// It's a comment, with 'many words in it'.\nsay('Click a thing first');"""
    found = [text for text in strings_of(code) if SENTENCE.search(text)]
    assert found == ["Click a thing first"]


@pytest.mark.parametrize("stage", PREFIXES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_that_modules_ask_for_are_there(language, stage):
    words = words_of(language)
    own = {name for name in MODULES if stage_of(name) == stage}
    shared = {module for name in own for module, _ in imports_of(name) if "shared/" in module}
    asked = {key for name in own | shared for key in asked_in(name)}
    assert len(asked) > 30
    assert {key for key in asked if f"{PREFIXES[stage]}{key}" not in words} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_effects_and_formats_are_there(module_page, language):
    script = """async () => {
      const { EFFECTS } = await import('/segment/effects.js');
      const { FORMATS } = await import('/segment/exports.js');
      const effects = EFFECTS.map(({ id }) => `effect_${id}`);
      return [...effects, ...FORMATS.map(({ id }) => `format_${id}`)];
    }"""
    asked = module_page.evaluate(script)
    assert {f"segment.ui.{key}" for key in asked} - words_of(language) == set()


def stage_of(name):
    """The stage that a module belongs to: the longest beginning that fits its name."""
    return max((start for start in PREFIXES if name.startswith(start)), key=len, default=None)


def asked_in(name):
    """Keys of a module; those of the chat's drawer say theirs without the beginning of all.

    Those of the drawer of text to image have words of their own: see `test_draw_inside.py`.
    """
    if name.startswith("draw/inside_"):
        return
    for owner, key in re.findall(r"(\w+)\.say\('(\w+)'", MODULES[name]):
        is_drawer = name.startswith("chat/inside_") and owner != "ui"
        yield f"inside_{key}" if is_drawer else key


def words_of(language):
    file = ROOT / "assets" / "languages" / f"{language}.json"
    return set(json.loads(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_touch_no_page_and_tell_what_they_take(name):
    text = MODULES[name]
    assert not re.search(r"\b(document|window|fetch|localStorage|console|navigator)\b", text)
    for found in re.finditer(r"^export (?:function|const) (\w+)", text, re.MULTILINE):
        assert text[: found.start()].rstrip().endswith("*/"), found[1]
    # Nothing that lives on from one call to the next.
    assert not re.search(r"^(let|var) ", text, re.MULTILINE)
