from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from objectives.domains import Range
from objectives.evaluate import evaluate_recipe
from objectives.objective import METRIC, Objective, RankedPool
from objectives.recipe import Recipe
from wsnas.ranking import sparse_kendall_tau
from wsnas.ranking.judged import SCORES
from wsnas.ranking.pools import Pool
from wsnas.supernets.cost import measure_cost

if TYPE_CHECKING:
    from pathlib import Path

    from objectives.factors import Factor
    from objectives.problem import Problem
    from wsnas.ranking.judged import Judged, Score
    from wsnas.supernets import SharingMapping
    from wsnas.supernets.base import SuperNet

Attributes = dict[str, Any]
ISSUE_POINT_5 = {
    "supernet_accuracy_mean",
    "supernet_accuracy_best",
    "kendall_tau",
    "spearman",
    "sparse_kendall_tau",
    "sparse_kendall_tau_1_percent",
    "sparse_kendall_tau_top_half",
    "sparse_kendall_tau_by_accuracy",
    "sparse_kendall_tau_by_cross_entropy",
    "partial_tau_given_parameters",
    "top_10_truth",
    "seconds_training",
    "seconds_ranking",
    "images_seen",
    "images_per_second",
    "peak_memory_bytes",
    "device",
    "seed",
    "versions",
    "table",
    "table_sha256",
}


class Always(optuna.pruners.BasePruner):
    """Prunes whenever it is asked."""

    def prune(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> bool:
        return True


@pytest.fixture
def pools(tiny_pool: Pool, tiny_problem: Problem) -> dict[str, RankedPool]:
    def ranked(pool: Pool) -> RankedPool:
        costs = [measure_cost(tiny_problem.space, cell, channels=4) for cell in pool.architectures]
        return RankedPool(pool=pool, parameters=np.array([float(cost.parameters) for cost in costs]))

    half = Pool(architectures=tiny_pool.architectures[:6], truth=tiny_pool.truth[:6])
    return {"trials": ranked(tiny_pool), "confirmation": ranked(half)}


@pytest.fixture
def objective(
    tiny_problem: Problem, tiny_factors: tuple[Factor, ...], pools: dict[str, RankedPool]
) -> Objective:
    problem = replace(tiny_problem, rungs=(0.5,), rung_pool=6)
    return Objective(problem=problem, factors=tiny_factors, pools=pools)


def optimize(
    objective: Objective,
    *tickets: tuple[Recipe, Attributes],
    storage: str | None = None,
    pruner: optuna.pruners.BasePruner | None = None,
) -> list[optuna.trial.FrozenTrial]:
    """Run a trial for each recipe with the attributes that a worker gives it."""
    study = optuna.create_study(
        storage=storage, direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0), pruner=pruner
    )
    for recipe, attributes in tickets:
        study.enqueue_trial(dict(recipe), user_attrs={"pool": "trials", "seed": 0, **attributes})
    study.optimize(objective, n_trials=len(tickets))
    return study.trials


def test_value_is_the_sparse_kendall_tau_and_the_same_again_with_the_same_seed(
    objective: Objective, baseline: Recipe, tiny_pool: Pool, tmp_path: Path
) -> None:
    first, same, other = optimize(
        objective,
        (baseline, {"seed": 0}),
        (baseline, {"seed": 0}),
        (baseline, {"seed": 1}),
        storage=f"sqlite:///{tmp_path / 'study.db'}",
    )
    assert [trial.state for trial in (first, same, other)] == [TrialState.COMPLETE] * 3
    assert first.value == first.user_attrs[METRIC] == same.value
    assert first.user_attrs["correct"] == same.user_attrs["correct"] != other.user_attrs["correct"]
    assert first.user_attrs["losses"] == same.user_attrs["losses"] != other.user_attrs["losses"]
    accuracies = np.array(json.loads(first.user_attrs["correct"])) / first.user_attrs["ranking_images"]
    assert first.value == pytest.approx(sparse_kendall_tau(accuracies, tiny_pool.truth))
    direct = evaluate_recipe(objective.problem, baseline, tiny_pool, seed=0)
    assert direct.judged.accuracies.tolist() == accuracies.tolist()
    assert first.user_attrs["images_seen"] == direct.images_seen


