"""Approximate search in large collections: a graph of neighbours, walked from node to node.

FAISS builds the graph (HNSW) with half-precision copies of the vectors and walks it where it lies
on disk. What it finds is measured again with the exact vectors, so cosines and order are exact;
only a picture that the walk did not meet can be missing.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from playground.explain.similarity import rank

# Below this many numbers NumPy compares with every vector within 30 ms on two cores
# (benchmarks/search_vectors.py prints where the two meet).
MOST_EXACT_NUMBERS = 100_000 * 512
LINKS = 16
BUILD_BREADTH = 64
# Measured among a million vectors: 0.979 of the true 50 best; at 256 it was 0.939.
SEARCH_BREADTH = 512
TRAINING_ROWS = 10_000
ADD_ROWS = 20_000
SUFFIX = ".hnsw"
# Of a very large collection, so many rows tell how cosines are spread.
SAMPLE_ROWS = 4096


def needs_graph(count: int, width: int) -> bool:
    """Tells whether comparing with every vector would take too long.

    Args:
        count: N, vectors.
        width: D, numbers of each.
    """
    return count * width > MOST_EXACT_NUMBERS


def build_graph(vectors: np.ndarray, file: Path) -> str:
    """Builds the graph of some vectors and writes it.

    Args:
        vectors: float32 (N, D), rows of length 1; may be memory-mapped.
        file: Where it goes.

    Returns:
        The SHA-256 of the file.

    Raises:
        OSError: It cannot be written.

    Source:
        Malkov 2018 (arXiv:1603.09320), algorithms 1 and 4; M and efConstruction of section 4.1.
    """
    import faiss

    # Its annotations name the classes of the C++ side, which Python does not see.
    library: Any = faiss
    graph = library.IndexHNSWSQ(
        vectors.shape[1], library.ScalarQuantizer.QT_fp16, LINKS, library.METRIC_INNER_PRODUCT
    )
    graph.hnsw.efConstruction = BUILD_BREADTH
    graph.train(np.ascontiguousarray(vectors[:TRAINING_ROWS]))
    for start in range(0, len(vectors), ADD_ROWS):
        graph.add(np.ascontiguousarray(vectors[start : start + ADD_ROWS]))
    faiss.write_index(graph, str(file))
    return sha256_of(file)


def sha256_of(file: Path) -> str:
    """Returns the SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sample_step(count: int) -> int:
    """Returns the step of an even sample of about `SAMPLE_ROWS` rows; 1 if there are few."""
    return max(1, count // SAMPLE_ROWS)


class Graph:
    """A graph on disk beside the vectors that it was built of.

    Only an operator's own file is opened, and only after its digest was compared.

    Args:
        file: What `build_graph` wrote.
        vectors: The same vectors.

    Attributes:
        sample: float32 (M, D), every `sample_step`-th vector; in memory, for scattered rows on
            disk are slow to read.
    """

    def __init__(self, file: Path, vectors: np.ndarray) -> None:
        import faiss

        library: Any = faiss
        self._graph = library.read_index(str(file), library.IO_FLAG_MMAP_IFC)
        self._parameters = library.SearchParametersHNSW(efSearch=SEARCH_BREADTH)
        self._vectors = vectors
        self.sample = np.ascontiguousarray(vectors[:: sample_step(len(vectors))])
        if (self._graph.ntotal, self._graph.d) != vectors.shape:
            raise ValueError("the graph is of other vectors")

    def nearest(self, target: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Finds vectors near a target.

        Args:
            target: float32 (D,), length 1.
            count: K, at most `SEARCH_BREADTH`.

        Returns:
            Places int (K,), best first, and their exact cosines float32 (K,).
        """
        wanted = min(max(count, 1), SEARCH_BREADTH)
        _, found = self._graph.search(
            np.ascontiguousarray(target[None], np.float32), wanted, params=self._parameters
        )
        places = np.unique(found[0][found[0] >= 0])
        cosines = np.clip(self._vectors[places] @ target, -1.0, 1.0)
        best = rank(cosines, count)
        return places[best], cosines[best]
