"""Which of a vertex's channels serve an architecture that has fewer than the super-net."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

if TYPE_CHECKING:
    from wsnas.supernets.mapping import DynamicChannels


class Channels(ABC):
    """A way to make `count` channels out of the `full` ones that weights are allocated for."""

    @abstractmethod
    def vector(self, full: Tensor) -> Tensor:
        """Map one number for each channel (full,) to (count,)."""

    @abstractmethod
    def outputs(self, weight: Tensor) -> Tensor:
        """Map a kernel (full, inputs, k, k) to (count, inputs, k, k)."""

    @abstractmethod
    def both(self, weight: Tensor) -> Tensor:
        """Map a kernel (full, full, k, k) to (count, count, k, k)."""

    @abstractmethod
    def track(self, running: Tensor, batch: Tensor, momentum: float) -> None:
        """Move running statistics (full,) towards those of a batch (count,), in place."""


class First(Channels):
    """The first channels, as views."""

    def __init__(self, count: int) -> None:
        self._count = count

    def vector(self, full: Tensor) -> Tensor:
        """Return the first numbers."""
        return full[: self._count]

    def outputs(self, weight: Tensor) -> Tensor:
        """Return the first filters."""
        return weight[: self._count]

    def both(self, weight: Tensor) -> Tensor:
        """Return the first filters' weights of the first channels."""
        return weight[: self._count, : self._count]

    def track(self, running: Tensor, batch: Tensor, momentum: float) -> None:
        """Leave the others' statistics as they are."""
        running[: self._count].lerp_(batch, momentum)


class Chosen(Channels):
    """The channels of an index (count,)."""

    def __init__(self, index: Tensor) -> None:
        self._index = index

    def vector(self, full: Tensor) -> Tensor:
        """Return the chosen numbers."""
        return full.index_select(0, self._index)

    def outputs(self, weight: Tensor) -> Tensor:
        """Return the chosen filters."""
        return weight.index_select(0, self._index)

    def both(self, weight: Tensor) -> Tensor:
        """Return the chosen filters' weights of the chosen channels."""
        return weight.index_select(0, self._index).index_select(1, self._index)

    def track(self, running: Tensor, batch: Tensor, momentum: float) -> None:
        """Leave the others' statistics as they are."""
        running.index_copy_(0, self._index, self.vector(running).lerp(batch, momentum))


class Averaged(Channels):
    """Averages of neighbours (adaptive average pooling)."""

    def __init__(self, count: int) -> None:
        self._count = count

    def vector(self, full: Tensor) -> Tensor:
        """Average the numbers of neighbours."""
        return F.adaptive_avg_pool1d(full[None], self._count)[0]

    def outputs(self, weight: Tensor) -> Tensor:
        """Average the filters of neighbours."""
        rows = weight.flatten(1)
        pooled = F.adaptive_avg_pool2d(rows[None], (self._count, rows.shape[1]))[0]
        return pooled.view(self._count, *weight.shape[1:])

    def both(self, weight: Tensor) -> Tensor:
        """Average the filters of neighbours and, in each, the weights of neighbours."""
        pooled = F.adaptive_avg_pool2d(weight.permute(2, 3, 0, 1), self._count)
        return pooled.permute(2, 3, 0, 1)

    def track(self, running: Tensor, batch: Tensor, momentum: float) -> None:
        """Let every channel follow the average that it is part of (the last, where it is part of two)."""
        part_of = torch.arange(len(running), device=running.device) * self._count // len(running)
        running.lerp_(batch[part_of], momentum)


@cache
def _first(count: int) -> First:
    return First(count)


@cache
def _averaged(count: int) -> Averaged:
    return Averaged(count)


def ranking_channels(level: DynamicChannels, full: int, count: int) -> Channels | None:
    """Return `count` of `full` channels in the same way each time; None where all serve as they are."""
    if count == full:
        return None
    return _averaged(count) if level == "interpolate" else _first(count)
