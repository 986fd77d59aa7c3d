"""Thirty visitors click once a second for a minute: how long until each has its mask?

`python -m benchmarks.segment_visitors [--visitors N] [--seconds S]`. Each visitor has a session and
an id of its own, and waits for one answer before the next click, as the stage does.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from typing import Any

import httpx
import numpy as np
from gradio_client import Client

import app
from playground.page.segment_canvas import SegmentCanvas
from playground.settings import read_settings, set_environment

ROW = "{:>10} {:>8} {:>8} {:>9} {:>9} {:>9} {:>9}"
PATIENCE_SECONDS = 60.0


def main() -> None:
    """Serves the playground, lets the visitors click, prints one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    settings = read_settings([], {"PLAYGROUND_PORT": "0", "PLAYGROUND_OFFLINE": "true"})
    set_environment(settings)
    running = app.open_playground(settings)
    try:
        visitors = [Visitor(running, number) for number in range(asked.visitors)]
        visitors[0].click()
        clicking = [
            threading.Thread(target=visitor.go_on, args=(asked.seconds, asked.visitors))
            for visitor in visitors
        ]
        for thread in clicking:
            thread.start()
        for thread in clicking:
            thread.join()
        report(visitors)
    finally:
        running.page.close(verbose=False)


def report(visitors: list[Visitor]) -> None:
    """Prints milliseconds from the click to the answer, over all visitors."""
    waits = np.array([wait for visitor in visitors for wait in visitor.waits]) * 1000
    errors = sum(visitor.errors for visitor in visitors)
    late = sum(visitor.late for visitor in visitors)
    print(ROW.format("visitors", "clicks", "errors", "late", "p50 ms", "p95 ms", "most ms"))
    p50, p95 = np.percentile(waits, [50, 95])
    numbers = (f"{number:.0f}" for number in (p50, p95, waits.max()))
    print(ROW.format(len(visitors), len(waits), errors, late, *numbers))


class Visitor:
    """One browser, by its requests alone.

    Attributes:
        waits: Seconds of each click.
        errors: Clicks without a mask.
        late: Clicks that began late because the answer before took longer than a second.
    """

    def __init__(self, running: Any, number: int) -> None:
        self._rng = np.random.default_rng(number)
        self._number = number
        self._client = Client(running.address, verbose=False)
        blocks = running.page.blocks
        self._canvas = next(
            key for key, block in blocks.items() if isinstance(block, SegmentCanvas)
        )
        self._http = httpx.Client(base_url=running.address, timeout=PATIENCE_SECONDS)
        self.waits: list[float] = []
        self.errors = 0
        self.late = 0
        self._id, self._size_wh = self._open(running)

    def click(self) -> dict[str, Any]:
        """Asks for the three masks of a place."""
        width, height = self._size_wh
        x, y = self._rng.uniform(0, [width, height])
        data = {"id": self._id, "seq": 1, "points": [[x, y, 1]], "box": None, "multimask": True}
        body = {
            "component_id": self._canvas,
            "fn_name": "decode",
            "session_hash": self._client.session_hash,
            "data": data,
        }
        answer: dict[str, Any] = self._http.post("/gradio_api/component_server", json=body).json()
        return answer

    def go_on(self, seconds: float, visitors: int) -> None:
        """Clicks once a second; the visitors' clicks are spread over the second."""
        began = time.monotonic()
        due = began + self._number / visitors
        while due < began + seconds:
            now = time.monotonic()
            if now < due:
                time.sleep(due - now)
            else:
                self.late += now > due + 0.5
            start = time.monotonic()
            answer = self.click()
            self.waits.append(time.monotonic() - start)
            self.errors += len(answer.get("candidates", [])) != 3
            due = max(due + 1, time.monotonic())

    def _open(self, running: Any) -> tuple[str, tuple[int, int]]:
        """Opens the page's first picture: the event that runs when a page is loaded."""
        opening = next(
            key
            for key, fn in running.page.fns.items()
            if any(output._id == self._canvas for output in fn.outputs)
            and any(target[1] == "load" for target in fn.targets)
        )
        session = self._client.session_hash
        joined = {"data": [], "fn_index": opening, "session_hash": session}
        self._http.post("/gradio_api/queue/join", json=joined).raise_for_status()
        told = ""
        with self._http.stream(
            "GET", "/gradio_api/queue/data", params={"session_hash": session}
        ) as stream:
            for line in stream.iter_lines():
                told = line if '"process_completed"' in line or "src" in line else told
                if '"process_completed"' in line:
                    break
        (picture,) = _find(json.loads(told.removeprefix("data: ")), "src")
        return picture["id"], (picture["width"], picture["height"])


def _find(told: Any, name: str) -> list[dict[str, Any]]:
    """Every object inside that has this name."""
    if isinstance(told, dict):
        inner = [found for value in told.values() for found in _find(value, name)]
        return [told, *inner] if name in told else inner
    if isinstance(told, list):
        return [found for value in told for found in _find(value, name)]
    return []


if __name__ == "__main__":
    main()
