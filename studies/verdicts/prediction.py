"""What predicts the outcome of a search: super-net accuracy, or s-KdT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studies.analysis.intervals import LEAST_SEEDS, TAU_DIFFERENCE, Part, ends, half_width, jackknife_variance

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from wsnas.ranking.judged import Judged, Score

    Array = NDArray[np.float64]

TOP = 10
"""A search's outcome is the mean truth of the so many architectures that the super-net likes best."""
LEAST_RECIPES = 5
"""Recipes that the comparison needs, with `LEAST_SEEDS` runs each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """How two figures of a super-net agree with what a search on it finds, over pairs of recipes."""

    by_skdt: float
    """Kendall's tau between s-KdT and outcome."""
    by_accuracy: float
    """Kendall's tau between mean super-net accuracy and outcome."""
    mean: float
    """The first minus the second."""
    low: float
    """Lower end of the difference's interval, over recipes."""
    high: float
    """Upper end."""
    recipes: int
    """How many recipes."""
    runs: int
    """How many runs."""


def prediction(
    recipes: Iterable[Sequence[Judged]], truth: Array, *, score: Score, comparisons: float
) -> Prediction | None:
    """Compare the two as predictors.

    Figures and outcome come from different architectures, else s-KdT would share the outcome's noise: both
    are taken on one half and the outcome on the other, and then the other way round. Runs of different
    recipes are compared, and each pair of recipes counts once, however many seeds it got. The interval is
    the jackknife's over recipes.

    Args:
        recipes: Runs of each recipe that did not diverge; recipes with too few of them are left out.
        truth: Ground truth of the architectures.
        score: By what super-nets rank.
        comparisons: By how many the error is divided.

    Returns:
        The comparison; None with fewer than `LEAST_RECIPES` recipes.
    """
    several = [runs for runs in recipes if len(runs) >= LEAST_SEEDS]
    if len(several) < LEAST_RECIPES:
        return None
    sizes = np.array([len(runs) for runs in several])
    runs = [run for one in several for run in one]
    weights = np.repeat(np.eye(len(several)) / sizes, sizes, axis=1)
    predicted, accuracies = (
        np.stack([run.by(score) for run in runs]),
        np.stack([run.accuracies for run in runs]),
    )
    middle = len(truth) // 2
    halves = slice(0, middle), slice(middle, None)
    taus = [
        _taus(figure, _outcomes(predicted[:, other], truth[other]), weights)
        for one, other in (halves, halves[::-1])
        for figure in (_skdts(predicted[:, one], truth[one]), accuracies[:, one].mean(axis=1))
    ]
    by_skdt, by_accuracy = (taus[0] + taus[2]) / 2, (taus[1] + taus[3]) / 2
    difference = by_skdt - by_accuracy
    part = Part(variance=jackknife_variance(difference[1:]), freedom=len(several) - 1)
    margin = half_width([part], comparisons=comparisons)
    mean = float(difference[0])
    low, high = ends(mean, margin, bound=TAU_DIFFERENCE)
    return Prediction(
        by_skdt=float(by_skdt[0]),
        by_accuracy=float(by_accuracy[0]),
        mean=mean,
        low=low,
        high=high,
        recipes=len(several),
        runs=len(runs),
    )


def _skdts(predicted: Array, truth: Array) -> Array:
    from wsnas.ranking import sparse_kendall_tau

    return np.array([sparse_kendall_tau(row, truth) for row in predicted])


def _outcomes(predicted: Array, truth: Array) -> Array:
    from wsnas.ranking import top_mean

    return np.array([top_mean(row, truth, TOP) for row in predicted])


def _taus(figure: Array, outcome: Array, weights: Array) -> Array:
    """Return tau-b over pairs of recipes, and the same without each recipe, shape (1 + recipes,).

    Args:
        figure: One value for each run.
        outcome: Another.
        weights: Each recipe's mean as weights of the runs, shape (recipes, runs).
    """
    ours, theirs = (np.sign(values[:, None] - values[None, :]) for values in (figure, outcome))
    sums = []
    for pairs in (ours * theirs, np.abs(ours), np.abs(theirs)):
        between = weights @ pairs @ weights.T
        np.fill_diagonal(between, 0.0)
        # A recipe's pairs stand in its row and in its column.
        sums.append(np.append(0.0, -2 * between.sum(axis=1)) + between.sum())
    scale = np.sqrt(sums[1] * sums[2])
    return np.asarray(np.divide(sums[0], scale, out=np.zeros_like(scale), where=scale > 0))