@pytest.mark.parametrize("score", SCORES)
def test_value_is_by_the_problems_score_and_what_was_found_by_either_is_kept(
    score: Score, objective: Objective, baseline: Recipe, tiny_pool: Pool, tmp_path: Path
) -> None:
    scored = replace(objective, problem=replace(objective.problem, score=score))
    (trial,) = optimize(scored, (baseline, {}), storage=f"sqlite:///{tmp_path / 'study.db'}")
    attributes, direct = trial.user_attrs, evaluate_recipe(objective.problem, baseline, tiny_pool, seed=0)
    assert attributes["score"] == score
    # As text and through a database, no bit is lost.
    assert json.loads(attributes["correct"]) == direct.judged.correct.tolist()
    assert json.loads(attributes["losses"]) == direct.judged.losses.tolist()
    by = {one: attributes[f"{METRIC}_by_{one}"] for one in SCORES}
    assert by["accuracy"] == sparse_kendall_tau(direct.judged.correct, tiny_pool.truth)
    assert by["cross_entropy"] == sparse_kendall_tau(-direct.judged.losses, tiny_pool.truth)
    assert by["accuracy"] != by["cross_entropy"]
    assert trial.value == attributes[METRIC] == by[score]


def test_attributes_tell_what_was_measured_on_what(objective: Objective, baseline: Recipe) -> None:
    (trial,) = optimize(objective, (baseline, {}))
    attributes = trial.user_attrs
    assert set(attributes) >= ISSUE_POINT_5
    assert (attributes["table"], attributes["table_sha256"]) == ("made up", "2" * 64)
    assert attributes["diverged"] is False
    assert attributes["device"].startswith("cpu")
    assert attributes["architectures"] == 12
    assert attributes["seconds_training"] > 0
    assert attributes["seconds_ranking"] > 0
    assert attributes["images_per_second"] == pytest.approx(
        attributes["images_seen"] / attributes["seconds_training"], rel=0.05
    )
    for package in ("wsnas", "torch", "optuna", "python"):
        assert f"{package} " in attributes["versions"]
    json.dumps(attributes)


def test_parameters_of_a_trial_are_exactly_the_factors(
    objective: Objective, tiny_factors: tuple[Factor, ...], baseline: Recipe
) -> None:
    recipe = Recipe({**baseline, "wsbn": True, "cells": 2, "epochs": 1})
    suggested, given = optimize(objective, (Recipe({}), {}), (recipe, {}))
    assert list(suggested.params) == list(given.params) == [factor.name for factor in tiny_factors]
    assert given.params == dict(recipe)
    for factor in tiny_factors:
        assert factor.domain.contains(suggested.params[factor.name])


def test_a_longer_run_trains_so_many_times_the_epochs_and_keeps_its_recipe(
    objective: Objective, baseline: Recipe
) -> None:
    short = Recipe({**baseline, "epochs": 1})
    longer, same, usual = optimize(
        objective, (short, {"length": 3}), (Recipe({**baseline, "epochs": 3}), {}), (short, {"length": 1})
    )
    assert longer.params == dict(short) == usual.params
    assert longer.user_attrs["correct"] == same.user_attrs["correct"] != usual.user_attrs["correct"]
    assert longer.user_attrs["images_seen"] == same.user_attrs["images_seen"]
    assert longer.user_attrs["images_seen"] == 3 * usual.user_attrs["images_seen"]


