"""All modules of the segment stage: they load, fit together, and hold no sentence for people."""

from __future__ import annotations

import json
import re

import pytest

from tests.js.conftest import SCRIPTS
from tests.sources import ROOT

MODULES = {path.stem: path.read_text(encoding="utf-8") for path in SCRIPTS.glob("segment/*.js")}
# What the page, or a worker, loads by itself.
ENTRIES = {"stage", "export_worker"}
MOST_LINES = 400
# Ours: arrays in, arrays out.
PURE = ["logits", "runs", "proposals", "outline", "set_operations", "refine", "brush", "effects"]
PURE += ["regions", "grow", "tiles", "feather", "soften", "coarse"]
PURE += ["effect_blocks", "effect_colours", "effect_outline"]
IMPORT = re.compile(r"import\s*(?:\{([^}]*)\}\s*from\s*)?'\./(\w+)\.js'")
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


def imports_of(text):
    """(module, names) of each import."""
    for names, module in IMPORT.findall(text):
        wanted = [name.split(" as ")[0].strip() for name in names.split(",")]
        yield module, set(filter(None, wanted))


@pytest.fixture(scope="module")
def exported(module_page):
    """Names that each module exports, as the browser loads it."""
    script = """async (names) => Object.fromEntries(await Promise.all(names.map(
      async (name) => [name, Object.keys(await import(`/segment/${name}.js`))],
    )))"""
    return module_page.evaluate(script, sorted(MODULES))


def test_every_module_loads_and_has_what_others_import(exported):
    assert len(exported) > 30
    missing = {
        (name, module, wanted)
        for name, text in MODULES.items()
        for module, names in imports_of(text)
        for wanted in names - set(exported.get(module, []))
    }
    assert missing == set()


def test_every_module_is_used():
    used = {module for text in MODULES.values() for module, _ in imports_of(text)}
    assert set(MODULES) - used == ENTRIES


def test_what_is_imported_is_used():
    unused = {
        (name, wanted)
        for name, text in MODULES.items()
        for _, names in imports_of(text)
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_that_modules_ask_for_are_there(exported, module_page, language):
    file = ROOT / "assets" / "languages" / f"{language}.json"
    words = set(json.loads(file.read_text(encoding="utf-8")))
    asked = {key for text in MODULES.values() for key in re.findall(r"\bsay\('(\w+)'", text)}
    assert len(asked) > 30
    script = """async () => {
      const { EFFECTS } = await import('/segment/effects.js');
      const { FORMATS } = await import('/segment/exports.js');
      const effects = EFFECTS.map(({ id }) => `effect_${id}`);
      return [...effects, ...FORMATS.map(({ id }) => `format_${id}`)];
    }"""
    asked |= set(module_page.evaluate(script))
    assert {key for key in asked if f"segment.ui.{key}" not in words} == set()


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_touch_no_page_and_tell_what_they_take(name):
    text = MODULES[name]
    assert not re.search(r"\b(document|window|fetch|localStorage|console|navigator)\b", text)
    for found in re.finditer(r"^export (?:function|const) (\w+)", text, re.MULTILINE):
        assert text[: found.start()].rstrip().endswith("*/"), found[1]
    # Nothing that lives on from one call to the next.
    assert not re.search(r"^(let|var) ", text, re.MULTILINE)
