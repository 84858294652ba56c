"""A cell of NAS-Bench-101's super-net: every vertex holds every operation, whatever it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wsnas.spaces.nb101 import CONV_1X1, CONV_3X3, INTERIOR, MAX_POOL
from wsnas.supernets._layers import Convolution, drop_paths, max_pool_3x3
from wsnas.supernets._nb101_channels import Chosen, ranking_channels
from wsnas.supernets._nb101_plan import plan
from wsnas.supernets._sliced_batch_norm import SlicedBatchNorm

if TYPE_CHECKING:
    from wsnas.spaces.nb101 import NB101Architecture as Architecture
    from wsnas.supernets._nb101_channels import Channels
    from wsnas.supernets._nb101_plan import Step
    from wsnas.supernets.mapping import SharingMapping

KERNELS = {CONV_1X1: 1, CONV_3X3: 3}


def _norm(width: int, mapping: SharingMapping) -> SlicedBatchNorm:
    return SlicedBatchNorm(width, affine=mapping.bn_affine, track=mapping.bn_statistics == "tracked")


class Projection(nn.Module):
    """Brings the cell's input to the width of a vertex: 1x1 convolution, batch norm, ReLU."""

    def __init__(
        self, before: int, width: int, mapping: SharingMapping, generator: torch.Generator | None
    ) -> None:
        super().__init__()
        self.conv = Convolution(before, width, 1, generator=generator)
        self.norm = _norm(width, mapping)

    def weight(self, channels: Channels | None) -> Tensor:
        """Return the kernel (count, before, 1, 1)."""
        return self.conv.weight if channels is None else channels.outputs(self.conv.weight)

    def forward(self, x: Tensor, channels: Channels | None = None) -> Tensor:
        """Map (n, before, h, w) to (n, count, h, w)."""
        return F.relu(self.norm(F.conv2d(x, self.weight(channels)), channels), inplace=True)


class Vertex(nn.Module):
    """All operations of one vertex."""

    def __init__(
        self, vertex: int, before: int, width: int, mapping: SharingMapping, generator: torch.Generator | None
    ) -> None:
        super().__init__()
        self.projection = Projection(before, width, mapping, generator)
        self.conv_3x3 = Convolution(width, width, 3, generator=generator)
        if mapping.ofa_kernel:
            # The centre of a 3x3 kernel is one number per pair of channels, so the transform is one factor.
            self.transform = nn.Parameter(torch.ones(1, 1))
        else:
            self.conv_1x1 = Convolution(width, width, 1, generator=generator)
        self._wsbn = mapping.wsbn
        input_sets = range(1, 1 << vertex) if mapping.wsbn else (0,)
        self.norms = nn.ModuleDict(
            {
                f"{kernel}x{kernel}_{input_set}": _norm(width, mapping)
                for kernel in KERNELS.values()
                for input_set in input_sets
            }
        )

    def weight(self, operation: int, channels: Channels | None) -> Tensor:
        """Return the kernel (count, count, k, k) of an operation."""
        if operation == CONV_1X1 and hasattr(self, "transform"):
            return _both(self.conv_3x3.weight[:, :, 1:2, 1:2], channels) * self.transform
        return _both((self.conv_3x3 if operation == CONV_3X3 else self.conv_1x1).weight, channels)

    def norm(self, operation: int, input_set: int) -> SlicedBatchNorm:
        """Return the batch norm of an operation in a vertex that reads `input_set`."""
        kernel = KERNELS[operation]
        name = f"{kernel}x{kernel}_{input_set if self._wsbn else 0}"
        return cast("SlicedBatchNorm", self.norms[name])

    def forward(self, x: Tensor, operation: int, input_set: int, channels: Channels | None) -> Tensor:
        """Apply an operation to (n, count, h, w); the shape stays."""
        if operation == MAX_POOL:
            return max_pool_3x3(x)
        y = F.conv2d(x, self.weight(operation, channels), None, 1, KERNELS[operation] // 2)
        return F.relu(self.norm(operation, input_set)(y, channels), inplace=True)


class SuperCell(nn.Module):
    """A cell that holds every operation of five vertices."""

    def __init__(
        self,
        before: int,
        width: int,
        *,
        mapping: SharingMapping,
        drop: float,
        generator: torch.Generator | None,
    ) -> None:
        """Build a cell.

        Args:
            before: Channels of the cell's input.
            width: Channels of its output.
            mapping: How architectures map to weights.
            drop: Probability that an operation's output is dropped for a sample.
            generator: Source of the initial weights.
        """
        super().__init__()
        self.width = width
        self._level = mapping.dynamic_channels
        self._full = width // 2 if mapping.dynamic_channels == "disabled" else width
        self._drop = drop
        self.vertices = nn.ModuleDict(
            {str(vertex): Vertex(vertex, before, self._full, mapping, generator) for vertex in INTERIOR}
        )
        self.output_projection = Projection(before, width, mapping, generator)

    def vertex(self, vertex: int) -> Vertex:
        """Return an interior vertex, counted from 1."""
        return cast("Vertex", self.vertices[str(vertex)])

    def ranking_channels(self, count: int) -> Channels | None:
        """Return the channels of a vertex of so many in evaluation; None for all of them."""
        return ranking_channels(self._level, self._full, count)

    def forward(self, x: Tensor, architecture: Architecture, generator: torch.Generator | None) -> Tensor:
        """Map (n, before, h, w) to (n, width, h, w)."""
        order = None
        if self.training and self._level == "shuffle":
            # One order for the whole cell keeps a channel what it is on its way from vertex to vertex.
            # In evaluation it would make the ranking random: there the first channels serve.
            order = torch.randperm(self._full, generator=generator, device=x.device)
        values = [x]
        for step in plan(architecture, self.width):
            count = step.width
            channels = self.ranking_channels(count) if order is None else Chosen(order[:count])
            projected = self.vertex(step.vertex).projection(x, channels) if step.reads_input else None
            out = self.compute(step, values, projected, channels)
            if self.training and self._drop and step.spare:
                out = drop_paths(out, self._drop, generator)
            values.append(out)
        projected = self.output_projection(x) if architecture.reads_input_at_output else None
        return self.join(architecture, values, projected)

    def compute(
        self, step: Step, values: list[Tensor], projected: Tensor | None, channels: Channels | None
    ) -> Tensor:
        """Return the value of a vertex (n, count, h, w) from those before it and the projected input."""
        read = [_first_channels(values[source], step.width) for source in step.sources]
        if projected is not None:
            read.append(projected)
        out: Tensor = self.vertex(step.vertex)(_total(read), step.operation, step.input_set, channels)
        return out

    def join(self, architecture: Architecture, values: list[Tensor], projected: Tensor | None) -> Tensor:
        """Return the cell's output (n, width, h, w) from its vertices' values and the projected input."""
        outputs = [values[vertex] for vertex in architecture.output_feeders]
        if not outputs:
            return cast("Tensor", projected)
        joined = outputs[0] if len(outputs) == 1 else torch.cat(outputs, dim=1)
        return joined if projected is None else joined + projected


def _both(weight: Tensor, channels: Channels | None) -> Tensor:
    return weight if channels is None else channels.both(weight)


def _first_channels(x: Tensor, count: int) -> Tensor:
    return x if x.shape[1] == count else x[:, :count]


def _total(parts: list[Tensor]) -> Tensor:
    if len(parts) == 1:
        return parts[0]
    total = parts[0] + parts[1]
    for part in parts[2:]:
        total += part
    return total
