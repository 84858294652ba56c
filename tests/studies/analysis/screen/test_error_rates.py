"""Simulated screens with a known truth, from the picked reference to the last call."""

from __future__ import annotations

import numpy as np

from tests.studies.analysis.screen.simulation import Screen, World, covered, false_calls

REPEATS = 120
ALLOWED = 0.05 + 2 * (0.05 * 0.95 / REPEATS) ** 0.5
"""The promised rate and twice its standard error in a simulation of this size."""


def screened(kind, *, runs, seed):
    for repeat in range(REPEATS):
        world = World(rng=np.random.default_rng([seed, repeat]), changes=18, kind=kind)
        screen = Screen(world)
        screen.spend(runs)
        yield screen, world.truth


def test_false_calls_are_rare_though_seeds_go_where_they_decide():
    wrong = naive = 0
    for screen, truth in screened("nothing", runs=80, seed=11):
        wrong += false_calls(screen.effects(), truth) > 0
        naive += false_calls(screen.effects(comparisons=1), truth) > 0
    assert wrong / REPEATS <= ALLOWED
    # Intervals of 95 % each, which is what one alone would have, do not pass.
    assert naive / REPEATS > 2 * ALLOWED


def test_intervals_cover_and_large_effects_are_found():
    wrong, inside, found, large = 0, [], 0, 0
    for screen, truth in screened("mixed", runs=80, seed=12):
        effects = screen.effects()
        wrong += false_calls(effects, truth) > 0
        inside += covered(effects, truth)
        for effect, true in zip(effects, truth, strict=True):
            if abs(true) >= 0.2:
                large += 1
                found += effect.call == ("helps" if true > 0 else "hurts")
    assert wrong / REPEATS <= ALLOWED
    assert np.mean(inside) >= 0.93
    assert found / large > 0.7
