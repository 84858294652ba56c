from __future__ import annotations

import numpy as np
import pytest

from studies.verdicts.prediction import prediction
from tests.studies.verdicts.screens import super_net

SKILLS = np.linspace(0, 0.9, 18)


@pytest.fixture
def truth():
    return np.random.default_rng(0).uniform(0.85, 0.95, 120)


def compare(recipes, truth, comparisons=13):
    return prediction(recipes, truth, score="cross_entropy", comparisons=comparisons)


def test_skill_that_accuracy_does_not_tell_is_found(truth):
    rng = np.random.default_rng(1)
    found = compare([[super_net(rng, truth, skill=skill) for _ in range(4)] for skill in SKILLS], truth)
    assert found.by_skdt > 0.5
    assert found.low > 0
    assert (found.recipes, found.runs) == (18, 72)


def test_accuracy_that_tells_skill_is_not_called_worse(truth):
    rng = np.random.default_rng(2)
    recipes = [
        [super_net(rng, truth, skill=skill, accuracy=0.3 + 0.3 * skill) for _ in range(4)] for skill in SKILLS
    ]
    found = compare(recipes, truth)
    assert found.by_accuracy > 0.5
    assert found.low < 0


def test_rankings_without_skill_show_no_difference(truth):
    # Were figures and outcome taken on the same architectures, s-KdT would predict its own noise here.
    called = 0
    for seed in range(40):
        rng = np.random.default_rng([3, seed])
        recipes = [
            [super_net(rng, truth, skill=0.0, accuracy=rng.uniform(0.3, 0.6)) for _ in range(seeds)]
            for seeds in [2] * 9 + [4] * 8 + [12]
        ]
        found = compare(recipes, truth, comparisons=1)
        called += found.low > 0 or found.high < 0
    assert called <= 6  # 2 expected


def test_a_recipe_counts_once_however_many_seeds_it_has(truth):
    rng = np.random.default_rng(4)
    recipes = [[super_net(rng, truth, skill=skill) for _ in range(2)] for skill in SKILLS]
    once, again = compare(recipes, truth), compare([5 * recipes[0], *recipes[1:]], truth)
    assert (again.by_skdt, again.by_accuracy) == pytest.approx((once.by_skdt, once.by_accuracy))
    assert again.runs == once.runs + 8


def test_recipes_with_one_seed_and_few_recipes_give_no_comparison(truth):
    rng = np.random.default_rng(5)
    one = super_net(rng, truth, skill=0.5)
    assert compare([[one, one]] * 4 + [[one]] * 9, truth) is None
    assert compare([[one, one]] * 5, truth) is not None
