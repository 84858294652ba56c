"""The graphs of NAS-Bench-101's cells, each written as one whole number.

Bit ``source + target * (target - 1) / 2`` tells whether the edge from source to target is there. That is
the order in which the benchmark itself numbered its graphs, so the smallest number among a graph's
labellings is the labelling that the benchmark kept. The output has an input, so the highest bit tells how
many vertices there are.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import permutations
from math import isqrt

MAX_VERTICES = 7
MAX_EDGES = 9

Inputs = tuple[tuple[int, ...], ...]
"""For each vertex after the input, the vertices that it reads, in ascending order."""


def edge_bit(source: int, target: int) -> int:
    """Return the position of an edge in a graph's number."""
    return source + target * (target - 1) // 2


def vertex_count(graph: int) -> int:
    """Return how many vertices a graph has whose output has an input."""
    return (1 + isqrt(8 * graph.bit_length() - 7)) // 2 + 1


@lru_cache(maxsize=1 << 14)
def inputs_of(graph: int) -> Inputs:
    """Return what each vertex reads."""
    return tuple(
        tuple(source for source in range(target) if graph >> edge_bit(source, target) & 1)
        for target in range(1, vertex_count(graph))
    )


def from_inputs(inputs: Inputs) -> int:
    """Return the number of the graph whose vertices read `inputs`."""
    return sum(
        1 << edge_bit(source, target) for target, sources in enumerate(inputs, start=1) for source in sources
    )


@lru_cache(maxsize=1 << 16)
def prune(graph: int, vertices: int) -> tuple[int, tuple[int, ...]]:
    """Remove the vertices that lie on no path from the input to the output.

    Returns:
        The rest as a graph, and which interior vertices it keeps. The graph is 0 where no path is left.
    """
    reads = [[s for s in range(t) if graph >> edge_bit(s, t) & 1] for t in range(vertices)]
    fed = {0}
    for target in range(1, vertices):
        if fed.intersection(reads[target]):
            fed.add(target)
    if vertices - 1 not in fed or vertices < 2:
        return 0, ()
    used = {vertices - 1}
    for target in range(vertices - 1, 0, -1):
        if target in used:
            used.update(reads[target])
    kept = sorted(fed & used)
    place = {vertex: index for index, vertex in enumerate(kept)}
    rest = from_inputs(tuple(tuple(place[s] for s in reads[t] if s in place) for t in kept[1:]))
    return rest, tuple(kept[1:-1])


@lru_cache(maxsize=1 << 14)
def canonical_graph(graph: int) -> tuple[int, tuple[tuple[int, ...], ...]]:
    """Return the smallest number among a graph's labellings, and every order of vertices that gives it.

    An order lists, for each interior vertex of the new labelling, the index from 0 of the old one.
    """
    inputs = inputs_of(graph)
    interior = range(1, len(inputs))
    best = graph
    orders: list[tuple[int, ...]] = []
    for order in permutations(interior):
        place = {0: 0, len(inputs): len(inputs), **{old: new for new, old in enumerate(order, start=1)}}
        edges = [(place[s], place[t]) for t, sources in enumerate(inputs, start=1) for s in sources]
        if any(source > target for source, target in edges):
            continue
        number = sum(1 << edge_bit(source, target) for source, target in edges)
        if number < best:
            best, orders = number, []
        if number == best:
            orders.append(tuple(vertex - 1 for vertex in order))
    return best, tuple(orders)
