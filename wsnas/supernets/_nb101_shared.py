"""The first cell of NAS-Bench-101's super-net for many architectures, with what they share computed once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsnas.supernets._nb101_plan import plan

if TYPE_CHECKING:
    from torch import Tensor

    from wsnas.spaces.nb101 import NB101Architecture as Architecture
    from wsnas.supernets._nb101_cell import SuperCell
    from wsnas.supernets._nb101_channels import Channels
    from wsnas.supernets._nb101_plan import Step

Key = tuple[tuple[int, int, int], ...]


class SharedFirstCell:
    """The first cell in evaluation; fast for architectures in the order of their `key`.

    In that order, architectures whose first vertices do the same follow one another, so that only values
    of the current prefix, and the latest projection into each vertex, must be held.
    """

    def __init__(self, cell: SuperCell, x: Tensor) -> None:
        self._cell = cell
        self._x = x
        self._values: dict[Key, Tensor] = {}
        self._projections: dict[int, tuple[int, Tensor]] = {}
        self._output_projection: Tensor | None = None

    def key(self, architecture: Architecture) -> Key:
        """Return what the cell's vertices do, in their order."""
        return tuple(
            (step.operation, step.width, step.input_set) for step in plan(architecture, self._cell.width)
        )

    def __call__(self, architecture: Architecture) -> Tensor:
        """Return the cell's output."""
        key = self.key(architecture)
        self._values = {
            prefix: value for prefix, value in self._values.items() if key[: len(prefix)] == prefix
        }
        values = [self._x]
        for step in plan(architecture, self._cell.width):
            prefix = key[: step.vertex]
            if prefix not in self._values:
                channels = self._cell.ranking_channels(step.width)
                projected = self._projected(step, channels) if step.reads_input else None
                self._values[prefix] = self._cell.compute(step, values, projected, channels)
            values.append(self._values[prefix])
        if not architecture.reads_input_at_output:
            return self._cell.join(architecture, values, None)
        if self._output_projection is None:
            self._output_projection = self._cell.output_projection(self._x)
        return self._cell.join(architecture, values, self._output_projection)

    def _projected(self, step: Step, channels: Channels | None) -> Tensor:
        width, projected = self._projections.get(step.vertex, (0, self._x))
        if width != step.width:
            projected = self._cell.vertex(step.vertex).projection(self._x, channels)
            self._projections[step.vertex] = step.width, projected
        return projected
