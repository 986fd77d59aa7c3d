"""A page that imports the modules under `assets/js`, without the playground around it."""

from __future__ import annotations

import base64
import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest

from tests.conftest import PATIENCE_MS, watch
from tests.sources import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCRIPTS = ROOT / "assets" / "js"
TYPES = {"float32": "Float32Array", "int32": "Int32Array", "uint8": "Uint8Array"}
# In the page: arrays come as {array, kind}, and go back so; `call` names a module's function.
BRIDGE = """window.bridge = (() => {
  const kinds = { Float32Array, Int32Array, Uint8Array, Uint8ClampedArray };
  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const textOf = (bytes) => {
    let text = '';
    for (let i = 0; i < bytes.length; i += 8192) {
      text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    }
    return btoa(text);
  };
  const read = (value) => {
    if (Array.isArray(value)) return value.map(read);
    if (value === null || typeof value !== 'object') return value;
    if (value.kind === 'ImageData') {
      return new ImageData(new Uint8ClampedArray(bytesOf(value.array)), value.width, value.height);
    }
    if (value.kind) return new kinds[value.kind](bytesOf(value.array).buffer);
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, read(part)]));
  };
  const write = (value) => {
    if (value instanceof ImageData) {
      return { ...write(value.data), width: value.width, height: value.height };
    }
    if (ArrayBuffer.isView(value)) {
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      return { array: textOf(bytes), kind: value.constructor.name };
    }
    if (Array.isArray(value)) return value.map(write);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, write(part)]));
  };
  return async ({ module, name, cases }) => {
    const found = (await import(module))[name];
    const answers = [];
    for (const one of cases) {
      const taken = read(one);
      answers.push(write([await found(...taken), taken]));
    }
    return answers;
  };
})();"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a word; browsers take modules as JavaScript only."""

    extensions_map: ClassVar[dict[str, str]] = {".js": "text/javascript", ".html": "text/html"}

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        """Answers the empty page itself, and nothing for its icon."""
        if self.path not in ("/", "/favicon.ico"):
            return super().do_GET()
        self.send_response(200 if self.path == "/" else 204)
        self.send_header("content-type", "text/html")
        self.end_headers()
        if self.path == "/":
            self.wfile.write(b"<!doctype html><title>modules</title>")
        return None


@pytest.fixture(scope="session")
def scripts_address() -> Iterator[str]:
    """Where the modules are served: `/segment/logits.js` and so on."""
    handler = functools.partial(Quiet, directory=str(SCRIPTS))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def module_page(browser: Browser, scripts_address: str) -> Iterator[Page]:
    """An empty page of the modules' own origin; any mistake of it fails the tests."""
    context = browser.new_context()
    page = context.new_page()
    mistakes = watch(page)
    page.set_default_timeout(PATIENCE_MS)
    page.goto(scripts_address)
    page.evaluate(f"() => {{ {BRIDGE} }}")
    yield page
    context.close()
    assert mistakes == []


@pytest.fixture(scope="module")
def call_all(module_page: Page) -> Callable[..., list[Any]]:
    """`call_all("segment/logits", "maskOf", cases)`: one function's answers to many arguments.

    Arrays go as typed arrays and come back as numpy arrays without shape; pictures (H, W, 4) uint8
    are sent with `picture(...)`. With `with_arguments`, answers are (answer, arguments after it).
    """

    def call(module: str, name: str, cases: list[Any], *, with_arguments: bool = False) -> Any:
        asked = {"module": f"/{module}.js", "name": name, "cases": written(cases)}
        answers = module_page.evaluate("asked => bridge(asked)", asked)
        pairs = [(read(answer), read(taken)) for answer, taken in answers]
        return pairs if with_arguments else [answer for answer, _ in pairs]

    return call


def picture(pixels: np.ndarray) -> dict[str, Any]:
    """Pixels uint8 (H, W, 4), to be sent as ImageData."""
    height, width = pixels.shape[:2]
    return {"kind": "ImageData", "array": text_of(pixels), "width": width, "height": height}


def text_of(array: np.ndarray) -> str:
    """Base64 of an array's bytes."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def written(value: Any) -> Any:
    """Arrays as what the page reads; the rest as it is."""
    if isinstance(value, np.ndarray):
        value = value.astype(np.uint8) if value.dtype == bool else value
        return {"kind": TYPES[str(value.dtype)], "array": text_of(value)}
    if isinstance(value, list | tuple):
        return [written(part) for part in value]
    if isinstance(value, dict):
        return {key: written(part) for key, part in value.items()}
    return value


def read(value: Any) -> Any:
    """Arrays of the page as numpy arrays; ImageData as (H, W, 4)."""
    if isinstance(value, list):
        return [read(part) for part in value]
    if not isinstance(value, dict):
        return value
    if "kind" not in value:
        return {key: read(part) for key, part in value.items()}
    kinds = {name: dtype for dtype, name in TYPES.items()} | {"Uint8ClampedArray": "uint8"}
    array = np.frombuffer(base64.b64decode(value["array"]), kinds[value["kind"]])
    if "width" in value:
        return array.reshape(value["height"], value["width"], 4)
    return array
