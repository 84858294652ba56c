"""A stand-alone network of NAS-Bench-101, with the benchmark's parameter counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wsnas.spaces.nb101 import CONV_1X1, CONV_3X3, MAX_POOL
from wsnas.spaces.nb101 import NB101Architecture as Architecture
from wsnas.supernets._batch_norm import BatchNorm
from wsnas.supernets._layers import Convolution, max_pool_3x3
from wsnas.supernets._nb101_skeleton import Skeleton, vertex_widths

if TYPE_CHECKING:
    from typing import Unpack

    from wsnas.supernets._layers import Options

_KERNELS = {CONV_1X1: 1, CONV_3X3: 3}


class _ConvNormRelu(nn.Module):
    def __init__(self, inputs: int, outputs: int, kernel: int, generator: torch.Generator | None) -> None:
        super().__init__()
        self.conv = Convolution(inputs, outputs, kernel, generator=generator)
        self.norm = BatchNorm(outputs, track=True)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)))


class _Cell(nn.Module):
    def __init__(
        self, architecture: Architecture, before: int, width: int, generator: torch.Generator | None
    ) -> None:
        super().__init__()
        self._architecture = architecture
        # By vertex; the output's own "width" is that of the projection that is added to it.
        self._widths = (*vertex_widths(architecture, width), width)
        self.projections = nn.ModuleDict(
            {
                str(vertex): _ConvNormRelu(before, own, 1, generator)
                for vertex, (own, sources) in enumerate(
                    zip(self._widths, architecture.inputs, strict=True), start=1
                )
                if 0 in sources
            }
        )
        self.operations = nn.ModuleDict(
            {
                str(vertex): _ConvNormRelu(own, own, _KERNELS[operation], generator)
                for vertex, (own, operation) in enumerate(
                    zip(self._widths, architecture.operations, strict=False), start=1
                )
                if operation in _KERNELS
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        values = [x]
        for vertex, operation in enumerate(self._architecture.operations, start=1):
            width = self._widths[vertex - 1]
            read = [
                values[source][:, :width] if source else self.projections[str(vertex)](x)
                for source in self._architecture.inputs[vertex - 1]
            ]
            total = sum(read[1:], start=read[0])
            values.append(
                max_pool_3x3(total) if operation == MAX_POOL else self.operations[str(vertex)](total)
            )
        output = [values[vertex] for vertex in self._architecture.output_feeders]
        if not self._architecture.reads_input_at_output:
            return torch.cat(output, dim=1)
        projected: Tensor = self.projections[str(len(values))](x)
        return projected + torch.cat(output, dim=1) if output else projected


class NB101Network(nn.Module):
    """One architecture of NAS-Bench-101 with weights of its own."""

    def __init__(self, architecture: Architecture, **options: Unpack[Options]) -> None:
        super().__init__()
        self.skeleton = Skeleton(
            lambda before, width: _Cell(architecture, before, width, options["generator"]),
            track=True,
            **options,
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (n, classes) for images (n, channels, h, w)."""
        x = self.skeleton.embed(images)
        for index, cell in enumerate(self.skeleton.cells):
            x = cell(self.skeleton.between(x, index))
        logits: Tensor = self.skeleton.classifier(self.skeleton.pool(x))
        return logits


NETWORK = NB101Network
