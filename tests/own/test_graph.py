"""Walking the graph finds what comparing with every vector finds, within the stated recall."""

from types import MappingProxyType

import numpy as np
import pytest

from benchmarks.search_vectors import points
from playground.index import Index
from playground.own.graph import MOST_EXACT_NUMBERS, Graph, build_graph, needs_graph, sha256_of
from playground.search import compare

EMPTY = MappingProxyType({})


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    vectors, file = points(3000, seed=1), tmp_path_factory.mktemp("graph") / "x.hnsw"
    digest = build_graph(vectors, file)
    assert digest == sha256_of(file)
    return vectors, file


def index_of(vectors, graph):
    return Index("m", "", "", vectors, 100.0, EMPTY, EMPTY, None, graph)


def test_the_switch_lies_where_it_was_measured():
    assert not needs_graph(100_000, 512) and needs_graph(100_001, 512)
    assert MOST_EXACT_NUMBERS == 100_000 * 512


def test_same_answers_within_the_recall(world):
    vectors, file = world
    graph, found = Graph(file, vectors), []
    for query in points(40, seed=2):
        exact, cosines = compare(index_of(vectors, None), query, 50)
        near, some = compare(index_of(vectors, graph), query, 50)
        found.append(len(np.intersect1d(exact, near)) / 50)
        # What is told of a found picture is exact.
        assert np.allclose(some[near], cosines[near], atol=1e-6)
        assert (np.diff(some[near]) <= 0).all()
    assert np.mean(found) >= 0.95


def test_a_picture_is_not_found_for_itself(world):
    vectors, file = world
    for graph in (None, Graph(file, vectors)):
        places, _ = compare(index_of(vectors, graph), vectors[7], 20, without=7)
        assert 7 not in places and len(places) == 20


def test_a_graph_of_other_vectors_is_refused(world):
    vectors, file = world
    with pytest.raises(ValueError):
        Graph(file, vectors[:-1])
