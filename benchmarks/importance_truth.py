"""Synthetic objectives whose truth is known: fixed before any method was chosen, and not to be tuned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from objectives.domains import Categorical, Range
from studies.analysis.encoding import position
from studies.schedule.design import recipes_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from objectives.factors import Factor
    from objectives.recipe import Recipe

NOISE = 0.04
ACTIVE = 9
SPREADS = 0.05 * 0.75 ** np.arange(ACTIVE)
PAIRS, PAIR_SPREAD = 2, 0.015
SHAPES: tuple[Callable[[float], float], ...] = (
    lambda unit: unit,
    lambda unit: -((unit - 0.4) ** 2),
    lambda unit: float(1 / (1 + np.exp(-12 * (unit - 0.4)))),
    lambda unit: -abs(unit - 0.65),
)


class Truth:
    """A synthetic objective: nine factors of main effects, two of their pairs interact, the rest is inert.

    Main effects have standard deviations from 0.05 down by a quarter each. A range follows a line, a
    parabola, a step or a kink on its own scale; a factor acts only where it applies.
    """

    def __init__(self, factors: tuple[Factor, ...], seed: int) -> None:
        rng = np.random.default_rng([seed, 77])
        self.factors = factors
        self.active = [factors[index] for index in rng.choice(len(factors), ACTIVE, replace=False)]
        self._units = {factor.name: self._effect(factor, rng) for factor in self.active}
        self._pairs = [rng.choice(ACTIVE, 2, replace=False) for _ in range(PAIRS)]
        recipes = recipes_at(factors, np.random.default_rng(5).random((2000, len(factors))))
        self.importance = np.zeros(len(factors))
        for factor, spread in zip(self.active, SPREADS, strict=True):
            shares = [self.unit(factor, recipe) ** 2 for recipe in recipes]
            self.importance[factors.index(factor)] = spread**2 * np.mean(shares)

    def __call__(self, recipe: Recipe) -> float:
        """Return the value without noise."""
        units = [self.unit(factor, recipe) for factor in self.active]
        pairs = sum(PAIR_SPREAD * units[first] * units[second] for first, second in self._pairs)
        return float(0.5 + np.dot(SPREADS, units) + pairs)

    def unit(self, factor: Factor, recipe: Recipe) -> float:
        """Return the main effect of an active factor, scaled to mean 0 and mean square 1; 0 off duty."""
        if not factor.applies(recipe):
            return 0.0
        return self._units[factor.name](recipe[factor.name])

    def difference(self, name: str, first: object, second: object) -> float:
        """Return the true difference between two values of a factor, interactions averaged out."""
        for factor, spread in zip(self.active, SPREADS, strict=True):
            if factor.name == name:
                return float(spread) * (self._units[name](first) - self._units[name](second))
        return 0.0

    @staticmethod
    def _effect(factor: Factor, rng: np.random.Generator) -> Callable[[object], float]:
        domain = factor.domain
        if isinstance(domain, Categorical):
            heights = rng.standard_normal(len(domain.choices))
            heights = (heights - heights.mean()) / heights.std()
            levels = dict(zip(map(repr, domain.choices), heights.tolist(), strict=True))
            return lambda value: float(levels[repr(value)])
        return _curve(domain, SHAPES[rng.integers(len(SHAPES))], float(rng.choice([-1, 1])))


def _curve(domain: Range, shape: Callable[[float], float], sign: float) -> Callable[[object], float]:
    grid = np.array([shape(unit) for unit in np.linspace(0, 1, 2001)])
    mean, spread = float(grid.mean()), float(grid.std())
    return lambda value: sign * (shape(position(domain, value)) - mean) / spread
