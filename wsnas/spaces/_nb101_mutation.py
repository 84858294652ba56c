"""Small changes to a cell of NAS-Bench-101: another operation, an edge more or less, a vertex more.

A vertex goes where an edge goes that its paths need: what lies on no path any more is pruned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsnas.spaces.nb101_graph import MAX_VERTICES, edge_bit, from_inputs, inputs_of, vertex_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np


def edited(
    graph: int, operations: Sequence[int], *, choices: int, rng: np.random.Generator
) -> tuple[int, list[int]]:
    """Return a cell with one change, neither pruned nor relabelled; it may break the benchmark's limits.

    Args:
        graph: The cell's graph.
        operations: Operation of each interior vertex.
        choices: How many operations there are.
        rng: Source of randomness.
    """
    kinds = ["edge"]
    if operations:
        kinds.append("operation")
    if vertex_count(graph) < MAX_VERTICES:
        kinds.append("vertex")
    kind = kinds[int(rng.integers(len(kinds)))]
    if kind == "vertex":
        return _with_vertex(graph, operations, choices=choices, rng=rng)
    changed = list(operations)
    if kind == "operation":
        place = int(rng.integers(len(changed)))
        changed[place] = (changed[place] + 1 + int(rng.integers(choices - 1))) % choices
        return graph, changed
    source, target = _pair(vertex_count(graph), rng)
    return graph ^ 1 << edge_bit(source, target), changed


def _with_vertex(
    graph: int, operations: Sequence[int], *, choices: int, rng: np.random.Generator
) -> tuple[int, list[int]]:
    """Return the cell with a new vertex that reads one vertex and is read by one."""
    vertices = vertex_count(graph)
    new = 1 + int(rng.integers(vertices - 1))
    source, target = int(rng.integers(new)), new + 1 + int(rng.integers(vertices - new))

    def name(old: int) -> int:
        return old + (old >= new)

    inputs = {
        name(old): [name(read) for read in reads] for old, reads in enumerate(inputs_of(graph), start=1)
    }
    inputs[new] = [source]
    inputs[target] = [*inputs[target], new]
    widened = [*operations[: new - 1], int(rng.integers(choices)), *operations[new - 1 :]]
    return from_inputs(tuple(tuple(sorted(inputs[vertex])) for vertex in range(1, vertices + 1))), widened


def _pair(vertices: int, rng: np.random.Generator) -> tuple[int, int]:
    pairs = [(source, target) for target in range(vertices) for source in range(target)]
    return pairs[int(rng.integers(len(pairs)))]
