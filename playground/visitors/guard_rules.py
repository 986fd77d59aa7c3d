"""What the guard lets through: its rules, and the judgement of one request's head."""

import ipaddress
import os
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_MEGABYTE = 1_000_000
_METHODS = ("GET", "HEAD", "POST", "OPTIONS", "DELETE")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# Routes of Gradio that the playground does not use: maps of the server, remote proxies, files
# written on request, and editors.
_BLOCKED_SEGMENTS = frozenset(
    {
        "monitoring",
        "openapi.json",
        "docs",
        "redoc",
        "profiling",
        "runs",
        "run-history",
        "deep_link",
        "process_recording",
        "custom_component",
        "file",
        "dev",
        "vibe-edit",
        "undo-vibe-edit",
        "vibe-code",
        "vibe-starter-queries",
    }
)
# What is left of an escape after the server has undone one: a second, hidden escape.
_HIDDEN_ESCAPE = re.compile(r"%(2e|2f|5c|25|00)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE_PATH = re.compile(r"[A-Za-z]:[\\/][^\\/]")
_CALL = re.compile(r"/gradio_api/(queue/join|run/|api/|call/|component_server|cancel)")
_UPLOADS = ("/gradio_api/upload", "/own/picture", "/own/part")
_SCHEME = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True)
class GuardRules:
    """What may reach the server.

    Attributes:
        hosts: Host names, without a port, beside the loopback ones: the server's own addresses,
            or a Space's SPACE_HOST. ("*",) lets every name in, if the operator says so.
        origins: Further origins, such as "https://school.example", whose pages may call us.
        frame_ancestors: Sources of CSP's frame-ancestors: who may show us in a frame.
        most_upload_bytes: Largest body of an upload: one picture and its envelope.
        most_mcp_bytes: Largest body of an MCP call: one picture in base64.
        most_body_bytes: Largest body of any other request.
        most_held_bytes: Bodies held at once, all together.
        most_target_bytes: Longest path with query.
        most_header_bytes: All header lines together.
        most_ranges: Ranges in one Range header.
        patience_seconds: Time a body has, to which each `slowest_bytes_per_second` adds one second.
        slowest_bytes_per_second: Slowest upload that is waited for.
        drain_seconds: How long the rest of a refused body is still taken off the line.
        session_per_second: Requests a second of one session; twice as many at once.
        address_per_second: Requests a second of one address: a class shares one.
        address_burst: Requests at once of one address: forty pages opening together.
        most_streams_per_session: Event streams of one session at once.
        most_streams_per_address: Event streams of one address at once.
        has_backslash_paths: Whether the server's own paths hold backslashes (Windows).
    """

    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    frame_ancestors: tuple[str, ...] = ("'self'",)
    most_upload_bytes: int = 12 * _MEGABYTE + 65_536
    most_mcp_bytes: int = 17 * _MEGABYTE
    most_body_bytes: int = 2 * _MEGABYTE
    most_held_bytes: int = 256 * _MEGABYTE
    most_target_bytes: int = 8_192
    most_header_bytes: int = 32_768
    most_ranges: int = 5
    patience_seconds: float = 20.0
    slowest_bytes_per_second: float = 10_000.0
    drain_seconds: float = 2.0
    session_per_second: float = 60.0
    address_per_second: float = 600.0
    address_burst: float = 6_000.0
    most_streams_per_session: int = 8
    most_streams_per_address: int = 200
    has_backslash_paths: bool = field(default=os.name == "nt")

    def most_bytes(self, path: str) -> int:
        """Returns the largest body that a path takes."""
        if is_upload(path):
            return self.most_upload_bytes
        is_mcp = "/gradio_api/mcp" in path
        return self.most_mcp_bytes if is_mcp else self.most_body_bytes


@dataclass(frozen=True)
class Refusal:
    """An answer of the guard instead of the app's: HTTP status, language key, seconds to wait."""

    status: int
    key: str
    retry_after_seconds: float = 0.0


