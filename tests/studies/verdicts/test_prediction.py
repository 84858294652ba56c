from __future__ import annotations

import numpy as np
import pytest

from studies.verdicts.prediction import prediction
from studies.verdicts.store import Result

ARCHITECTURES, IMAGES = 120, 1000


def result(skill, accuracy, truth, rng, number=0):
    """A super-net that ranks as well as `skill` says and is as accurate as `accuracy` says."""
    standard = (truth - truth.mean()) / truth.std()
    predicted = accuracy + 0.05 * (skill * standard + (1 - skill) * rng.standard_normal(len(truth)))
    correct = tuple(np.clip(np.rint(predicted * IMAGES), 0, IMAGES).astype(int).tolist())
    return Result(
        recipe={}, number=number, seed=0, sparse_kendall_tau=0.0, supernet_accuracy_mean=accuracy,
        supernet_accuracy_best=accuracy, diverged=False, correct=correct, ranking_images=IMAGES,
        seconds_training=1.0, seconds_ranking=1.0, images_seen=1, device="cpu", torch="",
    )  # fmt: skip


@pytest.fixture
def truth():
    return np.random.default_rng(0).uniform(0.85, 0.95, ARCHITECTURES)


def test_skill_that_accuracy_does_not_tell_is_found(truth):
    rng = np.random.default_rng(1)
    recipes = [
        [result(skill, rng.uniform(0.3, 0.6), truth, rng, number) for number in range(3)]
        for skill in np.linspace(0, 0.9, 18)
    ]
    found = prediction(recipes, truth, ARCHITECTURES // 2, comparisons=18)
    assert found.by_skdt > 0.5
    assert found.low > 0
    assert found.recipes == 18
    assert found.runs == 54


def test_accuracy_that_tells_skill_is_not_called_worse(truth):
    rng = np.random.default_rng(2)
    recipes = [
        [result(skill, 0.3 + 0.3 * skill, truth, rng, number) for number in range(3)]
        for skill in np.linspace(0, 0.9, 18)
    ]
    found = prediction(recipes, truth, ARCHITECTURES // 2, comparisons=18)
    assert found.by_accuracy > 0.5
    assert found.low < 0


def test_rankings_without_skill_show_no_difference(truth):
    # Were figures and outcome taken on the same architectures, s-KdT would predict its own noise here.
    called = 0
    for seed in range(40):
        rng = np.random.default_rng([3, seed])
        recipes = [[result(0.0, rng.uniform(0.3, 0.6), truth, rng) for _ in range(3)] for _ in range(18)]
        found = prediction(recipes, truth, ARCHITECTURES // 2, comparisons=1)
        called += found.low > 0 or found.high < 0
    assert called <= 6  # 2 expected


def test_few_recipes_give_no_comparison(truth):
    rng = np.random.default_rng(4)
    assert prediction([[result(0.5, 0.5, truth, rng)]] * 4, truth, 60, comparisons=1) is None
