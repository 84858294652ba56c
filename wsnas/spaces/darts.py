"""DARTS: a normal and a reduction cell of four nodes, each of which sums two of seven operations.

Outputs are the loose ends as in the network design spaces (NDS) of Radosavovic et al. (ICCV 2019), or all
four nodes as in Liu et al. (ICLR 2019). Two equal inputs in a node are read, since NDS has such, but never
drawn.
"""

from __future__ import annotations

from itertools import combinations, product
from math import prod
from typing import TYPE_CHECKING

from wsnas.errors import InputError, show
from wsnas.spaces._base import Space
from wsnas.spaces._darts_cell import (
    AVG_POOL,
    DIL_CONV_3X3,
    DIL_CONV_5X5,
    INPUTS,
    MAX_POOL,
    NODES,
    OPERATIONS,
    SEP_CONV_3X3,
    SEP_CONV_5X5,
    SKIP,
    DartsArchitecture,
    DartsCell,
    format_architecture,
    loose_ends,
    make_cell,
)
from wsnas.spaces._darts_identity import canonical_cell, cells_alike, encodings
from wsnas.spaces._darts_text import (
    Genotype,
    from_genotype,
    parse_architecture,
    to_genotype,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

__all__ = [
    "AVG_POOL",
    "DIL_CONV_3X3",
    "DIL_CONV_5X5",
    "INPUTS",
    "MAX_POOL",
    "NODES",
    "OPERATIONS",
    "SEP_CONV_3X3",
    "SEP_CONV_5X5",
    "SKIP",
    "Darts",
    "DartsArchitecture",
    "DartsCell",
    "Genotype",
    "from_genotype",
    "make_cell",
    "to_genotype",
]

_INPUT_PAIRS = tuple(tuple(combinations(range(node), 2)) for node in NODES)
"""Which two nodes each intermediate node may read."""
_CELLS = prod(len(pairs) for pairs in _INPUT_PAIRS) * len(OPERATIONS) ** (2 * len(NODES))

_WEIGHTS = {SEP_CONV_3X3: 50, SEP_CONV_5X5: 82, DIL_CONV_3X3: 25, DIL_CONV_5X5: 41}
"""Of one channel out of 16: the filter and 16 numbers of the 1x1 convolution, twice where it is separable."""

Inputs = tuple[tuple[int, int], ...]
"""The topology of a cell: the two nodes that each intermediate node reads."""


class Darts(Space[DartsArchitecture]):
    """The 1.08e18 pairs of cells whose nodes read two distinct nodes and whose outputs are loose ends."""

    name = "darts"
    size = _CELLS**2

    def sample(self, rng: np.random.Generator) -> DartsArchitecture:
        """Draw an encoding uniformly; encodings that differ in their nodes' names alone are kept apart."""
        return DartsArchitecture(_sample_cell(rng), _sample_cell(rng))

    def sample_unique(self, rng: np.random.Generator) -> DartsArchitecture:
        """Draw uniformly over the classes of `identity`; each stands as its canonical encoding."""
        return DartsArchitecture(_sample_unique_cell(rng), _sample_unique_cell(rng))

    def mutate(self, architecture: DartsArchitecture, rng: np.random.Generator) -> DartsArchitecture:
        """Give one pair of one cell another operation or another input; inputs of a node stay distinct.

        A cell that puts out all nodes although some are read keeps to that.
        """
        if rng.integers(2):
            return DartsArchitecture(_mutated(architecture.normal, rng), architecture.reduction)
        return DartsArchitecture(architecture.normal, _mutated(architecture.reduction, rng))

    def fair_paths(self, rng: np.random.Generator) -> list[DartsArchitecture]:
        """Draw a topology and seven architectures of it that use each operation of each edge once.

        As in the official code of Yu et al., the operations of every edge are permuted independently.
        """
        topology = [_sample_inputs(rng), _sample_inputs(rng)]
        edges = 2 * len(NODES)
        orders = rng.permuted([list(range(len(OPERATIONS)))] * (2 * edges), axis=1)
        return [
            DartsArchitecture(_cell(topology[0], operations[:edges]), _cell(topology[1], operations[edges:]))
            for operations in orders.T.tolist()
        ]

    def parse(self, text: str) -> DartsArchitecture:
        """Read the compact string of `format`, or the text of a Genotype."""
        return parse_architecture(text)

    def format(self, architecture: DartsArchitecture) -> str:
        """Return the compact string; it has no spaces, commas or quotes."""
        return format_architecture(architecture)

    def validate(self, architecture: DartsArchitecture) -> None:
        """Raise `InputError` unless both cells are cells of the space."""
        if not isinstance(architecture, DartsArchitecture):
            raise InputError(
                f"{show(architecture)} is no darts architecture: it has a normal and a reduction cell"
            )
        for name in ("normal", "reduction"):
            reason = _fault(getattr(architecture, name))
            if reason:
                raise InputError(
                    f"{show(architecture)} is no darts architecture: in the {name} cell, {reason}"
                )

    def identity(self, architecture: DartsArchitecture) -> DartsArchitecture:
        """Return the canonical encoding; equal where both cells are equal up to their nodes' names."""
        return DartsArchitecture(canonical_cell(architecture.normal), canonical_cell(architecture.reduction))

    def encodings(self, architecture: DartsArchitecture) -> Iterator[DartsArchitecture]:
        """Yield all encodings of both cells (1 to 576)."""
        cells = (cells_alike(architecture.normal), cells_alike(architecture.reduction))
        return (DartsArchitecture(normal, reduction) for normal, reduction in product(*cells))

    def relative_size(self, architecture: DartsArchitecture) -> float:
        """Return the weights of a channel's filters, summed over the operations of both cells."""
        nodes = (*architecture.normal.nodes, *architecture.reduction.nodes)
        return float(sum(_WEIGHTS.get(operation, 0) for pairs in nodes for operation, _ in pairs))

    def enumerate(self) -> Iterator[DartsArchitecture]:
        """Raise `InputError`: the space is too large."""
        raise InputError(f"space 'darts' is too large to enumerate: it has {self.size} architectures")


def _sample_inputs(rng: np.random.Generator) -> Inputs:
    chosen = rng.integers([len(pairs) for pairs in _INPUT_PAIRS]).tolist()
    return tuple(pairs[index] for pairs, index in zip(_INPUT_PAIRS, chosen, strict=True))


def _sample_cell(rng: np.random.Generator) -> DartsCell:
    return _cell(_sample_inputs(rng), rng.integers(len(OPERATIONS), size=2 * len(NODES)).tolist())


def _sample_unique_cell(rng: np.random.Generator) -> DartsCell:
    # A class of k encodings is drawn k times as often as it should be, and kept in one of k cases.
    while True:
        cell = _sample_cell(rng)
        if rng.integers(len(encodings(cell))) == 0:
            return canonical_cell(cell)


def _mutated(cell: DartsCell, rng: np.random.Generator) -> DartsCell:
    nodes = [list(pairs) for pairs in cell.nodes]
    concat_all = cell.concat != loose_ends(cell.nodes)
    while True:
        position, slot = int(rng.integers(len(NODES))), int(rng.integers(2))
        operation, source = nodes[position][slot]
        if rng.integers(2):
            operation = (operation + 1 + int(rng.integers(len(OPERATIONS) - 1))) % len(OPERATIONS)
        else:
            taken = {read for _, read in nodes[position]}
            free = [node for node in range(NODES[position]) if node not in taken]
            if not free:  # the first node reads both inputs of the cell
                continue
            source = free[int(rng.integers(len(free)))]
        nodes[position][slot] = (operation, source)
        return make_cell(nodes, concat_all=concat_all)


def _cell(inputs: Inputs, operations: Sequence[int]) -> DartsCell:
    return make_cell(
        [
            list(zip(operations[2 * position : 2 * position + 2], sources, strict=True))
            for position, sources in enumerate(inputs)
        ]
    )


def _fault(cell: object) -> str | None:
    """Return why the value is no cell, or None."""
    if not isinstance(cell, DartsCell) or not isinstance(cell.nodes, tuple) or len(cell.nodes) != len(NODES):
        return f"there are not {len(NODES)} nodes"
    for node, pairs in zip(NODES, cell.nodes, strict=True):
        if not isinstance(pairs, tuple) or len(pairs) != 2:
            return f"node {node} is not two pairs"
        for pair in pairs:
            if not isinstance(pair, tuple) or len(pair) != 2 or not all(type(part) is int for part in pair):
                return f"{show(pair)} is not an operation's index and an input"
            operation, source = pair
            if not (0 <= operation < len(OPERATIONS) and 0 <= source < node):
                return f"node {node} has operations 0 to {len(OPERATIONS) - 1} on nodes 0 to {node - 1}"
        if pairs[0][::-1] > pairs[1][::-1]:
            return f"the pairs of node {node} are not sorted by input, then operation"
    if cell.concat not in (NODES, loose_ends(cell.nodes)):
        return f"concat is neither {NODES} nor the loose ends {loose_ends(cell.nodes)}"
    return None


SPACE = Darts
