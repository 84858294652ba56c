from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from studies.analysis.estimates import jackknifed_taus
from studies.analysis.intervals import jackknife_variance
from studies.analysis.screen import MARGIN, SeedRuns, change_effects, seed_runs
from studies.analysis.screen.looks import share


def runs(*taus, diverged=0, architectures=50):
    values = np.array(taus, dtype=np.float64)
    return SeedRuns(taus=values, without=np.tile(values[:, None], architectures), diverged=diverged)


def around(mean, *, seeds=8, spread=0.01):
    return runs(*(mean + spread * np.linspace(-1.0, 1.0, seeds)))


REFERENCE = around(0.5, seeds=12)


def test_calls_follow_from_where_the_interval_lies():
    found = change_effects(REFERENCE, [around(0.6), around(0.4), around(0.505), around(0.55, spread=0.2)])
    assert [one.call for one in found] == ["helps", "hurts", "negligible", "undecided"]
    for one in found:
        assert one.low < one.mean < one.high
        assert one.mean - one.low == pytest.approx(one.high - one.mean)
    assert found[0].low > 0 > found[1].high
    assert -MARGIN < found[2].low < 0 < found[2].high < MARGIN
    assert [one.seeds for one in found] == [8, 8, 8, 8]


def test_an_interval_by_hand():
    change, reference = runs(0.3, 0.4, 0.5, 0.6), runs(0.5, 0.6, 0.7, 0.8)
    [found] = change_effects(reference, [change], adaptive=False)
    variance = np.var([0.3, 0.4, 0.5, 0.6], ddof=1)
    assert found.mean == pytest.approx(-0.2)
    assert found.deviation == pytest.approx((2 * variance / 4) ** 0.5)
    # The two variances are alike, so each is known by both: 6 degrees of freedom, and 12 of their sum.
    assert found.high - found.mean == pytest.approx(t.ppf(0.975, 12) * found.deviation)
    [several] = change_effects(reference, [change], comparisons=10, adaptive=False)
    assert several.high - several.mean == pytest.approx(t.ppf(0.9975, 12) * found.deviation)
    [spending] = change_effects(reference, [change])
    level = 0.025 * float(share(4))
    assert spending.high - spending.mean == pytest.approx(t.ppf(1 - level, 12) * found.deviation)


def test_architectures_widen_intervals_by_what_the_two_sides_do_not_share():
    pulls = np.random.default_rng(0).standard_normal(50)
    whole = around(0.5)
    moved = SeedRuns(taus=whole.taus, without=whole.without - 0.01 * pulls, diverged=0)
    [alike] = change_effects(moved, [moved])
    [apart] = change_effects(whole, [moved])
    extra = jackknife_variance(0.01 * pulls)
    assert apart.deviation**2 == pytest.approx(alike.deviation**2 + extra)


def test_too_few_whole_seeds_give_no_figures_and_no_call():
    found = change_effects(REFERENCE, [runs(0.1, diverged=3), runs(diverged=2), around(0.4)])
    for one, (seeds, diverged) in zip(found[:2], [(1, 3), (0, 2)], strict=True):
        assert (one.mean, one.low, one.high, one.deviation) == (None,) * 4
        assert (one.call, one.seeds, one.diverged) == ("undecided", seeds, diverged)
    assert found[2].call == "hurts"
    assert {one.call for one in change_effects(runs(0.5), [around(0.1)])} == {"undecided"}
    assert change_effects(REFERENCE, []) == []


def test_diverged_runs_are_counted_and_left_out():
    whole = around(0.4)
    [with_diverged] = change_effects(
        REFERENCE, [SeedRuns(taus=whole.taus, without=whole.without, diverged=3)]
    )
    [without] = change_effects(REFERENCE, [whole])
    assert with_diverged.diverged == 3
    assert (with_diverged.mean, with_diverged.low) == (without.mean, without.low)


def test_runs_come_from_what_super_nets_predict():
    rng = np.random.default_rng(0)
    truth = rng.random(30)
    predicted = truth + 0.3 * rng.standard_normal((4, 30))
    found = seed_runs(predicted, truth, 1)
    taus, without = jackknifed_taus(predicted, truth)
    assert found.diverged == 1
    assert np.array_equal(found.taus, taus)
    assert np.array_equal(found.without, without)
    none = seed_runs(np.zeros((0, 30)), truth, 2)
    assert (none.taus.shape, none.without.shape, none.diverged) == ((0,), (0, 30), 2)


def test_more_comparisons_widen_intervals_and_named_ones_stand_for_missing_changes():
    changes = [around(0.45), around(0.55)]
    two, ten = change_effects(REFERENCE, changes), change_effects(REFERENCE, changes, comparisons=10)
    assert ten[0].low < two[0].low
    assert two == change_effects(REFERENCE, changes, comparisons=2)


def test_an_effect_of_few_seeds_that_scatter_stays_within_what_a_difference_of_taus_can_be():
    [found] = change_effects(runs(0.9, -0.9), [runs(-0.8, 0.9)])
    assert (found.low, found.high) == (-2.0, 2.0)
    assert found.call == "undecided"
