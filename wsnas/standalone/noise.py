"""How noisy a measured table is, and what even a perfect ranker would reach against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wsnas.errors import InputError
from wsnas.ranking.metrics import sparse_kendall_tau

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ROUNDS = 1000
_NORMAL_QUARTILES = 1.349
"""Distance of a normal distribution's quartiles, in standard deviations."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Noise:
    """The variance components of a table and what follows from them."""

    seed_deviation: float
    """Standard deviation between trainings of one architecture, pooled, as a fraction."""
    spread: float
    """Standard deviation of latent accuracies among the bulk of architectures, from the quartiles."""
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

    A table's accuracy is the mean over its trainings: latent accuracy plus noise of variance s^2 / n. The
    latent ones are simulated by shrinking the table's towards their median until their spread is what the
    noise leaves of the table's, and the table by adding noise anew. The spread is taken from the quartiles:
    a few architectures that hardly learn would make any noise look small.

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
    freedom = sum(len(values) - 1 for values in several)
    variance = sum(float(((values - values.mean()) ** 2).sum()) for values in several) / freedom
    means = np.array([values.mean() for values in accuracies])
    counts = np.array([len(values) for values in accuracies])
    quartiles = np.quantile(means, (0.25, 0.75))
    observed = (float(quartiles[1] - quartiles[0]) / _NORMAL_QUARTILES) ** 2
    size = min(pool, len(means))

    def latent(noise: float) -> NDArray[np.float64]:
        explained = noise / counts / max(observed, 1e-12)
        shrink = np.sqrt(np.clip(1 - explained, 0, 1))
        middle = np.median(means)
        shrunk: NDArray[np.float64] = middle + shrink * (means - middle)
        return shrunk

    taus = []
    for _ in range(rounds):
        drawn = variance * freedom / rng.chisquare(freedom)
        chosen = rng.permutation(len(means))[:size]
        truth = latent(drawn)[chosen]
        table = truth + rng.normal(size=size) * np.sqrt(drawn / counts[chosen])
        taus.append(sparse_kendall_tau(truth, table))
    low, high = np.quantile(taus, (0.025, 0.975))
    return Noise(
        seed_deviation=variance**0.5,
        spread=float(np.sqrt(max(0.0, observed - variance / np.median(counts)))),
        repeated=len(several),
        ceiling=(float(np.mean(taus)), float(low), float(high)),
        pool=size,
        split_half=_split_half(several),
    )


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
