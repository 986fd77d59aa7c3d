"""Everything that goes wrong has a sentence with the way out, in both languages."""

from __future__ import annotations

import errno
import shutil
import threading
from types import SimpleNamespace

import huggingface_hub.constants
import pytest

from playground.hub import places, snapshot, transfer
from playground.hub.faults import endpoint, fault, hub_fault, wait_seconds
from playground.hub.places import read_note, snapshot_of
from playground.hub.plan import make_plan
from playground.hub.snapshot import download
from playground.page.languages import LANGUAGES, Languages
from playground.visitors.errors import PersonError
from tests.hub.tiny_entry import WEIGHT_BYTES, published, save_plain_repository

ITEM = published()
SENTENCES = Languages.read()


@pytest.fixture(autouse=True)
def no_rests(monkeypatch):
    monkeypatch.setattr(transfer, "REST_SECONDS", (0.0, 0.0, 0.0))


@pytest.fixture
def there(hub, tmp_path):
    return hub.add("org/tiny", save_plain_repository(tmp_path / "there"))


def told(call, *args, **options):
    """The name of the mistake; its sentence must be whole in both languages."""
    with pytest.raises(PersonError) as caught:
        call(*args, **options)
    error = caught.value
    for language in LANGUAGES:
        said = SENTENCES.say(error.key, language, **error.values)
        assert said not in ("", error.key) and "{" not in said
    return error.key.removeprefix("mistake.hub."), error.values


def fetch(tmp_path, item=ITEM):
    folder = str(tmp_path / "cache")
    return download(make_plan(item, folder), lambda *_: None, threading.Event(), folder)


def partials(tmp_path):
    return list((tmp_path / "cache").rglob("*.incomplete"))


def test_offline(monkeypatch, tmp_path):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert told(fetch, tmp_path)[0] == "offline"
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert told(fetch, tmp_path)[0] == "offline_set"
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_ENDPOINT", "no address at all")
    assert told(fetch, tmp_path)[0] == "not_a_hub"


def test_a_login_page_of_the_network_is_no_hub(hub, there, tmp_path):
    hub.misbehave("/api/", status=200)
    assert told(fetch, tmp_path)[0] == "not_a_hub"
    hub.behave()
    hub.misbehave("config.json", content=b"<html>Welcome to the school network</html>")
    assert told(fetch, tmp_path)[0] == "not_a_hub"


def test_a_certificate_that_is_not_trusted_is_named():
    httpx = pytest.importorskip("httpx2")
    error = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    assert hub_fault(error, ITEM).key == "mistake.hub.certificate"


@pytest.mark.parametrize(
    ("token", "message", "name"),
    [
        (None, "", "needs_token"),
        ("wrong-token", "", "bad_token"),
        ("stranger-token", "", "gated"),
        ("stranger-token", "Your request is awaiting a review from the authors.", "gate_waiting"),
        ("stranger-token", "Your request has been rejected by the repo's authors.", "refused"),
    ],
)
def test_401_and_403(hub, tmp_path, monkeypatch, token, message, name):
    hub.add("org/tiny", save_plain_repository(tmp_path / "there"), gated="manual")
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    if message:
        hub.misbehave("resolve", status=403, code="GatedRepo", message=message)
    found, values = told(fetch, tmp_path)
    assert found == name and values["page"] == f"{hub.address}/org/tiny"
    assert snapshot_of(ITEM, str(tmp_path / "cache")) is None


def test_a_token_opens_the_gate(hub, tmp_path, monkeypatch):
    hub.add("org/tiny", save_plain_repository(tmp_path / "there"), gated="auto")
    monkeypatch.setenv("HF_TOKEN", "member-token")
    assert make_plan(ITEM).is_gated
    assert (fetch(tmp_path) / "model.safetensors").exists()
    assert all("Authorization" not in request.headers for request in hub.asked("/cdn/"))


