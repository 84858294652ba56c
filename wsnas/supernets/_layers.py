"""Layers that super-nets and stand-alone networks share."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import torch
from torch import Tensor, nn
from torch.nn import functional as F

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wsnas.supernets._batch_norm import BatchNorm


class Options(TypedDict):
    """What `wsnas.supernets.build_supernet` and `build_standalone` pass to every network."""

    in_channels: int
    num_classes: int
    channels: int
    cells: int
    generator: torch.Generator | None


class Convolution(nn.Module):
    """A convolution without bias that keeps the size at stride 1."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.padding = dilation * (kernel // 2)
        self.dilation = dilation
        self.groups = groups
        self.weight = nn.Parameter(torch.empty(outputs, inputs // groups, kernel, kernel))
        nn.init.kaiming_normal_(self.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        if groups > 1:
            # The fan out that torch counts is that of all groups together.
            with torch.no_grad():
                self.weight.mul_(groups**0.5)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        return F.conv2d(x, self.weight, None, self.stride, self.padding, self.dilation, self.groups)


def linear(inputs: int, outputs: int, generator: torch.Generator | None) -> nn.Linear:
    """Build a linear layer with torch's usual distribution of weights, drawn from a generator."""
    layer = nn.Linear(inputs, outputs)
    with torch.no_grad():
        bound = inputs**-0.5
        layer.weight.uniform_(-bound, bound, generator=generator)
        layer.bias.uniform_(-bound, bound, generator=generator)
    return layer


def max_pool_3x3(x: Tensor, stride: int = 1) -> Tensor:
    """Take the maximum of each 3x3 neighbourhood."""
    if stride == 1 and x.device.type == "cpu" and not (x.requires_grad and torch.is_grad_enabled()):
        # For few channels, torch's own pooling takes several times as long; its gradient is fast, though.
        return _maximum_of_neighbours(_maximum_of_neighbours(x, dim=3), dim=2)
    return F.max_pool2d(x, 3, stride, 1)


def _maximum_of_neighbours(x: Tensor, *, dim: int) -> Tensor:
    out, last = x.clone(), x.shape[dim] - 1
    for there, here in ((0, 1), (1, 0)):
        own = out.narrow(dim, here, last)
        torch.maximum(own, x.narrow(dim, there, last), out=own)
    return out


def drop_paths(x: Tensor, probability: float, generator: torch.Generator | None) -> Tensor:
    """Zero whole samples of `x` with the given probability and scale up the others."""
    keep = torch.empty(x.shape[0], 1, 1, 1, dtype=x.dtype, device=x.device)
    keep.bernoulli_(1.0 - probability, generator=generator).div_(1.0 - probability)
    return x * keep


def drop_features(x: Tensor, probability: float, generator: torch.Generator | None) -> Tensor:
    """Zero elements of `x` with the given probability and scale up the others."""
    keep = torch.empty_like(x).bernoulli_(1.0 - probability, generator=generator)
    return x * keep.div_(1.0 - probability)


def batch_norms(network: nn.Module) -> Iterator[BatchNorm]:
    """Yield the network's batch norms."""
    from wsnas.supernets._batch_norm import BatchNorm

    for module in network.modules():
        if isinstance(module, BatchNorm):
            yield module
