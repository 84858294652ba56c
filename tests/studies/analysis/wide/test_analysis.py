from __future__ import annotations

import numpy as np
import pytest

from objectives.domains import Categorical, Range
from objectives.recipe import Recipe
from studies.analysis.wide import encode, factor_effects, factor_importance
from tests.studies.analysis.wide import made_up
from tests.studies.analysis.wide.made_up import NOISE, ON_OFF, RATE, factor, height

FACTORS = (
    factor(name="rate", domain=RATE, default=0.1),
    factor(name="norm", domain=Categorical(("batch", "tracked", "fresh")), default="batch"),
    factor(name="gate", domain=ON_OFF, default=False),
    factor(name="inner", domain=ON_OFF, default=False, applies=lambda recipe: recipe["gate"] is True),
    factor(name="depth", domain=Range(2, 9, "integer"), default=4),
    *(factor(name=f"inert_{index}", domain=ON_OFF, default=False) for index in range(4)),
    factor(name="inert_range", domain=Range(0.0, 1.0), default=0.5),
)
INERT = {factor.name for factor in FACTORS if factor.name.startswith("inert") or factor.name == "depth"}
NORM = {"batch": 0.0, "tracked": -0.21, "fresh": 0.0}


def truth(recipe):
    inner = 0.1 if recipe["gate"] and recipe["inner"] else 0.0
    return 0.5 + 0.1 * height(recipe) + NORM[recipe["norm"]] + inner - 0.05 * recipe["gate"]


def study(seed, trials=64, function=truth):
    return made_up.study(seed, trials, factors=FACTORS, function=function)


def by_name(found):
    return {one.name: one for one in found}


def test_columns_are_orthonormal_over_each_domain():
    recipes, _ = study(0, 4096)
    design = encode(FACTORS, recipes, degree=3)
    for index, (coding, group) in enumerate(zip(design.codings, design.columns, strict=True)):
        block = design.matrix[design.applies[:, index]][:, group]
        assert np.allclose(block.T @ block / len(block), np.eye(block.shape[1]), atol=0.06), (
            coding.factor.name
        )
        assert np.allclose(block.mean(axis=0), 0, atol=0.05)


def test_a_factor_counts_only_where_it_applies():
    recipes, _ = study(0)
    design = encode(FACTORS, recipes)
    index = [coding.factor.name for coding in design.codings].index("inner")
    gates = np.array([recipe["gate"] for recipe in recipes])
    assert (design.applies[:, index] == gates).all()
    assert (design.matrix[~gates][:, design.columns[index]] == 0).all()
    assert design.weights[index] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("trials", [32, 64])
def test_the_top_factor_is_found_at_any_size_and_shares_add_up(trials):
    for seed in range(5):
        found = factor_importance(FACTORS, *study(seed, trials), seed=seed)
        assert found[0].name == "norm"
        assert found[0].significant
        assert found[0].top > 0.9
        assert sum(one.share for one in found) == pytest.approx(1)
        assert all(0 <= one.low <= one.share <= one.high <= 1 for one in found)


@pytest.fixture(scope="module")
def importances():
    """What twenty studies find."""
    return [factor_importance(FACTORS, *study(seed), seed=seed) for seed in range(20)]


@pytest.fixture(scope="module")
def importances_of_noise():
    """What forty studies find whose values depend on nothing."""
    return [factor_importance(FACTORS, *study(seed, 32, lambda _: 0.0), seed=seed) for seed in range(40)]


def test_inert_factors_are_rarely_told_apart_beside_strong_ones(importances):
    told_apart = [one.name for found in importances for one in found if one.significant]
    assert sum(name in INERT for name in told_apart) <= 2
    assert sum(name in {"norm", "rate", "inner"} for name in told_apart) >= 55


def test_pure_noise_tells_nothing_apart_in_about_19_of_20_studies(importances_of_noise):
    assert sum(any(one.significant for one in found) for found in importances_of_noise) <= 6


def test_least_p_values_of_pure_noise_are_near_uniform(importances_of_noise):
    assert 0.3 < np.mean([min(one.p_value for one in found) for found in importances_of_noise]) < 0.7


def test_the_true_shares_are_covered(importances):
    heights = [height(recipe) for recipe in study(0, 4096)[0]]
    parts = {"rate": 0.01 * np.var(heights), "norm": np.var(list(NORM.values())), "inner": 0.05**2 / 2}
    # Where the gate is open its mean effect includes half of what is behind it: -0.05 + 0.05.
    total = sum(parts.values())
    hits = [one.low <= parts.get(one.name, 0.0) / total <= one.high for found in importances for one in found]
    assert np.mean(hits) >= 0.9


def test_least_squares_intervals_cover_the_true_differences():
    expected = []
    for seed in range(40):
        effects = by_name(factor_effects(FACTORS, *study(seed), seed=seed, rounds=19))
        assert effects["norm"].equal_recipe.method == "least squares"
        expected += [(one, NORM[one.first]) for one in effects["norm"].equal_recipe.from_default]
        inner = effects["inner"].equal_recipe.from_default[0]
        expected += [(inner, 0.1), (effects["inert_0"].equal_recipe.from_default[0], 0.0)]
    hits = [contrast.low <= true <= contrast.high for contrast, true in expected]
    assert 0.88 <= np.mean(hits) <= 0.99


def test_texts_name_levels_as_users_write_them():
    recipes, values = study(1, 256)
    effects = by_name(factor_effects(FACTORS, recipes, values, seed=0))
    assert effects["norm"].text.startswith("tracked is worse than batch by 0.2")
    assert effects["rate"].text.startswith("higher is better: +0.1")
    assert effects["rate"].text.endswith("from 0.001 to 1")
    assert effects["inner"].text.startswith("on is better than off by 0.")
    assert effects["inner"].trials == sum(recipe["gate"] for recipe in recipes)
    assert effects["inert_0"].text == "not significant at this budget"


