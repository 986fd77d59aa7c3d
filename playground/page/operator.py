"""Who may load, unload and pin: the person who runs the server, and nobody else."""

from __future__ import annotations

import hmac
import os
import secrets
from typing import TYPE_CHECKING

import gradio as gr

from playground.settings import Settings
from playground.visitors.errors import PersonError

if TYPE_CHECKING:
    from playground.page.context import Context

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})
PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
SESSION_NAME = "operator"


class Operator:
    """Tells the operator from a visitor.

    On a server that only its own machine can reach, whoever sits there is the operator.
    Everywhere else a code tells: the setting ``operator_code``, or one made at the start.
    """

    def __init__(self, settings: Settings) -> None:
        self.needs_code = not (
            settings.is_loopback_only and not settings.root_path and "SPACE_ID" not in os.environ
        )
        self.code = settings.operator_code or secrets.token_urlsafe(9)

    def knows(self, code: object) -> bool:
        """Whether a code is the right one; takes as long for a wrong as for a right one."""
        typed = str(code).encode("utf-8", "surrogatepass")
        return hmac.compare_digest(typed, self.code.encode("utf-8", "surrogatepass"))

    def is_at(self, ctx: Context, request: gr.Request | None) -> bool:
        """Whether the operator is behind this request."""
        if request is None:
            return False
        if not self.needs_code and _is_from_this_machine(request):
            return True
        if ctx.session(request).get(SESSION_NAME):
            return True
        code = (getattr(request, "query_params", None) or {}).get("operator")
        return code is not None and self.knows(code)

    def let_in(self, ctx: Context, request: gr.Request | None, code: object) -> None:
        """Remember for this visit that the code was right.

        Raises:
            PersonError: it was wrong.
        """
        if not self.knows(code):
            raise PersonError("mistake.operator.code")
        ctx.session(request).put(SESSION_NAME, True)

    def require(self, ctx: Context, request: gr.Request | None) -> None:
        """Refuse everybody else.

        Raises:
            PersonError: the visitor is not the operator.
        """
        if not self.is_at(ctx, request):
            raise PersonError("mistake.operator.only")


def _is_from_this_machine(request: gr.Request) -> bool:
    """A proxy on this machine also comes from here: it gives itself away by its headers."""
    headers = request.headers
    if any(headers.get(name) for name in PROXY_HEADERS):
        return False
    name = str(headers.get("host", "")).rsplit(":", 1)[0].lower()
    return name in LOOPBACK_NAMES
