"""Means over seeds with intervals that cover both seeds and architectures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from studies.analysis.intervals import TAU, TAU_DIFFERENCE, Part, ends, half_width, jackknife_variance
from wsnas.ranking import truth_bins
from wsnas.ranking.ensemble import mean_ranks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

    Statistic = Callable[[NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]
    """From rankings, shape (rankings, architectures), to a figure of each, and of each without each
    architecture; shapes (rankings,) and (rankings, architectures)."""


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
    return _combine(*jackknifed_taus(predicted, truth), bound=TAU)


def gain_estimate(predicted: ArrayLike, reference: ArrayLike, truth: ArrayLike) -> Estimate:
    """Estimate the difference in s-KdT of two rankers measured with the same seeds and architectures."""
    ours, ours_without = jackknifed_taus(predicted, truth)
    theirs, theirs_without = jackknifed_taus(reference, truth)
    return _combine(ours - theirs, ours_without - theirs_without, bound=TAU_DIFFERENCE)


def jackknifed_taus(
    predicted: ArrayLike, truth: ArrayLike, strata: ArrayLike | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return tau-b of each seed, and of each seed without each architecture.

    Shapes are (seeds,) and (seeds, architectures). With strata only pairs of the same stratum count, as in
    `wsnas.ranking.stratified`.
    """
    within = None if strata is None else _order(strata) == 0
    return _taus(_order(np.atleast_2d(np.asarray(predicted))), _order(truth_bins(truth)), within)


