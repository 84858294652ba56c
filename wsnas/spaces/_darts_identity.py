"""Cells that are the same up to the names of their intermediate nodes."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

from wsnas.spaces._darts_cell import INPUTS, NODES, DartsCell, loose_ends, make_cell

if TYPE_CHECKING:
    from wsnas.spaces._darts_cell import Nodes

_ORDERS = tuple(permutations(NODES))
"""In which order the nodes may be written, by their old names."""


def canonical_cell(cell: DartsCell) -> DartsCell:
    """Return the first of the cell's encodings; the same for all of them."""
    return _with_nodes(cell, min(encodings(cell)))


def cells_alike(cell: DartsCell) -> list[DartsCell]:
    """Return the cell in all its encodings, the canonical one first."""
    return [_with_nodes(cell, nodes) for nodes in sorted(encodings(cell))]


def encodings(cell: DartsCell) -> set[Nodes]:
    """Return all ways to write the cell with each node after those that it reads (1 to 24)."""
    needs = {
        node: {source for _, source in pairs if source >= INPUTS}
        for node, pairs in zip(NODES, cell.nodes, strict=True)
    }
    return {
        _rewritten(cell.nodes, order)
        for order in _ORDERS
        if all(needs[node].issubset(order[:position]) for position, node in enumerate(order))
    }


def _rewritten(nodes: Nodes, order: tuple[int, ...]) -> Nodes:
    new_name = [*range(INPUTS), *NODES]
    for name, node in zip(NODES, order, strict=True):
        new_name[node] = name
    return make_cell(
        [[(operation, new_name[source]) for operation, source in nodes[node - INPUTS]] for node in order]
    ).nodes


def _with_nodes(cell: DartsCell, nodes: Nodes) -> DartsCell:
    return make_cell(nodes, concat_all=cell.concat != loose_ends(cell.nodes))
