import pytest

from playground.visitors.guard_rules import (
    GuardRules,
    Refusal,
    address_of,
    is_stream,
    is_upload,
    judge_head,
)

RULES = GuardRules(hosts=("192.168.1.20", "school.example"), origins=("https://friend.example",))


def scope(path="/", method="GET", query=b"", client=("10.0.0.7", 5), **headers):
    named = {"host": "192.168.1.20:7860"} | {k.replace("_", "-"): v for k, v in headers.items()}
    raw = [
        (name.encode(), value.encode("latin-1"))
        for name, value in named.items()
        if value is not None
    ]
    return {
        "type": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "method": method,
        "query_string": query,
        "headers": raw,
        "client": client,
    }


def key_of(rules=RULES, **options):
    refusal = judge_head(scope(**options), rules)
    return refusal.key if refusal else None


@pytest.mark.parametrize(
    "host",
    [
        "192.168.1.20",
        "192.168.1.20:7860",
        "School.Example",
        "school.example.:80",
        "localhost:1",
        "127.0.0.1",
        "[::1]:7860",
    ],
)
def test_own_names(host):
    assert key_of(host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "",
        None,
        "192.168.1.20.evil.example",
        "evil.example:7860",
        "[::",
        "127.0.0.2",
        "a@b",
        "0.0.0.0",
    ],
)
def test_row_65_other_names(host):
    assert judge_head(scope(host=host), RULES) == Refusal(400, "guard.host")
    assert key_of(GuardRules(hosts=("*",)), host=host) == (
        None if host is not None else "guard.host"
    )


def test_the_forwarded_name_must_be_ours_too():
    assert key_of(x_forwarded_host="evil.example") == "guard.host"
    assert key_of(x_forwarded_host="school.example") is None


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "http://192.168.1.20",
        "http://192.168.1.20:7861",
        "file://",
        "http://192.168.1.20.evil.example:7860",
        "http://localhost:7860",
        "http://[::",
        "192.168.1.20:7860",
        "https://friend.example.evil.example",
        "http://friend.example",
    ],
)
def test_row_64_other_origins(origin, method):
    assert judge_head(scope(origin=origin, method=method), RULES) == Refusal(403, "guard.origin")


def test_own_origins():
    assert key_of(origin="http://192.168.1.20:7860", method="POST") is None
    assert key_of(origin="https://friend.example", method="POST") is None
    assert key_of(origin="https://school.example", host="school.example:443", method="POST") is None
    assert (
        key_of(origin="https://school.example", x_forwarded_host="school.example", method="POST")
        is None
    )


def test_row_64_no_origin():
    assert key_of(method="POST") is None
    assert key_of(method="POST", cookie="a=b") == "guard.origin"
    assert key_of(method="POST", cookie="a=b", referer="http://evil.example/") == "guard.origin"
    assert key_of(method="POST", cookie="a=b", referer="http://192.168.1.20:7860/x") is None
    assert key_of(cookie="a=b") is None


