import asyncio
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.visitors.guard import Guard
from playground.visitors.guard_rules import GuardRules
from tests.loops import run_in_own_thread
from tests.visitors.test_guard_rules import scope

RULES = GuardRules(
    hosts=("192.168.1.20",),
    most_body_bytes=1_000,
    most_upload_bytes=5_000,
    most_held_bytes=6_000,
    drain_seconds=0.01,
    session_per_second=5,
    address_per_second=50,
    address_burst=100,
    most_streams_per_session=2,
    most_streams_per_address=3,
)
JSON = {"content_type": "application/json"}


class App:
    """An app that reads its body and tells what it saw; its streams stay open until let go."""

    def __init__(self):
        self.bodies, self.open, self.let_go = [], 0, asyncio.Event()

    async def __call__(self, scope, receive, send):
        body = b""
        if scope["method"] == "POST":
            more = True
            while more:
                message = await receive()
                assert message["type"] == "http.request"
                body, more = body + message["body"], message.get("more_body", False)
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"].endswith("/queue/data"):
            self.open += 1
            await self.let_go.wait()
            self.open -= 1
        await send({"type": "http.response.body", "body": body})


async def ask(guard, *chunks, then=None, **options):
    """Sends one request, `then` after its chunks; returns the answer's status, headers, body."""
    sent = []
    messages = [
        {
            "type": "http.request",
            "body": chunk,
            "more_body": i + 1 < len(chunks) or then is not None,
        }
        for i, chunk in enumerate(chunks or (b"",))
    ]

    async def receive():
        if messages:
            return messages.pop(0)
        return await (then() if then else asyncio.Event().wait())

    async def send(message):
        sent.append(message)

    await guard(scope(**options), receive, send)
    if not sent:
        return None, {}, b""
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(m.get("body", b"") for m in sent[1:])


def run(work):
    return run_in_own_thread(asyncio.wait_for(work, 20))


def asked(*chunks, rules=RULES, say=None, **options):
    app = App()
    answer = run(ask(Guard(app, rules, say), *chunks, **options))
    return (*answer, app.bodies)


POST = {"method": "POST", "path": "/gradio_api/queue/join"}


def test_a_sound_request_passes_whole_and_every_answer_has_the_headers():
    status, headers, body, bodies = asked(b'{"a":', b"1}", **POST, **JSON)
    assert (status, body, bodies) == (200, b'{"a":1}', [b'{"a":1}'])
    for answer in (headers, asked(host="evil.example")[1]):
        assert answer["x-content-type-options"] == "nosniff"
        assert answer["referrer-policy"] == "no-referrer"
        assert answer["content-security-policy"] == "frame-ancestors 'self'"
        assert "camera=(self)" in answer["permissions-policy"]


def test_row_70_a_space_may_frame_us():
    rules = GuardRules(hosts=("*",), frame_ancestors=("'self'", "https://huggingface.co"))
    assert asked(rules=rules)[1]["content-security-policy"].endswith("https://huggingface.co")


def test_a_refusal_is_a_key_and_a_sentence_if_there_is_a_tongue():
    status, _, body, bodies = asked(host="evil.example")
    assert (status, json.loads(body), bodies) == (400, {"error": "guard.host"}, [])

    def say(key, accept_language):
        return f"{key} in {accept_language}"

    body = asked(host="evil.example", say=say, accept_language="zh-TW")[2]
    assert json.loads(body) == {"error": "guard.host", "detail": "guard.host in zh-TW"}
    upload = {"method": "POST", "path": "/gradio_api/upload", "accept_language": "en"}
    status, headers, body, _ = asked(b"x" * 6_000, say=say, **upload)
    assert (status, body) == (413, b"guard.too_large in en")
    assert headers["content-type"].startswith("text/plain")


def test_row_7_and_68_size_announced_and_size_found():
    for options in ({"content_length": "1001"}, {"content_length": "-5"}, {"content_length": "x"}):
        status, headers, _, bodies = asked(b"", **POST, **options)
        assert (status, headers["connection"], bodies) == (413, "close", [])
    status, _, _, bodies = asked(*[b"x" * 100] * 11, **POST)
    assert (status, bodies) == (413, [])
    assert asked(b"x" * 1_000, **POST)[0] == 200


def test_row_68_an_endless_body_is_cut_by_size():
    async def more():
        return {"type": "http.request", "body": b"x" * 64, "more_body": True}

    status, _, _, bodies = asked(b"x", then=more, **POST)
    assert (status, bodies) == (413, [])


def test_row_68_a_body_that_stops_coming_is_cut_by_time():
    rules = replace(RULES, patience_seconds=0.05)
    status, _, _, bodies = asked(b"x", then=asyncio.Event().wait, rules=rules, **POST)
    assert (status, bodies) == (408, [])


def test_row_68_a_body_that_drips_is_cut_by_time():
    now = [0.0]

    async def drip():
        now[0] += 1.0
        return {"type": "http.request", "body": b"x", "more_body": True}

    app = App()
    rules = GuardRules(patience_seconds=20.0)
    guard = Guard(app, rules, clock=lambda: now[0])
    status, _, _ = run(ask(guard, b"x", then=drip, host="localhost", **POST))
    assert (status, app.bodies) == (408, [])
    assert 19 <= now[0] <= 22


