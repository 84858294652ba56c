"""The screen's design: one scrambled Sobol sample over all factors, drawn once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from objectives.recipe import Recipe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from objectives.factors import Factor


def sobol_design(factors: tuple[Factor, ...], *, size: int, seed: int) -> list[Recipe]:
    """Return `size` recipes that cover the factors' domains evenly.

    Balance is best where `size` is a power of two; otherwise the first points of the next one are used.

    Args:
        factors: The dimensions.
        size: How many recipes, at least 0.
        seed: Source of the scrambling.
    """
    from scipy.stats import qmc

    if size < 1:
        return []
    sampler = qmc.Sobol(d=len(factors), scramble=True, rng=seed)
    points = sampler.random_base2(math.ceil(math.log2(size)))[:size] if size > 1 else sampler.random(1)
    return recipes_at(factors, points)


def recipes_at(factors: tuple[Factor, ...], points: NDArray[np.float64]) -> list[Recipe]:
    """Return the recipes at positions in the factors' domains, shape (recipes, factors), each in [0, 1)."""
    return [
        Recipe({factor.name: factor.domain.at(unit) for factor, unit in zip(factors, point, strict=True)})
        for point in points
    ]
