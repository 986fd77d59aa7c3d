"""How long one search takes among many vectors: every vector compared, and the graph walked.

    python -m benchmarks.search_vectors [--counts 100000 1000000] [--keep FOLDER]

The vectors are synthetic: points of a 64-dimensional space with a falling spectrum, turned into 512
dimensions, with noise; embeddings of real pictures lie near such a space too. Queries are other
points of the same space. Prints milliseconds of `playground.search.compare`, recall at 50 against
comparing with every vector, seconds to build, bytes on disk and memory; 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import psutil

from playground.index import Index
from playground.own.graph import Graph, build_graph, needs_graph
from playground.search import compare

WIDTH, LATENT, NOISE = 512, 64, 0.02
QUERIES, WANTED = 100, 50
BLOCK = 20_000
MOST_MILLISECONDS, LEAST_RECALL = 30.0, 0.95


def points(count: int, seed: int) -> np.ndarray:
    """Draws float32 (count, 512) of length 1."""
    shape = np.random.default_rng(0)
    basis = shape.standard_normal((LATENT, WIDTH), np.float32)
    basis *= np.exp(-np.arange(LATENT, dtype=np.float32) / 24)[:, None] / np.sqrt(WIDTH)
    random = np.random.default_rng(seed)
    rows = random.standard_normal((count, LATENT), np.float32) @ basis
    rows += NOISE * random.standard_normal((count, WIDTH), np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def write_vectors(count: int, file: Path) -> None:
    """Writes many points block by block."""
    rows = np.memmap(file, np.float32, "w+", shape=(count, WIDTH))
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        rows[start : start + size] = points(size, seed=start + 1)
    rows.flush()


def index_of(vectors: np.ndarray, graph: Graph | None) -> Index:
    """An index as the tab opens it."""
    nothing: MappingProxyType[str, np.ndarray] = MappingProxyType({})
    return Index("m", "", "", vectors, 100.0, nothing, MappingProxyType({}), None, graph)


def search_all(index: Index, queries: np.ndarray) -> tuple[list[np.ndarray], list[float]]:
    """The places that each query finds, and the milliseconds that each took."""
    found, taken = [], []
    compare(index, queries[0], WANTED)
    for query in queries:
        began = time.perf_counter()
        places, _ = compare(index, query, WANTED)
        taken.append(1000 * (time.perf_counter() - began))
        found.append(places)
    return found, taken


def megabytes() -> tuple[float, float]:
    """Memory of this process in MB: its own, and with mapped files that happen to be in memory."""
    memory = psutil.Process().memory_info()
    return (memory.rss - memory.shared) / 1e6, memory.rss / 1e6


def line(way: str, count: int, taken: list[float], more: str) -> float:
    """Prints one row of the table; returns the median."""
    median = statistics.median(taken)
    own, mapped = megabytes()
    tail = sorted(taken)[int(0.95 * len(taken))]
    print(
        f"{way:<8} {count:>9} {median:>9.2f} {tail:>9.2f} {own:>9.0f} {mapped:>10.0f}  {more}",
        flush=True,
    )
    return median


def measure(count: int, folder: Path, queries: np.ndarray) -> bool:
    """Measures one size; whether the bars hold."""
    file, graph_file = folder / f"{count}.vectors", folder / f"{count}.hnsw"
    is_there = file.exists() and file.stat().st_size == count * WIDTH * 4
    if not is_there:
        write_vectors(count, file)
    vectors: np.ndarray = np.memmap(file, np.float32, "r", shape=(count, WIDTH))
    is_large = needs_graph(count, WIDTH)
    exact, taken = search_all(index_of(vectors, None), queries)
    median = line("exact", count, taken, "recall 1.000" + (" (not used)" if is_large else ""))
    if not is_large:
        return median <= MOST_MILLISECONDS
    began = time.perf_counter()
    if not graph_file.exists():
        build_graph(vectors, graph_file)
    seconds = time.perf_counter() - began
    near, taken = search_all(index_of(vectors, Graph(graph_file, vectors)), queries)
    pairs = zip(exact, near, strict=True)
    recall = statistics.mean(len(np.intersect1d(a, b)) / WANTED for a, b in pairs)
    size = graph_file.stat().st_size / 1e6
    more = f"recall@{WANTED} {recall:.3f}, built in {seconds:.0f} s, {size:.0f} MB on disk"
    return line("graph", count, taken, more) <= MOST_MILLISECONDS and recall >= LEAST_RECALL


def main(arguments: Sequence[str]) -> int:
    """Prints the table; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search_vectors")
    parser.add_argument("--counts", type=int, nargs="+", default=[50_000, 100_000, 1_000_000])
    parser.add_argument("--keep", type=Path, help="keep the vectors and graphs in this folder")
    asked = parser.parse_args(arguments)
    queries = points(QUERIES, seed=10**9)
    header = ("way", "vectors", "p50 ms", "p95 ms", "own MB", "resident")
    print("{:<8} {:>9} {:>9} {:>9} {:>9} {:>10}".format(*header))
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        results = [measure(count, folder, queries) for count in asked.counts]
    print(f"bars: {MOST_MILLISECONDS:.0f} ms and recall@{WANTED} of {LEAST_RECALL}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