def test_a_curved_factor_has_its_best_inside():
    def peak(recipe):
        return 0.5 - 0.4 * (np.log10(recipe["rate"]) + 1.5) ** 2 / 2.25

    effects = by_name(factor_effects(FACTORS, *study(2, function=peak), seed=0))
    assert effects["rate"].text.startswith("best near 0.03")
    assert 0.02 < effects["rate"].equal_recipe.best < 0.05


def test_calls_of_effects_and_importance_agree():
    recipes, values = study(3)
    found = by_name(factor_importance(FACTORS, recipes, values, seed=7))
    for effect in factor_effects(FACTORS, recipes, values, seed=7):
        assert effect.equal_recipe.significant == found[effect.name].significant
        assert effect.equal_recipe.p_value == found[effect.name].p_value


def test_an_effect_that_is_only_compute_vanishes_at_equal_compute():
    recipes, _ = study(4)
    rng = np.random.default_rng(0)
    seconds = np.exp([2.0 * recipe["gate"] + rng.normal() * 0.8 for recipe in recipes])
    values = 0.3 + 0.1 * np.log(seconds) + NOISE * rng.standard_normal(len(recipes))
    seconds[:2] = [np.nan, 0.0]
    gate = by_name(factor_effects(FACTORS, recipes, values, seed=0, seconds=seconds))["gate"]
    assert gate.equal_recipe.significant
    assert gate.equal_compute is not None
    assert not gate.equal_compute.significant
    contrast = gate.equal_compute.from_default[0]
    assert contrast.low < 0.0 < contrast.high


def test_without_seconds_there_is_no_equal_compute():
    assert all(
        effect.equal_compute is None for effect in factor_effects(FACTORS, *study(0), seed=0, rounds=19)
    )


def test_order_does_not_matter_and_the_same_seed_gives_the_same():
    recipes, values = study(5, 32)
    order = np.random.default_rng(0).permutation(len(values))
    for analyse in (factor_importance, factor_effects):
        first = analyse(FACTORS, recipes, values, seed=3, rounds=50)
        assert first == analyse(FACTORS, recipes, values, seed=3, rounds=50)
        assert first == analyse(FACTORS, [recipes[i] for i in order], values[order], seed=3, rounds=50)


def test_nan_values_are_dropped_with_their_recipes():
    recipes, values = study(6)
    kept = factor_importance(FACTORS, recipes[:40], values[:40], seed=0)
    values[40:] = [np.nan, np.inf, -np.inf] * 8
    assert factor_importance(FACTORS, recipes, values, seed=0) == kept


@pytest.mark.parametrize(
    "values", [[], [0.5], list(np.linspace(0, 1, 7)), [0.5] * 64, [float("nan")] * 64], ids=len
)
def test_too_little_tells_nothing_apart_and_does_not_raise(values):
    recipes = study(0)[0][: len(values)]
    found = factor_importance(FACTORS, recipes, values, seed=0)
    effects = factor_effects(FACTORS, recipes, values, seed=0, seconds=[1.0] * len(values))
    assert {one.name for one in found} == {one.name for one in effects} == {f.name for f in FACTORS}
    assert not any(one.significant for one in found)
    assert not any(one.equal_recipe.significant for one in effects)


@pytest.mark.parametrize("trials", range(8, 30, 3))
def test_small_studies_do_not_raise(trials):
    recipes, values = study(0)
    factor_importance(FACTORS, recipes[:trials], values[:trials], seed=0)
    effects = factor_effects(
        FACTORS, recipes[:trials], values[:trials], seed=0, seconds=np.arange(1, trials + 1)
    )
    assert {effect.equal_recipe.method for effect in effects} <= {"posterior", "least squares", "none"}


def test_duplicates_and_noise_free_values_do_not_raise():
    recipes, _ = study(0, 16)
    values = [truth(recipe) for recipe in recipes] * 3
    found = factor_importance(FACTORS, recipes * 3, values, seed=0)
    assert found[0].name == "norm"
    factor_effects(FACTORS, recipes * 3, values, seed=0)


def test_factors_that_are_held_or_never_apply_say_so():
    never = factor(name="never", domain=ON_OFF, default=False, applies=lambda _: False)
    held = factor(name="held", domain=ON_OFF, default=False)
    single = factor(name="single", domain=Categorical((3,)), default=3)
    recipes, values = study(7)
    recipes = [
        Recipe({**recipe, "never": index % 2 == 0, "held": True, "single": 3})
        for index, recipe in enumerate(recipes)
    ]
    factors = (*FACTORS, never, held, single)
    found = by_name(factor_importance(factors, recipes, values, seed=0))
    effects = by_name(factor_effects(factors, recipes, values, seed=0))
    assert found["never"].note == effects["never"].text == "applies in no trial"
    assert found["held"].note == effects["held"].text == "held at one value"
    assert found["never"].share == found["held"].share == 0
    assert not found["never"].significant
    assert "single" not in found
    assert "single" not in effects


def test_a_level_outside_the_domain_is_left_out_of_the_factor():
    recipes, values = study(8)
    recipes[0] = Recipe({**recipes[0], "norm": "other", "rate": 50.0})
    found = by_name(factor_importance(FACTORS, recipes, values, seed=0))
    assert found["norm"].trials == found["rate"].trials == 63


def test_unequal_lengths_are_refused():
    recipes, values = study(0)
    with pytest.raises(ValueError, match="equal lengths"):
        factor_importance(FACTORS, recipes[:-1], values, seed=0)
