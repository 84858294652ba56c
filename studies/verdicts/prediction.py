"""What predicts the outcome of a search: super-net accuracy, or s-KdT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from studies.analysis.screen.intervals import Part, half_width, jackknife_variance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from studies.verdicts.store import Result

TOP = 10
"""A search's outcome is the mean truth of the so many architectures that the super-net likes best."""
LEAST_RECIPES = 5
"""Recipes that the comparison needs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """How two figures of a super-net agree with what a search on it finds, over recipes and seeds."""

    by_skdt: float
    """Kendall's tau between s-KdT and outcome."""
    by_accuracy: float
    """Kendall's tau between mean super-net accuracy and outcome."""
    mean: float
    """The first minus the second."""
    low: float
    """Lower end of the difference's simultaneous interval, over recipes."""
    high: float
    """Upper end."""
    recipes: int
    """How many recipes."""
    runs: int
    """How many runs; every recipe has as many seeds."""


def prediction(
    recipes: Sequence[Sequence[Result]], truth: NDArray[np.float64], half: int, *, comparisons: int
) -> Prediction | None:
    """Compare the two as predictors.

    Figures and outcome come from different architectures, else s-KdT would share the outcome's noise: both
    are taken on one half and the outcome on the other, and then the other way round. The interval is the
    jackknife's over recipes.

    Args:
        recipes: Runs of each recipe that did not diverge, as many of each.
        truth: Ground truth of the architectures.
        half: How many of them are the first half.
        comparisons: How many intervals hold together.

    Returns:
        The comparison; None with fewer than `LEAST_RECIPES` recipes.
    """
    if len(recipes) < LEAST_RECIPES:
        return None
    owners = np.array([index for index, runs in enumerate(recipes) for _ in runs])
    runs = [run for one in recipes for run in one]
    correct = np.array([run.correct for run in runs], dtype=np.float64)
    images = np.array([[run.ranking_images] for run in runs])
    figures = _figures(correct / images, truth, half)
    skdt, accuracy = _agreement(figures)
    left_out = []
    for index in range(len(recipes)):
        ours, theirs = _agreement([tuple(part[owners != index] for part in three) for three in figures])
        left_out.append(ours - theirs)
    part = Part(variance=jackknife_variance(np.array(left_out)), freedom=len(recipes) - 1)
    margin = half_width([part], comparisons=comparisons)
    mean = skdt - accuracy
    return Prediction(
        by_skdt=skdt,
        by_accuracy=accuracy,
        mean=mean,
        low=mean - margin,
        high=mean + margin,
        recipes=len(recipes),
        runs=len(runs),
    )


def _figures(
    accuracies: NDArray[np.float64], truth: NDArray[np.float64], half: int
) -> list[tuple[NDArray[np.float64], ...]]:
    """Return s-KdT, mean accuracy and outcome of each run, for both ways to share out the architectures."""
    from wsnas.ranking import sparse_kendall_tau, top_mean

    first, second = slice(0, half), slice(half, None)
    return [
        (
            np.array([sparse_kendall_tau(row[known], truth[known]) for row in accuracies]),
            accuracies[:, known].mean(axis=1),
            np.array([top_mean(row[hidden], truth[hidden], TOP) for row in accuracies]),
        )
        for known, hidden in ((first, second), (second, first))
    ]


def _agreement(figures: Sequence[tuple[NDArray[np.float64], ...]]) -> tuple[float, float]:
    """Return tau of s-KdT and of accuracy with the outcome, the means of both ways."""
    from wsnas.ranking import kendall_tau

    pairs = [(kendall_tau(skdt, found), kendall_tau(mean, found)) for skdt, mean, found in figures]
    ours, theirs = np.mean(pairs, axis=0)
    return float(ours), float(theirs)
