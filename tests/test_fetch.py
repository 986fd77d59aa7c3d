"""The command that prepares a machine before class."""

from __future__ import annotations

import builtins
import subprocess
import sys
from dataclasses import replace

import pytest

from playground import fetch
from playground.catalog import CATALOG, entry
from playground.fetch import DECLINED, DONE, FAILED, INTERRUPTED, WRONG_USE, main, system_language
from playground.hub.places import read_note, snapshot_of
from playground.published.question_sets import QUESTION_SETS
from tests.hub.conftest import hub
from tests.hub.tiny_entry import (
    published,
    published_pipeline,
    save_plain_pipeline,
    save_plain_repository,
)
from tests.sources import ROOT

__all__ = ["hub"]
ITEM = published()
OTHER = published("other", family="sam")


@pytest.fixture(autouse=True)
def world(monkeypatch, tmp_path):
    """A catalogue of two published models, a folder of their own, an English system."""
    monkeypatch.setattr(fetch, "LISTED", (entry("mini-clip"), ITEM, OTHER))
    monkeypatch.setenv("PLAYGROUND_MODELS_FOLDER", str(tmp_path / "cache"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("PLAYGROUND_OFFLINE", raising=False)

    def nobody(*_args):
        raise EOFError

    monkeypatch.setattr(builtins, "input", nobody)


@pytest.fixture
def there(hub, tmp_path):
    hub.add("org/other", save_plain_repository(tmp_path / "other", kind="other"))
    return hub.add("org/tiny", save_plain_repository(tmp_path / "there"))


def here(tmp_path, item=ITEM):
    return snapshot_of(item, str(tmp_path / "cache")) is not None


def test_it_shows_size_licence_and_gate_and_asks(hub, there, tmp_path, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(builtins, "input", lambda words: asked.append(words) or "n")
    assert main(["tiny"]) == DECLINED
    told = capsys.readouterr().out
    for words in ("200 kB", ITEM.licence.name, ITEM.licence.url, "open to everybody", there[:8]):
        assert words in told
    assert len(asked) == 1 and hub.asked("/cdn/") == [] and not here(tmp_path)
    monkeypatch.setattr(builtins, "input", lambda words: "Y")
    assert main(["tiny"]) == DONE
    assert here(tmp_path) and read_note(ITEM, str(tmp_path / "cache")).is_agreed


def test_where_nobody_can_be_asked_nothing_is_downloaded(hub, there, tmp_path, capsys):
    assert main(["tiny"]) == DECLINED
    assert "--yes" in capsys.readouterr().out and not here(tmp_path)
    assert main(["tiny", "--yes"]) == DONE
    assert "100%" in capsys.readouterr().err and here(tmp_path)


def test_what_is_here_is_not_asked_for_again(hub, there, capsys):
    main(["tiny", "--yes"])
    asked = len(hub.requests)
    assert main(["tiny"]) == DONE
    assert len(hub.requests) == asked and "Tiny tiny is here." in capsys.readouterr().out


def test_several_and_a_whole_family(hub, there, tmp_path):
    assert main(["--all-of", "sam", "--yes"]) == DONE
    assert here(tmp_path, OTHER) and not here(tmp_path)
    assert main(["tiny", "other", "tiny", "--yes"]) == DONE
    assert here(tmp_path)


def test_one_that_fails_does_not_keep_the_others_from_coming(hub, there, tmp_path, capsys):
    hub.misbehave("org/tiny", status=503)
    assert main(["tiny", "other", "--yes"]) == FAILED
    assert "trouble of its own" in capsys.readouterr().err
    assert here(tmp_path, OTHER) and not here(tmp_path)


def test_a_damaged_file_is_mended_and_a_moved_version_renewed(hub, there, tmp_path, capsys):
    main(["tiny", "--yes"])
    folder = snapshot_of(ITEM, str(tmp_path / "cache"))
    blob = (folder / "model.safetensors").resolve()
    good = blob.read_bytes()
    blob.write_bytes(good[:-1] + b"x")
    assert main(["tiny", "--check", "--yes"]) == DONE
    assert blob.read_bytes() == good
    newer = hub.add("org/tiny", save_plain_repository(tmp_path / "newer", more=1))
    hub.forget("org/tiny", there)
    assert main(["tiny", "--check", "--yes"]) == FAILED
    assert "tiny --newest" in capsys.readouterr().err
    assert main(["tiny", "--newest", "--yes"]) == DONE
    assert snapshot_of(ITEM, str(tmp_path / "cache")).name == newer


def test_an_interrupted_download_goes_on_the_next_time(hub, there, tmp_path, monkeypatch, capsys):
    def interrupt(*_args, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fetch, "download", interrupt)
        assert main(["tiny", "--yes"]) == INTERRUPTED
    assert "kept" in capsys.readouterr().err
    assert main(["tiny", "--yes"]) == DONE


def test_off_the_internet(monkeypatch, capsys):
    monkeypatch.setenv("PLAYGROUND_OFFLINE", "1")
    assert main(["tiny", "--yes"]) == FAILED
    assert "stay off the internet" in capsys.readouterr().err


def test_the_list(hub, there, capsys):
    main(["tiny", "--yes"])
    capsys.readouterr()
    assert main(["--list"]) == DONE
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 and "cache" in lines[-1]
    assert [("here" in line, "missing" in line) for line in lines[:3]] == [
        (True, False),
        (True, False),
        (False, True),
    ]


def test_gated_models_are_marked_in_the_list(monkeypatch, capsys):
    monkeypatch.setattr(fetch, "LISTED", (replace(ITEM, is_gated=True),))
    main(["--list"])
    assert "on request only" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["gpt-17"], [], ["--all-of", "nothing"], ["mini-clip"]])
def test_wrong_use(arguments, capsys):
    assert main(arguments) == WRONG_USE
    assert "tiny, other" in capsys.readouterr().err


def test_a_wrong_setting(monkeypatch, capsys):
    monkeypatch.setenv("PLAYGROUND_PORT", "many")
    assert main(["--list"]) == WRONG_USE
    assert "port" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_TW.UTF-8"}, "zh-Hant"),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "zh_TW.UTF-8"}, "en"),
        ({"LC_MESSAGES": "zh_HK"}, "zh-Hant"),
        ({"LANG": "de_DE"}, "en"),
    ],
)
def test_the_language_of_the_system(environment, language, monkeypatch, capsys):
    assert system_language(environment) == language
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, environment.get(name, ""))
    main(["--list"])
    assert ("資料夾" in capsys.readouterr().out) == (language == "zh-Hant")


