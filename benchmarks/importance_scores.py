"""What a study's analysis gets right, what could be got right at best, and intervals over many studies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats
from scipy.stats import binomtest

from benchmarks.importance_studies import NOISE, PAIR_SPREAD, Truth
from studies.analysis.wide import factor_effects, factor_importance, optuna_importances
from studies.analysis.wide.posterior import draw_coefficients
from studies.analysis.wide.prepare import project_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.importance_studies import Trials

Scores = dict[str, float]
"""Figures of one study by name."""
SMALL = 0.02
"""Shares below it count as equal in one of the figures, to be as kind to every method."""


def order_scores(truth: Truth, found: Mapping[str, float]) -> Scores:
    """Return how well importances by name order the factors; larger is more important, 0 where missing."""
    guess = np.array([found.get(factor.name, 0.0) for factor in truth.factors])
    share = guess / max(float(guess.sum()), 1e-300)
    best, guessed = (set(np.argsort(-rank, kind="stable")[:3].tolist()) for rank in (truth.importance, guess))
    return {
        "tau": tau(guess, truth.importance),
        "tau, shares below 2 % equal": tau(np.where(share < SMALL, 0.0, share), truth.importance),
        "recall of top 3": len(best & guessed) / 3,
    }


def tau(guess: np.ndarray, real: np.ndarray) -> float:
    """Return Kendall's tau-b, 0 where all of one side are equal."""
    found = float(stats.kendalltau(guess, real)[0])
    return 0.0 if np.isnan(found) else found


def own_scores(truth: Truth, trials: Trials, seed: int, *, screen_only: bool = True) -> Scores:
    """Return the figures of this project's analysis."""
    used = np.isfinite(trials.values) & (trials.screened | (not screen_only))
    recipes = [recipe for recipe, use in zip(trials.recipes, used, strict=True) if use]
    values = trials.values[used]
    found = factor_importance(truth.factors, recipes, values, seed=seed)
    real = dict(zip((factor.name for factor in truth.factors), truth.importance, strict=True))
    ranks = np.array([-{one.name: one.rank for one in found}[name] for name in real])
    inert = [one.significant for one in found if real[one.name] == 0]
    total = truth.importance.sum()
    hits, joint = _coverage(truth, recipes, values, seed)
    return {
        **order_scores(truth, {one.name: one.share for one in found}),
        "tau of ranks": tau(ranks, truth.importance),
        "inert factors significant": float(np.mean(inert)),
        "studies with such a call": float(np.any(inert)),
        "active factors significant": float(
            np.mean([one.significant for one in found if real[one.name] > 0])
        ),
        "share intervals that cover": float(
            np.mean([one.low <= real[one.name] / total <= one.high for one in found])
        ),
        "effect intervals that cover": hits,
        "studies whose intervals among all cover": joint,
    }


def _coverage(truth: Truth, recipes: Sequence[object], values: np.ndarray, seed: int) -> tuple[float, float]:
    alone, among = [], []
    for one in factor_effects(truth.factors, recipes, values, seed=seed):  # type: ignore[arg-type]
        for pair in one.equal_recipe.from_default:
            real = truth.difference(one.name, pair.first, pair.second)
            alone.append(pair.low <= real <= pair.high)
            among.append(pair.low_among_all <= real <= pair.high_among_all)
    return float(np.mean(alone)), float(np.all(among))


def optuna_scores(truth: Truth, trials: Trials, seed: int) -> dict[str, Scores]:
    """Return the figures of Optuna's evaluators, which see every complete trial."""
    return {
        result.name: order_scores(truth, result.importances or {})
        for result in optuna_importances(trials.study, seed=seed)
    }


def oracle_scores(truth: Truth, trials: Trials, seed: int) -> dict[str, Scores]:
    """Return the figures of models that are given the true curve of every active factor, one column each.

    Inert factors get curves made up as for active ones. The last model also knows the interactions, and
    the direction in which each curve runs.
    """
    used = np.isfinite(trials.values)
    recipes = [recipe for recipe, use in zip(trials.recipes, used, strict=True) if use]
    values, rng = trials.values[used], np.random.default_rng([seed, 9])
    columns = []
    for factor in truth.factors:
        active = factor in truth.active
        curve = truth.draw_curve(factor, rng)
        columns.append(
            [
                truth.unit(factor, recipe) if active else curve(recipe[factor.name]) * factor.applies(recipe)
                for recipe in recipes
            ]
        )
    matrix = project_out(np.array(columns, dtype=float).T)
    weights = np.mean(np.array(columns, dtype=float) ** 2, axis=1)
    single = tuple(slice(index, index + 1) for index in range(len(columns)))
    drawn = draw_coefficients(matrix, project_out(values), single, rng=rng).coefficients
    pairs = [
        sum(
            PAIR_SPREAD * truth.unit(truth.active[one], recipe) * truth.unit(truth.active[two], recipe)
            for one, two in truth.pairs
        )
        for recipe in recipes
    ]
    known = np.linalg.lstsq(matrix, project_out(values - np.array(pairs)), rcond=None)[0]
    noise = NOISE**2 / len(values)
    plain = np.linalg.lstsq(matrix, project_out(values), rcond=None)[0]
    return {
        "true curves, least squares": _scored(truth, weights * plain**2, noise),
        "true curves, shrunk": _scored(truth, weights * np.mean(drawn**2, axis=0), noise),
        "true curves, directions and pairs": _scored(truth, weights * np.maximum(known, 0) ** 2, noise),
    }


def _scored(truth: Truth, power: np.ndarray, noise: float) -> Scores:
    names = [factor.name for factor in truth.factors]
    return {
        **order_scores(truth, dict(zip(names, power.tolist(), strict=True))),
        "tau of ranks": tau(np.where(power < 2 * noise, 0.0, power), truth.importance),
    }


def unbroken_ties(truth: Truth, seed: int) -> float:
    """Return the tau of the true order with the ties of the inert factors broken: more needs ties."""
    return tau(
        truth.importance + 1e-12 * np.random.default_rng(seed).random(len(truth.factors)), truth.importance
    )


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean over studies and its 95 % interval: Wilson's for rates of studies, else Student's."""
    mean, count = float(np.mean(values)), len(values)
    if set(values) <= {0.0, 1.0}:
        return (mean, *binomtest(int(sum(values)), count).proportion_ci(0.95, method="wilson"))
    half = float(stats.t.ppf(0.975, count - 1) * np.std(values, ddof=1) / np.sqrt(count))
    return mean, mean - half, mean + half
