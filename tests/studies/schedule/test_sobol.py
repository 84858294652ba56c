from __future__ import annotations

from collections import Counter

import pytest

from objectives.factors import catalogue
from studies.schedule.screen.sobol import sobol_design


def test_the_same_seed_gives_the_same_design_and_another_seed_another() -> None:
    factors = catalogue("nb201")
    assert sobol_design(factors, size=8, seed=1) == sobol_design(factors, size=8, seed=1)
    assert sobol_design(factors, size=8, seed=1) != sobol_design(factors, size=8, seed=2)


def test_every_value_lies_in_its_domain_and_levels_are_balanced() -> None:
    factors = catalogue("nb201")
    design = sobol_design(factors, size=64, seed=0)
    for factor in factors:
        assert all(factor.domain.contains(recipe[factor.name]) for recipe in design)
    assert Counter(recipe["ofa_kernel"] for recipe in design) == {True: 32, False: 32}
    rates = sorted(float(recipe["learning_rate"]) for recipe in design)
    # Half of the points lie below the middle of the log scale.
    assert sum(rate < (0.005 * 0.2) ** 0.5 for rate in rates) == 32


@pytest.mark.parametrize("size", [0, 1, 2, 5, 32])
def test_a_larger_design_begins_with_a_smaller_one(size: int) -> None:
    design = sobol_design(catalogue("nb201"), size=33, seed=0)
    assert sobol_design(catalogue("nb201"), size=size, seed=0) == design[:size]