def test_the_command_runs_without_heavy_libraries():
    script = (
        "import sys; from playground.fetch import main; main(['--list']);"
        "print(sorted({'torch', 'transformers', 'gradio'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = found.stdout.splitlines()
    assert lines[-1] == "[]" and len(lines) == len(CATALOG + QUESTION_SETS) + 2


def test_a_pipeline_is_fetched_listed_and_mended(hub, tmp_path, monkeypatch, capsys):
    item = published_pipeline("drawer", family="diffusion", is_gated=True)
    monkeypatch.setattr(fetch, "LISTED", (item,))
    hub.add(item.source, save_plain_pipeline(tmp_path / "there"))
    assert main(["drawer"]) == DECLINED
    assert item.licence.url in capsys.readouterr().out and hub.asked("safetensors") == []
    assert main(["--all-of", "diffusion", "--yes"]) == DONE
    assert here(tmp_path, item)
    assert main(["--list"]) == DONE
    assert "drawer  here" in capsys.readouterr().out
    blob = (
        snapshot_of(item, str(tmp_path / "cache")) / "unet/diffusion_pytorch_model.fp16.safetensors"
    ).resolve()
    good = blob.read_bytes()
    blob.write_bytes(good[:-1] + b"x")
    assert main(["drawer", "--check", "--yes"]) == DONE
    assert blob.read_bytes() == good


def test_a_pipeline_behind_a_gate_says_where_to_ask(hub, tmp_path, monkeypatch, capsys):
    item = published_pipeline("drawer", is_gated=True)
    monkeypatch.setattr(fetch, "LISTED", (item,))
    hub.add(item.source, save_plain_pipeline(tmp_path / "there"), gated="auto")
    assert main(["drawer", "--yes"]) == FAILED
    assert item.source in capsys.readouterr().err and hub.asked("safetensors") == []
