"""A model hub on this machine, for tests: it speaks the hub's protocol and misbehaves on demand.

`with LocalHub() as hub`, then `hub.add(repo_id, folder)`; a client reaches it at `hub.address`
(`HF_ENDPOINT`, or `endpoint=`). As on the real one, weights are answered by a redirect to another
origin (here `localhost` beside `127.0.0.1`), which refuses requests that carry a token.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

CHUNK_BYTES = 1 << 14
LAST_SECONDS = 60.0
LARGE_SUFFIXES = (".parquet", ".safetensors", ".bin", ".msgpack", ".h5", ".onnx", ".model")
Gated = Literal[False, "auto", "manual"]
RESOLVE = re.compile(
    r"(?:/datasets)?/(?P<repo>[^/]+(?:/[^/]+)?)/resolve/(?P<revision>[^/]+)/(?P<file>.+)"
)
INFO = re.compile(r"/api/(?:models|datasets)/(?P<repo>[^/]+/[^/]+)(?:/revision/(?P<revision>.+))?")
TREE = re.compile(r"/api/(?:models|datasets)/(?P<repo>[^/]+/[^/]+)/tree/(?P<revision>[^/]+)")


@dataclass
class Fault:
    """What goes wrong with requests whose path matches; the first that matches counts.

    Attributes:
        pattern: Regular expression, searched in the path, such as "resolve/.*safetensors".
        method: "" for any.
        status: Answer with this status and no file.
        code: Sent as `X-Error-Code`, such as "GatedRepo".
        message: Sent as `X-Error-Message`.
        headers: More headers.
        cut_at: Close the connection after this many bytes of the body.
        hold_at: Stop sending after this many bytes until `release` is set or the hub closes.
        seconds_per_chunk: Wait before each 16 KiB: a slow line.
        content: Send this in place of the file, with its own length.
        ignores_range: Send the whole file, status 200, whatever range was asked for.
        hides_length: Send no length; the end of the connection is the end of the file.
        times: How many requests it hits; None: all.
        reached: Set when a request was hit and, with `hold_at`, that many bytes were sent.
        release: See `hold_at`.
    """

    pattern: str
    method: str = ""
    status: int = 0
    code: str = ""
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    hold_at: int | None = None
    seconds_per_chunk: float = 0.0
    content: bytes | None = None
    ignores_range: bool = False
    hides_length: bool = False
    times: int | None = None
    reached: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Request:
    """One request that arrived."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass
class _Repo:
    gated: Gated
    is_private: bool
    commits: dict[str, Path]
    branches: dict[str, str]


