"""How long one layer of a language model takes with 32, 16 and 8 bits a weight on this processor.

`python -m benchmarks.int8_linear` prints a table; the layer is the widest of OPT 2.7B.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import torch

from playground.models import precision
from playground.models.precision import Place, choose, convert

INPUTS, OUTPUTS = 2560, 10_240
ROWS = (1, 4, 16, 64, 256)
ROUNDS = 5


def best_milliseconds(run: Callable[[], object]) -> float:
    """The quickest of several runs."""
    run()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return 1000 * min(times)


def main() -> None:
    """Prints the table."""
    torch.manual_seed(0)
    full = torch.nn.Linear(INPUTS, OUTPUTS)
    half = torch.nn.Linear(INPUTS, OUTPUTS).to(torch.bfloat16)
    eight = torch.nn.Sequential(torch.nn.Linear(INPUTS, OUTPUTS))
    convert(eight, choose(10**12, Place(0, "bfloat16")))
    print(
        f"{'rows':>5} {'float32':>9} {'bfloat16':>9} {'int8':>9} {'as read':>9} {'turned':>9}  ms"
    )
    most = precision.MOST_ROWS
    for count in ROWS:
        inputs = torch.randn(count, INPUTS)
        small = inputs.to(torch.bfloat16)
        with torch.inference_mode():
            cells = [
                best_milliseconds(partial(full, inputs)),
                best_milliseconds(partial(half, small)),
                best_milliseconds(partial(eight, small)),
            ]
            for limit in (10**9, 0):
                precision.MOST_ROWS = limit
                cells.append(best_milliseconds(partial(eight, small)))
            precision.MOST_ROWS = most
        print(f"{count:>5} " + " ".join(f"{cell:9.1f}" for cell in cells))


if __name__ == "__main__":
    main()
