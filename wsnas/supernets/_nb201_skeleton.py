"""What surrounds the cells of NAS-Bench-201: stem, residual blocks between stages, classifier.

Source: Dong and Yang, "NAS-Bench-201" (ICLR 2020), figure 1 and section 2.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wsnas.supernets._batch_norm import BatchNorm
from wsnas.supernets._layers import Convolution, linear

if TYPE_CHECKING:
    from collections.abc import Callable

STAGES = 3


class ResidualBlock(nn.Module):
    """Halves the resolution and changes the number of channels."""

    def __init__(self, inputs: int, outputs: int, *, track: bool, generator: torch.Generator | None) -> None:
        super().__init__()
        self.conv_a = Convolution(inputs, outputs, 3, stride=2, generator=generator)
        self.norm_a = BatchNorm(outputs, track=track)
        self.conv_b = Convolution(outputs, outputs, 3, generator=generator)
        self.norm_b = BatchNorm(outputs, track=track)
        self.shortcut = Convolution(inputs, outputs, 1, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, h / 2, w / 2)."""
        main = F.relu(self.norm_a(self.conv_a(F.relu(x))))
        block: Tensor = self.norm_b(self.conv_b(main)) + self.shortcut(F.avg_pool2d(x, 2, 2))
        return block


class Skeleton(nn.Module):
    """Three stages of cells at C, 2C and 4C channels; `layers` holds cells and residual blocks."""

    def __init__(
        self,
        make_cell: Callable[[int], nn.Module],
        *,
        in_channels: int,
        num_classes: int,
        channels: int,
        cells: int,
        track: bool,
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        self.stem = Convolution(in_channels, channels, 3, generator=generator)
        self.stem_norm = BatchNorm(channels, track=track)
        self.layers = nn.ModuleList()
        for stage in range(STAGES):
            width = channels * 2**stage
            if stage:
                self.layers.append(ResidualBlock(width // 2, width, track=track, generator=generator))
            self.layers.extend(make_cell(width) for _ in range(cells))
        width = channels * 2 ** (STAGES - 1)
        self.last_norm = BatchNorm(width, track=track)
        self.classifier = linear(width, num_classes, generator)

    def embed(self, images: Tensor) -> Tensor:
        """Map images (n, in_channels, h, w) to the first cell's input (n, C, h, w)."""
        embedded: Tensor = self.stem_norm(self.stem(images))
        # Convolutions are faster so; grey images do not carry the format along.
        return embedded.contiguous(memory_format=torch.channels_last)

    def pool(self, x: Tensor) -> Tensor:
        """Map the last cell's output (n, 4C, h, w) to features (n, 4C)."""
        return F.relu(self.last_norm(x)).mean(dim=(2, 3))
