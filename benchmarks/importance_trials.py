"""Studies of synthetic objectives: a screen, then trials that a sampler and a pruner steer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import optuna
from scipy.stats import qmc

from benchmarks.distributions import distributions
from benchmarks.importance_truth import NOISE
from objectives.recipe import Recipe
from studies.config.scales import load_scale
from studies.schedule.design import recipes_at
from studies.schedule.samplers import tune_pruner, tune_sampler

if TYPE_CHECKING:
    from benchmarks.importance_truth import Truth

RUNG = 50
MIDWAY = 0.12
"""Spread of what a value at the rung has beside the truth: with it rung and end agree at tau 0.4."""
SHARED = 0.5
"""How much of the final noise is there at the rung already: the same seed, the same architectures."""


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
    midway: np.ndarray
    """Values at the rung."""
    screened: np.ndarray
    """Whether a trial belongs to the screen."""
    study: optuna.Study
    """The same trials for Optuna."""


def simulate(truth: Truth, scenario: Scenario, seed: int) -> Trials:
    """Run a study on a synthetic objective, with noise from the seed."""
    factors, total = truth.factors, scenario.screen + scenario.tune
    # The first of them are those of a shorter study.
    noise = NOISE * np.random.default_rng([seed, 3]).standard_normal(total)
    early = MIDWAY * np.random.default_rng([seed, 4]).standard_normal(total)
    uniform = np.random.default_rng([seed, 6]).random((scenario.tune, len(factors)))
    spaces = distributions(factors)
    study = optuna.create_study(
        direction="maximize",
        sampler=tune_sampler(seed),
        pruner=tune_pruner(load_scale("mini")) if scenario.pruned else optuna.pruners.NopPruner(),
    )
    recipes = recipes_at(factors, qmc.Sobol(len(factors), scramble=True, seed=seed).random(scenario.screen))
    steered = recipes_at(factors, uniform) if scenario.random else []
    values, midway = np.full(total, np.nan), np.full(total, np.nan)
    for index in range(total):
        screened = index < scenario.screen
        if screened or scenario.random:
            study.enqueue_trial(dict(recipes[index] if screened else steered[index - scenario.screen]))
        trial = study.ask(spaces)
        recipe = Recipe(trial.params)
        if not screened:
            recipes.append(recipe)
        value = truth(recipe)
        midway[index] = value + SHARED * noise[index] + early[index]
        trial.report(midway[index], RUNG)
        if not screened and trial.should_prune():
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            continue
        values[index] = value + noise[index]
        study.tell(trial, values[index])
    return Trials(
        recipes=tuple(recipes),
        values=values,
        midway=midway,
        screened=np.arange(total) < scenario.screen,
        study=study,
    )