def jackknifed_top_taus(
    predicted: ArrayLike, truth: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return tau-b among the better half of the architectures, those of the median accuracy included."""
    accuracies = np.asarray(truth, dtype=np.float64)
    top = accuracies >= np.median(accuracies)
    return jackknifed_taus(np.atleast_2d(np.asarray(predicted))[:, top], accuracies[top])


def jackknifed_partial_taus(
    predicted: ArrayLike, truth: ArrayLike, covariate: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the partial tau given a covariate of each seed, and of each seed without each architecture."""
    ranked, bins, counts = (
        _order(np.atleast_2d(np.asarray(one))) for one in (predicted, truth_bins(truth), covariate)
    )
    parts = _taus(ranked, bins), _taus(ranked, counts), _taus(bins, counts)
    values, without = (_partial(*taus) for taus in zip(*parts, strict=True))
    return values, without


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A figure with its 95 % interval, of whatever it was made."""

    mean: float
    """The figure."""
    low: float
    """Lower end."""
    high: float
    """Upper end."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Jackknifed:
    """A figure, and what it is without a part of what it was measured with."""

    value: float
    """The figure."""
    architectures: NDArray[np.float64]
    """Without each architecture, shape (architectures,)."""
    seeds: tuple[NDArray[np.float64], ...] = ()
    """Without each seed, an array for each independent group of at least two seeds."""
    bound: float = TAU
    """The figure lies within it, on both sides of 0."""

    def __sub__(self, other: Jackknifed) -> Jackknifed:
        """Return the difference of two figures on the same architectures and with seeds of their own."""
        return Jackknifed(
            value=self.value - other.value,
            architectures=self.architectures - other.architectures,
            seeds=(*self.seeds, *other.seeds),
            bound=self.bound + other.bound,
        )

    def span(self) -> Span:
        """Return the figure with an interval that covers architectures and seeds."""
        groups = (self.architectures, *self.seeds)
        parts = [Part(variance=jackknife_variance(group), freedom=len(group) - 1) for group in groups]
        low, high = ends(self.value, half_width(parts, comparisons=1), bound=self.bound)
        return Span(mean=self.value, low=low, high=high)


def of_singles(predicted: ArrayLike, statistic: Statistic) -> Jackknifed:
    """Return the mean figure of single super-nets; `predicted` has shape (seeds, architectures)."""
    values, without = statistic(np.atleast_2d(np.asarray(predicted, dtype=np.float64)))
    seeds = len(values)
    left_out = (values.sum() - values) / max(seeds - 1, 1)
    return Jackknifed(
        value=float(values.mean()),
        architectures=without.mean(axis=0),
        seeds=(left_out,) if seeds > 1 else (),
    )


def of_ensemble(predicted: ArrayLike, statistic: Statistic) -> Jackknifed:
    """Return the figure of the mean rank over members; `predicted` has shape (members, architectures).

    It speaks of ensembles of so many members. Without an architecture the others keep their mean ranks.
    """
    return _of_members(predicted, statistic, mean_ranks)


def of_joint(predicted: ArrayLike, counts: ArrayLike, statistic: Statistic) -> Jackknifed:
    """Return the figure of an ensemble and of counts, shape (architectures,), as two rankers of equal say."""
    return _of_members(
        predicted, statistic, lambda members: mean_ranks([mean_ranks(members), np.asarray(counts)])
    )


def _of_members(
    predicted: ArrayLike, statistic: Statistic, together: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> Jackknifed:
    members = np.atleast_2d(np.asarray(predicted, dtype=np.float64))
    several = len(members) > 1
    fewer = [np.delete(members, member, axis=0) for member in range(len(members)) if several]
    values, without = statistic(np.array([together(some) for some in (members, *fewer)]))
    return Jackknifed(
        value=float(values[0]), architectures=without[0], seeds=(values[1:],) if several else ()
    )


def pooled_variance(groups: Iterable[Sequence[float]]) -> float | None:
    """Return the variance between seeds of recipes taken to scatter alike; None without two seeds."""
    several = [np.asarray(group, dtype=np.float64) for group in groups if len(group) > 1]
    if not several:
        return None
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in several)
    return squares / sum(len(group) - 1 for group in several)


def _order(values: ArrayLike) -> NDArray[np.float64]:
    """Return the sign of each difference of two architectures, shape (.., architectures, architectures)."""
    along = np.asarray(values, dtype=np.float64)
    # Comparisons, not differences: infinite values are equal to themselves.
    larger, smaller = along[..., :, None] > along[..., None, :], along[..., :, None] < along[..., None, :]
    return larger.astype(np.float64) - smaller


def _taus(
    order: NDArray[np.float64], other: NDArray[np.float64], within: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return tau-b of the orders of pairs, and without each architecture."""
    pairs = 1.0 if within is None else within
    sums = np.broadcast_arrays(
        (order * other * pairs).sum(axis=-1),
        (np.abs(order) * pairs).sum(axis=-1),
        (np.abs(other) * pairs).sum(axis=-1),
    )

    def tau(agreement: NDArray[np.float64], *untied: NDArray[np.float64]) -> NDArray[np.float64]:
        scale = np.sqrt(untied[0] * untied[1])
        return np.divide(agreement, scale, out=np.zeros_like(scale), where=scale > 0)

    totals = [rows.sum(axis=-1, keepdims=True) for rows in sums]
    # An architecture's pairs stand in its row and in its column.
    without = tau(*(total - 2 * rows for total, rows in zip(totals, sums, strict=True)))
    return tau(*totals)[:, 0], without


def _partial(
    ours: NDArray[np.float64], by_covariate: NDArray[np.float64], truth_by_covariate: NDArray[np.float64]
) -> NDArray[np.float64]:
    left = (1.0 - by_covariate**2) * (1.0 - truth_by_covariate**2)
    known = left > 1e-12
    scale = np.sqrt(np.where(known, left, 1.0))
    return np.clip(np.where(known, (ours - by_covariate * truth_by_covariate) / scale, 0.0), -1.0, 1.0)


def _combine(values: NDArray[np.float64], without: NDArray[np.float64], *, bound: float) -> Estimate:
    seeds, architectures = without.shape
    deviation = float(values.std(ddof=1)) if seeds > 1 else 0.0
    parts = [Part(variance=jackknife_variance(without.mean(axis=0)), freedom=architectures - 1)]
    if seeds > 1:
        parts.append(Part(variance=deviation**2 / seeds, freedom=seeds - 1))
    mean = float(values.mean())
    low, high = ends(mean, half_width(parts, comparisons=1), bound=bound)
    return Estimate(
        mean=mean,
        low=low,
        high=high,
        seeds=seeds,
        seed_deviation=deviation,
        values=tuple(values.tolist()),
    )
