"""Attacks on the whole product over HTTP: it refuses, stays up, and tells nothing."""

from __future__ import annotations

import json

import httpx
import pytest

JOIN = "/gradio_api/queue/join"
RUN = "/gradio_api/run/predict"


@pytest.fixture(scope="module")
def client(address):
    with httpx.Client(base_url=address, timeout=20) as client:
        yield client
        assert client.get("/health").json() == {"status": "ok"}


def is_clean(answer: httpx.Response) -> bool:
    """No traceback and no path of the server in an answer."""
    return not any(word in answer.text for word in ("Traceback", "site-packages", '.py\\"'))


@pytest.mark.parametrize("fn_index", [99_999, -1, "0; drop", None, 1e300])
def test_an_unknown_event_is_refused(client, fn_index):
    body = {"data": [], "fn_index": fn_index, "session_hash": "a1"}
    answer = client.post(JOIN, json=body)
    assert 400 <= answer.status_code < 500
    assert is_clean(answer)


@pytest.mark.parametrize("data", [[], ["a"] * 500, {"a": 1}, None, "text", [[[[]]]]])
def test_wrong_arguments_do_no_harm(client, data):
    body = {"data": data, "fn_index": 0, "session_hash": "a2"}
    answer = client.post(JOIN, json=body)
    assert answer.status_code < 500
    assert is_clean(answer)


def test_deeply_nested_json_is_refused(client):
    body = '{"data": ' + "[" * 100_000 + "]" * 100_000 + ', "fn_index": 0, "session_hash": "a"}'
    answer = client.post(JOIN, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 413, 422)
    assert is_clean(answer)


def test_there_is_no_state_to_forge(client):
    """State lives in sessions on the server; no component carries it through the browser."""
    components = client.get("/config").json()["components"]
    assert [c["type"] for c in components if c["type"] in ("state", "browserstate")] == []


def test_a_session_is_named_nowhere(client, playground, caplog):
    secret = "session-of-ada"
    client.post(JOIN, json={"data": [], "fn_index": 0, "session_hash": secret})
    for path in ("/", "/config", "/metrics", "/loaded", "/health"):
        assert secret not in client.get(path, headers={"accept": "text/html"}).text
    assert secret not in caplog.text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"cookie": "a=b"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_another_site_cannot_call_us(client, headers):
    answer = client.post(
        JOIN, json={"data": [], "fn_index": 0, "session_hash": "a"}, headers=headers
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example"])
def test_another_name_does_not_reach_us(client, host):
    assert client.get("/config", headers={"host": host}).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://example.org/",
        "/gradio_api/file=https://example.org/a.png",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=../../etc/passwd",
        "/gradio_api/file=%2e%2e/%2e%2e/etc/passwd",
        "/gradio_api/file=%252e%252e/etc/passwd",
        "/gradio_api/file=//windows/win.ini",
        "/gradio_api/file=\\\\server\\share",
        "/static//windows/win.ini",
        "/pictures/../app.py",
        "/pictures/%2e%2e/%2e%2e/app.py",
        "/gradio_api/monitoring",
        "/monitoring/summary",
        "/openapi.json",
        "/docs",
        "/gradio_api/runs",
    ],
)
def test_no_file_and_no_map_of_the_server(client, path):
    answer = client.get(path)
    assert answer.status_code in (400, 403, 404)
    assert "root:" not in answer.text


def test_every_answer_carries_its_guard(client):
    for path in ("/", "/config", "/health"):
        headers = client.get(path, headers={"accept": "text/html"}).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'self'" in headers["content-security-policy"]


def test_private_events_for_the_operator_ask_who_calls(client):
    """Private is not a permission: the table's action is refused to a caller behind a proxy."""
    config = client.get("/config").json()
    (act,) = [d for d in config["dependencies"] if ["act"] in [t[1:] for t in d["targets"]]]
    body = {
        "data": [],
        "fn_index": act["id"],
        "session_hash": "outsider",
        "event_data": {"act": "load", "key": "mini-clip"},
    }
    headers = {"x-forwarded-for": "10.0.0.9"}
    assert client.post(JOIN, json=body, headers=headers).status_code == 200
    with client.stream("GET", "/gradio_api/queue/data?session_hash=outsider") as answer:
        for line in answer.iter_lines():
            message = json.loads(line.removeprefix("data: ")) if line else {}
            if message.get("msg") == "process_completed":
                assert message["success"] is False
                assert "runs the playground" in message["output"]["error"]
                return
    raise AssertionError("no answer")
