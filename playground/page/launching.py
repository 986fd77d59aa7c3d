"""Everything between the settings and a served page, but ``launch`` itself."""

from __future__ import annotations

import importlib.util
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware

from playground.cache import Cache
from playground.catalog import CATALOG, cache_items
from playground.hub.consent import check_names
from playground.hub.store import Store
from playground.own.holdings import Holdings
from playground.page.context import Context
from playground.page.early_head import EarlyHead, early_html, late_html
from playground.page.languages import LANGUAGES, Languages, best_language
from playground.page.routes import routes
from playground.page.sends import Sends
from playground.page.theme import theme
from playground.published.question_sets import QUESTION_SETS
from playground.settings import Settings
from playground.visitors.guard import Guard, GuardRules
from playground.visitors.sessions import Sessions
from playground.visitors.turns import Turns

CSS_FOLDER = Path(__file__).parents[2] / "assets" / "css"
# The first paint has its own, inline.
EARLY_CSS = "early.css"
MOST_UPLOAD = "12mb"
GIGABYTE = 1_000_000_000


def make_context(settings: Settings, languages: Languages) -> Context:
    """The parts that all tabs share, for one run."""
    check_names(settings, (*CATALOG, *QUESTION_SETS))
    most = round(settings.device_budget_gb * GIGABYTE) or None
    store = Store(settings)
    cache = Cache(cache_items(CATALOG, settings, store), most_bytes=most)
    # What failed before the files came must not rest any longer.
    store.on_arrival = lambda item: cache.retry(item.key) if item.parts else None
    return Context(
        cache=cache,
        catalog=CATALOG,
        languages=languages,
        sessions=Sessions(most_sessions=max(200, 2 * settings.most_visitors)),
        turns=Turns(),
        settings=settings,
        sends=Sends(),
        store=store,
        question_sets=QUESTION_SETS,
        holdings=Holdings.of(settings),
    )


def queue_options(settings: Settings) -> dict[str, Any]:
    """For ``Blocks.queue``: the cache decides who is next, so the queue holds nobody back."""
    return {
        "max_size": 4 * settings.most_visitors,
        "api_open": False,
        "default_concurrency_limit": None,
    }


def launch_options(ctx: Context, port: int) -> dict[str, Any]:
    """For ``Blocks.launch``: closed wherever Gradio would be open by itself."""
    settings = ctx.settings
    words = {
        language: {
            "name": ctx.languages.say("page.name", language),
            "mistake": ctx.languages.say("mistake.title", language),
            "tooLarge": ctx.languages.say("page.too_large", language),
        }
        for language in LANGUAGES
    }
    return {
        "server_name": f"[{settings.host}]" if ":" in settings.host else settings.host,
        "server_port": port,
        "root_path": settings.root_path or None,
        "share": False,
        "quiet": True,
        "prevent_thread_lock": True,
        "show_error": False,
        "max_file_size": MOST_UPLOAD,
        "enable_monitoring": False,
        "run_history": False,
        "ssr_mode": False,
        "pwa": False,
        "strict_cors": True,
        "state_session_capacity": max(200, 2 * settings.most_visitors),
        # A visitor who waits holds a thread; others must still be served.
        "max_threads": max(64, 3 * settings.most_visitors),
        "footer_links": [],
        "mcp_server": importlib.util.find_spec("mcp") is not None,
        "i18n": ctx.languages.for_gradio,
        "theme": theme(),
        "css_paths": sorted(p for p in CSS_FOLDER.glob("*.css") if p.name != EARLY_CSS),
        "app_kwargs": {
            "middleware": [
                Middleware(EarlyHead, first=early_html(words), last=late_html()),
                Middleware(Guard, rules=guard_rules(settings), say=guard_sentence(ctx)),
            ],
            "routes": routes(ctx),
            "openapi_url": None,
            "docs_url": None,
            "redoc_url": None,
        },
    }


def guard_sentence(ctx: Context) -> Callable[[str, str], str]:
    """How the guard finds its words: by key and the caller's Accept-Language."""

    def say(key: str, accept_language: str) -> str:
        return ctx.languages.say(key, best_language(accept_language))

    return say


def guard_rules(settings: Settings) -> GuardRules:
    """What the guard lets in: the names this server goes by, and who may frame it."""
    framers = ("'self'", *settings.frame_ancestors.split())
    hosts = settings.host_names + own_names(settings)
    if "SPACE_ID" not in os.environ:
        return GuardRules(hosts=hosts, frame_ancestors=framers)
    # All visitors of a Space come from the address of its proxy.
    return GuardRules(
        hosts=hosts,
        frame_ancestors=(*framers, "https://huggingface.co"),
        address_per_second=6_000.0,
        address_burst=60_000.0,
        most_streams_per_address=2_000,
    )


def own_names(settings: Settings) -> tuple[str, ...]:
    """The names and addresses that people type to reach this server; none for loopback alone."""
    space = tuple(name for name in os.environ.get("SPACE_HOST", "").split(",") if name)
    if settings.is_loopback_only:
        return space
    name = socket.gethostname()
    found = {settings.host, name, f"{name}.local", _address_on_the_network()}
    with suppress(OSError):
        found |= {str(info[4][0]) for info in socket.getaddrinfo(name, None)}
    # A Host header carries an IPv6 address in brackets.
    return space + tuple(sorted(f"[{a}]" if ":" in a else a for a in found - {"", "0.0.0.0"}))


def _address_on_the_network() -> str:
    """This machine's address in the school's network. Nothing is sent: UDP only picks a route."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("10.255.255.255", 9))
        return str(probe.getsockname()[0])
    return ""
