"""Attacks on a live Gradio server behind the guard, and proof that it still does its work."""

import base64
import errno
import json
import shutil
import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from gradio_client import Client, handle_file

from playground.visitors.guard_rules import GuardRules
from tests.faults import bad_pictures as bad
from tests.faults.guarded_app import served

RULES = GuardRules(
    hosts=("school.test",),
    patience_seconds=1.0,
    most_streams_per_address=60,
    address_per_second=5_000.0,
)


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("uploads")
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        patch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
        with served(RULES, mcp_server=True) as (url, blocks):
            yield (
                url,
                blocks,
                folder,
            )


@pytest.fixture
def url(app):
    return app[0]


@pytest.fixture
def web(app):
    with httpx.Client(base_url=app[0], timeout=30) as client:
        yield client
        # Whatever was done to it, the server still answers.
        assert client.get("/config").status_code == 200


def said(response):
    return response.json()["error"]


def uploaded(web, data=None, name="a.png"):
    answer = web.post("/gradio_api/upload", files={"files": (name, data or bad.small_png())})
    assert answer.status_code == 200, answer.text
    return answer.json()[0]


class TestWork:
    """The guard must not be in the way."""

    def test_the_page_and_its_files(self, web):
        page = web.get("/")
        assert page.status_code == 200 and "gradio" in page.text
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["content-security-policy"] == "frame-ancestors 'self'"
        assert web.get("/theme.css").status_code == web.get("/gradio_api/info").status_code == 200

    def test_queue_and_upload_by_the_client(self, url, tmp_path):
        path = tmp_path / "a.png"
        path.write_bytes(bad.small_png())
        client = Client(url, verbose=False)
        assert client.predict("貓 cat", api_name="/echo") == "貓 cat"
        assert client.predict(handle_file(path), api_name="/sides").isdecimal()
        client.close()

    def test_twenty_at_once(self, url):
        client = Client(url, verbose=False)
        jobs = [client.submit(str(i), api_name="/echo") for i in range(20)]
        assert [job.result(timeout=30) for job in jobs] == [str(i) for i in range(20)]
        client.close()

    def test_a_page_of_our_own_uploads_and_reads(self, web, url):
        picture = bad.saved(bad.scene(800, 600), "PNG")
        answer = web.post(
            "/gradio_api/upload", files={"files": ("a.png", picture)}, headers={"Origin": url}
        )
        assert answer.status_code == 200
        got = web.get(f"/gradio_api/file={answer.json()[0]}", headers={"Origin": url})
        assert got.content == picture and got.headers["x-content-type-options"] == "nosniff"
        part = web.get(f"/gradio_api/file={answer.json()[0]}", headers={"Range": "bytes=0-9"})
        assert part.status_code == 206 and part.content == picture[:10]

    def test_a_component_server_function(self, web, app):
        canvas = next(i for i, block in app[1].blocks.items() if type(block).__name__ == "Canvas")
        body = {"session_hash": "abc", "component_id": canvas, "fn_name": "hover", "data": [1, 2]}
        answer = web.post("/gradio_api/component_server", json=body)
        assert answer.json() == {"seen": [1, 2]}

    def test_heartbeat_and_queue_stream(self, web):
        with web.stream("GET", "/gradio_api/heartbeat/abcdef") as stream:
            assert next(stream.iter_lines()) == "data: ALIVE"
        event = web.post(
            "/gradio_api/queue/join",
            json={"data": ["hi"], "fn_index": 0, "session_hash": "stream-test"},
        )
        assert event.status_code == 200
        with web.stream("GET", "/gradio_api/queue/data?session_hash=stream-test") as stream:
            messages = [json.loads(line[6:]) for line in stream.iter_lines() if line]
        assert messages[-1]["msg"] == "close_stream"
        done = next(m for m in messages if m["msg"] == "process_completed")
        assert done["output"]["data"] == ["hi"]

    def test_mcp(self, web):
        headers = {"Accept": "application/json, text/event-stream"}

        def call(method, **params):
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            answer = web.post("/gradio_api/mcp/", json=body, headers=headers)
            assert answer.status_code == 200, answer.text
            lines = [line for line in answer.text.splitlines() if line.startswith("data: ")]
            return json.loads(lines[0][6:] if lines else answer.text)["result"]

        info = {"name": "test", "version": "1"}
        assert call("initialize", protocolVersion="2025-03-26", capabilities={}, clientInfo=info)
        assert {"echo", "sides"} <= {tool["name"] for tool in call("tools/list")["tools"]}
        told = call("tools/call", name="echo", arguments={"text": "over mcp"})
        assert "over mcp" in json.dumps(told)
        picture = "data:image/png;base64," + base64.b64encode(bad.valid("PNG")).decode()
        assert not call("tools/call", name="sides", arguments={"picture": picture})["isError"]


