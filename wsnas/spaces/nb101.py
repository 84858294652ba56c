"""NAS-Bench-101: a cell is a graph of at most seven vertices whose interior ones carry an operation.

Source: Ying et al., "NAS-Bench-101" (ICML 2019), section 2.1. A cell has one canonical labelling, that of
the benchmark: the first in the order in which it numbered graphs and operations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from wsnas.errors import InputError, show
from wsnas.spaces._base import Space
from wsnas.spaces._nb101_classes import all_classes
from wsnas.spaces._nb101_hash import module_hash
from wsnas.spaces._nb101_mutation import edited
from wsnas.spaces.nb101_graph import (
    MAX_EDGES,
    MAX_VERTICES,
    Inputs,
    canonical_graph,
    edge_bit,
    inputs_of,
    prune,
    vertex_count,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OPERATIONS = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
"""The benchmark's names, in its order."""
CONV_3X3, CONV_1X1, MAX_POOL = range(len(OPERATIONS))
_KERNELS = {CONV_3X3: 3, CONV_1X1: 1}
INTERIOR = range(1, MAX_VERTICES - 1)
"""The interior vertices of the largest cells."""
MOST_FEEDERS = MAX_EDGES // 2
"""How many interior vertices can feed the output: each of them has an edge in and an edge out."""
OUTPUT_FEEDERS = 2
"""How many interior vertices feed the output in the cells that are compared: all have one width there."""
_SHORT = ("c3", "c1", "mp")
_TEXT = re.compile(r"([01]+)((?:-[a-z0-9]+)*)")


@dataclass(frozen=True, slots=True)
class NB101Architecture:
    """A cell of NAS-Bench-101.

    Cells that the space draws, parses or enumerates have the canonical labelling, so that two of them
    are equal where they are isomorphic. The cells of `NB101.fair_paths` alone keep another cell's.
    """

    graph: int
    """The edges; see `wsnas.spaces.nb101_graph`."""
    operations: tuple[int, ...]
    """Index into `OPERATIONS` of each interior vertex."""

    def __str__(self) -> str:
        """Return the canonical string."""
        return format_cell(self)

    @property
    def inputs(self) -> Inputs:
        """What each vertex after the input reads; the input is 0 and the output the last entry."""
        return inputs_of(self.graph)

    @property
    def output_feeders(self) -> tuple[int, ...]:
        """The interior vertices that are wired to the output."""
        return tuple(vertex for vertex in self.inputs[-1] if vertex)

    @property
    def reads_input_at_output(self) -> bool:
        """Whether an edge leads from the input to the output."""
        return 0 in self.inputs[-1]


def from_matrix(matrix: Sequence[Sequence[int]], operations: Sequence[str]) -> NB101Architecture:
    """Return the canonical cell of an adjacency matrix and the names of its vertices' operations.

    Vertices on no path from the input to the output are removed first, as the benchmark does.

    Args:
        matrix: Zeros and ones, shape (vertices, vertices), upper triangular.
        operations: ``input``, one of `OPERATIONS` for each interior vertex, ``output``.

    Raises:
        InputError: the benchmark has no such cell.
    """
    vertices = len(operations)
    graph = 0
    if len(matrix) != vertices or any(len(row) != vertices for row in matrix):
        raise InputError(f"nb101 matrix {show(matrix)}: it is not square with a row for each operation")
    for source, row in enumerate(matrix):
        for target, edge in enumerate(row):
            if edge == 0:
                continue
            if edge != 1 or source >= target:
                raise InputError(f"nb101 matrix {show(matrix)}: zeros and ones, ones above the diagonal")
            graph |= 1 << edge_bit(source, target)
    if vertices < 2 or operations[0] != "input" or operations[-1] != "output":
        raise InputError(f"nb101 operations {show(operations)}: the first is 'input', the last 'output'")
    try:
        cell = _canonical(graph, [OPERATIONS.index(name) for name in operations[1:-1]])
    except ValueError:
        raise InputError(
            f"nb101 operations {show(operations)}: interior ones are out of {', '.join(OPERATIONS)}"
        ) from None
    if isinstance(cell, str):
        raise InputError(f"nb101 matrix {show(matrix)}: {cell}")
    return cell


def format_cell(architecture: NB101Architecture) -> str:
    """Return the canonical string, such as ``110101-mp-c3``.

    That is the adjacency matrix above its diagonal, row by row, and the operation of each interior vertex.
    """
    cell = _relabel(architecture.graph, architecture.operations)
    vertices = vertex_count(cell.graph)
    bits = "".join(
        str(cell.graph >> edge_bit(source, target) & 1)
        for source in range(vertices)
        for target in range(source + 1, vertices)
    )
    return "-".join((bits, *(_SHORT[operation] for operation in cell.operations)))


