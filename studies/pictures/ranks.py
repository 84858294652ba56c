"""How a super-net orders architectures: each a dot at its rank by truth and its rank by the super-net."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studies.pictures.style import GRID, INK, dots
from wsnas.ranking import truth_bins

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

BY_TRUTH, BY_SUPERNET = "rank by true accuracy, worst to best", "rank by the super-net"
"""Names of the axes."""


def ranks(truth: ArrayLike, predicted: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ranks by truth and by what is predicted, 1 for the worst; equals share their mean rank.

    Args:
        truth: True accuracies in [0, 1], shape (n,); those that s-KdT takes for equal share a rank.
        predicted: What a ranker makes of the architectures, shape (n,).

    Returns:
        Ranks in [1, n], shapes (n,).
    """
    from scipy.stats import rankdata

    return rankdata(truth_bins(truth)), rankdata(np.asarray(predicted))


def draw_ranks(axes: Axes, truth: ArrayLike, predicted: ArrayLike, *, colour: str) -> None:
    """Draw architectures by their ranks; equal truths share a column, which a line joins.

    Args:
        axes: Where to draw.
        truth: See `ranks`.
        predicted: See `ranks`.
        colour: Of the dots.
    """
    x, y = ranks(truth, predicted)
    tied = [column for column in np.unique(x) if np.sum(x == column) > 1]
    axes.vlines(
        tied,
        [y[x == column].min() for column in tied],
        [y[x == column].max() for column in tied],
        color=GRID,
        linewidth=2.5,
        zorder=1,
    )
    axes.plot([1, len(x)], [1, len(x)], color=INK, linewidth=0.8, linestyle=":", zorder=1)
    dots(axes, x, y, colour=colour, size=4.5)
    axes.grid(visible=False)
