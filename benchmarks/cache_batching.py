"""Thirty visitors ask at once: one call each, or the calls that form by themselves.

Run: ``python -m benchmarks.cache_batching``. Bar: at least 5 times faster. The text encoder has the
shape of mini-clip (4 layers, 192 wide) in the unmodified transformers class, random weights:
nothing but time is looked at. A search of a few words is about six tokens; what is saved is what a
call costs beside its multiplications, so longer texts may gain less: both are shown.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

from benchmarks.cache_table import print_table
from playground.cache import Cache, Part, Report

VISITORS = 30
BAR = 5.0
_ROUNDS = 9
_TOKENS = {"a few words": 6, "a sentence": 16}


def build(report: Report) -> Any:
    """A CLIP text encoder of the shape of mini-clip."""
    import torch
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    config = CLIPTextConfig(
        vocab_size=2000,
        hidden_size=192,
        intermediate_size=768,
        num_hidden_layers=4,
        num_attention_heads=3,
        max_position_embeddings=32,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    return CLIPTextModel(config).eval()


def embed(model: Any, texts: list[list[int]]) -> list[Any]:
    """One vector for each text, in one pass."""
    import torch

    with torch.inference_mode():
        return list(model(input_ids=torch.tensor(texts)).pooler_output)


def all_at_once(ask: Callable[[int], object]) -> float:
    """Seconds from the moment all may ask until the last has an answer."""
    barrier = threading.Barrier(VISITORS + 1)

    def visitor(number: int) -> None:
        barrier.wait()
        ask(number)

    threads = [threading.Thread(target=visitor, args=(number,)) for number in range(VISITORS)]
    for thread in threads:
        thread.start()
    barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def measure(cache: Cache, tokens: int) -> dict[str, float]:
    """Median seconds of both ways, taken in turns."""
    texts = [
        [(7 * number + place) % 1900 + 2 for place in range(tokens)] for number in range(VISITORS)
    ]
    ways: dict[str, Callable[[int], object]] = {
        "one by one": lambda n: cache.run("text", lambda model: embed(model, [texts[n]])[0]),
        "batched": lambda n: cache.batch("text", embed, texts[n]),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(_ROUNDS + 1):
        for name, ask in ways.items():
            took = all_at_once(ask)
            if number > 0:
                seconds[name].append(took)
    return {name: statistics.median(times) for name, times in seconds.items()}


def _threads() -> str:
    import torch

    return f"{torch.get_num_threads()} torch thread(s)"


def main() -> None:
    """Prints the table."""
    cache = Cache([Part("text", build)])
    cache.load("text")
    rows = []
    for words, tokens in _TOKENS.items():
        median = measure(cache, tokens)
        faster = median["one by one"] / median["batched"]
        verdict = "" if words != "a few words" else "met" if faster >= BAR else "MISSED"
        rows += [
            (f"{words}: {name}", f"{value * 1000:.1f}", "", "") for name, value in median.items()
        ]
        rows.append((f"{words}: times faster", "", f"{faster:.1f}", verdict))
    print_table(
        (f"{VISITORS} visitors at once, {_threads()}", "ms", "ratio", f"bar {BAR:.0f}"), rows
    )


if __name__ == "__main__":
    main()
