"""How values flow through the cells of DARTS, whatever holds the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from wsnas.spaces.darts import INPUTS, MAX_POOL, NODES, DartsArchitecture, DartsCell
from wsnas.supernets._average_pooling import average_pool_3x3
from wsnas.supernets._layers import max_pool_3x3

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STEM = (0,)
"""The stem's output is one block of channels, a cell's one for each node of `concat`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell stands in the network."""

    index: int
    reduction: bool
    """Whether the cell is a reduction cell, which doubles the width and halves the resolution."""
    after_reduction: bool
    """Whether its first input has twice the resolution of its second."""
    width: int
    """Channels of each node."""

    def cell(self, architecture: DartsArchitecture) -> DartsCell:
        """Return the architecture's cell for this place."""
        return architecture.reduction if self.reduction else architecture.normal

    def stride(self, source: int) -> int:
        """Return the stride of operations that read node `source`."""
        return 2 if self.reduction and source < INPUTS else 1


def places(channels: int, cells: int) -> tuple[Place, ...]:
    """Return the places of all cells; with fewer than three cells, the first is a reduction cell."""
    found: list[Place] = []
    width, after_reduction = channels, False
    for index in range(cells):
        reduction = index in (cells // 3, 2 * cells // 3)
        width *= 2 if reduction else 1
        found.append(Place(index, reduction, after_reduction, width))
        after_reduction = reduction
    return tuple(found)


class Value:
    """A node's value, with what several operations read from it computed once."""

    def __init__(self, value: Tensor) -> None:
        self.value = value
        self._rectified: Tensor | None = None
        self._pooled: dict[tuple[int, int], Tensor] = {}

    @property
    def rectified(self) -> Tensor:
        """The value after a ReLU."""
        if self._rectified is None:
            self._rectified = F.relu(self.value)
        return self._rectified

    def pooled(self, operation: int, stride: int) -> Tensor:
        """Return the value after a pooling operation."""
        if (operation, stride) not in self._pooled:
            pool = max_pool_3x3 if operation == MAX_POOL else average_pool_3x3
            self._pooled[operation, stride] = pool(self.value, stride)
        return self._pooled[operation, stride]


class Output:
    """What a cell or the stem hands on: blocks of channels, side by side."""

    def __init__(self, parts: Sequence[Tensor], blocks: tuple[int, ...]) -> None:
        self._parts = parts
        self.blocks = blocks
        self._rectified: Tensor | None = None

    @property
    def rectified(self) -> Tensor:
        """All blocks (n, channels, h, w) after the ReLU with which both next cells begin."""
        if self._rectified is None:
            only = len(self._parts) == 1
            self._rectified = F.relu(self._parts[0]) if only else F.relu_(torch.cat(list(self._parts), dim=1))
        return self._rectified

    @property
    def features(self) -> Tensor:
        """The mean of each channel, shape (n, channels)."""
        return torch.cat([part.mean(dim=(2, 3)) for part in self._parts], dim=1)


def run_cell(
    cell: DartsCell,
    inputs: Sequence[Value | None],
    apply: Callable[[int, int, int, int, Value], Tensor],
) -> Output:
    """Compute a cell; `apply` gets node, position in the node, operation, source and what is read."""
    values = list(inputs)
    for node, pairs in zip(NODES, cell.nodes, strict=True):
        terms = []
        for position, (operation, source) in enumerate(pairs):
            value = values[source]
            assert value is not None
            terms.append(apply(node, position, operation, source, value))
        values.append(Value(terms[0] + terms[1]))
    return Output([value.value for node in cell.concat if (value := values[node])], cell.concat)


def reads(cell: DartsCell, node: int) -> bool:
    """Return whether some node of the cell reads `node`."""
    return any(source == node for pairs in cell.nodes for _, source in pairs)


def live_cells(architecture: DartsArchitecture, network: Sequence[Place]) -> list[bool]:
    """Return which cells the network's output depends on: all but where cells read one input twice."""
    live = [False] * len(network)
    live[-1] = True
    for place in reversed(network):
        for node in range(INPUTS):
            previous = place.index - INPUTS + node
            if live[place.index] and previous >= 0 and reads(place.cell(architecture), node):
                live[previous] = True
    return live
