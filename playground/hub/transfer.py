"""One file from the hub into the library's cache: resumed, told byte by byte, checked by digest.

The library's own downloader (2.4) throws away what came before a failure, tells its progress
every 10 MB, cannot be stopped and sleeps through "too many requests". So the bytes are streamed
here, through the library's session, into the places of the library's cache.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from filelock import Timeout
from huggingface_hub import hf_hub_url
from huggingface_hub.utils import (
    WeakFileLock,
    build_hf_headers,
    get_session,
    hf_raise_for_status,
)

from playground.entries import Entry
from playground.hub.faults import FULL, endpoint, fault, wait_seconds
from playground.hub.plan import PlannedFile, bytes_here
from playground.visitors.errors import PersonError

# No byte for this long: the line is stalled. Also the longest wait until a cancel is noticed.
STALLED_SECONDS = 10.0
# Rests before the next try after a broken line; anything that arrives begins the list anew.
REST_SECONDS = (1.0, 2.0, 4.0)
HASH_CHUNK_BYTES = 1 << 20
PASSING_STATUS = {408, 500, 502, 503, 504}
Count = Callable[[int], None]
"""Called with bytes that arrived; negative when bytes that were counted are given up."""


class Stopped(Exception):
    """The download was cancelled; what arrived stays for the next time."""


def fetch_file(
    item: Entry,
    commit: str,
    file: PlannedFile,
    blobs: Path,
    count: Count,
    stop: threading.Event,
    *,
    checks: bool = False,
) -> None:
    """Brings one blob here, whole and checked, unless it is here already.

    Args:
        item: The model.
        commit: Its version.
        file: What is fetched.
        blobs: Folder of the repository's blobs.
        count: Told how many bytes arrived.
        stop: Set to cancel.
        checks: Read a blob that is here already and fetch it anew if it is damaged; else only its
            length is looked at.

    Raises:
        Stopped: It was cancelled.
        PersonError: `mistake.hub.mismatch` or `mistake.hub.too_many`.
        Exception: What the client or the disk raised; `hub_fault` puts it into words.
    """
    blob = blobs / file.digest
    partial = blobs / f"{file.digest}.incomplete"
    with _alone(blobs, file.digest, stop):
        if blob.exists():
            if _is_sound(blob, file, reads=checks):
                return
            count(-bytes_here(blobs, file))
            blob.unlink()
        try:
            _stream_until_whole(item, commit, file, partial, count, stop)
        except OSError as error:
            if error.errno in FULL:
                # A full disk is needed for other things; nobody else would clear this away.
                partial.unlink(missing_ok=True)
            raise
        if not _is_sound(partial, file, reads=True):
            partial.unlink()
            raise fault("mismatch", item, file=file.name)
        partial.replace(blob)


def _is_sound(path: Path, file: PlannedFile, *, reads: bool) -> bool:
    return path.stat().st_size == file.size and (not reads or digest_of(path, file) == file.digest)


def digest_of(path: Path, file: PlannedFile) -> str:
    """Returns the digest of a file in the way that the hub names it.

    Source: Git, "Git Objects": a blob's name is the SHA-1 of `blob <size>`, a zero byte and the
    content. Large files are named by the SHA-256 of the content (Git LFS specification).
    """
    found = hashlib.sha256() if file.is_sha256 else hashlib.sha1(usedforsecurity=False)
    if not file.is_sha256:
        found.update(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as stream:
        while chunk := stream.read(HASH_CHUNK_BYTES):
            found.update(chunk)
    return found.hexdigest()


def _stream_until_whole(
    item: Entry,
    commit: str,
    file: PlannedFile,
    partial: Path,
    count: Count,
    stop: threading.Event,
) -> None:
    rests: Iterator[float] = iter(REST_SECONDS)
    size = -1
    while True:
        if stop.is_set():
            raise Stopped
        try:
            _stream(item, commit, file, partial, count, stop)
            if _size(partial) >= file.size:
                return
            # Without a length the client cannot tell an early end from the true one.
            raise fault("cut", item)
        except Exception as error:
            before, size = size, _size(partial)
            if not is_passing(error):
                raise
            if size > before >= 0:
                rests = iter(REST_SECONDS)
            rest = next(rests, None)
            if rest is None:
                raise
        stop.wait(rest)


def is_passing(error: Exception) -> bool:
    """Tells whether the same request may well succeed a moment later."""
    if isinstance(error, PersonError):
        return error.key == "mistake.hub.cut"
    response = getattr(error, "response", None)
    if response is not None:
        return response.status_code in PASSING_STATUS
    kinds = {cls.__name__ for cls in type(error).__mro__ if cls.__module__.startswith("httpx")}
    return "TransportError" in kinds and "certificate" not in str(error).lower()


def _stream(
    item: Entry,
    commit: str,
    file: PlannedFile,
    partial: Path,
    count: Count,
    stop: threading.Event,
) -> None:
    """One request: appends what arrives to the partial file."""
    have = _size(partial)
    if have >= file.size:
        if have > file.size:
            partial.unlink()
            count(-file.size)
            have = 0
        elif file.size:
            return
    url = hf_hub_url(
        item.source,
        file.name,
        repo_type=item.repository,
        revision=commit,
        endpoint=endpoint(),
    )
    # Compressed, the bytes would not be those of the digest, nor of the range.
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    options: dict[str, Any] = {"timeout": STALLED_SECONDS, "follow_redirects": True}
    with get_session().stream("GET", url, headers=headers, **options) as answer:
        if answer.status_code == 429:
            raise fault("too_many", item, seconds=wait_seconds(answer.headers))
        if answer.status_code == 416:
            partial.unlink()
            raise fault("mismatch", item, file=file.name)
        hf_raise_for_status(answer)
        _check_size(answer, item, file)
        is_rest = have > 0 and answer.status_code == 206
        if have and not is_rest:
            count(-have)
        with partial.open("ab" if is_rest else "wb") as stream:
            _write(answer, stream, count, stop)


def _check_size(answer: Any, item: Entry, file: PlannedFile) -> None:
    """Another length than the hub listed is noticed before the bytes are paid for."""
    told = answer.headers.get("Content-Range", "").rpartition("/")[2]
    if answer.status_code == 200:
        told = answer.headers.get("Content-Length", "")
    if told.isdigit() and int(told) != file.size:
        raise fault("mismatch", item, file=file.name)


def _write(answer: Any, stream: BinaryIO, count: Count, stop: threading.Event) -> None:
    for chunk in answer.iter_bytes():
        stream.write(chunk)
        count(len(chunk))
        if stop.is_set():
            raise Stopped


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@contextmanager
def _alone(blobs: Path, digest: str, stop: threading.Event) -> Iterator[None]:
    """No other process of ours and no library writes the same blob meanwhile."""
    repository = blobs.parent
    lock = repository.parent / ".locks" / repository.name / f"{digest}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        is_ours = False
        while not is_ours:
            if stop.is_set():
                raise Stopped
            with suppress(Timeout):
                stack.enter_context(WeakFileLock(lock, timeout=1.0))
                is_ours = True
        yield
