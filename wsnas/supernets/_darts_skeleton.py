"""What surrounds the operations of DARTS: stem, the cells' inputs and the chain of cells.

Source: Liu et al., "DARTS" (ICLR 2019), appendix A.1 and the networks that the authors published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wsnas.supernets._batch_norm import BatchNorm
from wsnas.supernets._darts_graph import STEM, Output, live_cells, places
from wsnas.supernets._layers import Convolution

if TYPE_CHECKING:
    from collections.abc import Callable

    from wsnas.spaces.darts import DartsArchitecture
    from wsnas.supernets._darts_graph import Place

STEM_MULTIPLIER = 3


class Normalised(nn.Module):
    """A convolution and its batch norm."""

    def __init__(self, conv: nn.Module, norm: BatchNorm) -> None:
        super().__init__()
        self.conv = conv
        self.norm = norm

    def forward(self, x: Tensor, *blocks: tuple[int, ...]) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        normalised: Tensor = self.norm(self.conv(x, *blocks))
        return normalised


class Halving(nn.Module):
    """Halves the resolution: half of the channels come from even pixels, half from odd ones.

    Pixels are picked before 1x1 convolutions: the same as a stride of 2, but less is copied.
    """

    def __init__(self, even: nn.Module, odd: nn.Module) -> None:
        super().__init__()
        self.even = even
        self.odd = odd

    def forward(self, x: Tensor, *blocks: tuple[int, ...]) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, h / 2, w / 2), both rounded up."""
        height, width = x.shape[2:]
        shifted = x[:, :, 1::2, 1::2]
        if height % 2 or width % 2:
            shifted = F.pad(shifted, (0, width % 2, 0, height % 2))
        return torch.cat((self.even(x[:, :, ::2, ::2], *blocks), self.odd(shifted, *blocks)), dim=1)


def halving(inputs: int, outputs: int, generator: torch.Generator | None) -> Halving:
    """Build the halving layer of a stand-alone network."""
    even = Convolution(inputs, outputs // 2, 1, generator=generator)
    odd = Convolution(inputs, outputs - outputs // 2, 1, generator=generator)
    return Halving(even, odd)


class Skeleton(nn.Module):
    """The stem and a chain of cells, each of which reads the outputs of the two before it."""

    def __init__(
        self,
        make_cell: Callable[[Place], nn.Module],
        *,
        in_channels: int,
        channels: int,
        cells: int,
        track: bool,
        generator: torch.Generator | None,
    ) -> None:
        super().__init__()
        self.places = places(channels, cells)
        self.stem = Convolution(in_channels, STEM_MULTIPLIER * channels, 3, generator=generator)
        self.stem_norm = BatchNorm(STEM_MULTIPLIER * channels, track=track)
        self.cells = nn.ModuleList(make_cell(place) for place in self.places)

    def embed(self, images: Tensor) -> Output:
        """Map images (n, in_channels, h, w) to the stem's output, (n, 3C, h, w)."""
        embedded = self.stem_norm(self.stem(images))
        # Depthwise convolutions are several times faster so; grey images do not carry the format along.
        return Output([embedded.contiguous(memory_format=torch.channels_last)], STEM)

    def run(self, stem: Output, architecture: DartsArchitecture, *context: Any) -> Output:
        """Return the last cell's output."""
        outputs: list[Output | None] = [stem, stem]
        live = live_cells(architecture, self.places)
        for place, layer in zip(self.places, self.cells, strict=True):
            cell = place.cell(architecture)
            outputs.append(layer(cell, outputs[-2], outputs[-1], *context) if live[place.index] else None)
        last = outputs[-1]
        assert last is not None
        return last
