"""TPE and the pruner beside random search, on a surrogate of real runs whose error is stated.

``python -m benchmarks.sampler`` fits extremely randomised trees to the recorded recipes
(`benchmarks.curves`), states how well they predict recipes that they have not seen, and lets studies run on
them: noise between seeds and the s-KdT at the pruner's rung are drawn as they were measured. The cost is the
images seen until a recipe is first in hand whose expected s-KdT is within 0.03 of the best of 64 random ones.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna

from benchmarks.curves import recipes
from benchmarks.default_study import default_study
from benchmarks.distributions import distributions
from benchmarks.search_cost import NEAR, ratio, seed_deviation
from benchmarks.search_cost import load as load_runs
from objectives.domains import Categorical
from objectives.recipe import Recipe
from studies.analysis.encoding import position
from studies.schedule.design import recipes_at, sobol_design
from studies.schedule.samplers import tune_sampler

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from objectives.factors import Factor

RUNG = 0.5
CANDIDATES, SEEDS = 5, 3
"""Of the selection, as at the mini scale."""
DEFAULT = 37
"""Trials of screen and tune in a study of the mini scale, beside three baselines."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Surrogate:
    """What real runs say of any recipe."""

    factors: tuple[Factor, ...]
    """The catalogue."""
    model: Any
    """Trees that were fitted to recipes' means."""
    determination: float
    """R squared on recipes that were not seen, ten-fold cross-validation."""
    error: float
    """Root mean squared error there, in s-KdT."""
    noise: float
    """Standard deviation between seeds of one recipe."""
    rung: tuple[float, float, float]
    """Slope, offset and residual deviation of the s-KdT at half of the schedule, given the final one."""

    def means(self, asked: Sequence[Recipe]) -> NDArray[np.float64]:
        """Return the expected s-KdT of recipes."""
        found: NDArray[np.float64] = self.model.predict([encode(self.factors, one) for one in asked])
        return found


def encode(factors: Sequence[Factor], recipe: Recipe) -> list[float]:
    """Return a recipe as numbers: positions of ranges on their scales, levels one by one."""
    columns: list[float] = []
    for factor in factors:
        domain, value = factor.domain, recipe[factor.name]
        if isinstance(domain, Categorical):
            columns += [float(value == choice) for choice in domain.choices]
        else:
            columns.append(position(domain, value))
    return columns


