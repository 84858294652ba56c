"""Means over seeds with intervals that cover both seeds and architectures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from wsnas.ranking import truth_bins

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

CONFIDENCE = 0.95


class Interval(Protocol):
    """A figure with its 95 % interval."""

    @property
    def mean(self) -> float:
        """The figure."""

    @property
    def low(self) -> float:
        """Lower end."""

    @property
    def high(self) -> float:
        """Upper end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A mean with its 95 % interval."""

    mean: float
    """Mean over seeds."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""
    seeds: int
    """How many seeds were measured."""
    seed_deviation: float
    """Standard deviation between seeds on the same architectures; 0 for one seed."""
    values: tuple[float, ...]
    """The value of each seed."""

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def tau_estimate(predicted: ArrayLike, truth: ArrayLike) -> Estimate:
    """Estimate the s-KdT of a ranker over seeds and architectures.

    Args:
        predicted: What each seed makes of each architecture, shape (seeds, architectures).
        truth: Accuracies in [0, 1], shape (architectures,).

    The variance is the sum of two parts: that of the mean over seeds, and the jackknife's over
    architectures; the interval is Student's with Welch and Satterthwaite's degrees of freedom. With one
    seed it covers architectures only.
    """
    return _combine(*jackknifed_taus(predicted, truth))


def gain_estimate(predicted: ArrayLike, reference: ArrayLike, truth: ArrayLike) -> Estimate:
    """Estimate the difference in s-KdT of two rankers measured with the same seeds and architectures."""
    ours, ours_without = jackknifed_taus(predicted, truth)
    theirs, theirs_without = jackknifed_taus(reference, truth)
    return _combine(ours - theirs, ours_without - theirs_without)


def jackknifed_taus(
    predicted: ArrayLike, truth: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return tau-b of each seed, and of each seed without each architecture.

    Shapes are (seeds,) and (seeds, architectures).
    """
    ranked = np.atleast_2d(np.asarray(predicted, dtype=np.float64))
    bins = truth_bins(truth)
    order = np.sign(ranked[:, :, None] - ranked[:, None, :])
    true_order = np.sign(bins[:, None] - bins[None, :])
    agreement, ours, theirs = (
        (order * true_order).sum(axis=2),
        np.abs(order).sum(axis=2),
        np.broadcast_to(np.abs(true_order).sum(axis=1), ranked.shape),
    )

    def tau(*sums: NDArray[np.float64]) -> NDArray[np.float64]:
        scale = np.sqrt(sums[1] * sums[2])
        return np.divide(sums[0], scale, out=np.zeros_like(scale), where=scale > 0)

    totals = [rows.sum(axis=1, keepdims=True) for rows in (agreement, ours, theirs)]
    # An architecture's pairs stand in its row and in its column.
    without = tau(*(total - 2 * rows for total, rows in zip(totals, (agreement, ours, theirs), strict=True)))
    return tau(*totals)[:, 0], without


def _combine(values: NDArray[np.float64], without: NDArray[np.float64]) -> Estimate:
    from scipy.stats import t

    seeds, architectures = without.shape
    deviation = float(values.std(ddof=1)) if seeds > 1 else 0.0
    left_out = without.mean(axis=0)
    of_seeds = deviation**2 / seeds
    of_architectures = (architectures - 1) / architectures * float(((left_out - left_out.mean()) ** 2).sum())
    variance = of_seeds + of_architectures
    mean = float(values.mean())
    margin = 0.0
    if variance > 0:
        spread = of_architectures**2 / (architectures - 1)
        if seeds > 1:
            spread += of_seeds**2 / (seeds - 1)
        freedom = variance**2 / spread
        margin = float(t.ppf(0.5 + CONFIDENCE / 2, freedom)) * variance**0.5
    return Estimate(
        mean=mean,
        low=mean - margin,
        high=mean + margin,
        seeds=seeds,
        seed_deviation=deviation,
        values=tuple(values.tolist()),
    )
