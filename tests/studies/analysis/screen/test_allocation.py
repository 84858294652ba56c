from __future__ import annotations

import numpy as np
import pytest

from studies.analysis.screen import SeedRuns, next_runs


def runs(mean, seeds, *, spread=0.05, diverged=0):
    taus = mean + spread * np.linspace(-1.0, 1.0, seeds)
    return SeedRuns(taus=taus, without=np.tile(taus[:, None], 40), diverged=diverged)


REFERENCE = runs(0.5, 8)


def test_the_first_round_is_eight_of_the_reference_and_two_of_each_change():
    found = next_runs(runs(0.5, 0), [runs(0.5, 0)] * 5, left=60)
    assert (found.reference, found.changes, found.total) == (8, (2,) * 5, 18)
    missing = next_runs(runs(0.5, 7), [runs(0.5, 1), runs(0.5, 2)], left=60)
    assert (missing.reference, missing.changes) == (1, (1, 0))
    assert next_runs(runs(0.5, 0), [runs(0.5, 0)] * 5, left=9).changes == (1, 0, 0, 0, 0)


@pytest.mark.parametrize("left", [1, 2, 3, 7, 20, 90, 400])
@pytest.mark.parametrize("seed", range(6))
def test_something_is_spent_and_never_more_than_is_left(left, seed):
    rng = np.random.default_rng(seed)
    changes = [
        runs(0.5 + 0.15 * rng.standard_normal(), int(rng.integers(2, 10)), spread=0.1 * rng.random() + 0.01)
        for _ in range(12)
    ]
    changes.append(runs(0.5, 1, diverged=9))
    found = next_runs(REFERENCE, changes, left=left)
    assert 0 < found.total <= left
    assert min(found.reference, *found.changes) >= 0
    assert found == next_runs(REFERENCE, changes, left=left)
    assert found.changes[-1] == 0


@pytest.mark.parametrize("left", [0, -3])
def test_nothing_is_spent_where_nothing_is_left(left):
    assert next_runs(REFERENCE, [runs(0.4, 2)], left=left).total == 0


def test_seeds_go_to_what_is_near_a_call_and_not_to_what_is_called():
    changes = [runs(0.05, 2, spread=0.02), runs(0.38, 2), runs(0.499, 2, spread=0.12)]
    changes += [runs(0.5, 2) for _ in range(8)]
    found = next_runs(REFERENCE, changes, left=12)
    assert found.changes[0] == 0
    assert found.changes[1] == max(found.changes) > 0
    assert found.changes[2] == 0


def test_a_factor_with_a_call_waits_for_those_without():
    changes = [runs(0.05, 2, spread=0.02), runs(0.38, 2), runs(0.38, 2)]
    changes += [runs(0.5, 2) for _ in range(8)]
    names = [str(i) for i in range(9)]
    first = next_runs(REFERENCE, changes, left=2, factors=["called", "called", *names])
    assert first.changes[1] < first.changes[2]


def test_the_reference_gets_its_share_where_many_lean_on_it():
    changes = [runs(0.4, 8, spread=0.12) for _ in range(9)]
    assert next_runs(REFERENCE, changes, left=300).reference > 0
    assert next_runs(runs(0.5, 90), changes, left=300).reference == 0


def test_where_all_is_called_the_rest_goes_to_the_reference():
    found = next_runs(REFERENCE, [runs(0.05, 4, spread=0.02)] * 3, left=9)
    assert (found.reference, found.changes) == (9, (0, 0, 0))


def test_what_no_call_can_be_expected_of_is_spent_evenly():
    changes = [runs(0.5, 2, spread=0.4) for _ in range(6)]
    found = next_runs(REFERENCE, changes, left=12)
    assert found.total == 12
    assert max(found.changes) - min(found.changes) <= 1


def test_a_change_that_keeps_diverging_is_given_up():
    others = [runs(0.4, 4)] * 3
    assert next_runs(REFERENCE, [*others, runs(0.5, 1, diverged=1)], left=20).changes[-1] == 1
    assert next_runs(REFERENCE, [*others, runs(0.5, 0, diverged=4)], left=20).changes[-1] == 0


def test_it_ends_though_everything_diverges():
    nothing = [runs(0.5, 0, diverged=5)] * 3
    assert next_runs(runs(0.5, 8), nothing, left=10).reference == 10
    assert next_runs(runs(0.5, 0, diverged=9), [runs(0.4, 2)], left=10).total == 10
