"""Which files a model has: read once for those that ship, looked at anew for the others."""

from __future__ import annotations

from dataclasses import replace

from playground import fingerprints
from playground.catalog import entry
from playground.fingerprints import Fingerprints
from playground.index import fingerprint


def test_those_that_ship_are_read_once(monkeypatch):
    item, read = entry("mini-clip"), []
    monkeypatch.setattr(fingerprints, "fingerprint", lambda *a: read.append(1) or fingerprint(*a))
    prints = Fingerprints("")
    assert prints.of(item) == prints.of(item) == fingerprint(item)
    assert read == [1] and prints.revision(item) == ""


def test_published_ones_have_the_commit_of_their_files(tmp_path):
    commit = "a" * 40
    item = replace(entry("mini-clip"), is_built_in=False, source="x/y", revision=commit)
    prints = Fingerprints(str(tmp_path))
    assert prints.of(item) == prints.revision(item) == commit
    unknown = replace(item, revision=None)
    assert prints.revision(unknown) == ""
