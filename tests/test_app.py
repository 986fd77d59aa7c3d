"""The program as a whole: how it starts, what it serves, and how it says that it cannot."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import httpx
import pytest

import app
from playground.page import shell
from playground.page.demo import BrokenDemo
from playground.page.launching import guard_rules, launch_options, own_names
from playground.sentences import read_sentences
from tests.conftest import settings_for_tests
from tests.sources import ROOT

HEAVY = ("torch", "torchvision", "transformers", "diffusers", "segment_anything")
# The gate of Gradio to its config, for whoever does not run a browser.
CONFIG = "/config"


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs code in a fresh interpreter at the root of the repository."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_page_opens_without_heavy_libraries():
    done = run_python(
        f"""
        import sys
        from tests.conftest import settings_for_tests
        import app, httpx
        running = app.open_playground(settings_for_tests())
        for path in ("/", "/config", "/health", "/metrics", "/loaded"):
            answer = httpx.get(running.address + path, headers={{"accept": "text/html"}})
            assert answer.status_code == 200, (path, answer.status_code)
        print("LOADED", sorted(set(sys.modules) & set({HEAVY!r})))
        running.page.close(verbose=False)
        """
    )
    assert "LOADED []" in done.stdout, done.stdout + done.stderr


def test_help_needs_no_gradio_and_lists_the_settings():
    done = run_python(
        """
        import sys, app
        try:
            app.main(["--help"])
        finally:
            print("GRADIO", "gradio" in sys.modules)
        """
    )
    assert "--most-visitors" in done.stdout
    assert "GRADIO False" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "many"], "port must be a number"),
        (["--host", "203.0.113.7", "--port", "0"], "no address 203.0.113.7"),
        (["--most-visitors", "0"], "most_visitors must lie between"),
    ],
)
def test_what_cannot_be_set_is_a_sentence(arguments, words, capsys):
    assert app.main(arguments) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_a_taken_port_is_a_sentence(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert app.main(["--port", str(port)]) == 2
    assert f"Port {port} is taken" in capsys.readouterr().err


def test_a_broken_english_file_does_not_keep_the_playground_shut(capsys, monkeypatch):
    monkeypatch.setattr(app, "read_sentences", lambda language: {})
    assert app.main(["--port", "many"]) == 2
    assert "setting_error.number" in capsys.readouterr().err


def test_launch_is_closed_where_gradio_is_open(playground):
    options = launch_options(playground.ctx, 7860)
    expected = {
        "server_name": "127.0.0.1",
        "share": False,
        "show_error": False,
        "enable_monitoring": False,
        "run_history": False,
        "ssr_mode": False,
        "strict_cors": True,
        "footer_links": [],
        "max_file_size": "12mb",
        "mcp_server": True,
    }
    assert {name: options[name] for name in expected} == expected
    assert "allowed_paths" not in options
    kwargs = options["app_kwargs"]
    assert [layer.cls.__name__ for layer in kwargs["middleware"]] == ["EarlyHead", "Guard"]
    assert kwargs["openapi_url"] is kwargs["docs_url"] is kwargs["redoc_url"] is None
    assert playground.page.delete_cache == (60, 900)
    assert playground.page.analytics_enabled is False


def test_nothing_asks_the_outside_world(playground):
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] in ("1", "True")


def test_a_class_server_knows_its_own_names():
    names = own_names(settings_for_tests(host="0.0.0.0"))
    assert socket.gethostname() in names
    assert "0.0.0.0" not in names
    assert own_names(settings_for_tests()) == ()
    rules = guard_rules(settings_for_tests(allowed_hosts="play.school.example"))
    assert rules.hosts == ("play.school.example",)
    assert rules.frame_ancestors == ("'self'",)


def test_a_space_lets_its_own_name_and_frame_in(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "school/playground")
    monkeypatch.setenv("SPACE_HOST", "school-playground.hf.space")
    rules = guard_rules(settings_for_tests(host="0.0.0.0"))
    assert "school-playground.hf.space" in rules.hosts
    assert "https://huggingface.co" in rules.frame_ancestors


def test_the_page_works_behind_a_prefix():
    running = app.open_playground(
        settings_for_tests(root_path="/play"), [BrokenDemo("absent", "ImportError: absent")]
    )
    try:
        address = running.address.removesuffix("/play")
        answer = httpx.get(address + CONFIG)
        root = answer.json()["root"]
        assert root.endswith("/play")
        assert running.operator.needs_code
    finally:
        running.page.close(verbose=False)


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_the_page_is_served_on_ipv6():
    running = app.open_playground(
        settings_for_tests(host="::1"), [BrokenDemo("absent", "ImportError: absent")]
    )
    try:
        assert running.address.startswith("http://[::1]:")
        assert httpx.get(running.address + "/health").json() == {"status": "ok"}
    finally:
        running.page.close(verbose=False)


def test_row_58_an_upload_is_gone_when_its_time_is_over(monkeypatch):
    """With one second instead of fifteen minutes; asked again and again until it is gone."""
    assert (shell.SWEEP_SECONDS, shell.KEEP_SECONDS) == (60, 900)
    monkeypatch.setattr(shell, "SWEEP_SECONDS", 1)
    monkeypatch.setattr(shell, "KEEP_SECONDS", 1)
    running = app.open_playground(
        settings_for_tests(), [BrokenDemo("absent", "ImportError: absent")]
    )
    try:
        with httpx.Client(base_url=running.address) as web:
            files = {"files": ("a.txt", b"words of a visitor")}
            (path,) = web.post("/gradio_api/upload", files=files).json()
            file = f"/gradio_api/file={path}"
            assert web.get(file).content == b"words of a visitor"
            for _second in range(20):
                if web.get(file).status_code != 200:
                    break
                threading.Event().wait(1)
            assert web.get(file).status_code in (403, 404)
            assert not Path(path).exists()
    finally:
        running.page.close(verbose=False)


def test_metrics_tell_nothing_of_visitors(address):
    httpx.get(address + "/loaded", params={"lang": "zh-Hant"}, headers={"cookie": "who=ada"})
    text = httpx.get(address + "/metrics").text
    assert "cache_budget_bytes" in text
    assert not re.search(r"ada|session|visitor=|127\.0\.0\.1", text)


def test_what_is_loaded_is_told_in_both_languages(address):
    english = httpx.get(address + "/loaded", params={"lang": "en"}).json()["text"]
    chinese = httpx.get(address + "/loaded", headers={"accept-language": "zh-HK"}).json()["text"]
    key = "header.none_loaded"
    assert english == read_sentences("en")[key] or "MB" in english
    assert chinese == read_sentences("zh-Hant")[key] or "MB" in chinese


def test_the_config_holds_no_paths_of_this_machine(address):
    config = json.dumps(httpx.get(address + CONFIG).json())
    assert str(ROOT) not in config
    assert os.path.expanduser("~") not in config
