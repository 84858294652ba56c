"""Simulated ablations with known effects: how often intervals miss and verdicts are false."""

from __future__ import annotations

import numpy as np
import pytest

from objectives.recipe import Recipe
from studies.verdicts.ablation import Contrast
from studies.verdicts.claims import CLAIMS
from studies.verdicts.effects import Measured, effects
from studies.verdicts.judge import judge

RECIPES = 17
ROUNDS = 300
ALLOWED = 0.05 + 2 * (0.05 * 0.95 / ROUNDS) ** 0.5
"""The nominal rate and twice its standard error in a simulation of this size."""
OF_ARCHITECTURES = 0.012
"""Standard deviation that the sample of architectures gives each difference."""
UNITS = 60

DEVIATIONS = {
    "alike": lambda rng: np.full(RECIPES + 1, 0.07),
    "spread": lambda rng: 0.07 * np.exp(0.5 * rng.standard_normal(RECIPES + 1)),
    "two kinds": lambda rng: np.where(rng.random(RECIPES + 1) < 0.3, 0.18, 0.04),
    "one loud": lambda rng: np.r_[0.04, 0.2, np.full(RECIPES - 1, 0.04)],
}
"""Standard deviations of the recipes' seeds, in s-KdT; those of real recipes went from 0.03 to 0.28."""


def simulated(rng, truth, seeds, deviations, architectures):
    """Measurements of a centre, with thrice the seeds, and of recipes that differ from it by `truth`."""
    centre = Recipe({"a": -1})
    recipes = {centre: _measured(rng, 0.5, 3 * seeds, deviations[0], np.zeros(UNITS))}
    for index, effect in enumerate(truth):
        # Each architecture pulls the difference its way: the jackknife of their mean sees it.
        pulls = rng.standard_normal(UNITS) * architectures * UNITS**0.5
        one = _measured(rng, 0.5 + effect + pulls.mean(), seeds, deviations[index + 1], pulls)
        recipes[Recipe({"a": index})] = one
    return centre, recipes


def _measured(rng, mean, seeds, deviation, pulls):
    taus = mean + deviation * rng.standard_normal(seeds)
    without = taus[:, None] + (pulls.mean() - pulls) / (UNITS - 1)
    return Measured(taus=taus, without=without, numbers=tuple(range(seeds)), diverged=0)


def judged(rng, kinds, truth, seeds, spread, *, architectures=OF_ARCHITECTURES):
    claim = CLAIMS[0]
    centre, recipes = simulated(rng, truth, seeds, DEVIATIONS[spread](rng), architectures)
    contrasts = [
        Contrast(claim=claim, level=1, against=0, moved=(), one=recipe, other=centre)
        for recipe in recipes
        if recipe != centre
    ]
    found = effects(contrasts, recipes, comparisons=RECIPES)
    return found, [judge(kind, [effect]) for kind, effect in zip(kinds, found, strict=True)]


KINDS = ["hurts"] * 4 + ["no help"] + ["little"] * 7 + ["matters"] * 5


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("spread", list(DEVIATIONS))
def test_false_confirmations_are_rare(spread, seeds):
    # The worst truths: nothing hurts or matters, and what is said to matter little sits on the margin.
    truth = np.array(
        [{"hurts": 0.0, "no help": 0.05, "little": 0.05, "matters": 0.0}[kind] for kind in KINDS]
    )
    rng = np.random.default_rng([seeds, len(spread)])
    false = sum(
        any(verdict == "confirmed" for verdict in judged(rng, KINDS, truth, seeds, spread)[1])
        for _ in range(ROUNDS)
    )
    assert false / ROUNDS <= ALLOWED


@pytest.mark.parametrize("spread", list(DEVIATIONS))
def test_false_refutations_are_rare(spread):
    # On the margin where a claim of harm is just true, and no more than the margin where little is claimed.
    truth = np.array(
        [{"hurts": -0.05, "no help": 0.0, "little": 0.05, "matters": 0.05}[kind] for kind in KINDS]
    )
    rng = np.random.default_rng(len(spread))
    false = sum(
        any(verdict == "refuted" for verdict in judged(rng, KINDS, truth, 5, spread)[1])
        for _ in range(ROUNDS)
    )
    assert false / ROUNDS <= ALLOWED


@pytest.mark.parametrize("seeds", [4, 8])
@pytest.mark.parametrize("spread", list(DEVIATIONS))
def test_all_intervals_cover_together(spread, seeds):
    rng = np.random.default_rng([seeds, len(spread), 1])
    truth = rng.normal(0.0, 0.1, RECIPES)
    missed = 0
    for _ in range(ROUNDS):
        found, _verdicts = judged(rng, KINDS, truth, seeds, spread)
        missed += any(
            not effect.low <= true <= effect.high for effect, true in zip(found, truth, strict=True)
        )
    assert missed / ROUNDS <= ALLOWED


def test_large_effects_are_found_and_equivalence_with_many_seeds():
    rng = np.random.default_rng(0)
    truth = np.array(
        [{"hurts": -0.4, "no help": -0.4, "little": 0.0, "matters": 0.4}[kind] for kind in KINDS]
    )
    _found, verdicts = judged(rng, KINDS, truth, 80, "alike", architectures=0.004)
    assert verdicts == ["confirmed"] * len(KINDS)


def test_few_seeds_do_not_show_equivalence():
    rng = np.random.default_rng(0)
    _found, verdicts = judged(rng, KINDS, np.zeros(RECIPES), 3, "alike")
    assert set(verdicts) == {"undecided"}
