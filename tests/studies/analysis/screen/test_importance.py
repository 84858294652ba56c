from __future__ import annotations

import pytest

from studies.analysis.screen import ChangeEffect, factor_sizes


def effect(low, high):
    mean = None if low is None else (low + high) / 2
    return ChangeEffect(mean=mean, low=low, high=high, deviation=0.1, seeds=4, diverged=0, call="undecided")


def test_a_factors_size_is_the_largest_of_its_effects_in_size():
    found = factor_sizes(
        ["a", "b", "a", "c", "d"],
        [effect(-0.3, -0.1), effect(-0.1, 0.04), effect(0.05, 0.15), effect(None, None), effect(0.2, 0.4)],
    )
    assert list(found) == ["a", "b", "d"]
    assert (found["a"].low, found["a"].high) == (0.1, 0.3)
    assert found["a"].mean == pytest.approx(0.2)
    assert (found["b"].low, found["b"].high) == (0.0, 0.1)
    assert found["b"].mean == pytest.approx(0.03)
    assert (found["d"].low, found["d"].high) == (0.2, 0.4)


def test_ends_may_come_from_different_changes():
    found = factor_sizes(["a", "a"], [effect(0.1, 0.2), effect(-0.5, 0.3)])
    assert (found["a"].low, found["a"].high) == (0.1, 0.5)