def test_factor_that_does_not_apply_reaches_neither_supernet_nor_value(
    objective: Objective, baseline: Recipe
) -> None:
    mappings: list[SharingMapping] = []
    watched = replace(objective, keep=lambda _trial, supernet, _snapshot: mappings.append(supernet.mapping))
    plain, idle = optimize(watched, (baseline, {}), (Recipe({**baseline, "wsbn": True}), {}))
    assert idle.params["wsbn"] is True
    assert mappings == [baseline.mapping()] * 2
    assert idle.user_attrs["correct"] == plain.user_attrs["correct"]


def test_trial_ranks_the_pool_that_it_names(
    objective: Objective, baseline: Recipe, pools: dict[str, RankedPool]
) -> None:
    full, half = optimize(objective, (baseline, {}), (baseline, {"pool": "confirmation"}))
    assert half.user_attrs["architectures"] == 6
    assert json.loads(half.user_attrs["correct"]) == json.loads(full.user_attrs["correct"])[:6]


def test_rungs_report_the_tau_of_the_first_of_the_pool_by_the_problems_score_and_percent_done(
    objective: Objective, baseline: Recipe, tiny_pool: Pool
) -> None:
    seen: list[Judged] = []
    evaluate_recipe(
        objective.problem, baseline, tiny_pool, seed=0, at_rung=lambda _share, judged: seen.append(judged)
    )
    for score in SCORES:
        problem = replace(objective.problem, score=score)
        (trial,) = optimize(replace(objective, problem=problem), (baseline, {}))
        expected = sparse_kendall_tau(seen[0].by(score), tiny_pool.truth[:6])
        assert trial.intermediate_values == {50: expected, 100: trial.value}


@pytest.mark.parametrize(
    ("attributes", "state"),
    [
        ({"prunable": True}, TrialState.PRUNED),
        ({"prunable": False}, TrialState.COMPLETE),
        ({}, TrialState.COMPLETE),
    ],
    ids=str,
)
def test_pruner_is_obeyed_by_prunable_trials_only(
    attributes: Attributes, state: TrialState, objective: Objective, baseline: Recipe
) -> None:
    (trial,) = optimize(objective, (baseline, attributes), pruner=Always())
    assert trial.state == state
    complete = state == TrialState.COMPLETE
    assert list(trial.intermediate_values) == ([50, 100] if complete else [50])
    assert (METRIC in trial.user_attrs) == (state == TrialState.COMPLETE)


def test_prunable_trial_that_the_pruner_spares_is_complete(objective: Objective, baseline: Recipe) -> None:
    (trial,) = optimize(objective, (baseline, {"prunable": True}), pruner=optuna.pruners.NopPruner())
    assert trial.state == TrialState.COMPLETE
    assert trial.value == trial.user_attrs[METRIC]


def test_diverged_trial_is_complete_with_minus_one_and_a_flag(
    objective: Objective, tiny_factors: tuple[Factor, ...], baseline: Recipe
) -> None:
    factors = tuple(
        factor.with_domain(Range(1e-3, 1e31, log=True), 0.05) if factor.name == "learning_rate" else factor
        for factor in tiny_factors
    )
    diverging = Recipe({**baseline, "learning_rate": 1e30})
    (trial,) = optimize(replace(objective, factors=factors), (diverging, {"prunable": True}), pruner=Always())
    assert trial.state == TrialState.COMPLETE
    assert trial.value == -1.0
    assert trial.user_attrs["diverged"] is True


def test_every_ranked_supernet_is_handed_over_with_its_trial(objective: Objective, baseline: Recipe) -> None:
    kept: list[tuple[int, int]] = []

    def keep(trial: optuna.Trial, supernet: SuperNet, snapshot: int) -> None:
        assert supernet.mapping == baseline.mapping()
        kept.append((trial.number, snapshot))

    problem = replace(objective.problem, snapshots=(0.75, 1.0))
    optimize(replace(objective, problem=problem, keep=keep), (baseline, {}), (baseline, {}))
    assert kept == [(0, 0), (0, 1), (1, 0), (1, 1)]