class NB101(Space[NB101Architecture]):
    """The 423,624 cells of NAS-Bench-101 that differ up to isomorphism."""

    name = "nb101"
    size = 423_624
    comparable_part = f"cells with {OUTPUT_FEEDERS} vertices wired to the output"

    def sample(self, rng: np.random.Generator) -> NB101Architecture:
        """Draw one of the 423,624 cells uniformly."""
        return _class(int(rng.integers(self.size)))

    def sample_apart(self, rng: np.random.Generator) -> NB101Architecture:
        """Draw each edge between seven vertices and each operation until, pruned, they make a cell."""
        while True:
            bits = rng.integers(2, size=edge_bit(0, MAX_VERTICES)).tolist()
            operations = rng.integers(len(OPERATIONS), size=MAX_VERTICES - 2).tolist()
            cell = _canonical(sum(bit << position for position, bit in enumerate(bits)), operations)
            if isinstance(cell, NB101Architecture):
                return cell

    def mutate(self, architecture: NB101Architecture, rng: np.random.Generator) -> NB101Architecture:
        """Change an operation, an edge or add a vertex until, pruned, that makes another cell."""
        same = _relabel(architecture.graph, architecture.operations)
        while True:
            graph, operations = edited(
                architecture.graph, architecture.operations, choices=len(OPERATIONS), rng=rng
            )
            cell = _canonical(graph, operations)
            if isinstance(cell, NB101Architecture) and cell != same:
                return cell

    def fair_paths(self, rng: np.random.Generator) -> list[NB101Architecture]:
        """Draw three cells of one graph that use each operation of each vertex once.

        They keep the labelling of the cell that gave the graph: relabelled on their own, they would no
        longer use each operation of each vertex of the super-net once.
        """
        drawn = self.sample(rng)
        orders = np.tile(np.arange(len(OPERATIONS)), (len(drawn.operations), 1))
        paths = rng.permuted(orders, axis=1).T.tolist()
        return [NB101Architecture(drawn.graph, tuple(operations)) for operations in paths]

    def comparable(self, architecture: NB101Architecture) -> bool:
        """Return whether two interior vertices feed the output, so that all vertices have one width."""
        return len(architecture.output_feeders) == OUTPUT_FEEDERS

    def parse(self, text: str) -> NB101Architecture:
        """Read a string of any labelling; vertices on no path are removed."""
        shown = f"nb101 architecture {show(text)}"
        match = _TEXT.fullmatch(text.strip())
        if match is None:
            raise InputError(
                f"{shown}: the matrix above its diagonal, row by row, then the operations, as in 110101-mp-c3"
            )
        bits, names = match[1], match[2].split("-")[1:]
        if not set(names) <= set(_SHORT):
            raise InputError(f"{shown}: operations are out of {', '.join(_SHORT)}")
        vertices = len(names) + 2
        edges = [(source, target) for source in range(vertices) for target in range(source + 1, vertices)]
        if len(bits) != len(edges):
            raise InputError(f"{shown}: {len(names)} operations go with {len(edges)} zeros and ones")
        graph = sum(int(bit) << edge_bit(*edge) for bit, edge in zip(bits, edges, strict=True))
        cell = _canonical(graph, [_SHORT.index(name) for name in names])
        if isinstance(cell, str):
            raise InputError(f"{shown}: {cell}")
        return cell

    def format(self, architecture: NB101Architecture) -> str:
        """Return the canonical string; it is the same for every labelling of a cell."""
        return format_cell(architecture)

    def validate(self, architecture: NB101Architecture) -> None:
        """Raise `InputError` unless it is a pruned cell of the benchmark, in any labelling."""
        graph = getattr(architecture, "graph", None)
        operations = getattr(architecture, "operations", None)
        if (
            type(graph) is not int
            or not isinstance(operations, tuple)
            or not all(type(value) is int and 0 <= value < len(OPERATIONS) for value in operations)
            or graph < 1
            or graph.bit_count() > MAX_EDGES
            or not 2 <= vertex_count(graph) == len(operations) + 2 <= MAX_VERTICES
            or prune(graph, len(operations) + 2)[0] != graph
        ):
            raise InputError(
                f"{show(architecture)} is no nb101 architecture: at most {MAX_VERTICES} vertices and"
                f" {MAX_EDGES} edges, each on a path from input to output, with one operation for each"
                " interior vertex"
            )

    def identity(self, architecture: NB101Architecture) -> str:
        """Return the benchmark's module hash."""
        return module_hash(architecture.inputs, architecture.operations)

    def relative_size(self, architecture: NB101Architecture) -> float:
        """Return the weights of all convolutions, projections of the cell's input included.

        The feeders of the output share its channels, and all interior vertices are about as wide as these.
        """
        width = 1 / max(1, len(architecture.output_feeders))
        kernels = sum(_KERNELS.get(operation, 0) ** 2 for operation in architecture.operations)
        projections = sum(0 in sources for sources in architecture.inputs[:-1])
        return kernels * width**2 + projections * width + architecture.reads_input_at_output

    def enumerate(self) -> Iterator[NB101Architecture]:
        """Yield all cells in the benchmark's order: by vertices, edges, then operations."""
        return (_class(position) for position in range(self.size))


def _canonical(graph: int, operations: Sequence[int]) -> NB101Architecture | str:
    """Prune and relabel a cell, or say in words why there is no such cell."""
    pruned, kept = prune(graph, len(operations) + 2)
    if not pruned:
        return "no path leads from the input to the output"
    if len(kept) + 2 > MAX_VERTICES or pruned.bit_count() > MAX_EDGES:
        return (
            f"{len(kept) + 2} vertices and {pruned.bit_count()} edges lie on paths from the input to the"
            f" output, at most {MAX_VERTICES} and {MAX_EDGES} may"
        )
    return _relabel(pruned, tuple(operations[vertex - 1] for vertex in kept))


def _relabel(graph: int, operations: tuple[int, ...]) -> NB101Architecture:
    smallest, orders = canonical_graph(graph)
    if len(orders) == 1 and smallest == graph:
        return NB101Architecture(graph, operations)
    return NB101Architecture(smallest, min(tuple(operations[old] for old in order) for order in orders))


def _class(position: int) -> NB101Architecture:
    classes = all_classes(len(OPERATIONS))
    graph = int(classes.graphs[position])
    return NB101Architecture(graph, _digits(int(classes.labels[position]), vertex_count(graph) - 2))


@cache
def _digits(number: int, length: int) -> tuple[int, ...]:
    return tuple(number // len(OPERATIONS) ** place % len(OPERATIONS) for place in reversed(range(length)))


SPACE = NB101
