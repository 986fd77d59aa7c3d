"""Everything that goes wrong between here and the hub, as a sentence with the way out."""

from __future__ import annotations

import errno
import os
import re
from typing import Any

from huggingface_hub import errors as hub

from playground.entries import Entry
from playground.visitors.errors import PersonError, Value

# Closed folders, and a path that leads through a file.
CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR}
FULL = {errno.ENOSPC, errno.EDQUOT}
UNKNOWN_WAIT_SECONDS = 60
OFFICIAL = "https://huggingface.co"


class HubFault(PersonError):
    """A download that failed, or may not begin."""


def endpoint() -> str:
    """Returns the address of the hub: `HF_ENDPOINT`, read now, or the official one."""
    return os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or OFFICIAL


def page_of(item: Entry) -> str:
    """Returns the address of a model's page, where a gate is opened."""
    kind = "" if item.repository == "model" else f"{item.repository}s/"
    return f"{endpoint()}/{kind}{item.source}"


def fault(name: str, item: Entry, **more: Value) -> HubFault:
    """Makes the mistake `mistake.hub.<name>` about a model."""
    facts: dict[str, Value] = {"model": item.title, "page": page_of(item), "name": item.key}
    return HubFault(f"mistake.hub.{name}", facts | more)


def hub_fault(error: BaseException, item: Entry) -> PersonError:
    """Returns what a person is told about an error of the hub library, its client or the disk.

    Args:
        error: Anything that a request, a download or a file raised.
        item: The model it was about.
    """
    if isinstance(error, PersonError):
        return error
    for cause in _chain(error):
        if isinstance(cause, hub.OfflineModeIsEnabled):
            return fault("offline_set", item)
        if isinstance(cause, hub.HfHubHTTPError):
            return _told_by_hub(cause, item)
        if (found := _told_by_line(cause, item)) is not None:
            return found
    return fault("failed", item)


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what caused it: the library wraps a lost connection in its own words."""
    found: list[BaseException] = []
    now: BaseException | None = error
    while now is not None and now not in found:
        found.append(now)
        now = now.__cause__ or now.__context__
    return found


def _told_by_hub(error: Any, item: Entry) -> PersonError:
    response = error.response
    status = response.status_code
    message = response.headers.get("X-Error-Message", "")
    if isinstance(error, hub.GatedRepoError):
        return _told_by_gate(status, message, item)
    if isinstance(error, hub.RevisionNotFoundError):
        return fault("moved", item)
    if isinstance(error, hub.DisabledRepoError):
        return fault("closed", item)
    if status == 401:
        is_wrong = "invalid credentials" in message.lower()
        return fault("bad_token" if is_wrong else "needs_token", item)
    if isinstance(error, hub.EntryNotFoundError) or status in (404, 410):
        return fault("not_found", item)
    if status == 403:
        return fault("forbidden", item)
    if status == 429:
        return fault("too_many", item, seconds=wait_seconds(response.headers))
    if status >= 500 or status == 408:
        return fault("server", item, status=status)
    return fault("failed", item)


def _told_by_gate(status: int, message: str, item: Entry) -> PersonError:
    if status == 401:
        return fault("needs_token", item)
    if "rejected" in message.lower():
        return fault("refused", item)
    if "awaiting" in message.lower():
        return fault("gate_waiting", item)
    return fault("gated", item)


def _told_by_line(error: BaseException, item: Entry) -> PersonError | None:
    # By name: the library changed its client from one release of the same version to the next.
    kinds = {cls.__name__ for cls in type(error).__mro__ if cls.__module__.startswith("httpx")}
    if "ConnectError" in kinds:
        is_certificate = "certificate" in str(error).lower()
        return fault("certificate" if is_certificate else "offline", item)
    if "TimeoutException" in kinds:
        return fault("slow", item)
    if kinds & {"ProxyError", "UnsupportedProtocol", "TooManyRedirects", "InvalidURL"}:
        return fault("not_a_hub", item)
    if "DecodingError" in kinds or isinstance(error, ValueError):
        # A network's login page answers with HTML, and with 200.
        return fault("not_a_hub", item)
    if "TransportError" in kinds:
        return fault("cut", item)
    if isinstance(error, OSError) and error.errno in FULL:
        return fault("disk_filled", item)
    if isinstance(error, OSError) and error.errno in CLOSED:
        return fault("read_only", item)
    return None


def wait_seconds(headers: Any) -> int:
    """Returns the seconds that the hub asks to wait.

    Args:
        headers: Of the answer with status 429: `Retry-After` in seconds, or `RateLimit` as in
            "api";r=0;t=55.

    Returns:
        Whole seconds, at least 1; a minute if it does not say.
    """
    for text, pattern in (
        (headers.get("retry-after", ""), r"\s*(\d+)\s*"),
        (headers.get("ratelimit", ""), r".*\bt\s*=\s*(\d+).*"),
    ):
        if told := re.fullmatch(pattern, text):
            return max(1, int(told[1]))
    return UNKNOWN_WAIT_SECONDS
