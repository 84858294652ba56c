"""How well the factors could be ordered if more were known than any method can know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.importance_scores import Scores, order_scores, tau
from benchmarks.importance_truth import NOISE, PAIR_SPREAD, Truth
from studies.analysis.posterior import draw_coefficients
from studies.analysis.prepare import project_out

if TYPE_CHECKING:
    from benchmarks.importance_trials import Trials


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
        curve = truth._effect(factor, rng)
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
            for one, two in truth._pairs
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
