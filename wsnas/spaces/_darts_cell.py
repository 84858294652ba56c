"""What an architecture of DARTS is made of.

Source: Liu et al., "DARTS" (ICLR 2019), section 2.1; Radosavovic et al., "On Network Design Spaces for
Visual Recognition" (ICCV 2019) for outputs made of the loose ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

OPERATIONS = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
MAX_POOL, AVG_POOL, SKIP, SEP_CONV_3X3, SEP_CONV_5X5, DIL_CONV_3X3, DIL_CONV_5X5 = range(len(OPERATIONS))
CODES = ("mp", "ap", "sk", "s3", "s5", "d3", "d5")
"""How `OPERATIONS` are written in compact strings."""
CONCAT_ALL = ":all"
"""Marks a cell whose output is all four nodes although some of them are read by others."""
INPUTS = 2
"""The outputs of the cell before the last and of the last cell are nodes 0 and 1 of a cell."""
NODES = (2, 3, 4, 5)
"""The intermediate nodes; each sums two operations on earlier nodes."""

Pair = tuple[int, int]
"""An index into `OPERATIONS` and the node that the operation reads."""
Node = tuple[Pair, Pair]
"""What a node sums, sorted by the nodes read, then by operation."""
Nodes = tuple[Node, Node, Node, Node]


@dataclass(frozen=True, slots=True)
class DartsCell:
    """A cell; `make_cell` builds one from pairs in any order."""

    nodes: Nodes
    """What each intermediate node sums, in the order of `NODES`."""
    concat: tuple[int, ...]
    """The intermediate nodes that form the output, ascending: all of them or the loose ends."""


@dataclass(frozen=True, slots=True)
class DartsArchitecture:
    """The cells of a network: `reduction` halves the resolution, at two places; the others are `normal`."""

    normal: DartsCell
    reduction: DartsCell

    def __str__(self) -> str:
        """Return the canonical string."""
        return format_architecture(self)


def format_architecture(architecture: DartsArchitecture) -> str:
    """Return the compact string, such as ``n:s3-0.s3-1|sk-0.d5-2|..|..+r:mp-0.mp-1|..|..|..:all``.

    Each of a cell's four nodes is two pairs of an operation and the node that it reads.
    """
    return f"n:{_format_cell(architecture.normal)}+r:{_format_cell(architecture.reduction)}"


def loose_ends(nodes: Iterable[Iterable[Pair]]) -> tuple[int, ...]:
    """Return the intermediate nodes that no other node reads."""
    read = {source for node in nodes for _, source in node}
    return tuple(node for node in NODES if node not in read)


def make_cell(nodes: Iterable[Iterable[Pair]], *, concat_all: bool = False) -> DartsCell:
    """Build a cell from its pairs; its output is the loose ends unless `concat_all`."""
    first, second, third, fourth = (_sorted_node(node) for node in nodes)
    ordered = (first, second, third, fourth)
    return DartsCell(ordered, NODES if concat_all else loose_ends(ordered))


def _sorted_node(pairs: Iterable[Pair]) -> Node:
    first, second = sorted(pairs, key=lambda pair: (pair[1], pair[0]))
    return first, second


def _format_cell(cell: DartsCell) -> str:
    nodes = "|".join(
        ".".join(f"{CODES[operation]}-{source}" for operation, source in node) for node in cell.nodes
    )
    return nodes if cell.concat == loose_ends(cell.nodes) else nodes + CONCAT_ALL
