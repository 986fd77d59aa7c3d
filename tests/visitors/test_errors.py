import errno
import json
import re
from pathlib import Path

import pytest

from playground.cache.parts import (
    CacheError,
    Cancelled,
    DeviceLost,
    OutOfMemory,
    Resting,
    TooBig,
    UnknownKey,
    WaitedTooLong,
)
from playground.visitors.errors import PersonError, explain

ROOT = Path(__file__).parents[2]
SENTENCES = json.loads((ROOT / "assets/languages/en.json").read_text(encoding="utf-8"))
CHINESE = json.loads((ROOT / "assets/languages/zh-Hant.json").read_text(encoding="utf-8"))

CASES = [
    (TooBig("m", "cuda:0", 9_300_000_000, 8_000_000_000), "mistake.model.too_big"),
    (Resting("m", OSError("no such file"), 12.3), "mistake.model.resting"),
    (WaitedTooLong("m", 60.0, 3), "mistake.waited_too_long"),
    (Cancelled("m"), "mistake.stopped"),
    (
        OutOfMemory("m", "cuda:0", where="run", work_bytes=1, budget_bytes=2),
        "mistake.model.out_of_memory",
    ),
    (UnknownKey("m"), "mistake.model.unknown"),
    (DeviceLost("m", "cuda:0"), "mistake.model.device_lost"),
    (CacheError("m"), "mistake.model.failed"),
    (MemoryError(), "mistake.memory_full"),
    (OSError(errno.ENOSPC, "full"), "mistake.disk.full"),
    (OSError(errno.EROFS, "read-only"), "mistake.disk.closed"),
    (PermissionError(errno.EACCES, "no"), "mistake.disk.closed"),
    (FileNotFoundError(errno.ENOENT, "gone"), "mistake.file_gone"),
    (OSError(errno.EMFILE, "too many"), "mistake.too_busy"),
    (OSError("without a number"), "mistake.unexpected"),
    (ValueError("secret words"), "mistake.unexpected"),
    (KeyboardInterrupt(), "mistake.unexpected"),
]


@pytest.mark.parametrize(("error", "key"), CASES, ids=lambda value: type(value).__name__)
def test_every_error_has_a_sentence_whose_placeholders_are_filled(error, key):
    told = explain(error)
    assert told.key == key
    assert told.__cause__ is error
    for sentences in (SENTENCES, CHINESE):
        assert "{" not in sentences[key].format(**told.values)


def test_the_facts_of_the_cache_are_told():
    assert explain(CASES[0][0]).values["needed"] == 9.3
    assert explain(CASES[0][0]).values["room"] == 8.0
    assert explain(CASES[1][0]).values["seconds"] == 13


def test_a_model_resting_for_a_reason_a_person_can_mend_tells_the_reason():
    reason = PersonError("mistake.model.missing", {"model": "CLIP"})
    assert explain(Resting("m", reason, 5.0)) is reason


def test_a_persons_mistake_stays_itself_and_shows_no_values():
    error = PersonError("mistake.words.too_long", {"count": "what they wrote"})
    assert explain(error) is error
    assert str(error) == "mistake.words.too_long"
    assert "wrote" not in repr(error)


def test_torch_running_out_of_memory_is_known_by_its_name():
    fake = type("OutOfMemoryError", (RuntimeError,), {"__module__": "torch"})
    assert explain(fake("CUDA out of memory")).key == "mistake.model.out_of_memory"


def test_every_key_of_the_visitors_code_stands_in_both_languages():
    used = set()
    for path in (ROOT / "playground/visitors").glob("*.py"):
        used |= set(re.findall(r'"((?:mistake|note|guard)\.[a-z_.]+[a-z])"', path.read_text()))
    assert len(used) > 50
    assert used - set(SENTENCES) == set() == used - set(CHINESE)
    for key in used:
        assert set(re.findall(r"{\w+}", SENTENCES[key])) == set(re.findall(r"{\w+}", CHINESE[key]))
