"""Ranking among the like: architectures that also differ in depth or width are compared within each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from wsnas.ranking.metrics import _clip, _vectors, truth_bins

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def stratified_kendall_tau(
    predicted: ArrayLike, truth: ArrayLike, strata: ArrayLike, threshold: float = 0.001
) -> float:
    """s-KdT over the pairs whose two architectures are of the same stratum.

    With the truth in bins as in `sparse_kendall_tau`, and P, C and D the number of all, concordant and
    discordant pairs within strata, T_p and T_t of those tied in the predictions and in the bins::

        (C - D) / sqrt((P - T_p) * (P - T_t))

    This is tau-b with the pairs across strata left out, so a stratum weighs as many pairs as it has. With a
    single stratum it is `sparse_kendall_tau`.

    Args:
        predicted: What the super-net says; only its order within a stratum counts.
        truth: Ground-truth accuracies as fractions.
        strata: A number for each architecture, such as the depth of the network that was measured; equal
            numbers make a stratum.
        threshold: Width of a bin, above 0, in the units of the truth.

    Returns:
        A value in [-1, 1]; 0.0 where no two architectures of a stratum differ in the predictions, or none
        in the bins.

    Raises:
        ValueError: NaN, unequal lengths, fewer than 2 entries, or a threshold that is not above 0.

    """
    predicted, truth, strata = _vectors(predicted=predicted, truth=truth, strata=strata)
    bins = truth_bins(truth, threshold)
    totals = np.zeros(3)
    for stratum in np.unique(strata):
        members = strata == stratum
        totals += _count_pairs(predicted[members], bins[members])
    agreement, untied_predictions, untied_bins = totals
    if not (untied_predictions and untied_bins):
        return 0.0
    return _clip(float(agreement / (math.sqrt(untied_predictions) * math.sqrt(untied_bins))))


def quantile_bins(values: ArrayLike, bins: int = 5) -> NDArray[np.int64]:
    """Return strata of about equal size along a quantity such as the parameter count, numbered from 0.

    Equal values share a stratum, so that there may be fewer and larger ones.
    """
    along = np.asarray(values, dtype=np.float64)
    edges = np.quantile(along, np.arange(1, bins) / bins)
    return np.searchsorted(edges, along, side="right")


def _count_pairs(predicted: NDArray[np.float64], bins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return C - D, and the pairs that are not tied in the predictions and in the bins, each pair twice."""
    totals = np.zeros(3)
    for value, place in zip(predicted, bins, strict=True):
        # Comparisons, not differences: infinite predictions are equal to themselves.
        by_prediction = (predicted > value).astype(np.int8) - (predicted < value)
        by_truth = (bins > place).astype(np.int8) - (bins < place)
        totals += (
            np.count_nonzero(by_prediction * by_truth > 0) - np.count_nonzero(by_prediction * by_truth < 0),
            np.count_nonzero(by_prediction),
            np.count_nonzero(by_truth),
        )
    return totals
