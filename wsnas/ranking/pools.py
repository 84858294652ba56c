"""Which architectures are ranked: one pool for trials, another for confirmation and search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wsnas.training.streams import numpy_stream

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wsnas.groundtruth.table import Table

POOL_SIZE = 200
"""Architectures per pool, as in the paper; fewer where half of the table is smaller."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Pool:
    """Architectures with their ground truth."""

    architectures: tuple[Any, ...]
    """The architectures, in the order in which they were drawn."""
    truth: NDArray[np.float64]
    """Accuracies in [0, 1], shape (len(architectures),)."""

    def __len__(self) -> int:
        return len(self.architectures)


def draw_pools(table: Table[Any], *, seed: int, size: int = POOL_SIZE) -> tuple[Pool, Pool]:
    """Draw two disjoint pools uniformly from a table: for trials, and for confirmation and search.

    Args:
        table: The ground truth.
        seed: The study's seed; the stream is called ``pool``.
        size: Architectures per pool; at most half of the table is used.
    """
    size = min(size, len(table) // 2)
    chosen = numpy_stream(seed, "pool").permutation(len(table))[: 2 * size]
    architectures = table.architectures()

    def pool(rows: NDArray[np.int64]) -> Pool:
        members = tuple(architectures[row] for row in rows)
        return Pool(architectures=members, truth=table.accuracies[rows])

    return pool(chosen[:size]), pool(chosen[size:])
