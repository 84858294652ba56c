"""How noisy a measured table is, and what even a perfect ranker would reach against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from wsnas.errors import InputError
from wsnas.ranking.metrics import sparse_kendall_tau

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ROUNDS = 1000
"""Simulated pools."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Noise:
    """The variance components of a table and what follows from them."""

    seed_deviation: float
    """Median deviation between trainings of one architecture, scaled to a standard deviation, a fraction."""
    reliability: float
    """Share of the variance of single trainings, as normal scores, that architectures account for."""
    repeated: int
    """Architectures with at least two trainings."""
    ceiling: tuple[float, float, float]
    """Mean, low and high of the s-KdT that the latent mean accuracies reach against the table: over pools
    of `pool` architectures and over how well the components are known; 95 %."""
    pool: int
    """Architectures of a pool."""
    split_half: tuple[float, float, float]
    """s-KdT of one training's accuracies against another's, with the jackknife's 95 % interval; a lower
    bound of the ceiling, since both sides are noisy."""


def measure_noise(
    accuracies: Sequence[NDArray[np.float64]], *, pool: int, rng: np.random.Generator, rounds: int = ROUNDS
) -> Noise:
    """Estimate a table's noise and its ceiling.

    Kendall's tau knows ranks only, and a few architectures that hardly learn would dominate variances of
    accuracies; so the components are those of normal scores: a training's rank among all trainings, as a
    quantile of the normal distribution. A table's score is latent score plus noise of variance s^2 / n.
    Latent scores are simulated by shrinking the table's to the spread that the noise leaves of it; the
    table by adding noise anew and turning scores back into accuracies, whose bins then tie.

    Args:
        accuracies: For each architecture the accuracies of its trainings, as fractions.
        pool: Architectures that are ranked at a time.
        rng: Source of the simulation.
        rounds: Simulated pools.

    Raises:
        InputError: fewer than four architectures are repeated.
    """
    several = [values for values in accuracies if len(values) > 1]
    if len(several) < 4:
        raise InputError(
            f"noise: {len(several)} architectures are trained more than once, at least 4 are wanted"
        )
    scale = np.sort(np.concatenate(list(accuracies)))
    quantiles = norm.ppf((np.arange(len(scale)) + 0.5) / len(scale))

    def scores(values: NDArray[np.float64]) -> NDArray[np.float64]:
        low, high = (np.searchsorted(scale, values, side=side) for side in ("left", "right"))
        ranked: NDArray[np.float64] = norm.ppf((low + high) / (2 * len(scale)))
        return ranked

    groups = [scores(values) for values in several]
    freedom = sum(len(group) - 1 for group in groups)
    within = sum(float(((group - group.mean()) ** 2).sum()) for group in groups) / freedom
    means = np.array([scores(values).mean() for values in accuracies])
    counts = np.array([len(values) for values in accuracies])
    size = min(pool, len(means))
    middle, observed = float(means.mean()), float(means.var(ddof=1))
    taus = []
    for _ in range(rounds):
        noise = within * freedom / rng.chisquare(freedom)
        between = max(0.0, observed - noise * float((1 / counts).mean()))
        chosen = rng.permutation(len(means))[:size]
        shrink = np.sqrt(_share(between, noise / counts[chosen]))
        latent = middle + shrink * (means[chosen] - middle)
        table = latent + rng.normal(size=size) * np.sqrt(noise / counts[chosen])
        taus.append(sparse_kendall_tau(latent, np.interp(table, quantiles, scale)))
    low, high = np.quantile(taus, (0.025, 0.975))
    differences = np.concatenate([values[1:] - values[0] for values in several])
    between = max(0.0, observed - within * float((1 / counts).mean()))
    return Noise(
        seed_deviation=float(np.median(np.abs(differences)) / (norm.ppf(0.75) * 2**0.5)),
        reliability=float(_share(between, np.array(within))),
        repeated=len(several),
        ceiling=(float(np.mean(taus)), float(low), float(high)),
        pool=size,
        split_half=_split_half(several),
    )


def _share(between: float, noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the architectures' share of the variance; 0 where nothing varies."""
    total = between + noise
    return np.divide(between, total, out=np.zeros_like(total), where=total > 0)


def _split_half(several: Sequence[NDArray[np.float64]]) -> tuple[float, float, float]:
    first = np.array([values[0] for values in several])
    second = np.array([values[1] for values in several])

    def tau(kept: NDArray[np.bool_]) -> float:
        a, b = first[kept], second[kept]
        return (sparse_kendall_tau(a, b) + sparse_kendall_tau(b, a)) / 2

    everything = np.ones(len(first), dtype=bool)
    value = tau(everything)
    without = np.array([tau(np.arange(len(first)) != left_out) for left_out in range(len(first))])
    margin = 1.96 * float((len(first) - 1) * ((without - without.mean()) ** 2).mean()) ** 0.5
    return value, max(-1.0, value - margin), min(1.0, value + margin)
