"""NAS-Bench-201: a cell of four nodes whose six edges each carry one of five operations.

Source: Dong and Yang, "NAS-Bench-201" (ICLR 2020), section 2; the strings are the benchmark's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

from wsnas.errors import InputError, show
from wsnas.spaces._base import Space

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
NONE, SKIP, CONV_1X1, CONV_3X3, AVG_POOL = range(len(OPERATIONS))
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""Edges (source node, target node) in the order of the benchmark's strings."""
OUTPUT_NODE = 3
_KERNELS = {CONV_1X1: 1, CONV_3X3: 3}
_ZERO = "#"
_TERM = re.compile(r"([a-z0-9_]+)~([0-2])")


@dataclass(frozen=True, slots=True)
class NB201Architecture:
    """A cell of NAS-Bench-201."""

    operations: tuple[int, int, int, int, int, int]
    """Index into `OPERATIONS` of each edge, in the order of `EDGES`."""

    def __str__(self) -> str:
        """Return the benchmark's string."""
        return format_cell(self)

    @property
    def live_edges(self) -> tuple[bool, ...]:
        """Whether each edge lies on a path of operations from the cell's input to its output."""
        return _live_edges(self.operations)


@cache
def _live_edges(operations: tuple[int, ...]) -> tuple[bool, ...]:
    fed = {0}
    for (source, target), operation in sorted(zip(EDGES, operations, strict=True)):
        if operation != NONE and source in fed:
            fed.add(target)
    used = {OUTPUT_NODE}
    for (source, target), operation in sorted(zip(EDGES, operations, strict=True), reverse=True):
        if operation != NONE and target in used:
            used.add(source)
    return tuple(
        operation != NONE and source in fed and target in used
        for (source, target), operation in zip(EDGES, operations, strict=True)
    )


def format_cell(architecture: NB201Architecture) -> str:
    """Return the benchmark's string, such as ``|nor_conv_3x3~0|+|none~0|none~1|+|..|``."""
    nodes = []
    for node in range(1, OUTPUT_NODE + 1):
        terms = [
            f"{OPERATIONS[operation]}~{source}"
            for (source, target), operation in zip(EDGES, architecture.operations, strict=True)
            if target == node
        ]
        nodes.append("|" + "|".join(terms) + "|")
    return "+".join(nodes)