def judge_head(scope: Scope, rules: GuardRules) -> Refusal | None:
    """Returns why a request is refused by its first lines, None if it may go on.

    Args:
        scope: ASGI scope of an HTTP request.
        rules: What may pass.
    """
    headers = Headers(scope=scope)
    if scope["method"] not in _METHODS:
        return Refusal(405, "guard.method")
    if _target_bytes(scope) > rules.most_target_bytes:
        return Refusal(414, "guard.too_long")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > rules.most_header_bytes:
        return Refusal(431, "guard.too_long")
    if not _is_own_host(headers, rules):
        return Refusal(400, "guard.host")
    if not _is_own_origin(headers, scope["method"], rules):
        return Refusal(403, "guard.origin")
    if not _is_open_path(scope["path"], rules):
        return Refusal(403, "guard.path")
    if headers.get("range", "").count(",") >= rules.most_ranges:
        return Refusal(416, "guard.range")
    return None


def is_upload(path: str) -> bool:
    """Returns whether a path takes the files that people choose."""
    return path.rstrip("/").endswith(_UPLOADS)


def is_call(path: str) -> bool:
    """Returns whether a path runs an event of the page, by its number or name."""
    return bool(_CALL.search(path))


def is_stream(scope: Scope) -> bool:
    """Returns whether the answer to a request is an event stream that may stay open."""
    path = scope["path"].rstrip("/")
    return scope["method"] == "GET" and (
        path.endswith(("/queue/data", "/upload_progress", "/gradio_api/mcp"))
        or "/gradio_api/heartbeat/" in path
        or "/gradio_api/call/" in path
    )


def address_of(scope: Scope) -> str:
    """Returns the caller's address; of IPv6 the network, since a machine there has 2**64."""
    client = scope.get("client")
    try:
        address = ipaddress.ip_address(client[0] if client else "")
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)


def _target_bytes(scope: Scope) -> int:
    raw = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
    return len(raw) + len(scope.get("query_string", b""))


def _is_own_host(headers: Headers, rules: GuardRules) -> bool:
    # Gradio builds its links from the forwarded name, so that must be ours too.
    names = headers.getlist("host") + headers.getlist("x-forwarded-host")
    if len(headers.getlist("host")) != 1:
        return False
    return all(_host_name(name) in _allowed_hosts(rules) for name in names) or "*" in rules.hosts


def _allowed_hosts(rules: GuardRules) -> set[str]:
    return {_host_name(name) for name in (*LOOPBACK_HOSTS, *rules.hosts)}


def _host_name(host: str) -> str:
    """Returns the name in a Host header or an origin, without port, in small letters."""
    try:
        return (urlsplit(f"//{host.strip()}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_own_origin(headers: Headers, method: str, rules: GuardRules) -> bool:
    origin = headers.get("origin")
    if origin is not None:
        return _is_same_site(origin, headers) or origin in rules.origins
    # Browsers tell so when a page of another site asks without an origin, as an <img> does.
    # Opening us by a link or in a frame is fine: CSP says who may frame.
    is_opening = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
    if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not is_opening:
        return False
    if method in _SAFE_METHODS or "cookie" not in headers:
        return True
    return _is_same_site(headers.get("referer", ""), headers)


def _is_same_site(address: str, headers: Headers) -> bool:
    """Returns whether host and port of a web address are the ones that were asked."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme not in ("http", "https"):
        return False
    asked = (headers.get("host", ""), headers.get("x-forwarded-host", ""))
    return _without_default_port(parts.netloc) in {_without_default_port(name) for name in asked}


def _without_default_port(host: str) -> str:
    return re.sub(r":(80|443)$", "", host.strip().lower())


def _is_open_path(path: str, rules: GuardRules) -> bool:
    if _CONTROL.search(path) or _HIDDEN_ESCAPE.search(path):
        return False
    head, is_file, file_path = path.partition("/file=")
    segments = head.split("/")
    if "\\" in head or ".." in segments or not _BLOCKED_SEGMENTS.isdisjoint(segments):
        return False
    if any(segment.startswith("proxy=") for segment in segments):
        return False
    return not is_file or _is_own_file(file_path, rules)


def _is_own_file(file_path: str, rules: GuardRules) -> bool:
    """Returns whether what follows "file=" is a plain local path; Gradio checks its folder."""
    if rules.has_backslash_paths and _DRIVE_PATH.match(file_path):
        file_path = file_path[2:].replace("\\", "/")
    is_remote = _SCHEME.match(file_path) or file_path.startswith("//")
    return not is_remote and "\\" not in file_path and ".." not in file_path.split("/")
