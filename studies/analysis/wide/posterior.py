"""Draws of the main effects from a model that shrinks each factor as far as the trials ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHAINS = 8
_BURN_IN = 200


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Draws:
    """Draws from the posterior of the additive model."""

    coefficients: NDArray[np.float64]
    """Shape (draws, columns), in the units of the values; all 0 where the values are."""
    noise: float
    """Posterior mean of the variance that the main effects leave over, at least 0."""


def draw_coefficients(
    matrix: NDArray[np.float64],
    values: NDArray[np.float64],
    columns: tuple[slice, ...],
    *,
    nuisance: int = 1,
    draws: int = 2000,
    rng: np.random.Generator,
) -> Draws:
    """Return draws of the coefficients of an additive model with a horseshoe prior on groups of columns.

    Each factor has a scale of its own, half-Cauchy around a common one (Carvalho, Polson and Scott 2010,
    grouped), sampled by Gibbs steps with the auxiliary variables of Makalic and Schmidt (2016). Unlike
    least squares it works with fewer trials than columns, and the draws carry how unsure it is of the
    scales.

    Args:
        matrix: Shape (trials, columns), with the intercept and other nuisance columns projected out.
        values: Shape (trials,), projected likewise, finite.
        columns: The columns of each factor.
        nuisance: How many columns were projected out.
        draws: How many draws at least.
        rng: Source of randomness.

    """
    spread = float(np.sqrt(np.mean(values**2))) if len(values) else 0.0
    width = matrix.shape[1]
    steps = -(-draws // _CHAINS)
    if spread == 0.0 or width == 0:
        return Draws(coefficients=np.zeros((steps * _CHAINS, width)), noise=spread**2)
    target = values / spread
    gram, moment, total = matrix.T @ matrix, matrix.T @ target, float(target @ target)
    sizes = np.array([group.stop - group.start for group in columns])
    starts = np.array([group.start for group in columns])
    freedom = max(len(values) - nuisance, 1)
    noise = np.full(_CHAINS, 0.5)
    local = np.full((_CHAINS, len(columns)), 0.1)
    common = np.ones(_CHAINS)
    local_aux, common_aux = np.ones_like(local), np.ones_like(common)
    kept, left = np.empty((steps, _CHAINS, width)), np.empty((steps, _CHAINS))
    for step in range(-_BURN_IN, steps):
        precision = np.repeat(1 / (local * common[:, None]), sizes, axis=1)
        factor = np.linalg.cholesky(gram + precision[:, :, None] * np.eye(width))
        inverse = np.linalg.inv(factor)
        half = inverse @ moment + np.sqrt(noise)[:, None] * rng.standard_normal((_CHAINS, width))
        beta = np.einsum("cij,ci->cj", inverse, half)
        power = np.add.reduceat(beta**2, starts, axis=1)
        residual = total - 2 * beta @ moment + np.einsum("ci,ij,cj->c", beta, gram, beta)
        penalty = (power / (local * common[:, None])).sum(1)
        noise = _inverse_gamma(rng, (freedom + width) / 2, (np.maximum(residual, 0) + penalty) / 2 + 1e-9)
        local = _inverse_gamma(rng, (sizes + 1) / 2, 1 / local_aux + power / (2 * noise * common)[:, None])
        local_aux = _inverse_gamma(rng, 1.0, 1 + 1 / local)
        common = _inverse_gamma(rng, (width + 1) / 2, 1 / common_aux + (power / local).sum(1) / (2 * noise))
        common_aux = _inverse_gamma(rng, 1.0, 1 + 1 / common)
        if step >= 0:
            kept[step], left[step] = beta, noise
    return Draws(coefficients=kept.reshape(-1, width) * spread, noise=float(left.mean()) * spread**2)


def _inverse_gamma(
    rng: np.random.Generator, shape: float | NDArray[np.float64], rate: NDArray[np.float64]
) -> NDArray[np.float64]:
    drawn = rate / np.maximum(rng.standard_gamma(shape, size=rate.shape), 1e-12)
    # Scales beyond these change no draw that can be told, and would overflow.
    clipped: NDArray[np.float64] = np.clip(drawn, 1e-12, 1e12)
    return clipped
