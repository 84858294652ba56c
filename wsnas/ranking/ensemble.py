"""Several super-nets of one recipe as one ranker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def mean_ranks(scores: ArrayLike) -> NDArray[np.float64]:
    """Return each architecture's rank, averaged over members; ties share their mean rank.

    Ranks and not scores are averaged, so that no member weighs more because its scores spread more.

    Args:
        scores: What each member makes of each architecture, higher for better, shape (members,
            architectures); at least one member.

    Returns:
        Ranks from 1 for the worst, shape (architectures,).

    Raises:
        ValueError: NaN, another shape, or no member.
    """
    from scipy.stats import rankdata

    members = np.asarray(scores, dtype=np.float64)
    if members.ndim != 2 or not len(members):
        raise ValueError(f"scores have shape {members.shape}, it must be (members, architectures)")
    if np.isnan(members).any():
        raise ValueError("scores hold NaN")
    averaged: NDArray[np.float64] = rankdata(members, axis=1).mean(axis=0)
    return averaged
