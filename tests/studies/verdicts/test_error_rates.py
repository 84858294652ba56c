"""Simulated ablations with known effects: how often intervals miss and verdicts are false."""

from __future__ import annotations

import numpy as np
import pytest

from tests.studies.verdicts.simulation import (
    FALSE_CONFIRMED,
    FALSE_REFUTED,
    KINDS,
    RECIPES,
    SPREADS,
    at,
    simulate,
)

ROUNDS = 150
ALLOWED = 0.05 + 2 * (0.05 * 0.95 / ROUNDS) ** 0.5
"""The nominal rate and twice its standard error in a simulation of this size."""


@pytest.mark.parametrize("seeds", [3, 6])
@pytest.mark.parametrize("spread", SPREADS)
def test_false_confirmations_are_rare(spread, seeds):
    rng = np.random.default_rng([seeds, SPREADS.index(spread)])
    drawn = (simulate(rng, at(FALSE_CONFIRMED), seeds=seeds, spread=spread) for _ in range(ROUNDS))
    assert sum("confirmed" in verdicts for _found, verdicts in drawn) / ROUNDS <= ALLOWED


@pytest.mark.parametrize("spread", SPREADS)
def test_false_refutations_are_rare(spread):
    rng = np.random.default_rng(SPREADS.index(spread))
    drawn = (simulate(rng, at(FALSE_REFUTED), seeds=5, spread=spread) for _ in range(ROUNDS))
    assert sum("refuted" in verdicts for _found, verdicts in drawn) / ROUNDS <= ALLOWED


@pytest.mark.parametrize("seeds", [4, 8])
@pytest.mark.parametrize("spread", SPREADS)
def test_all_intervals_cover_together(spread, seeds):
    rng = np.random.default_rng([seeds, SPREADS.index(spread), 1])
    truth = rng.normal(0.0, 0.1, RECIPES)
    missed = 0
    for _ in range(ROUNDS):
        found, _verdicts = simulate(rng, truth, seeds=seeds, spread=spread)
        missed += any(not one.low <= true <= one.high for one, true in zip(found, truth, strict=True))
    assert missed / ROUNDS <= ALLOWED


def test_intervals_are_no_wider_than_they_must_be():
    # Were every variance known, half an interval would be the normal quantile times the deviation.
    rng = np.random.default_rng(0)
    found, _verdicts = simulate(rng, np.zeros(RECIPES), seeds=40, spread="alike")
    known = 3.0 * (0.07**2 * (1 / 40 + 1 / 120) + 0.012**2) ** 0.5
    assert np.median([(one.high - one.low) / 2 for one in found]) < 1.3 * known


def test_large_effects_are_found_and_equivalence_with_many_seeds():
    truth = at({"hurts": -0.4, "no help": -0.4, "little": 0.0, "matters": 0.4})
    rng = np.random.default_rng(0)
    _found, verdicts = simulate(rng, truth, seeds=80, spread="alike", architectures=0.004)
    assert verdicts == ["confirmed"] * len(KINDS)


def test_few_seeds_do_not_show_equivalence():
    _found, verdicts = simulate(np.random.default_rng(0), np.zeros(RECIPES), seeds=3, spread="alike")
    assert set(verdicts) == {"undecided"}
