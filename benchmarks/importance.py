"""How well the analysis ranks factors beside Optuna's evaluators, on objectives whose truth is known.

Run: python -m benchmarks.importance [--trials 32 64] [--seeds 20] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import optuna
from scipy.stats import kendalltau, qmc

from objectives.domains import Categorical, Range
from objectives.factors import catalogue
from objectives.recipe import Recipe
from studies.analysis import factor_effects, factor_importance, optuna_importances
from studies.analysis.encoding import position

if TYPE_CHECKING:
    from collections.abc import Callable

    from objectives.factors import Factor

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
        recipes = draw(factors, np.random.default_rng(5).random((2000, len(factors))))
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


def draw(factors: tuple[Factor, ...], units: np.ndarray) -> list[Recipe]:
    """Return the recipes at positions of shape (recipes, factors) in [0, 1)."""
    return [
        Recipe({factor.name: factor.domain.at(unit) for factor, unit in zip(factors, row, strict=True)})
        for row in units
    ]


def as_study(factors: tuple[Factor, ...], recipes: list[Recipe], values: np.ndarray) -> optuna.Study:
    """Return an Optuna study with the same trials."""
    distributions: dict[str, optuna.distributions.BaseDistribution] = {}
    for factor in factors:
        domain = factor.domain
        if isinstance(domain, Categorical):
            distributions[factor.name] = optuna.distributions.CategoricalDistribution(domain.choices)
        elif domain.kind == "integer":
            distributions[factor.name] = optuna.distributions.IntDistribution(
                int(domain.low), int(domain.high), log=domain.log
            )
        else:
            distributions[factor.name] = optuna.distributions.FloatDistribution(
                domain.low, domain.high, log=domain.log
            )
    study = optuna.create_study(direction="maximize")
    study.add_trials(
        [
            optuna.trial.create_trial(params=dict(recipe), distributions=distributions, value=float(value))
            for recipe, value in zip(recipes, values, strict=True)
        ]
    )
    return study


def measure(trials: int, seeds: range) -> dict[str, dict[str, list[float]]]:
    """Return figures by method and name, one for each seed."""
    factors = catalogue("nb201")
    figures: dict[str, dict[str, list[float]]] = {}
    for seed in seeds:
        truth = Truth(factors, seed)
        recipes = draw(factors, qmc.Sobol(len(factors), scramble=True, seed=seed).random(trials))
        noise = NOISE * np.random.default_rng([seed, 3]).standard_normal(trials)
        values = np.array([truth(recipe) for recipe in recipes]) + noise
        began = time.perf_counter()
        found = factor_importance(factors, recipes, values, seed=seed)
        took = time.perf_counter() - began
        own = figures.setdefault("wsnas", {})
        _score(own, truth, {one.name: one.share for one in found})
        real = dict(zip((factor.name for factor in factors), truth.importance, strict=True))
        total = truth.importance.sum()
        inert = [one.told_apart for one in found if real[one.name] == 0]
        covered = [one.low <= real[one.name] / total <= one.high for one in found]
        effects = factor_effects(factors, recipes, values, seed=seed)
        contrasts = [(one.name, pair) for one in effects for pair in one.equal_recipe.from_default]
        hits = [
            pair.low <= truth.difference(name, pair.first, pair.second) <= pair.high
            for name, pair in contrasts
        ]
        for name, figure in (
            ("inert factors told apart", np.mean(inert)),
            ("studies with such a call", np.any(inert)),
            ("active factors told apart", np.mean([one.told_apart for one in found if real[one.name] > 0])),
            ("share intervals that cover", np.mean(covered)),
            ("effect intervals that cover", np.mean(hits)),
            ("seconds", took),
        ):
            own.setdefault(name, []).append(float(figure))
        for result in optuna_importances(as_study(factors, recipes, values), seed=seed):
            _score(figures.setdefault(result.name, {}), truth, result.importances or {})
    return figures


def _score(into: dict[str, list[float]], truth: Truth, found: dict[str, float]) -> None:
    names = [factor.name for factor in truth.factors]
    guess = np.array([found.get(name, 0.0) for name in names])
    tau = float(kendalltau(guess, truth.importance)[0])
    best, guessed = (set(np.argsort(-rank, kind="stable")[:3].tolist()) for rank in (truth.importance, guess))
    into.setdefault("tau", []).append(0.0 if np.isnan(tau) else tau)
    into.setdefault("recall of top 3", []).append(len(best & guessed) / 3)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[32, 64], help="sizes of the Sobol design")
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds")
    parser.add_argument("--first-seed", type=int, default=100, help="the first of them")
    parser.add_argument("--json", action="store_true", help="every figure of every seed, for programs")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    measured = {trials: measure(trials, seeds) for trials in options.trials}
    if options.json:
        json.dump(measured, sys.stdout)
        return
    from rich.console import Console
    from rich.table import Table

    for trials, figures in measured.items():
        table = Table("method", "figure", "mean", "s.e.", title=f"{trials} trials, {len(seeds)} seeds")
        for method, rows in figures.items():
            for name, values in rows.items():
                error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else float("nan")
                table.add_row(method, name, f"{np.mean(values):.3f}", f"{error:.3f}")
        Console().print(table)


if __name__ == "__main__":
    main()
