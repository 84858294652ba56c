from __future__ import annotations

from collections import Counter

from objectives.factors import catalogue
from studies.schedule.design import sobol_design
from studies.schedule.plan import screen_size


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


def test_an_empty_design_is_empty_and_sizes_leave_trials_to_tune() -> None:
    assert sobol_design(catalogue("nb201"), size=0, seed=0) == []
    sizes = {available: screen_size(available) for available in (0, 1, 2, 5, 23, 99, 179)}
    assert sizes == {0: 0, 1: 1, 2: 1, 5: 2, 23: 16, 99: 64, 179: 128}
