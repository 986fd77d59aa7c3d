"""How long from ``python app.py`` to a page one can use, beside a hello-world Gradio app.

Both are started in turn, several times, each in a process and a browser context of its own:

    python -m benchmarks.page_start --rounds 5
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
BAR = 1.3
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.02
HELLO = """
import sys
import gradio as gr

with gr.Blocks() as page:
    name = gr.Textbox(label="Name")
    hello = gr.Textbox(label="Greeting")
    gr.Button("Greet").click(lambda who: f"Hello {who}", name, hello)
page.launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), ssr_mode=False, quiet=True)
"""
OURS = [str(ROOT / "app.py"), "--port"]
APPS = {"hello": ["-c", HELLO], "playground": OURS}
USABLE = {"hello": "button:has-text('Greet')", "playground": "html[data-playground=ready]"}


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_for_server(address: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the server answers.

    Raises:
        RuntimeError: it ended, or did not answer in time.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            httpx.get(address + "/config", timeout=PATIENCE_SECONDS)
            return
        except httpx.TransportError:
            time.sleep(LOOK_SECONDS)
    raise RuntimeError(f"{address} did not answer")


def measure(name: str, browser: Browser) -> tuple[float, float]:
    """Start one app and open it.

    Returns:
        Seconds until the server answered, and until the page was usable.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"}
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *APPS[name], str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_server(address, process)
        answered = time.monotonic() - started
        context = browser.new_context()
        page = context.new_page()
        page.goto(address, timeout=1000 * PATIENCE_SECONDS)
        page.wait_for_selector(USABLE[name], timeout=1000 * PATIENCE_SECONDS)
        usable = time.monotonic() - started
        context.close()
    finally:
        process.terminate()
        process.wait()
    return answered, usable


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 if the ratio is above the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args(arguments).rounds
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in APPS}
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        for _ in range(rounds):
            for name in APPS:
                taken[name].append(measure(name, browser))
        browser.close()
    print(f"{'app':<12}{'server up, s':>14}{'page usable, s':>16}   median of {rounds}")
    medians = {}
    for name, pairs in taken.items():
        up, usable = (statistics.median(column) for column in zip(*pairs, strict=True))
        medians[name] = usable
        print(f"{name:<12}{up:>14.2f}{usable:>16.2f}")
    ratio = medians["playground"] / medians["hello"]
    print(f"ratio {ratio:.2f} (bar {BAR})")
    return 0 if ratio <= BAR else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