class NB201(Space[NB201Architecture]):
    """The 15,625 cells of NAS-Bench-201; isomorphic cells are kept apart, as in the benchmark."""

    name = "nb201"
    size = len(OPERATIONS) ** len(EDGES)

    def sample(self, rng: np.random.Generator) -> NB201Architecture:
        """Draw one of the 15,625 cells uniformly."""
        return _cell(rng.integers(len(OPERATIONS), size=len(EDGES)).tolist())

    def sample_unique(self, rng: np.random.Generator) -> NB201Architecture:
        """Draw one of the 6,466 distinct functions uniformly; each stands as its first cell."""
        representatives = _representatives()
        return representatives[int(rng.integers(len(representatives)))]

    def mutate(self, architecture: NB201Architecture, rng: np.random.Generator) -> NB201Architecture:
        """Give one edge another operation."""
        operations = list(architecture.operations)
        edge = int(rng.integers(len(EDGES)))
        operations[edge] = (operations[edge] + 1 + int(rng.integers(len(OPERATIONS) - 1))) % len(OPERATIONS)
        return _cell(operations)

    def fair_paths(self, rng: np.random.Generator) -> list[NB201Architecture]:
        """Draw five cells that use each operation of each edge once.

        As in the official code of Yu et al., the operations of every edge are permuted independently.
        """
        orders = rng.permuted([list(range(len(OPERATIONS)))] * len(EDGES), axis=1)
        return [_cell(operations) for operations in orders.T.tolist()]

    def parse(self, text: str) -> NB201Architecture:
        """Read the benchmark's string."""
        shown = f"nb201 architecture {show(text)}"
        found: dict[tuple[int, int], int] = {}
        nodes = text.strip().split("+")
        for target, node in enumerate(nodes, start=1):
            if not (node.startswith("|") and node.endswith("|")):
                raise InputError(f"{shown}: each node is written as |operation~source|..|")
            for term in node[1:-1].split("|"):
                match = _TERM.fullmatch(term)
                if match is None or match[1] not in OPERATIONS:
                    raise InputError(
                        f"{shown}: {show(term)} is not operation~source with an operation"
                        f" out of {', '.join(OPERATIONS)}"
                    )
                edge = (int(match[2]), target)
                if edge in found:
                    raise InputError(f"{shown}: the edge {edge[0]} to {target} is given twice")
                found[edge] = OPERATIONS.index(match[1])
        if sorted(found) != sorted(EDGES) or len(nodes) != OUTPUT_NODE:
            raise InputError(f"{shown}: edges are 0 to 1, 0 and 1 to 2, 0, 1 and 2 to 3")
        return _cell([found[edge] for edge in EDGES])

    def format(self, architecture: NB201Architecture) -> str:
        """Return the benchmark's string."""
        return format_cell(architecture)

    def validate(self, architecture: NB201Architecture) -> None:
        """Raise `InputError` unless there are six operations with indices 0 to 4."""
        operations = getattr(architecture, "operations", None)
        if (
            not isinstance(operations, tuple)
            or len(operations) != len(EDGES)
            or not all(
                type(operation) is int and 0 <= operation < len(OPERATIONS) for operation in operations
            )
        ):
            raise InputError(
                f"{show(architecture)} is no nb201 architecture: it has six operations, each 0 to 4"
            )

    def identity(self, architecture: NB201Architecture) -> str:
        """Return the cell's expression with zeros marked and skips contracted (6,466 values)."""
        return _expression(architecture.operations)

    def relative_size(self, architecture: NB201Architecture) -> float:
        """Return the weights of a filter, summed over the edges that the output sees."""
        live = zip(architecture.operations, architecture.live_edges, strict=True)
        return float(sum(_KERNELS.get(operation, 0) ** 2 for operation, seen in live if seen))

    def enumerate(self) -> Iterator[NB201Architecture]:
        """Yield all cells in lexicographic order of their operation indices."""
        for operations in product(range(len(OPERATIONS)), repeat=len(EDGES)):
            yield _cell(operations)


def _cell(operations: Sequence[int]) -> NB201Architecture:
    first, second, third, fourth, fifth, sixth = operations
    return NB201Architecture((first, second, third, fourth, fifth, sixth))


def _expression(operations: tuple[int, ...]) -> str:
    """Write the output node as a sum of operations applied to earlier nodes' sums.

    This is the benchmark's own rule (`Structure.to_unique_str` with zeros considered): skips are
    contracted and an edge that carries zero is written as ``#``. Such terms are kept, so the 6,466
    classes are somewhat finer than equality of functions: dropping every zero leaves 5,273.
    """
    nodes = ["0"]
    for node in range(1, OUTPUT_NODE + 1):
        terms = []
        for (source, target), operation in zip(EDGES, operations, strict=True):
            if target != node:
                continue
            if operation == NONE or nodes[source] == _ZERO:
                terms.append(_ZERO)
            else:
                terms.append(
                    nodes[source] if operation == SKIP else f"({nodes[source]})@{OPERATIONS[operation]}"
                )
        nodes.append("+".join(sorted(terms)))
    return nodes[OUTPUT_NODE]


@cache
def _representatives() -> tuple[NB201Architecture, ...]:
    """Return the first cell of each class, in the order of `NB201.enumerate`."""
    first: dict[str, NB201Architecture] = {}
    for architecture in NB201().enumerate():
        first.setdefault(_expression(architecture.operations), architecture)
    return tuple(first.values())


SPACE = NB201