class LocalHub:
    """The server; its threads end with the `with` block.

    Attributes:
        address: Such as "http://127.0.0.1:40123".
        requests: Everything that was asked, in order.
        members: Tokens that may read private and gated repositories.
        known: Tokens of people who may not (yet).
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.members = {"member-token"}
        self.known = {"stranger-token"}
        self._repos: dict[str, _Repo] = {}
        self._blobs: dict[str, Path] = {}
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Answer, self))
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.port = self._server.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.far_address = f"http://localhost:{self.port}"

    def __enter__(self) -> LocalHub:
        loop = partial(self._server.serve_forever, poll_interval=0.05)
        threading.Thread(target=loop, daemon=True, name="local-hub").start()
        return self

    def __exit__(self, *_: object) -> None:
        for fault in self._faults:
            fault.release.set()
        self._server.shutdown()
        self._server.server_close()

    def add(
        self,
        repo_id: str,
        folder: Path,
        *,
        gated: Gated = False,
        private: bool = False,
        branch: str = "main",
    ) -> str:
        """Publishes what lies in a folder now; a second call makes a new commit. Returns it."""
        digest = hashlib.sha1(repo_id.encode())
        for name in _names(folder):
            digest.update(name.encode() + hashlib.sha256((folder / name).read_bytes()).digest())
        commit = digest.hexdigest()
        with self._lock:
            repo = self._repos.setdefault(repo_id, _Repo(gated, private, {}, {}))
            repo.commits[commit] = folder
            repo.branches[branch] = commit
            repo.gated, repo.is_private = gated, private
            for name in _names(folder):
                self._blobs[_sha256(folder / name)] = folder / name
        return commit

    def forget(self, repo_id: str, commit: str) -> None:
        """Takes a commit away, as a rewritten history does."""
        del self._repos[repo_id].commits[commit]

    def misbehave(self, pattern: str, **what: Any) -> Fault:
        """From now on requests whose path matches meet a `Fault`."""
        fault = Fault(pattern, **what)
        with self._lock:
            self._faults.insert(0, fault)
        return fault

    def behave(self) -> None:
        """Ends all faults."""
        with self._lock:
            for fault in self._faults:
                fault.release.set()
            self._faults.clear()

    def asked(self, pattern: str, method: str = "GET") -> list[Request]:
        """The requests so far whose path matches."""
        with self._lock:
            seen = list(self.requests)
        return [r for r in seen if r.method == method and re.search(pattern, r.path)]

    def note(self, request: Request) -> Fault | None:
        """Remembers a request; returns the fault that it meets."""
        with self._lock:
            self.requests.append(request)
            for fault in self._faults:
                if fault.method in ("", request.method) and re.search(fault.pattern, request.path):
                    if fault.times is not None:
                        if not fault.times:
                            continue
                        fault.times -= 1
                    return fault
        return None

    def repo(self, repo_id: str) -> _Repo | None:
        """A repository, if there is one."""
        return self._repos.get(repo_id)

    def blob(self, sha256: str) -> Path | None:
        """A large file by its digest."""
        return self._blobs.get(sha256)


class _Refused(Exception):
    """An answer without a file."""

    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        super().__init__(status, code, message)
        self.status, self.code, self.message = status, code, message


class _Answer(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"

    def __init__(self, hub: LocalHub, *args: Any) -> None:
        self.hub = hub
        super().__init__(*args)

    def log_message(self, *_: Any) -> None:
        """Tests have their own words."""

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        fault = self.hub.note(Request(self.command, path, dict(self.headers)))
        try:
            if fault is not None and fault.status:
                fault.reached.set()
                raise _Refused(fault.status, fault.code, fault.message)
            if found := TREE.fullmatch(path):
                self._send_json(self._tree(found["repo"], found["revision"]))
            elif found := INFO.fullmatch(path):
                self._send_json(self._info(found["repo"], found["revision"] or "main"))
            elif path.startswith("/cdn/"):
                self._send_blob(path.removeprefix("/cdn/"), fault)
            elif found := RESOLVE.fullmatch(path):
                self._resolve(found["repo"], found["revision"], found["file"], fault)
            else:
                raise _Refused(404)
        except _Refused as refused:
            self._send_refusal(refused, fault.headers if fault is not None else {})

    do_HEAD = do_GET

    def _find(self, repo_id: str, revision: str) -> tuple[_Repo, str, Path]:
        repo = self.hub.repo(repo_id)
        token = self._token()
        if repo is None or (repo.is_private and token not in self.hub.members):
            if token is None:
                raise _Refused(401, "RepoNotFound", "Invalid username or password.")
            raise _Refused(404, "RepoNotFound", "Repository not found")
        commit = repo.branches.get(revision, revision)
        if commit not in repo.commits:
            raise _Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return repo, commit, repo.commits[commit]

    def _token(self) -> str | None:
        sent = self.headers.get("Authorization")
        if sent is None:
            return None
        token = sent.removeprefix("Bearer ")
        if token not in self.hub.members | self.hub.known:
            raise _Refused(401, "", "Invalid credentials in Authorization header")
        return token

    def _info(self, repo_id: str, revision: str) -> dict[str, Any]:
        repo, commit, folder = self._find(repo_id, revision)
        siblings = []
        for name in _names(folder):
            file = folder / name
            told: dict[str, Any] = {
                "rfilename": name,
                "size": file.stat().st_size,
                "blobId": _git_sha1(file),
            }
            if _is_large(name):
                size = file.stat().st_size
                told["lfs"] = {"sha256": _sha256(file), "size": size, "pointerSize": 134}
            siblings.append(told)
        return {
            "_id": commit[:24],
            "id": repo_id,
            "modelId": repo_id,
            "sha": commit,
            "private": repo.is_private,
            "gated": repo.gated,
            "disabled": False,
            "tags": [],
            "siblings": siblings,
        }

    def _tree(self, repo_id: str, revision: str) -> list[dict[str, Any]]:
        _, _, folder = self._find(repo_id, revision)
        told: list[dict[str, Any]] = []
        for name in _names(folder):
            file = folder / name
            size = file.stat().st_size
            one: dict[str, Any] = {"type": "file", "oid": _git_sha1(file), "size": size}
            if _is_large(name):
                one["lfs"] = {"oid": _sha256(file), "size": size, "pointerSize": 134}
            told.append(one | {"path": name})
        return told

    def _resolve(self, repo_id: str, revision: str, name: str, fault: Fault | None) -> None:
        repo, commit, folder = self._find(repo_id, revision)
        if repo.gated and self._token() not in self.hub.members:
            if self._token() is None:
                message = f"Access to model {repo_id} is restricted. Please log in."
                raise _Refused(401, "GatedRepo", message)
            message = (
                f"Access to model {repo_id} is restricted and you are not in the authorized "
                f"list. Visit {self.hub.address}/{repo_id} to ask for access."
            )
            raise _Refused(403, "GatedRepo", message)
        file = folder / name
        if name not in _names(folder):
            raise _Refused(404, "EntryNotFound", "Entry not found")
        headers = {"X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        if not _is_large(name):
            self._send_file(file, headers | {"ETag": f'"{_git_sha1(file)}"'}, fault)
            return
        sha256 = _sha256(file)
        headers |= {
            "X-Linked-Etag": f'"{sha256}"',
            "X-Linked-Size": str(file.stat().st_size),
            "ETag": f'"{_git_sha1(file)}"',
            "Location": f"{self.hub.far_address}/cdn/{sha256}?signature=valid",
            "Content-Length": "0",
        }
        self._send_head(302, headers)

    def _send_blob(self, sha256: str, fault: Fault | None) -> None:
        if self.headers.get("Authorization") is not None:
            raise _Refused(400, "", "Only one auth mechanism allowed")
        file = self.hub.blob(sha256)
        if file is None:
            raise _Refused(404)
        self._send_file(file, {"ETag": f'"{sha256}"', "Accept-Ranges": "bytes"}, fault)

    def _send_file(self, file: Path, headers: Mapping[str, str], fault: Fault | None) -> None:
        content = file.read_bytes()
        if fault is not None and fault.content is not None:
            content = fault.content
        start = self._start()
        if start is not None and not (fault is not None and fault.ignores_range):
            if start >= len(content):
                raise _Refused(416)
            more = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
            status, content = 206, content[start:]
        else:
            status, more = 200, {}
        length = {"Content-Length": str(len(content))}
        if fault is not None and fault.hides_length:
            length, more, self.close_connection = {"Connection": "close"}, {}, True
        self._send_head(status, {**headers, **more, **length})
        if self.command == "GET":
            self._send_body(content, fault)

    def _start(self) -> int | None:
        found = re.fullmatch(r"bytes=(\d+)-\d*", self.headers.get("Range", ""))
        return int(found[1]) if found else None

    def _send_body(self, content: bytes, fault: Fault | None) -> None:
        for first, last in _cuts(len(content), fault):
            if fault is not None and fault.seconds_per_chunk:
                time.sleep(fault.seconds_per_chunk)
            self.wfile.write(content[first:last])
            if fault is not None and last == fault.cut_at:
                fault.reached.set()
                self.close_connection = True
                return
            if fault is not None and last == fault.hold_at:
                self.wfile.flush()
                fault.reached.set()
                fault.release.wait(LAST_SECONDS)
        if fault is not None:
            fault.reached.set()

    def _send_json(self, value: Any) -> None:
        body = json.dumps(value).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        self._send_head(200, headers)
        if self.command == "GET":
            self.wfile.write(body)

    def _send_refusal(self, refused: _Refused, more: Mapping[str, str]) -> None:
        told = {"X-Error-Code": refused.code, "X-Error-Message": refused.message}
        headers = {name: text for name, text in told.items() if text}
        self._send_head(refused.status, {**headers, **more, "Content-Length": "0"})

    def _send_head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()


def _cuts(size: int, fault: Fault | None) -> Iterator[tuple[int, int]]:
    """Pieces of a body; one ends exactly where the fault wants to act, even before any byte."""
    at = {fault.cut_at, fault.hold_at} - {None} if fault is not None else set()
    ends = sorted({*range(CHUNK_BYTES, size, CHUNK_BYTES), size} | {e for e in at if e is not None})
    first = 0
    for last in ends:
        if last <= size:
            yield first, last
            first = last


def _names(folder: Path) -> list[str]:
    return sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file())


def _is_large(name: str) -> bool:
    return name.endswith(LARGE_SUFFIXES) or name == "tokenizer.json"


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _git_sha1(file: Path) -> str:
    content = file.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
