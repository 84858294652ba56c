"""All 423,624 cells of NAS-Bench-101 that differ up to isomorphism, in two small arrays."""

from __future__ import annotations

from functools import cache
from itertools import permutations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wsnas.spaces.nb101_graph import MAX_EDGES, MAX_VERTICES, edge_bit

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHUNK = 7
_NOT_UPPER = 1 << 3 * _CHUNK
"""Marks a relabelled graph in which an edge points backwards; larger than any graph's number."""


class Classes(NamedTuple):
    """One entry for each cell: ascending numbers of vertices, graphs, then operations."""

    graphs: NDArray[np.int32]
    labels: NDArray[np.uint8]
    """Operations as digits, the first interior vertex's the most significant."""


@cache
def all_classes(operations: int) -> Classes:
    """Return the canonical cells with any of so many `operations` on their interior vertices."""
    graphs, labels = [], []
    for vertices in range(2, MAX_VERTICES + 1):
        for graph_group, label_group in _with_vertices(vertices, operations):
            graphs.append(np.repeat(graph_group, len(label_group)))
            labels.append(np.tile(label_group, len(graph_group)))
    # A graph's number grows with its vertices, so this sorts by the number of vertices first.
    graph, label = np.concatenate(graphs), np.concatenate(labels)
    order = np.lexsort((label, graph))
    return Classes(graph[order], label[order])


def _with_vertices(vertices: int, operations: int) -> list[tuple[NDArray[np.int32], NDArray[np.uint8]]]:
    """Return pairs of canonical graphs and of the canonical labels that all graphs of the group have."""
    graphs = _valid_graphs(vertices)
    orders = list(permutations(range(1, vertices - 1)))
    smallest = graphs.copy()
    for order in orders:
        np.minimum(smallest, _relabelled(graphs, order), out=smallest)
    graphs = graphs[smallest == graphs]
    # Symmetries, one row for each graph: orders that give the same graph make some labels equivalent.
    symmetries = np.stack([_relabelled(graphs, order) == graphs for order in orders], axis=1)
    kinds, kind_of = np.unique(symmetries, axis=0, return_inverse=True)
    labels = _digits(operations, vertices - 2)
    weights = operations ** np.arange(vertices - 3, -1, -1)
    groups = []
    for kind, symmetric in enumerate(kinds):
        numbers = labels @ weights
        for order in np.array(orders, dtype=np.intp).reshape(len(orders), -1)[symmetric] - 1:
            numbers = np.minimum(numbers, labels[:, order] @ weights)
        canonical = np.flatnonzero(numbers == labels @ weights).astype(np.uint8)
        groups.append((graphs[kind_of == kind], canonical))
    return groups


def _digits(base: int, length: int) -> NDArray[np.int64]:
    """Return all numbers of so many digits, shape (base ** length, length), in ascending order."""
    return np.indices((base,) * length).reshape(length, base**length).T


def _valid_graphs(vertices: int) -> NDArray[np.int32]:
    """Return all graphs with at most nine edges and every vertex between input and output, ascending.

    Edges lead to later vertices, so it is enough that each vertex but the input reads one and that each
    but the output is read by one.
    """
    graphs = np.arange(1 << edge_bit(0, vertices), dtype=np.int32)
    valid = np.bitwise_count(graphs) <= MAX_EDGES
    for vertex in range(vertices):
        reads = sum(1 << edge_bit(source, vertex) for source in range(vertex))
        read_by = sum(1 << edge_bit(vertex, target) for target in range(vertex + 1, vertices))
        for edges in (reads, read_by):
            if edges:
                valid &= (graphs & edges) != 0
    return graphs[valid]


def _relabelled(graphs: NDArray[np.int32], order: tuple[int, ...]) -> NDArray[np.int32]:
    """Return the graphs with interior vertex `order[i - 1]` renamed to i, or `_NOT_UPPER` and more."""
    place = {0: 0, len(order) + 1: len(order) + 1, **{old: new for new, old in enumerate(order, start=1)}}
    moved = [0] * (3 * _CHUNK)
    for target in range(1, len(place)):
        for source in range(target):
            upper = place[source] < place[target]
            moved[edge_bit(source, target)] = (
                1 << edge_bit(place[source], place[target]) if upper else _NOT_UPPER
            )
    result = np.zeros_like(graphs)
    for first in range(0, len(moved), _CHUNK):
        bits = np.array(moved[first : first + _CHUNK], dtype=np.int32)
        table = np.bitwise_or.reduce(np.where(_digits(2, _CHUNK)[:, ::-1] == 1, bits, 0), axis=1)
        result |= table.astype(np.int32)[graphs >> first & (1 << _CHUNK) - 1]
    return result
