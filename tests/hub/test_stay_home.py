"""Off or on the internet, only our own downloads ask anybody: the libraries read local files."""

from __future__ import annotations

import subprocess
import sys

import pytest

from playground.settings import read_settings, set_environment
from tests.sources import ROOT

# Every address that anything in the process tries to reach is an error.
SCRIPT = """
import os, socket, sys

def refuse(name, *args):
    raise SystemExit(f"asked for {name} {args}")

class Watched(socket.socket):
    def connect(self, address):
        refuse("connect", address)
    connect_ex = connect

socket.socket = Watched
socket.getaddrinfo = lambda *args, **more: refuse("getaddrinfo", *args)
from playground.settings import read_settings, set_environment
settings = read_settings([], {})
assert not settings.offline
set_environment(settings)
assert "HF_HUB_OFFLINE" not in os.environ
from playground.cache import Cache
from playground.catalog import BUILT_IN, cache_items
from playground.models import clip
cache = Cache(cache_items(BUILT_IN, settings))
rows = cache.run("mini-clip", lambda model: clip.embed_texts(model, ["a cat"]))
print(rows.shape[0], "row")
"""


def test_a_model_loads_without_asking_anybody(monkeypatch):
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.stdout == "1 row\n", found.stderr


@pytest.mark.parametrize("is_offline", [True, False])
def test_the_environment_of_the_hub_library_wins(monkeypatch, is_offline):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("TRANSFORMERS_OFFLINE", "1")
    set_environment(read_settings([], {"PLAYGROUND_OFFLINE": str(is_offline)}))
    import os

    assert os.environ["HF_HUB_OFFLINE"] == os.environ["TRANSFORMERS_OFFLINE"] == "1"
