"""Studies of synthetic objectives whose truth is known: a screen, then trials that are steered and pruned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import optuna
from scipy.stats import qmc

from objectives.domains import Categorical, Range
from objectives.question.scales import load_scale
from objectives.recipe import Recipe
from studies.analysis.wide.encoding import position
from studies.schedule.screen.sobol import recipes_at
from studies.schedule.tune.samplers import tune_pruner, tune_sampler

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
RUNG = 50
MIDWAY = 0.12
"""Spread of what a value at the rung has beside the truth: with it rung and end agree at tau 0.4."""
SHARED = 0.5
"""How much of the final noise is there at the rung already: the same seed, the same architectures."""


class Truth:
    """A synthetic objective: nine factors of main effects, two of their pairs interact, the rest is inert.

    Fixed before any method was chosen, and not to be tuned. Main effects have standard deviations from 0.05
    down by a quarter each. A range follows a line, a parabola, a step or a kink on its own scale; a factor
    acts only where it applies.
    """

    def __init__(self, factors: tuple[Factor, ...], seed: int) -> None:
        rng = np.random.default_rng([seed, 77])
        self.factors = factors
        self.active = [factors[index] for index in rng.choice(len(factors), ACTIVE, replace=False)]
        self._units = {factor.name: self.draw_curve(factor, rng) for factor in self.active}
        self.pairs = [rng.choice(ACTIVE, 2, replace=False) for _ in range(PAIRS)]
        recipes = recipes_at(factors, np.random.default_rng(5).random((2000, len(factors))))
        self.importance = np.zeros(len(factors))
        for factor, spread in zip(self.active, SPREADS, strict=True):
            shares = [self.unit(factor, recipe) ** 2 for recipe in recipes]
            self.importance[factors.index(factor)] = spread**2 * np.mean(shares)

    def __call__(self, recipe: Recipe) -> float:
        """Return the value without noise."""
        units = [self.unit(factor, recipe) for factor in self.active]
        pairs = sum(PAIR_SPREAD * units[first] * units[second] for first, second in self.pairs)
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
    def draw_curve(factor: Factor, rng: np.random.Generator) -> Callable[[object], float]:
        """Draw how a factor's values act: a function with mean 0 and mean square 1 over its domain."""
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """How a study is run."""

    name: str
    """For tables."""
    screen: int
    """Points of the Sobol design, never pruned."""
    tune: int
    """Trials after it."""
    random: bool = False
    """Whether they are drawn at random in place of TPE."""
    pruned: bool = True
    """Whether the project's pruner may end them."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Trials:
    """What a study leaves behind."""

    recipes: tuple[Recipe, ...]
    """In the order in which they ran."""
    values: np.ndarray
    """Final values; NaN where a trial was pruned."""
    screened: np.ndarray
    """Whether a trial belongs to the screen."""
    study: optuna.Study
    """The same trials for Optuna."""


def sobol_screen(factors: tuple[Factor, ...], size: int, seed: int) -> list[Recipe]:
    """Return a screen's recipes.

    Scrambled in SciPy's older way, unlike `sobol_design`: the figures of docs/importance.md are of these.
    """
    return recipes_at(factors, qmc.Sobol(len(factors), scramble=True, seed=seed).random(size))


def simulate(truth: Truth, scenario: Scenario, seed: int) -> Trials:
    """Run a study on a synthetic objective, with noise from the seed."""
    factors, total = truth.factors, scenario.screen + scenario.tune
    # The first of them are those of a shorter study.
    noise = NOISE * np.random.default_rng([seed, 3]).standard_normal(total)
    early = MIDWAY * np.random.default_rng([seed, 4]).standard_normal(total)
    uniform = np.random.default_rng([seed, 6]).random((scenario.tune, len(factors)))
    study = optuna.create_study(
        direction="maximize",
        sampler=tune_sampler(seed),
        pruner=tune_pruner(load_scale("mini")) if scenario.pruned else optuna.pruners.NopPruner(),
    )
    recipes = sobol_screen(factors, scenario.screen, seed)
    steered = recipes_at(factors, uniform) if scenario.random else []
    values = np.full(total, np.nan)
    for index in range(total):
        screened = index < scenario.screen
        if screened or scenario.random:
            study.enqueue_trial(dict(recipes[index] if screened else steered[index - scenario.screen]))
        trial = study.ask()
        recipe = Recipe({factor.name: factor.domain.suggest(trial, factor.name) for factor in factors})
        if not screened:
            recipes.append(recipe)
        value = truth(recipe)
        trial.report(value + SHARED * noise[index] + early[index], RUNG)
        if not screened and trial.should_prune():
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            continue
        values[index] = value + noise[index]
        study.tell(trial, values[index])
    return Trials(
        recipes=tuple(recipes),
        values=values,
        screened=np.arange(total) < scenario.screen,
        study=study,
    )
