"""What each change does at the reference recipe, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from studies.analysis.estimates import jackknifed_taus
from studies.analysis.intervals import (
    LEAST_SEEDS,
    TAU_DIFFERENCE,
    Part,
    ends,
    half_widths,
    jackknife_variance,
    total_variance,
)
from studies.analysis.screen.looks import share
from studies.analysis.screen.variances import moderated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

MARGIN = 0.05
"""A change of s-KdT that is smaller is negligible."""

Call = Literal["helps", "hurts", "negligible", "undecided"]


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class SeedRuns:
    """What the runs of one recipe gave."""

    taus: NDArray[np.float64]
    """s-KdT of each seed, shape (seeds,); diverged ones are left out."""
    without: NDArray[np.float64]
    """The same without each architecture, shape (seeds, architectures)."""
    diverged: int = 0
    """How many seeds diverged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeEffect:
    """Mean s-KdT with a change minus mean s-KdT of the reference recipe.

    The four figures are None where either side has fewer than two whole seeds.
    """

    mean: float | None
    """The difference."""
    low: float | None
    """Lower end of its interval; all changes' intervals hold together."""
    high: float | None
    """Upper end."""
    deviation: float | None
    """Standard error, over seeds and architectures."""
    seeds: int
    """How many whole seeds the change has."""
    diverged: int
    """How many of its seeds diverged; they are left out of the difference."""
    call: Call
    """What the interval says."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Moments:
    """What intervals are made of, for the changes that have enough seeds, shapes (changes,)."""

    mean: NDArray[np.float64]
    """Differences."""
    seeds: NDArray[np.int64]
    """Whole seeds of each change."""
    variance: NDArray[np.float64]
    """Moderated variance between a change's seeds."""
    freedom: NDArray[np.float64]
    """Degrees of freedom that it is known with."""
    sampling: NDArray[np.float64]
    """Jackknife's variance of the difference over architectures."""
    architectures: int
    """How many were ranked."""
    reference_seeds: int
    """Whole seeds of the reference recipe."""
    reference_variance: float
    """Moderated variance between its seeds."""
    reference_freedom: float
    """Degrees of freedom that it is known with."""

    def parts(self, seeds: ArrayLike, reference_seeds: ArrayLike) -> list[Part]:
        """Return the parts of the differences' variances, were there so many seeds."""
        ours, theirs = (np.asarray(number, dtype=np.float64) for number in (seeds, reference_seeds))
        return [
            Part(variance=self.variance / ours, freedom=self.freedom + ours - self.seeds),
            Part(
                variance=self.reference_variance / theirs,
                freedom=self.reference_freedom + theirs - self.reference_seeds,
            ),
            Part(variance=self.sampling, freedom=self.architectures - 1),
        ]


def seed_runs(predicted: ArrayLike, truth: ArrayLike, diverged: int = 0) -> SeedRuns:
    """Return what a recipe's whole runs gave.

    Args:
        predicted: What each run makes of each architecture, shape (seeds, architectures); no seed is fine.
        truth: Accuracies in [0, 1], shape (architectures,).
        diverged: How many further runs diverged.
    """
    ranked = np.asarray(predicted, dtype=np.float64).reshape(-1, len(np.asarray(truth)))
    taus, without = jackknifed_taus(ranked, truth) if len(ranked) else (np.zeros(0), ranked)
    return SeedRuns(taus=taus, without=without, diverged=diverged)


def enough(runs: SeedRuns) -> bool:
    """Return whether a recipe has the seeds that a difference needs."""
    return len(runs.taus) >= LEAST_SEEDS


def moments(reference: SeedRuns, changes: Sequence[SeedRuns]) -> Moments:
    """Return what intervals are made of; the reference and every change have enough seeds."""
    several = [reference, *changes]
    seeds = np.array([len(one.taus) for one in several])
    variances, freedom = moderated([float(one.taus.var(ddof=1)) for one in several], seeds - 1)
    middle = reference.without.mean(axis=0)
    return Moments(
        mean=np.array([one.taus.mean() - reference.taus.mean() for one in changes]),
        seeds=seeds[1:],
        variance=variances[1:],
        freedom=freedom[1:],
        sampling=np.array([jackknife_variance(one.without.mean(axis=0) - middle) for one in changes]),
        architectures=reference.without.shape[1],
        reference_seeds=int(seeds[0]),
        reference_variance=float(variances[0]),
        reference_freedom=float(freedom[0]),
    )


def change_effects(
    reference: SeedRuns,
    changes: Sequence[SeedRuns],
    *,
    comparisons: int | None = None,
    adaptive: bool = True,
) -> list[ChangeEffect]:
    """Estimate what each change does at the reference recipe, and call it.

    Architectures are the same everywhere, so differences are paired in them: the jackknife leaves one out of
    both sides. Seeds are not paired. The variances between seeds are moderated over recipes. A change's
    interval is wider while it has few seeds: see `studies.analysis.screen.looks`.

    Args:
        reference: Its runs.
        changes: Theirs.
        comparisons: How many intervals hold together; as many as there are changes where None. Give the
            number that was planned where some are left out.
        adaptive: Whether seeds were given by what runs showed; False only where their number was fixed
            before.
    """
    several = [change for change in changes if enough(reference) and enough(change)]
    if not several:
        return [_unknown(change) for change in changes]
    found = moments(reference, several)
    parts = found.parts(found.seeds, found.reference_seeds)
    family = np.full(len(several), float(comparisons or len(changes)))
    margins = half_widths(parts, comparisons=family / share(found.seeds) if adaptive else family)
    deviations = np.sqrt(total_variance(parts))
    known = zip(found.mean.tolist(), margins.tolist(), deviations.tolist(), strict=True)
    return [
        _effect(change, *next(known)) if enough(reference) and enough(change) else _unknown(change)
        for change in changes
    ]


def call_of(low: float, high: float) -> Call:
    """Return what an interval of a difference says."""
    if low > 0.0:
        return "helps"
    if high < 0.0:
        return "hurts"
    return "negligible" if low > -MARGIN and high < MARGIN else "undecided"


def _effect(runs: SeedRuns, mean: float, margin: float, deviation: float) -> ChangeEffect:
    low, high = ends(mean, margin, bound=TAU_DIFFERENCE)
    return ChangeEffect(
        mean=mean,
        low=low,
        high=high,
        deviation=deviation,
        seeds=len(runs.taus),
        diverged=runs.diverged,
        call=call_of(low, high),
    )


def _unknown(runs: SeedRuns) -> ChangeEffect:
    return ChangeEffect(
        mean=None,
        low=None,
        high=None,
        deviation=None,
        seeds=len(runs.taus),
        diverged=runs.diverged,
        call="undecided",
    )