def fit() -> Surrogate:
    """Fit the surrogate to the recorded runs."""
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.model_selection import KFold, cross_val_predict

    factors = default_study("nb201").factors
    recorded = load_runs()
    drawn = recipes(max(recipe.number for recipe in recorded) + 1)
    inputs = np.array([encode(factors, drawn[recipe.number]) for recipe in recorded])
    means = np.array([np.mean([run.value for run in recipe.runs]) for recipe in recorded])
    seeds = np.array([len(recipe.runs) for recipe in recorded])
    trees = ExtraTreesRegressor(100, min_samples_leaf=2, max_features=0.5, random_state=0)
    guessed = cross_val_predict(trees, inputs, means, cv=KFold(10, shuffle=True, random_state=0))
    values = np.array([run.value for recipe in recorded for run in recipe.runs])
    halfway = np.array([run.curve[RUNG] for recipe in recorded for run in recipe.runs])
    slope, offset = np.polyfit(values, halfway, 1)
    return Surrogate(
        factors=factors,
        model=trees.fit(inputs, means, sample_weight=seeds),
        determination=float(1 - np.mean((guessed - means) ** 2) / means.var()),
        error=float(np.sqrt(np.mean((guessed - means) ** 2))),
        noise=seed_deviation([recipe.runs for recipe in recorded]),
        rung=(float(slope), float(offset), float(np.std(halfway - slope * values - offset))),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """How a study proposes and prunes."""

    name: str
    """In words."""
    screen: int = 16
    """Trials of a Sobol design that come first and are never pruned."""
    tpe: bool = False
    """Whether the studies' sampler proposes the others; else they are random."""
    prune: bool = False
    """Whether the worse half ends at half of its schedule."""


RANDOM = Policy(name="random, nothing pruned")
POLICIES = (
    RANDOM,
    Policy(name="random, pruned", prune=True),
    *(
        Policy(name=f"TPE after {screen}{', pruned' if prune else ''}", screen=screen, tpe=True, prune=prune)
        for screen in (16, 32)
        for prune in (False, True)
    ),
)


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Search:
    """A simulated study, trial by trial."""

    spent: NDArray[np.float64]
    """Epochs of the whole training set that all trials so far took."""
    values: NDArray[np.float64]
    """Observed s-KdT; -inf where the trial was pruned."""
    expected: NDArray[np.float64]
    """What the recipe's s-KdT would be on average over seeds."""

    def cost(self, goal: float) -> float:
        """Return what was spent when the best trial so far was first a good recipe; inf where never."""
        in_hand = [int(np.argmax(self.values[: end + 1])) for end in range(len(self.values))]
        good = np.flatnonzero(self.expected[in_hand] >= goal)
        return float(self.spent[good[0]]) if len(good) else np.inf

    def selected(self, trials: int, noise: float, rng: np.random.Generator) -> float:
        """Return the expected s-KdT of what selection takes: the best five again, with three seeds each."""
        best = np.argsort(-self.values[:trials], kind="stable")[:CANDIDATES]
        again = self.expected[best] + noise * rng.standard_normal((SEEDS, len(best))).mean(axis=0)
        return float(self.expected[best[np.argmax(again)]])


def run(surrogate: Surrogate, policy: Policy, *, trials: int, seed: int) -> Search:
    """Simulate a study."""
    chance = np.random.default_rng([seed, 7])
    factors = surrogate.factors
    sampler = tune_sampler(seed) if policy.tpe else optuna.samplers.RandomSampler(seed=seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for recipe in sobol_design(factors, size=policy.screen, seed=seed):
        study.enqueue_trial(dict(recipe))
    domains = distributions(factors)
    slope, offset, deviation = surrogate.rung
    at_rung: list[float] = []
    spent, values, expected = np.zeros(trials), np.full(trials, -np.inf), np.zeros(trials)
    for number in range(trials):
        trial = study.ask(domains)
        recipe = Recipe(trial.params)
        expected[number] = surrogate.means([recipe.effective(factors)])[0]
        value = expected[number] + surrogate.noise * chance.standard_normal()
        halfway = offset + slope * value + deviation * chance.standard_normal()
        trial.report(halfway, round(100 * RUNG))
        pruned = policy.prune and number >= policy.screen and halfway < np.median(at_rung)
        at_rung.append(halfway)
        # All passes of an image count towards the epochs, whatever the sampler of paths.
        epochs = float(recipe["epochs"]) * float(recipe["train_portion"])
        spent[number] = RUNG * epochs if pruned else epochs
        if pruned:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(trial, value)
            values[number] = value
    return Search(spent=np.cumsum(spent), values=values, expected=expected)


def main() -> int:
    """Run and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--trials", type=int, default=128)
    asked = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    surrogate = fit()
    factors = surrogate.factors
    units = np.random.default_rng(64).random((4096, len(factors)))
    drawn = recipes_at(factors, units)
    best = float(surrogate.means(drawn).reshape(-1, 64).max(axis=1).mean())
    rows: list[dict[str, object]] = []
    plain: NDArray[np.float64] | None = None
    for policy in POLICIES:
        searches = [run(surrogate, policy, trials=asked.trials, seed=seed) for seed in range(asked.seeds)]
        own = np.array([search.cost(best - NEAR) for search in searches])
        plain = own if plain is None else plain
        row: dict[str, object] = {
            "policy": policy.name,
            "median epochs": round(float(np.median(own)), 1),
            "never": round(float(np.mean(np.isinf(own))), 3),
            "ratio to random": [round(figure, 3) for figure in ratio(own, plain)],
        }
        for trials in (DEFAULT, asked.trials):
            chance = np.random.default_rng(5)
            found = [search.selected(trials, surrogate.noise, chance) for search in searches]
            half = 1.96 * float(np.std(found, ddof=1)) / np.sqrt(len(found))
            row[f"selected after {trials}"] = [round(float(np.mean(found)), 3), round(half, 3)]
            row[f"epochs of {trials}"] = round(
                float(np.mean([search.spent[trials - 1] for search in searches])), 1
            )
        rows.append(row)
        sys.stderr.write(f"{row}\n")
    found_all = {
        "R squared, cross-validated": round(surrogate.determination, 3),
        "error": round(surrogate.error, 3),
        "seed deviation": round(surrogate.noise, 3),
        "rung: slope, offset, deviation": [round(figure, 3) for figure in surrogate.rung],
        "best of 64": round(best, 3),
        "seeds": asked.seeds,
        "policies": rows,
    }
    sys.stdout.write(json.dumps(found_all, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
