"""A stand-alone network of NAS-Bench-201, with the benchmark's parameter counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wsnas.spaces.nb201 import AVG_POOL, CONV_1X1, CONV_3X3, EDGES, OUTPUT_NODE, SKIP
from wsnas.spaces.nb201 import NB201Architecture as Architecture
from wsnas.supernets._average_pooling import average_pool_3x3
from wsnas.supernets._batch_norm import BatchNorm
from wsnas.supernets._layers import Convolution
from wsnas.supernets._nb201_skeleton import Skeleton

if TYPE_CHECKING:
    from typing import Unpack

    from wsnas.supernets._layers import Options

_KERNELS = {CONV_1X1: 1, CONV_3X3: 3}


class _EdgeConvolution(nn.Module):
    def __init__(self, width: int, kernel: int, generator: torch.Generator | None) -> None:
        super().__init__()
        self.conv = Convolution(width, width, kernel, generator=generator)
        self.norm = BatchNorm(width, track=True)

    def forward(self, x: Tensor) -> Tensor:
        normalised: Tensor = self.norm(self.conv(F.relu(x)))
        return normalised


class _Cell(nn.Module):
    def __init__(self, architecture: Architecture, width: int, generator: torch.Generator | None) -> None:
        super().__init__()
        self._architecture = architecture
        # Edges that the output cannot see have weights too: the benchmark counts them.
        self.edges = nn.ModuleDict(
            {
                f"{source}_{target}": _EdgeConvolution(width, _KERNELS[operation], generator)
                for operation, (source, target) in zip(architecture.operations, EDGES, strict=True)
                if operation in _KERNELS
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        nodes: list[Tensor | None] = [x, None, None, None]
        live = self._architecture.live_edges
        for position, (source, target) in enumerate(EDGES):
            value = nodes[source]
            if not live[position] or value is None:
                continue
            operation = self._architecture.operations[position]
            if operation == AVG_POOL:
                out = average_pool_3x3(value)
            else:
                out = value if operation == SKIP else self.edges[f"{source}_{target}"](value)
            known = nodes[target]
            nodes[target] = out if known is None else known + out
        output = nodes[OUTPUT_NODE]
        return torch.zeros_like(x) if output is None else output


class NB201Network(nn.Module):
    """One architecture of NAS-Bench-201 with weights of its own."""

    def __init__(self, architecture: Architecture, **options: Unpack[Options]) -> None:
        super().__init__()
        self.skeleton = Skeleton(
            lambda width: _Cell(architecture, width, options["generator"]),
            track=True,
            **options,
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (n, classes) for images (n, channels, h, w)."""
        x = self.skeleton.embed(images)
        for layer in self.skeleton.layers:
            x = layer(x)
        logits: Tensor = self.skeleton.classifier(self.skeleton.pool(x))
        return logits


NETWORK = NB201Network