class TestRow64And65:
    """Pages of others, and other names for us."""

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
    @pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
    def test_origin(self, web, origin, method):
        answer = web.request(method, "/gradio_api/queue/join", headers={"Origin": origin})
        assert (answer.status_code, said(answer)) == (403, "guard.origin")
        # Gradio's own rule, outside ours, lets a page on this very machine read the refusal.
        is_here = origin.startswith("http://127.0.0.1")
        assert is_here or "access-control-allow-origin" not in answer.headers

    def test_no_origin_but_a_cookie(self, web):
        answer = web.post("/gradio_api/queue/join", json={}, headers={"Cookie": "a=b"})
        assert (answer.status_code, said(answer)) == (403, "guard.origin")

    @pytest.mark.parametrize(
        "host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example"]
    )
    def test_rebinding(self, web, host):
        answer = web.get("/config", headers={"Host": host})
        assert (answer.status_code, said(answer)) == (400, "guard.host")
        assert host not in answer.text
        answer = web.get("/config", headers={"X-Forwarded-Host": host})
        assert (answer.status_code, said(answer)) == (400, "guard.host")

    def test_the_name_that_the_operator_gave(self, web):
        assert web.get("/config", headers={"Host": "school.test"}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "file=http://example.com/a.png", "file=https://example.com", "file=//windows/win.ini",
        "file=/etc/passwd", "file=%2e%2e/%2e%2e/etc/passwd", "file=..%2f..%2fetc/passwd",
        "file=%5c%5cserver%5cshare", "file=/%252e%252e/etc/passwd", "file=/tmp", "file=/",
        "file=HTTP:/example.com", "file=%68ttp://example.com", "proxy=http://example.com",
    ],
)  # fmt: skip
def test_rows_59_and_66_paths_that_lead_out(url, path):
    with socket.create_connection(urlsplit(url).netloc.split(":"), timeout=20) as raw:
        raw.sendall(f"GET /gradio_api/{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        status = raw.makefile("rb").readline()
    assert status.split()[1] == b"403"


@pytest.mark.parametrize(
    "path",
    [
        "monitoring",
        "monitoring/summary",
        "gradio_api/openapi.json",
        "openapi.json",
        "docs",
        "gradio_api/runs",
    ],
)
def test_maps_of_the_server_are_closed(web, path):
    assert web.get(f"/{path}").status_code == 403


def test_row_58_an_upload_is_read_by_its_path_and_no_longer_when_it_is_gone(web):
    path = Path(uploaded(web))
    assert web.get(f"/gradio_api/file={path}").status_code == 200
    assert web.get(f"/gradio_api/file={path.parent}").status_code == 403
    path.unlink()
    assert web.get(f"/gradio_api/file={path}").status_code in (403, 404)


def test_row_67_ranges(web):
    path = uploaded(web)
    many = "bytes=" + ",".join(f"{i}-{i}" for i in range(5_000))
    for value in (many, "bytes=999999999-", "bytes=0-0,1-1,2-2,3-3,4-4,5-5"):
        answer = web.get(f"/gradio_api/file={path}", headers={"Range": value})
        assert answer.status_code in (416, 431)


@pytest.mark.parametrize("is_chunked", [False, True])
def test_row_7_a_file_of_12_1_megabytes(web, app, is_chunked):
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    body += bytes(12_100_000) + b"\r\n--x--\r\n"
    chunks = (body[i : i + 65_536] for i in range(0, len(body), 65_536))
    before = sum(1 for _ in app[2].rglob("*"))
    answer = web.post(
        "/gradio_api/upload",
        content=chunks if is_chunked else body,
        headers={"Content-Type": "multipart/form-data; boundary=x", "Accept-Language": "zh-TW"},
    )
    assert answer.status_code == 413
    assert answer.text == "guard.too_large for zh-TW"
    assert sum(1 for _ in app[2].rglob("*")) == before


def test_row_68_slow_and_endless_bodies_are_cut_and_others_go_on(url, web, app):
    before = sum(1 for _ in app[2].rglob("*"))
    with socket.create_connection(urlsplit(url).netloc.split(":"), timeout=20) as raw:
        raw.sendall(
            b"POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
            b'Content-Disposition: form-data; name="files"; filename="a.png"\r\n\r\nab'
        )
        assert web.get("/config").status_code == 200
        assert b" 408 " in raw.makefile("rb").readline()
    assert sum(1 for _ in app[2].rglob("*")) == before


def test_row_68_a_thousand_and_one_parts(web):
    files = [("files", (f"{i}.png", b"x")) for i in range(1_001)]
    assert web.post("/gradio_api/upload", files=files).status_code == 400


def test_row_68_a_person_who_leaves_in_the_middle_leaves_no_half_file(url, web, app):
    before = sum(1 for _ in app[2].rglob("*"))
    for _ in range(5):
        with socket.create_connection(urlsplit(url).netloc.split(":"), timeout=20) as raw:
            raw.sendall(
                b"POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n"
                b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
                b'Content-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
                + bytes(9_000)
            )
    assert web.get("/config").status_code == 200
    assert sum(1 for _ in app[2].rglob("*")) == before


@pytest.mark.parametrize(
    "path", ["queue/join", "run/plain", "component_server", "call/echo", "cancel", "reset", "mcp/"]
)
@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"data":' * 100_000, b'{"data": "\xff"}', b"{", b"nul"]
)
def test_rows_37_and_56_json_that_cannot_be_read(web, path, body):
    answer = web.post(
        f"/gradio_api/{path}", content=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, said(answer)) == (400, "guard.json")