@pytest.mark.parametrize(
    ("fault_of", "name", "facts"),
    [
        ({"status": 403}, "forbidden", {}),
        ({"status": 403, "message": "Access to this resource is disabled."}, "closed", {}),
        ({"status": 404}, "not_found", {}),
        ({"status": 404, "code": "RevisionNotFound"}, "moved", {}),
        ({"status": 429, "headers": {"Retry-After": "17"}}, "too_many", {"seconds": 17}),
        ({"status": 500}, "server", {"status": 500}),
        ({"status": 503}, "server", {"status": 503}),
        ({"status": 418}, "failed", {}),
    ],
)
@pytest.mark.parametrize("pattern", ["/api/", "/cdn/"])
def test_answers_that_are_no_file(hub, there, tmp_path, pattern, fault_of, name, facts):
    hub.misbehave(pattern, **fault_of)
    found, values = told(fetch, tmp_path)
    assert found == name
    assert facts.items() <= values.items()


def test_no_such_repository(hub, tmp_path):
    assert told(fetch, tmp_path)[0] == "needs_token"


def test_no_such_repository_for_somebody_known(hub, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "member-token")
    assert told(fetch, tmp_path)[0] == "not_found"


def test_a_line_that_breaks_off_is_taken_up_where_it_broke(hub, there, tmp_path):
    for cut_at in (150_000, 100_000, 50_000):
        hub.misbehave("/cdn/", cut_at=cut_at, times=1)
    folder = fetch(tmp_path)
    asked = [request.headers.get("Range") for request in hub.asked("/cdn/")]
    assert asked[0] is None and None not in asked[1:]
    assert (folder / "model.safetensors").stat().st_size > WEIGHT_BYTES


def test_a_line_that_always_breaks_off_is_told_and_what_came_is_kept(hub, there, tmp_path):
    hub.misbehave("/cdn/", cut_at=0)
    hub.misbehave("/cdn/", cut_at=50_000, times=1)
    assert told(fetch, tmp_path)[0] == "cut"
    assert [file.stat().st_size for file in partials(tmp_path)] == [50_000]
    hub.behave()
    fetch(tmp_path)
    assert hub.asked("/cdn/")[-1].headers["Range"] == "bytes=50000-"
    assert partials(tmp_path) == []


def test_an_early_end_without_a_length_is_no_end(hub, there, tmp_path):
    hub.misbehave("/cdn/", hides_length=True, cut_at=60_000, times=1)
    hub.misbehave("/cdn/", cut_at=50_000, times=1)
    folder = fetch(tmp_path)
    asked = [request.headers.get("Range") for request in hub.asked("/cdn/")]
    assert asked == [None, "bytes=50000-", "bytes=110000-"]
    good = (tmp_path / "there/model.safetensors").read_bytes()
    assert (folder / "model.safetensors").read_bytes() == good


def test_a_rest_that_the_hub_does_not_have(hub, there, tmp_path):
    hub.misbehave("/cdn/", status=416)
    hub.misbehave("/cdn/", cut_at=50_000, times=1)
    assert told(fetch, tmp_path)[0] == "mismatch"
    assert partials(tmp_path) == []


def test_a_stalled_line(hub, there, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "STALLED_SECONDS", 0.2)
    hub.misbehave("/cdn/", hold_at=0)
    assert told(fetch, tmp_path)[0] == "slow"


def test_a_server_that_ignores_ranges(hub, there, tmp_path):
    hub.misbehave("/cdn/", ignores_range=True)
    hub.misbehave("/cdn/", cut_at=50_000, times=1)
    seen = []
    folder = str(tmp_path / "cache")
    plan = make_plan(ITEM, folder)
    download(plan, lambda done, _total: seen.append(done), threading.Event(), folder)
    assert seen[-1] == plan.bytes_total
    assert min(seen[seen.index(max(seen[:-1])) :]) >= 0


@pytest.mark.parametrize("change", ["hash", "longer", "shorter"])
def test_row_74_another_file_than_announced(hub, there, tmp_path, change):
    content = (tmp_path / "there/model.safetensors").read_bytes()
    other = {"hash": b"x" + content[1:], "longer": content + b"x", "shorter": content[:-1]}
    hub.misbehave("/cdn/", content=other[change])
    name, values = told(fetch, tmp_path)
    assert (name, values["file"]) == ("mismatch", "model.safetensors")
    assert partials(tmp_path) == [] and snapshot_of(ITEM, str(tmp_path / "cache")) is None
    hub.behave()
    assert (fetch(tmp_path) / "model.safetensors").read_bytes() == content


