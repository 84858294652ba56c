"""A factor is called given those found before it, or beside all others: one error rate for both."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from studies.analysis.wide import factor_effects, factor_importance
from studies.analysis.wide.full_model import SPARE, full_model
from studies.analysis.wide.stepwise import LEVEL, permutation_calls
from tests.studies.analysis.wide import made_up
from tests.studies.analysis.wide.made_up import ON_OFF, factor

MANY = tuple(factor(name=f"acts_{index}", domain=ON_OFF, default=False) for index in range(14))
INERT = tuple(factor(name=f"inert_{index}", domain=ON_OFF, default=False) for index in range(2))


def crowd(seed, trials=64):
    """A study of fourteen equal effects, each of which is lost in the others' spread."""

    def value(recipe):
        return 0.5 + sum(0.1 * recipe[one.name] for one in MANY)

    return made_up.study(seed, trials, factors=(*MANY, *INERT), function=value)


def drawn(seed, *, trials=40, groups=10, effect=0.0):
    """Columns of two signs, and values in which the first four may act; the other six never do."""
    rng = np.random.default_rng(seed)
    matrix = rng.choice([-1.0, 1.0], (trials, groups))
    values = effect * matrix[:, :4].sum(axis=1) + rng.standard_normal(trials)
    return matrix, values, tuple(slice(index, index + 1) for index in range(groups))


def called(matrix, values, columns, *, seed=0, rounds=39, beside_all=True):
    rng = np.random.default_rng(seed)
    return permutation_calls(matrix, values, columns, beside_all=beside_all, rounds=rounds, rng=rng)


def test_effects_that_hide_each_other_from_selection_are_found_beside_all_others():
    for seed in range(3):
        recipes, values = crowd(seed)
        signs = np.array([[2.0 * recipe[one.name] - 1 for one in (*MANY, *INERT)] for recipe in recipes])
        columns = tuple(slice(index, index + 1) for index in range(signs.shape[1]))
        assert not called(signs, values, columns, rounds=200, beside_all=False).significant.any()
        found = factor_importance((*MANY, *INERT), recipes, values, seed=seed)
        assert {one.name for one in found if one.significant} >= {one.name for one in MANY}


def test_the_shown_p_value_is_the_one_the_call_rests_on():
    for seed in range(3):
        for one in factor_importance((*MANY, *INERT), *crowd(seed), seed=seed):
            assert one.significant == (one.p_value <= LEVEL)
            assert (one.low > 0) == one.significant


def test_intervals_agree_with_a_call_made_beside_all_others():
    for effect in factor_effects((*MANY, *INERT), *crowd(1), seed=1):
        one = effect.equal_recipe
        assert one.method == "least squares"
        (contrast,) = one.from_default
        if one.significant:
            assert contrast.low > 0
            assert one.text.startswith("on is better than off by 0.")
        else:
            assert contrast.low_among_all <= 0 <= contrast.high_among_all
        if effect.name.startswith("acts"):
            assert one.significant
            assert contrast.low_among_all > 0


def test_each_p_value_of_the_full_model_is_that_of_leaving_a_group_out():
    matrix, values, _ = drawn(3, effect=0.3)
    columns = (slice(0, 3), slice(3, 4), slice(4, 10))
    base = np.ones((len(values), 1))
    model = full_model(matrix, columns, base)
    found = np.exp(-model.surprise(values[:, None])[:, 0])

    def left(parts):
        design = np.hstack([base, *(matrix[:, part] for part in parts)])
        return np.sum((values - design @ np.linalg.lstsq(design, values, rcond=None)[0]) ** 2)

    whole, freedom = left(columns), len(values) - 11
    for index, group in enumerate(columns):
        width = group.stop - group.start
        rest = left([other for other in columns if other != group])
        expected = stats.f.sf((rest - whole) / width / (whole / freedom), width, freedom)
        assert found[index] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("spare", [SPARE, SPARE - 1])
def test_with_too_few_trials_selection_decides_alone(spare):
    matrix, values, columns = drawn(1, trials=11 + spare, effect=1.0)
    assert (full_model(matrix, columns, np.ones((len(values), 1))) is None) == (spare < SPARE)
    both, alone = (called(matrix, values, columns, beside_all=beside) for beside in (True, False))
    assert np.array_equal(both.p_values, alone.p_values) == (spare < SPARE)


def test_columns_that_say_the_same_leave_selection_alone():
    matrix, values, columns = drawn(1, effect=1.0)
    matrix[:, 9] = matrix[:, 8]
    assert full_model(matrix, columns, np.ones((len(values), 1))) is None
    assert called(matrix, values, columns).significant[:4].all()


@pytest.mark.parametrize("effect", [0.0, 0.4, 3.0], ids=["nothing acts", "weak", "strong"])
def test_one_study_in_twenty_calls_an_inert_group_where_effects_add_up(effect):
    false = [
        called(*drawn(seed, effect=effect), seed=seed).significant[4 if effect else 0 :].any()
        for seed in range(200)
    ]
    # With a rate of 0.05 more than 20 or fewer than 2 of 200 come about less than once in a hundred times.
    assert sum(false) <= 20
    assert effect != 3.0 or sum(false) >= 2
