from __future__ import annotations

import numpy as np
import pytest

from objectives.domains import Categorical
from objectives.recipe import Recipe
from studies.analysis.wide import pair_interactions
from tests.studies.analysis.wide import made_up
from tests.studies.analysis.wide.made_up import ON_OFF, RATE, factor, height

FACTORS = (
    factor(name="rate", domain=RATE, default=0.1),
    factor(name="gate", domain=ON_OFF, default=False),
    factor(name="norm", domain=Categorical(("batch", "tracked", "fresh")), default="batch"),
    *(factor(name=f"inert_{index}", domain=ON_OFF, default=False) for index in range(5)),
)


def unit(recipe):
    return height(recipe) - 0.5


def additive(recipe):
    return 0.3 + 0.2 * unit(recipe) + 0.1 * recipe["gate"] - 0.1 * (recipe["norm"] == "tracked")


def together(recipe):
    """A rate that helps with the gate open and hurts with it shut: a joint part of deviation 0.0577."""
    return additive(recipe) + 0.2 * unit(recipe) * (1 if recipe["gate"] else -1)


def study(seed, trials, function):
    return made_up.study(seed, trials, factors=FACTORS, function=function)


def test_a_true_interaction_comes_first_and_is_told_apart():
    for seed in range(4):
        first, *rest = pair_interactions(FACTORS, *study(seed, 64, together), seed=seed)
        assert (first.first, first.second) == ("rate", "gate")
        assert first.significant
        assert len(rest) == 2
        # The gain is largest at the end of the range, 0.2 * 0.5, with either gate.
        assert first.best in {(1.0, True), (0.001, False)}
        assert first.excess == pytest.approx(0.1, abs=0.05)


def test_intervals_of_the_spread_cover_it():
    hits = []
    for seed in range(30):
        first = pair_interactions(FACTORS, *study(seed, 64, together), seed=seed, rounds=19)[0]
        hits.append(first.low <= 0.2 / np.sqrt(12) <= first.high)
        assert first.low <= first.spread <= first.high
    assert sum(hits) >= 26


def test_without_interactions_about_one_study_in_twenty_has_a_call():
    calls = [
        any(one.significant for one in pair_interactions(FACTORS, *study(seed, 64, additive), seed=seed))
        for seed in range(40)
    ]
    assert sum(calls) <= 6


def test_what_is_not_told_apart_has_an_interval_from_zero():
    for one in pair_interactions(FACTORS, *study(1, 64, additive), seed=0):
        assert not one.significant
        assert one.low == 0.0
        assert one.high > 0.0


def test_too_few_trials_are_not_looked_at_and_constant_values_do_not_raise():
    recipes, values = study(0, 19, together)
    assert pair_interactions(FACTORS, recipes, values, seed=0) == ()
    assert pair_interactions(FACTORS, recipes, np.zeros(19), seed=0) == ()
    recipes, values = study(0, 32, additive)
    exact = [additive(recipe) for recipe in recipes]
    pair_interactions(FACTORS, recipes, exact, seed=0)
    values[5:] = np.nan
    assert pair_interactions(FACTORS, recipes, values, seed=0) == ()


def test_order_does_not_matter_and_the_same_seed_gives_the_same():
    recipes, values = study(5, 64, together)
    order = np.random.default_rng(0).permutation(len(values))
    first = pair_interactions(FACTORS, recipes, values, seed=3, rounds=50)
    assert first == pair_interactions(FACTORS, [recipes[i] for i in order], values[order], seed=3, rounds=50)


def test_levels_that_never_meet_are_passed_over():
    recipes, values = study(6, 64, additive)
    recipes = [
        Recipe({**recipe, "inert_0": index < 32, "inert_1": index < 32})
        for index, recipe in enumerate(recipes)
    ]
    found = pair_interactions(FACTORS, recipes, values, seed=0, most=100)
    assert ("inert_0", "inert_1") not in {(one.first, one.second) for one in found}