def test_a_small_file_is_checked_too(hub, there, tmp_path):
    good = (tmp_path / "there/config.json").read_bytes()
    hub.misbehave(r"config\.json", content=good.replace(b"clip", b"clop"))
    assert told(fetch, tmp_path)[0] == "mismatch"


def test_a_partial_file_that_is_too_long_begins_anew(hub, there, tmp_path):
    folder = str(tmp_path / "cache")
    plan = make_plan(ITEM, folder)
    blobs = tmp_path / "cache/models--org--tiny/blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{plan.files[1].digest}.incomplete").write_bytes(b"x" * 300_000)
    fetch(tmp_path)
    assert snapshot_of(ITEM, folder) is not None


def test_row_84_too_little_disk_is_told_before_anything_is_fetched(
    hub, there, tmp_path, monkeypatch
):
    monkeypatch.setattr(snapshot.shutil, "disk_usage", lambda _: SimpleNamespace(free=100_000_000))
    name, values = told(fetch, tmp_path)
    assert (name, values["needed"], values["free"]) == ("disk", 0.2, 0.1)
    assert hub.asked("/cdn/") == []


def test_row_84_a_disk_that_fills_up_leaves_no_half_file(hub, there, tmp_path, monkeypatch):
    def fill(answer, stream, count, stop):
        stream.write(b"half")
        stream.flush()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(transfer, "_write", fill)
    assert told(fetch, tmp_path)[0] == "disk_filled"
    assert partials(tmp_path) == []
    monkeypatch.undo()


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_row_85_a_folder_that_cannot_be_written(hub, there, tmp_path, monkeypatch, code):
    def refuse(*_args, **_options):
        raise OSError(code, "no")

    monkeypatch.setattr(snapshot.Path, "mkdir", refuse)
    assert told(fetch, tmp_path)[0] == "read_only"


def test_row_85_a_file_where_the_folder_should_be(hub, there, tmp_path):
    (tmp_path / "cache").write_text("in the way")
    assert told(fetch, tmp_path)[0] == "read_only"


def test_row_85_the_folder_vanishes_while_a_file_arrives(hub, there, tmp_path):
    fault_of = hub.misbehave("/cdn/", hold_at=16_384, times=1)
    failures = []

    def work():
        try:
            fetch(tmp_path)
        except PersonError as error:
            failures.append(error.key)

    thread = threading.Thread(target=work)
    thread.start()
    fault_of.reached.wait(30)
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)
    fault_of.release.set()
    thread.join()
    assert failures == ["mistake.hub.failed"]
    assert (fetch(tmp_path) / "model.safetensors").exists()


def test_an_unknown_error_is_told_too():
    assert hub_fault(RuntimeError("secret"), ITEM).key == "mistake.hub.failed"
    known = fault("cut", ITEM)
    assert hub_fault(known, ITEM) is known


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "9"}, 9),
        ({"retry-after": "0"}, 1),
        ({"ratelimit": '"api";r=0;t=55'}, 55),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 60),
        ({}, 60),
    ],
)
def test_how_long_to_wait(headers, seconds):
    assert wait_seconds(headers) == seconds


def test_a_mirror_is_used(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "https://hf-mirror.com/")
    assert endpoint() == "https://hf-mirror.com"
    monkeypatch.delenv("HF_ENDPOINT")
    assert endpoint() == "https://huggingface.co"


def test_a_note_that_cannot_be_written_keeps_nothing_half(tmp_path, monkeypatch):
    def refuse(*_args):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(places.os, "replace", refuse)
    with pytest.raises(OSError, match="full"):
        places.keep(ITEM, str(tmp_path), is_agreed=True)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
    assert read_note(ITEM, str(tmp_path)) == places.Note()