@pytest.mark.parametrize(
    "body",
    [
        {}, {"data": []}, {"data": ["a", "b", "c"], "fn_index": 0, "session_hash": "x"},
        {"data": "no list", "fn_index": 0, "session_hash": "x"},
        {"data": ["a"], "fn_index": 999, "session_hash": "x"},
        {"data": ["a"], "fn_index": -1, "session_hash": "x"},
        {"data": ["a"], "fn_index": "x", "session_hash": "x"},
        {"data": ["a"], "fn_index": 0, "session_hash": {"a": 1}}, [], "text", 5, None,
    ],
)  # fmt: skip
def test_row_55_calls_that_make_no_sense(web, body):
    answer = web.post("/gradio_api/queue/join", json=body)
    assert 400 <= answer.status_code < 500 or answer.status_code == 200
    assert "Traceback" not in answer.text


def test_row_57_a_forged_state_is_not_believed(web):
    body = {"data": [999], "fn_index": 3, "session_hash": "forger"}
    answer = web.post("/gradio_api/run/remembered", json=body)
    assert answer.json()["data"] == ["7"]


def test_row_53_a_page_from_before_a_restart_is_told_to_reload(web):
    body = {"data": ["a"], "fn_index": 77, "session_hash": "old"}
    answer = web.post("/gradio_api/queue/join", json=body)
    assert (answer.status_code, said(answer)) == (400, "guard.json")
    body = {"component_id": 999, "fn_name": "hover", "data": 1, "session_hash": "old"}
    answer = web.post("/gradio_api/component_server", json=body)
    assert (answer.status_code, said(answer)) == (400, "guard.json")


def test_row_85_the_folder_of_uploads_is_deleted_while_the_server_runs(web, app):
    shutil.rmtree(app[2])
    path = uploaded(web)
    assert web.get(f"/gradio_api/file={path}").content == bad.small_png()


@pytest.mark.parametrize(
    ("number", "key"),
    [(errno.ENOSPC, "mistake.disk.full"), (errno.EROFS, "mistake.disk.closed")],
)
def test_rows_84_and_85_a_full_or_closed_disk(web, monkeypatch, number, key):
    def refuse(*_args, **_options):
        raise OSError(number, "the disk says no")

    monkeypatch.setattr("gradio.route_utils.NamedTemporaryFile", refuse)
    answer = web.post("/gradio_api/upload", files={"files": ("a.png", bad.small_png())})
    assert answer.status_code == 507
    assert answer.text.startswith(key)
    monkeypatch.undo()
    assert uploaded(web)


def test_row_34_two_million_characters(web):
    body = {"data": ["x" * 2_000_000], "fn_index": 0, "session_hash": "x"}
    answer = web.post("/gradio_api/queue/join", json=body, headers={"Accept-Language": "en"})
    assert answer.status_code == 413
    assert answer.json() == {"error": "guard.too_large", "detail": "guard.too_large for en"}


def test_row_69_streams_that_nobody_reads(url, web):
    address = urlsplit(url).netloc.split(":")
    held, statuses = [], []
    for i in range(200):
        raw = socket.create_connection(address, timeout=20)
        raw.sendall(
            f"GET /gradio_api/heartbeat/row69-{i} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        )
        held.append(raw)
        statuses.append(raw.makefile("rb").readline().split()[1])
    assert statuses.count(b"200") <= 60 and statuses.count(b"429") >= 140
    assert web.get("/config").status_code == 200
    for raw in held:
        raw.close()
    freed = False
    while not freed:
        with web.stream("GET", "/gradio_api/heartbeat/after") as stream:
            freed = stream.status_code == 200


def test_one_loud_session_does_not_hush_another(web):
    def call(session):
        body = {"data": ["x"], "fn_index": 999, "session_hash": session}
        return web.post("/gradio_api/queue/join", json=body).status_code

    loud = [call("loud") for _ in range(150)]
    assert loud[0] != 429
    assert call("quiet") != 429


def test_row_96_a_language_header_of_ten_kilobytes(web):
    assert web.get("/", headers={"Accept-Language": "zh-HK," * 1_700}).status_code == 200


def test_forty_pages_open_together_behind_one_address(url):
    statuses = []

    def open_page():
        with httpx.Client(base_url=url, timeout=30) as client:
            statuses.extend(client.get(path).status_code for path in ("/", "/config", "/theme.css"))

    threads = [threading.Thread(target=open_page) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert statuses == [200] * 120


def test_row_91_behind_a_proxy_with_a_prefix():
    with served(RULES, root_path="/play") as (url, _), httpx.Client(base_url=url) as web:
        assert web.get("/").status_code == 200
        assert web.get("/config").json()["root"].endswith("/play")
        answer = web.post("/gradio_api/upload", files={"files": ("a.png", bad.small_png())})
        assert answer.status_code == 200
        assert web.get(f"/gradio_api/file={answer.json()[0]}").status_code == 200
        assert web.get("/play/monitoring/summary").status_code == 403
