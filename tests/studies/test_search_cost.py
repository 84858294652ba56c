from __future__ import annotations

import numpy as np
import pytest

from benchmarks.search_cost import CURVES, Policy, Recorded, Run, costs, halves, load, ratio, replay


def recipe(number: int, value: float, *, halfway: float, mean: float | None = None) -> Recorded:
    run = Run(value=value, images=100.0, curve={0.5: halfway})
    return Recorded(number=number, runs=(run,), mean=value if mean is None else mean)


def test_a_pruned_trial_costs_its_share_and_is_never_in_hand() -> None:
    # All but the first two are ended halfway, though the last would be the best.
    recipes = [recipe(index, index / 10, halfway=-index / 10) for index in range(4)]
    policy = Policy(name="", rungs=((0.5, 0.0),), unpruned=2)

    class InOrder:
        def permutation(self, count: int) -> np.ndarray:
            return np.arange(count)

    history = replay(recipes, policy, InOrder())  # type: ignore[arg-type]
    assert history == [(100.0, 0.0), (200.0, 0.1), (250.0, 0.1), (300.0, 0.1)]


def test_without_pruning_the_one_good_of_five_is_found_after_three_on_average() -> None:
    recipes = [recipe(index, 0.5 if index == 0 else 0.0, halfway=0.0) for index in range(5)]
    found = costs(recipes, Policy(name=""), orders=4000)
    assert found.mean() == pytest.approx(300, abs=10)


def test_what_looks_good_by_luck_is_not_counted_as_good() -> None:
    lucky = recipe(0, 0.9, halfway=0.0, mean=0.1)
    good = recipe(1, 0.5, halfway=0.0)
    found = costs([lucky, good], Policy(name=""), orders=200)
    # Where the lucky one comes first it stays in hand.
    assert set(found) == {100.0, np.inf}


def test_a_ratio_of_equals_is_one_and_its_interval_holds_it() -> None:
    values = np.arange(1.0, 201.0)
    point, low, high = ratio(values, values)
    assert point == 1.0
    assert low < 1 < high


def test_the_recorded_curves_can_be_read_and_their_halves_are_alike() -> None:
    recipes = load(CURVES)
    first, second = halves(recipes)
    assert len(first) == len(second) == len(recipes) / 2
    assert abs(np.mean([one.mean for one in first]) - np.mean([one.mean for one in second])) < 0.01
    assert {one.number for one in first}.isdisjoint(one.number for one in second)
    assert all(run.images > 0 and -1 <= run.value <= 1 for one in recipes for run in one.runs)
