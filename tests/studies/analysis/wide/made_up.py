"""Factors and studies whose truth is known."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.stats import qmc

from objectives.domains import Categorical, Range
from objectives.factors import Factor
from objectives.recipe import Recipe

NOISE = 0.04
"""Standard deviation of a value."""
ON_OFF = Categorical((False, True))
RATE = Range(0.001, 1.0, log=True)
factor = partial(Factor, group="mapping", text="", verdict="", source="")


def height(recipe):
    """Where the rate lies in its domain, from 0 to 1."""
    return np.log(recipe["rate"] / RATE.low) / np.log(RATE.high / RATE.low)


def study(seed, trials, *, factors, function):
    """Recipes of a Sobol design, and what a function gives for them with noise."""
    units = qmc.Sobol(len(factors), scramble=True, seed=seed).random(trials)
    recipes = [Recipe({f.name: f.domain.at(u) for f, u in zip(factors, row, strict=True)}) for row in units]
    noise = NOISE * np.random.default_rng([seed, 1]).standard_normal(trials)
    return recipes, np.array([function(recipe) for recipe in recipes]) + noise
