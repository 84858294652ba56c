"""Every factor changes what is trained or how it is ranked where it applies, and nothing elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import torch

from objectives.domains import Categorical
from objectives.evaluate import evaluate_recipe
from objectives.factors import Factor, catalogue
from objectives.recipe import Recipe
from wsnas.spaces.nb201 import NB201

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor

    from objectives.problem import Problem
    from wsnas.ranking.pools import Pool
    from wsnas.supernets.base import SuperNet

FACTORS = catalogue("nb201")
OTHER_SIZES: dict[str, list[Any]] = {
    "batch_size": [25],
    "cells": [2],
    "channels": [6],
    "epochs": [1, 3],
    "learning_rate": [0.1],
}
"""Levels other than the baseline's that suit tiny trainings."""
BASES: dict[str, dict[str, Any]] = {
    "baseline": {},
    "node placement": {"op_placement": "node"},
    "node placement without affine": {"op_placement": "node", "bn_affine": False},
    "node placement without affine, recalibrated": {
        "op_placement": "node",
        "bn_affine": False,
        "bn_statistics": "recalibrated",
    },
    "node placement without affine, tracked": {
        "op_placement": "node",
        "bn_affine": False,
        "bn_statistics": "tracked",
    },
    "edge placement, tracked": {"bn_statistics": "tracked"},
}
WSBN_APPLIES_IN = {"node placement", "node placement without affine, tracked"}


class Outcome(NamedTuple):
    """What a recipe led to."""

    accuracies: NDArray[Any]
    weights: list[dict[str, Tensor]]
    """The state of the stand-alone network of each ranked architecture."""


@pytest.fixture(scope="module")
def run(tiny_problem: Problem, tiny_pool: Pool) -> Callable[[Recipe], Outcome]:
    """A function that trains and ranks by a recipe; what it did once it remembers."""
    known: dict[Recipe, Outcome] = {}

    def run(recipe: Recipe) -> Outcome:
        if recipe not in known:
            weights: list[dict[str, Tensor]] = []

            def keep(supernet: SuperNet, _snapshot: int) -> None:
                weights.extend(supernet.standalone_state(cell) for cell in tiny_pool.architectures)

            ranking = evaluate_recipe(tiny_problem, recipe, tiny_pool, seed=0, keep=keep)
            known[recipe] = Outcome(ranking.accuracies, weights)
        return known[recipe]

    return run


def same_weights(first: Outcome, second: Outcome) -> bool:
    return all(
        one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
        for one, other in zip(first.weights, second.weights, strict=True)
    )


def same_ranking(first: Outcome, second: Outcome) -> bool:
    return bool((first.accuracies == second.accuracies).all())


def levels_of(factor: Factor) -> list[Any]:
    if factor.name in OTHER_SIZES:
        return OTHER_SIZES[factor.name]
    if isinstance(factor.domain, Categorical):
        return list(factor.domain.choices)
    return [factor.domain.low, factor.domain.high]


SWITCHES = [
    pytest.param(factor, level, base, id=f"{factor.name}={level}, {name}")
    for factor in FACTORS
    for level in levels_of(factor)
    for name, base in BASES.items()
    if factor.name == "wsbn" or name in ("baseline", "node placement without affine, tracked")
    if level != base.get(factor.name, factor.default)
]


@pytest.mark.parametrize(("factor", "level", "base"), SWITCHES)
def test_switching_a_factor_matters_exactly_where_it_applies(
    factor: Factor, level: Any, base: dict[str, Any], baseline: Recipe, run: Callable[[Recipe], Outcome]
) -> None:
    before = Recipe({**baseline, **base})
    after = Recipe({**before, factor.name: level})
    assert after != before
    assert factor.applies(before) == factor.applies(after)
    first, second = run(before), run(after)
    unchanged = same_weights(first, second) and same_ranking(first, second)
    assert unchanged == (not factor.applies(before))


@pytest.mark.parametrize("name", BASES)
def test_wsbn_applies_where_shared_operations_have_norms_to_keep_apart(name: str, baseline: Recipe) -> None:
    (wsbn,) = (factor for factor in FACTORS if factor.name == "wsbn")
    assert wsbn.applies(Recipe({**baseline, **BASES[name]})) == (name in WSBN_APPLIES_IN)


def test_all_other_factors_always_apply(baseline: Recipe) -> None:
    for base in BASES.values():
        recipe = Recipe({**baseline, **base})
        assert all(factor.applies(recipe) for factor in FACTORS if factor.name != "wsbn")


@pytest.mark.parametrize("statistics", ["tracked", "recalibrated"])
def test_statistics_change_the_ranking_of_the_same_trained_weights(
    statistics: str, baseline: Recipe, run: Callable[[Recipe], Outcome]
) -> None:
    first, second = run(baseline), run(Recipe({**baseline, "bn_statistics": statistics}))
    for one, other in zip(first.weights, second.weights, strict=True):
        for name, tensor in one.items():
            if "running" not in name and "tracked" not in name:
                assert torch.equal(tensor, other[name]), name
    assert not same_ranking(first, second)


@pytest.mark.parametrize(
    "switched",
    [
        {"ofa_kernel": True},
        {"op_placement": "node"},
        {"bn_affine": False},
        {"path_dropout": 0.3},
        {"learning_rate": 0.1},
        {"path_sampling": "fairnas"},
    ],
    ids=str,
)
def test_switch_of_a_strong_factor_reaches_the_ranking(
    switched: dict[str, Any], baseline: Recipe, run: Callable[[Recipe], Outcome]
) -> None:
    assert not same_ranking(run(baseline), run(Recipe({**baseline, **switched})))


def test_catalogue_has_the_factors_of_the_design() -> None:
    groups = {
        "mapping": {"ofa_kernel", "wsbn", "op_placement", "path_dropout", "global_dropout"},
        "low-fidelity": {"cells", "channels", "train_portion", "batch_size"},
        "hyper-parameter": {
            "bn_affine",
            "bn_statistics",
            "learning_rate",
            "learning_rate_schedule",
            "weight_decay",
            "epochs",
        },
        "sampling": {"path_sampling"},
    }
    assert {group: {factor.name for factor in FACTORS if factor.group == group} for group in groups} == groups
    assert len(FACTORS) == 16


def test_factors_are_described_and_have_their_default_in_their_domain() -> None:
    for factor in FACTORS:
        assert factor.domain.contains(factor.default), factor.name
        assert factor.summary.endswith("."), factor.name
        assert factor.verdict, factor.name
        assert factor.source, factor.name


def test_catalogue_is_the_same_by_space_and_by_name(tiny_problem: Problem) -> None:
    assert catalogue(tiny_problem.space) == FACTORS


def test_space_without_shared_operations_is_not_offered_their_placement() -> None:
    assert "op_placement" not in {factor.name for factor in catalogue("nb101")}


def test_space_is_not_offered_what_its_super_net_ignores() -> None:
    class Plain(NB201):
        name = "plain"
        unused_factors = ("path_dropout",)

    offered = {factor.name for factor in catalogue(Plain())}
    assert {factor.name for factor in FACTORS} - offered == {
        "path_dropout",
        "ofa_kernel",
        "op_placement",
        "wsbn",
    }


def test_other_domain_leaves_the_catalogue_alone() -> None:
    factor = FACTORS[0]
    narrowed = factor.with_domain(Categorical((True,)), True)
    assert (narrowed.name, narrowed.default) == (factor.name, True)
    assert factor.default is False