def test_row_88_a_person_who_leaves_in_the_middle_of_an_upload():
    async def leave():
        return {"type": "http.disconnect"}

    status, _, _, bodies = asked(b"x", then=leave, **POST)
    assert (status, bodies) == (None, [])


def test_bodies_held_at_once_are_bounded_and_given_back():
    upload = {"method": "POST", "path": "/gradio_api/upload"}

    async def both():
        app, gate = App(), asyncio.Event()
        guard = Guard(app, RULES)

        async def rest():
            await gate.wait()
            return {"type": "http.request", "body": b"", "more_body": False}

        slow = asyncio.create_task(ask(guard, b"x" * 4_000, then=rest, **upload))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        busy = await ask(guard, b"x" * 4_000, **upload)
        gate.set()
        first = await slow
        after = await ask(guard, b"x" * 4_000, **upload)
        return busy[0], first[0], after[0]

    assert run(both()) == (503, 200, 200)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"session_hash": 5}',
        b'{"session_hash": "' + b"x" * 200 + b'"}',
    ],
)
def test_rows_37_and_56_json_that_no_parser_should_see(body):
    rules = GuardRules(hosts=("192.168.1.20",))
    status, _, answer, bodies = asked(body, rules=rules, **POST, **JSON)
    assert (status, json.loads(answer), bodies) == (400, {"error": "guard.json"}, [])


def frozen_guard(app):
    return Guard(app, RULES, clock=lambda: 0.0)


def test_one_session_is_slowed_and_others_are_not():
    async def many():
        guard = frozen_guard(App())
        body = json.dumps({"session_hash": "loud"}).encode()
        found = [(await ask(guard, body, **POST, **JSON))[0] for _ in range(12)]
        quiet = (await ask(guard, b'{"session_hash": "quiet"}', **POST, **JSON))[0]
        heartbeat = await ask(guard, path="/config", query=b"session_hash=loud")
        return found, quiet, heartbeat

    found, quiet, heartbeat = run(many())
    assert found == [200] * 10 + [429] * 2 and quiet == 200
    assert heartbeat[0] == 429 and int(heartbeat[1]["retry-after"]) >= 1


def test_one_address_is_slowed_whatever_sessions_it_makes_up():
    async def many():
        guard = frozen_guard(App())
        bodies = [json.dumps({"session_hash": str(i)}).encode() for i in range(110)]
        found = [(await ask(guard, body, **POST, **JSON))[0] for body in bodies]
        other = (await ask(guard, bodies[0], client=("10.0.0.8", 1), **POST, **JSON))[0]
        return found, other

    found, other = run(many())
    assert found == [200] * 100 + [429] * 10 and other == 200


def test_row_69_open_streams_are_bounded_and_given_back():
    async def many():
        app = App()
        guard = frozen_guard(app)

        def stream(session):
            options = {
                "path": "/gradio_api/queue/data",
                "query": f"session_hash={session}".encode(),
            }
            return asyncio.create_task(ask(guard, **options))

        tasks = [stream("a") for _ in range(4)] + [stream("b") for _ in range(4)]
        while app.open < 3 or sum(task.done() for task in tasks) < 5:
            await asyncio.sleep(0)
        statuses = [task.result()[0] for task in tasks if task.done()]
        app.let_go.set()
        await asyncio.gather(*tasks)
        again = await stream("a")
        return statuses, again[0], len(guard._session_streams) + len(guard._address_streams)

    assert run(many()) == ([429] * 5, 200, 0)


def test_a_stream_that_fails_gives_its_place_back():
    async def broken(scope, receive, send):
        raise RuntimeError("the app failed")

    guard = Guard(broken, RULES)
    with pytest.raises(RuntimeError):
        run(ask(guard, path="/gradio_api/queue/data"))
    assert len(guard._session_streams) + len(guard._address_streams) == 0


def test_web_sockets_are_closed_and_the_life_of_the_server_passes():
    sent, seen = [], []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    async def send(message):
        sent.append(message)

    run(Guard(app, RULES)({"type": "websocket"}, None, send))
    run(Guard(app, RULES)({"type": "lifespan"}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}] and seen == ["lifespan"]


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_body_arrives_as_it_was_sent_or_not_at_all(chunks):
    status, _, body, bodies = asked(*chunks, **POST)
    whole = b"".join(chunks)
    if len(whole) <= 1_000:
        assert (status, body, bodies) == (200, whole, [whole])
    else:
        assert (status, bodies) == (413, [])


@given(
    st.binary(max_size=80),
    st.text(max_size=40),
    st.binary(max_size=40),
    st.sampled_from(["GET", "POST"]),
)
def test_no_request_makes_the_guard_fail(body, path, query, method):
    status, *_ = asked(body, path="/" + path, query=query, method=method, **JSON)
    assert status in (200, 400, 403, 413)
