"""From a click to a painted mask, beside a `gr.Image.select` handler that returns the picture.

Both run in one browser, on one picture of 2048 x 1536 that mini-sam has encoded, with the same
decoder; ours and theirs in turn:

    python -m benchmarks.segment_clicks --clicks 40
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

import app
from benchmarks.page_start import free_port
from playground.collection import read_collection
from playground.models import sam
from playground.settings import read_settings, set_environment

SIZE_WH = (2048, 1536)
PICTURE = "scene-008"
MODEL = "mini-sam"
BAR_MS, BAR_TIMES = 50, 8
PATIENCE_MS = 120_000
COLOUR = np.array([30, 120, 255])
STAGE = "#sam-segment .segment-stage"
# The clock runs in the page: from the pointer's going down to the painted frame.
LISTEN_OURS = """stage => {
  window.waits = [];
  stage.addEventListener('pointerdown', () => { window.began = performance.now(); }, true);
  const painted = () => window.waits.push(performance.now() - window.began);
  stage.addEventListener('segment-painted', painted);
}"""
LISTEN_THEIRS = """image => {
  window.waits = [];
  document.addEventListener('pointerdown', () => { window.began = performance.now(); }, true);
  const seen = new Set([image.src]);
  const place = document.querySelector('#theirs');
  new MutationObserver(() => {
    const shown = document.querySelector('#theirs img');
    if (!shown || seen.has(shown.src)) return;
    seen.add(shown.src);
    shown.decode().then(() => window.waits.push(performance.now() - window.began));
  }).observe(place, { subtree: true, childList: true, attributes: true });
}"""


def main() -> None:
    """Serves both, clicks in turn, prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=40)
    count = parser.parse_args().clicks
    settings = read_settings([], {"PLAYGROUND_PORT": "0", "PLAYGROUND_OFFLINE": "true"})
    set_environment(settings)
    running = app.open_playground(settings)
    collection = read_collection()
    pixels = collection.pixels(collection.place_of(PICTURE))
    large = Image.fromarray(pixels).resize(SIZE_WH, Image.Resampling.BICUBIC)
    theirs = select_page(running.ctx.cache, np.asarray(large))
    _, their_address, _ = theirs.launch(
        server_name="127.0.0.1",
        server_port=free_port(),
        quiet=True,
        prevent_thread_lock=True,
        ssr_mode=False,
    )
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "large.jpg"
            large.save(file, quality=90)
            measure(running.address, their_address, file, count)
    finally:
        theirs.close(verbose=False)
        running.page.close(verbose=False)


def select_page(cache: Any, pixels: np.ndarray) -> gr.Blocks:
    """The usual way: a click is an event, its answer the picture with the mask painted in."""
    encoded = cache.batch(f"{MODEL}/encoder", sam.encode, pixels)

    def clicked(event: gr.SelectData) -> np.ndarray:
        point = np.asarray([event.index], np.float32) + 0.5
        prompts = sam.Prompts(point, np.ones(1, np.int64), is_multimask=True)
        with cache.lease(f"{MODEL}/decoder") as decoder:
            masks = sam.decode(decoder, encoded, prompts)
        chosen = sam.choose(masks, prompts, encoded)
        painted = pixels.copy()
        mask = sam.full_mask(masks.logits[chosen], encoded)
        painted[mask] = (painted[mask] // 2 + COLOUR // 2).astype(np.uint8)
        return painted

    with gr.Blocks() as page:
        shown = gr.Image(pixels, interactive=False, elem_id="theirs", height=640)
        shown.select(clicked, None, shown, show_progress="hidden")
    return page


def measure(our_address: str, their_address: str, file: Path, count: int) -> None:
    """Clicks on both in turn, in one browser."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        ours = browser.new_page(viewport={"width": 1366, "height": 900})
        theirs = browser.new_page(viewport={"width": 1366, "height": 900})
        for page in (ours, theirs):
            page.set_default_timeout(PATIENCE_MS)
        open_ours(ours, our_address, file)
        theirs.goto(their_address)
        theirs.wait_for_selector("#theirs img")
        theirs.eval_on_selector("#theirs img", LISTEN_THEIRS)
        rng = np.random.default_rng(0)
        waits: dict[str, list[float]] = {"ours": [], "select": []}
        for number in range(count + 2):
            share_xy = rng.uniform(0.1, 0.9, 2)
            for name, wait in (
                ("ours", click(ours, f"{STAGE} canvas", share_xy)),
                ("select", click(theirs, "#theirs img", share_xy)),
            ):
                # The first two warm up whatever is made on first use.
                waits[name] += [wait] if number >= 2 else []
        browser.close()
    report(waits)


def open_ours(page: Page, address: str, file: Path) -> None:
    """Opens the picture on the stage and waits until the model has looked at all of it."""
    page.goto(address)
    page.wait_for_selector("html[data-playground=ready]")
    page.locator("[role=tab]", has_text="Click to segment").click()
    page.wait_for_selector(f"{STAGE}[data-ready]")
    before = page.get_attribute(STAGE, "data-ready")
    page.set_input_files("#sam-segment input[type=file]", str(file))
    page.wait_for_function(
        "([place, before]) => { const ready = document.querySelector(place).dataset.ready;"
        " return ready && ready !== before; }",
        arg=[STAGE, before],
    )
    # The grid goes on by itself for some seconds; its end is the status line's.
    page.wait_for_function("() => !document.querySelector('#sam_segment .status.busy')")
    page.eval_on_selector(STAGE, LISTEN_OURS)


def click(page: Page, place: str, share_xy: np.ndarray) -> float:
    """Clicks once and returns the milliseconds until the mask is seen."""
    page.bring_to_front()
    box = page.locator(place).first.bounding_box()
    assert box is not None, "it is on the page"
    done = page.evaluate("() => window.waits.length")
    side = min(box["width"], box["height"] * SIZE_WH[0] / SIZE_WH[1])
    left = box["x"] + (box["width"] - side) / 2
    page.mouse.click(
        left + share_xy[0] * side, box["y"] + share_xy[1] * side * SIZE_WH[1] / SIZE_WH[0]
    )
    page.wait_for_function("done => window.waits.length > done", arg=done)
    wait: float = page.evaluate("() => window.waits.at(-1)")
    # Each click is a first one: what was made is put away.
    page.keyboard.press("Escape")
    return wait


def report(waits: dict[str, list[float]]) -> None:
    """Prints the table."""
    row = "{:>8} {:>7} {:>8} {:>8}".format
    print(f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}")
    print(row("", "clicks", "p50 ms", "p95 ms"))
    middle: dict[str, float] = {}
    for name, found in waits.items():
        middle[name], high = np.percentile(found, [50, 95])
        print(row(name, len(found), f"{middle[name]:.0f}", f"{high:.0f}"))
    times = middle["select"] / middle["ours"]
    print(f"{times:.1f} times as fast (bar {BAR_TIMES}); p50 bar {BAR_MS} ms")


if __name__ == "__main__":
    main()
