"""Simultaneous intervals whose variance has independent parts, each known with its own degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Numbers = float | NDArray[np.float64]

CONFIDENCE = 0.95
"""Probability that all intervals of a family cover their truths."""
TAU, TAU_DIFFERENCE = 1.0, 2.0
"""Bounds of a rank correlation, and of the difference of two."""
LEAST_SEEDS = 2
"""Seeds that a recipe needs for its differences to be judged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One independent part of a difference's variance; arrays hold one value for each difference."""

    variance: Numbers
    """Its size."""
    freedom: Numbers
    """Degrees of freedom that it is known with."""


def total_variance(parts: Sequence[Part]) -> NDArray[np.float64]:
    """Return the variances of the estimates."""
    return np.asarray(sum(part.variance for part in parts), dtype=np.float64)


def half_widths(parts: Sequence[Part], *, comparisons: ArrayLike) -> NDArray[np.float64]:
    """Return half the widths of simultaneous intervals, shape (differences,).

    Args:
        parts: Of the variances of the estimates; Welch and Satterthwaite's degrees of freedom are used.
        comparisons: How many intervals hold together (Bonferroni); more where an interval gets less than
            an equal share of the error.
    """
    from scipy.special import stdtrit

    variance = total_variance(parts)
    spread = np.asarray(sum(part.variance**2 / part.freedom for part in parts), dtype=np.float64)
    freedom = np.divide(variance**2, spread, out=np.ones_like(variance), where=spread > 0.0)
    level = (1.0 - CONFIDENCE) / np.asarray(comparisons, dtype=np.float64)
    return np.asarray(stdtrit(freedom, 1.0 - level / 2) * np.sqrt(variance), dtype=np.float64)


def half_width(parts: Sequence[Part], *, comparisons: float) -> float:
    """Return half the width of one simultaneous interval; see `half_widths`."""
    return float(half_widths(parts, comparisons=comparisons))


def ends(mean: float, margin: float, *, bound: float) -> tuple[float, float]:
    """Return the ends of an interval of a figure that lies within -`bound` and `bound`, as the truth does.

    What is cut off could not be the truth, so no coverage is lost; a margin that is not known gives all that
    can be.
    """
    return min(bound, max(-bound, mean - margin)), max(-bound, min(bound, mean + margin))


def jackknife_variance(left_out: NDArray[np.float64]) -> float:
    """Return the jackknife's variance of a figure from its values without each unit, shape (units,)."""
    units = len(left_out)
    return (units - 1) / units * float(((left_out - left_out.mean()) ** 2).sum())
