"""Variances between seeds, of which each recipe has too few to be judged by them alone.

With three seeds a recipe's own variance is off by a factor of several, and its own t interval is both
wide and, where it is small by chance, too narrow. So it is moderated: mixed with the mean variance of all
recipes, with a weight that comes from how much the recipes' variances differ beyond chance (Smyth 2004,
"Linear models and empirical Bayes methods for assessing differential expression"). Other than there, the
target is the arithmetic mean, which noisy recipes dominate, and a recipe's own variance counts where it is
larger: recipes are known to differ in noise, and it is the noisy ones that give false findings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_LEAST = 1e-8
"""Stands for a variance of 0, whose logarithm is none."""


def moderated(variances: ArrayLike, freedom: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return moderated variances and their degrees of freedom.

    Args:
        variances: One for each recipe, shape (recipes,).
        freedom: Degrees of freedom of each, at least 1.
    """
    own, own_freedom = np.asarray(variances, dtype=np.float64), np.asarray(freedom, dtype=np.float64)
    if len(own) < 2:
        return own, own_freedom
    weights = own_freedom * own
    mean = float(weights.sum() / own_freedom.sum())
    if mean <= 0.0:
        return own, own_freedom
    # Satterthwaite's degrees of freedom of the mean: few where few recipes make up most of it.
    mean_freedom = float(weights.sum() ** 2 / (weights * own).sum())
    prior = min(_prior_freedom(own, own_freedom), float(own_freedom.sum()))
    mixed = (prior * mean + weights) / (prior + own_freedom)
    return np.maximum(mixed, own), np.maximum(own_freedom, np.minimum(own_freedom + prior, mean_freedom))


def _prior_freedom(variances: NDArray[np.float64], freedom: NDArray[np.float64]) -> float:
    """Return how many degrees of freedom the mean variance is worth; infinite where recipes are alike."""
    from scipy.optimize import brentq
    from scipy.special import digamma, polygamma

    logs = np.log(np.maximum(variances, _LEAST)) - digamma(freedom / 2) + np.log(freedom / 2)
    beyond_chance = float(logs.var(ddof=1) - polygamma(1, freedom / 2).mean())
    if beyond_chance <= 1e-3:
        return float("inf")
    return 2 * float(brentq(lambda half: polygamma(1, half) - beyond_chance, 1e-4, 1e6))
