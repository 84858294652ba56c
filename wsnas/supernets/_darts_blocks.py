"""Layers whose inputs are blocks of channels, of which an architecture may have some only.

An absent block counts as zeros. Here it is left out, and so are its weights, which get no gradient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

if TYPE_CHECKING:
    from collections.abc import Sequence

    Blocks = tuple[int, ...]


class BlockConvolution(nn.Module):
    """A 1x1 convolution without bias."""

    def __init__(
        self, blocks: Sequence[int], width: int, outputs: int, *, generator: torch.Generator | None
    ) -> None:
        super().__init__()
        self.weights = nn.ParameterDict({str(block): torch.empty(outputs, width, 1, 1) for block in blocks})
        for weight in self.weights.values():
            nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu", generator=generator)

    def weight(self, blocks: Blocks) -> Tensor:
        """Return the kernel (outputs, channels of the blocks, 1, 1)."""
        return torch.cat([self.weights[str(block)] for block in blocks], dim=1)

    def forward(self, x: Tensor, blocks: Blocks) -> Tensor:
        """Map (n, channels of the blocks, h, w) to (n, outputs, h, w)."""
        return F.conv2d(x, self.weight(blocks))


class BlockLinear(nn.Module):
    """A linear layer."""

    def __init__(
        self, blocks: Sequence[int], width: int, outputs: int, *, generator: torch.Generator | None
    ) -> None:
        super().__init__()
        self.weights = nn.ParameterDict({str(block): torch.empty(outputs, width) for block in blocks})
        self.bias = nn.Parameter(torch.empty(outputs))
        bound = (len(blocks) * width) ** -0.5
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.uniform_(-bound, bound, generator=generator)

    def weight(self, blocks: Blocks) -> Tensor:
        """Return the weight (outputs, features of the blocks)."""
        return torch.cat([self.weights[str(block)] for block in blocks], dim=1)

    def forward(self, x: Tensor, blocks: Blocks) -> Tensor:
        """Map (n, features of the blocks) to (n, outputs)."""
        return F.linear(x, self.weight(blocks), self.bias)
