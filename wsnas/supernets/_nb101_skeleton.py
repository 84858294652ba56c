"""What surrounds the cells of NAS-Bench-101: stem, pooling between stacks, classifier.

Source: Ying et al., "NAS-Bench-101" (ICML 2019), section 2.1 and figure 1.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wsnas.errors import InputError
from wsnas.supernets._batch_norm import BatchNorm
from wsnas.supernets._layers import Convolution, linear

if TYPE_CHECKING:
    from collections.abc import Callable

    from wsnas.spaces.nb101 import NB101Architecture as Architecture

STACKS = 3


@lru_cache(maxsize=1 << 14)
def vertex_widths(architecture: Architecture, width: int) -> tuple[int, ...]:
    """Return the number of channels of each interior vertex in a cell that puts out `width` channels.

    Vertices that feed the output share its channels, the first ones taking what is left over; any other
    vertex is as wide as the widest that reads it.

    Raises:
        InputError: there are more vertices to share the channels than channels.
    """
    inputs, feeders = architecture.inputs, architecture.output_feeders
    if len(feeders) > width:
        raise InputError(
            f"channels {width} are too few for {architecture}: {len(feeders)} vertices share them, so at"
            f" least {len(feeders)} are needed"
        )
    widths = [0] * len(inputs)
    for place, vertex in enumerate(feeders):
        widths[vertex] = width // len(feeders) + (place < width % len(feeders))
    for vertex in range(len(inputs) - 1, 0, -1):
        if vertex not in feeders:
            widths[vertex] = max(
                widths[target] for target in range(vertex + 1, len(inputs)) if vertex in inputs[target - 1]
            )
    return tuple(widths[1:])


class Skeleton(nn.Module):
    """Three stacks of cells that put out C, 2C and 4C channels; between stacks the resolution halves."""

    def __init__(
        self,
        make_cell: Callable[[int, int], nn.Module],
        *,
        in_channels: int,
        num_classes: int,
        channels: int,
        cells: int,
        track: bool,
        generator: torch.Generator | None,
    ) -> None:
        """Build it; `make_cell` gets the numbers of channels that a cell takes in and puts out."""
        super().__init__()
        self.stem = Convolution(in_channels, channels, 3, generator=generator)
        self.stem_norm = BatchNorm(channels, track=track)
        self.cells = nn.ModuleList()
        self._stack = cells
        before = channels
        for stack in range(STACKS):
            width = channels * 2**stack
            for _ in range(cells):
                self.cells.append(make_cell(before, width))
                before = width
        self.classifier = linear(before, num_classes, generator)

    def embed(self, images: Tensor) -> Tensor:
        """Map images (n, in_channels, h, w) to the first cell's input (n, C, h, w)."""
        embedded = F.relu(self.stem_norm(self.stem(images)))
        # Images of one channel have no memory format of their own to pass on; pooling is faster in this one.
        return embedded.contiguous(memory_format=torch.channels_last)

    def between(self, x: Tensor, index: int) -> Tensor:
        """Return the input of cell `index` from what came before it."""
        return F.max_pool2d(x, 2, ceil_mode=True) if index and index % self._stack == 0 else x

    def pool(self, x: Tensor) -> Tensor:
        """Map the last cell's output (n, 4C, h, w) to features (n, 4C)."""
        return x.mean(dim=(2, 3))