def test_a_page_of_another_site_may_link_to_us_but_not_use_us():
    assert key_of(sec_fetch_site="cross-site", sec_fetch_mode="navigate") is None
    assert key_of(sec_fetch_site="cross-site", sec_fetch_mode="no-cors") == "guard.origin"
    assert key_of(sec_fetch_site="same-site", sec_fetch_mode="cors") == "guard.origin"
    assert (
        key_of(sec_fetch_site="cross-site", sec_fetch_mode="navigate", method="POST")
        == "guard.origin"
    )
    assert key_of(sec_fetch_site="same-origin", sec_fetch_mode="cors", method="POST") is None


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://example.com/a.png",
        "/gradio_api/file=HTTPS://example.com",
        "/gradio_api/file= http://example.com",
        "/gradio_api/file=ftp://x",
        "/gradio_api/file=//windows/win.ini",
        "/gradio_api/file=\\\\server\\share",
        "/gradio_api/file=/tmp/../etc/passwd",
        "/gradio_api/file=..",
        "/gradio_api/file=C:\\Windows\\win.ini",
        "/gradio_api/file=/tmp/%2e%2e/x",
        "/gradio_api/file=data:text/html,x",
        "/gradio_api/file/tmp/x",
        "/gradio_api/proxy=http://x",
        "/static/../../etc/passwd",
        "/static/..\\x",
        "/assets/%2e%2e/x",
        "/static/%5c..",
        "/a\0b",
        "/a\nb",
        "/monitoring",
        "/monitoring/summary",
        "/play/monitoring/summary",
        "/gradio_api/openapi.json",
        "/openapi.json",
        "/docs",
        "/redoc",
        "/gradio_api/runs",
        "/gradio_api/deep_link",
        "/gradio_api/vibe-edit/",
    ],
)
def test_row_66_paths_that_lead_out(path):
    assert judge_head(scope(path=path), RULES) == Refusal(403, "guard.path")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/config",
        "/theme.css",
        "/assets/index-x.js",
        "/gradio_api/info",
        "/gradio_api/upload",
        "/gradio_api/file=/tmp/gradio/ab/a..b.png",
        "/gradio_api/file=/tmp/gradio/ab/monitoring",
        "/gradio_api/file=/tmp/gradio/ab/貓 100%.png",
        "/gradio_api/queue/join",
        "/gradio_api/mcp/",
        "/play/gradio_api/queue/data",
        "/static/fonts/x.woff2",
        "/metrics",
        "/health",
        "/gradio_api/file=tmp/relative.png",
    ],
)
def test_paths_that_gradio_needs(path):
    assert key_of(path=path) is None


def test_windows_paths_on_windows_only():
    windows = GuardRules(hosts=RULES.hosts, has_backslash_paths=True)
    assert key_of(windows, path="/gradio_api/file=C:\\Users\\a\\x.png") is None
    for path in (
        "C:\\Users\\..\\x",
        "\\\\server\\x",
        "C:\\\\server\\x",
        "//server/x",
        "C:x\\..\\y",
    ):
        assert key_of(windows, path=f"/gradio_api/file={path}") == "guard.path"


def test_row_67_ranges():
    assert key_of(range="bytes=0-1,2-3,4-5,6-7,8-9") is None
    many = "bytes=" + ",".join(f"{i}-{i}" for i in range(5_000))
    assert key_of(range=many[:20_000]) == "guard.range"


def test_sizes_of_the_head():
    assert judge_head(scope(query=b"a" * 9_000), RULES) == Refusal(414, "guard.too_long")
    assert judge_head(scope(x_long="a" * 33_000), RULES) == Refusal(431, "guard.too_long")
    assert key_of(accept_language="zh-HK," * 1_700) is None
    assert judge_head(scope(method="TRACE"), RULES) == Refusal(405, "guard.method")


def test_which_answers_stay_open_and_which_requests_carry_files():
    for path in (
        "/gradio_api/queue/data",
        "/play/gradio_api/heartbeat/ab",
        "/gradio_api/call/x/1",
        "/gradio_api/mcp/",
    ):
        assert is_stream(scope(path=path))
        assert not is_stream(scope(path=path, method="POST"))
    assert not is_stream(scope(path="/config"))
    assert is_upload("/play/gradio_api/upload/") and not is_upload("/gradio_api/uploads")
    assert (
        RULES.most_bytes("/gradio_api/upload")
        > 12_000_000
        > RULES.most_bytes("/gradio_api/queue/join")
    )
    assert RULES.most_bytes("/gradio_api/mcp/") == 17_000_000


def test_an_ipv6_network_is_one_caller():
    assert address_of(scope(client=("2001:db8::1", 1))) == address_of(
        scope(client=("2001:db8::2", 1))
    )
    assert address_of(scope(client=("10.0.0.7", 1))) == "10.0.0.7"
    assert (
        address_of(scope(client=None)) == address_of(scope(client=("testclient", 1))) == "unknown"
    )
