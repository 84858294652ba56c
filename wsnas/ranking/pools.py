"""Which architectures are ranked: one pool for trials, another for confirmation and search."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from wsnas.training.streams import numpy_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

    from wsnas.groundtruth.table import Table

POOL_SIZE = 200
"""Architectures per pool, as in the paper; fewer where half of the table is smaller."""


def _none() -> NDArray[np.float64]:
    return np.zeros(0)


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Pool:
    """Architectures with their ground truth."""

    architectures: tuple[Any, ...]
    """The architectures, in the order in which they were drawn."""
    truth: NDArray[np.float64]
    """Accuracies in [0, 1], shape (len(architectures),)."""
    others: tuple[Any, ...] = ()
    """Architectures that not every mapping can rank; they count in extra figures only."""
    others_truth: NDArray[np.float64] = field(default_factory=_none)
    """Accuracies in [0, 1], shape (len(others),)."""

    def __len__(self) -> int:
        return len(self.architectures)


def draw_pools(
    table: Table[Any],
    *,
    seed: int,
    size: int = POOL_SIZE,
    fresh: int | None = None,
    comparable: Callable[[Any], bool] | None = None,
    identity: Callable[[Any], Hashable] | None = None,
) -> tuple[Pool, Pool]:
    """Draw two disjoint pools uniformly from a table: for trials, and for confirmation and search.

    Args:
        table: The ground truth.
        seed: The study's seed; the stream is called ``pool``.
        size: Architectures for trials, at most half of the table.
        fresh: Architectures for confirmation, at most what is left of it; as many as for trials where None.
        comparable: Which architectures every mapping can rank (`Space.comparable`); all where None. Those
            others that come up while the pools are filled are shared out as `Pool.others`.
        identity: Equal for architectures that compute the same function (`Space.identity`). The first one
            that is drawn stands for all of them, so that no function is in both pools, or in one twice, and
            intervals over architectures resample functions. None where all of the table differ.
    """
    fresh = size if fresh is None else fresh
    architectures = table.architectures()
    rows: list[int] = []
    others: list[int] = []
    functions: set[Hashable] = set()
    for row in numpy_stream(seed, "pool").permutation(len(table)).tolist():
        if len(rows) == size + fresh:
            break
        function = row if identity is None else identity(architectures[row])
        if function in functions:
            continue
        functions.add(function)
        known = comparable is None or comparable(architectures[row])
        (rows if known else others).append(row)
    size = min(size, len(rows) // 2)
    fresh = min(fresh, len(rows) - size)

    def pool(chosen: list[int], apart: list[int]) -> Pool:
        return Pool(
            architectures=tuple(architectures[row] for row in chosen),
            truth=table.accuracies[chosen],
            others=tuple(architectures[row] for row in apart),
            others_truth=table.accuracies[apart],
        )

    half = len(others) // 2
    return pool(rows[:size], others[:half]), pool(rows[size : size + fresh], others[half:])
