from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from objectives.evaluate import build, rank, train_by
from objectives.recipe import Recipe
from wsnas.errors import InputError
from wsnas.ranking.evaluate import rank_pool
from wsnas.ranking.judged import added

if TYPE_CHECKING:
    from collections.abc import Callable

    from objectives.problem import Problem, Ranking
    from wsnas.ranking.judged import Judged
    from wsnas.ranking.pools import Pool
    from wsnas.supernets.base import SuperNet

    Evaluate = Callable[..., Ranking]


def bits(judged: Judged) -> tuple[list[int], list[float], int]:
    return judged.correct.tolist(), judged.losses.tolist(), judged.images


def test_same_seed_gives_the_same_ranking_and_another_seed_another(
    evaluate: Evaluate,
) -> None:
    first, same, other = (evaluate(seed=seed) for seed in (0, 0, 1))
    assert bits(first.judged) == bits(same.judged)
    assert same.judged.correct.tolist() != other.judged.correct.tolist()
    assert first.loss == same.loss != other.loss
    assert not first.diverged


def test_ranking_is_that_of_the_trained_supernet_on_validation_images(
    tiny_problem: Problem, baseline: Recipe, tiny_pool: Pool, evaluate: Evaluate
) -> None:
    images = tiny_problem.images
    supernet = build(tiny_problem, baseline, seed=0)
    run = train_by(tiny_problem, baseline, supernet, seed=0)
    run.advance(run.total_steps)
    expected = rank_pool(
        supernet, tiny_pool.architectures, images.validation_images, images.validation_labels
    )
    found = evaluate()
    assert bits(found.judged) == bits(expected)
    assert found.images_seen == run.passes == 2 * 9 * 20


def test_training_lifts_the_accuracies_above_those_of_initial_weights(
    tiny_problem: Problem, baseline: Recipe, tiny_pool: Pool, evaluate: Evaluate
) -> None:
    untrained = rank(tiny_problem, baseline, build(tiny_problem, baseline, seed=0), tiny_pool.architectures)
    trained = evaluate({"epochs": 6, "path_sampling": "fairnas"})
    assert trained.judged.accuracies.mean() > untrained.accuracies.mean() + 0.15
    assert trained.judged.by("cross_entropy").mean() > untrained.by("cross_entropy").mean() + 0.15
    assert trained.loss < 1.3  # chance is ln 4 = 1.386


def test_only_the_asked_number_of_validation_images_ranks(
    tiny_problem: Problem, baseline: Recipe, tiny_pool: Pool
) -> None:
    few = replace(tiny_problem, ranking_images=40)
    supernet = build(tiny_problem, baseline, seed=0)
    images = tiny_problem.images
    expected = rank_pool(
        supernet, tiny_pool.architectures, images.validation_images[:40], images.validation_labels[:40]
    )
    assert bits(rank(few, baseline, supernet, tiny_pool.architectures)) == bits(expected)
    assert expected.images == 40


def test_recalibrating_recipe_ranks_by_statistics_of_training_images(
    tiny_problem: Problem, baseline: Recipe, tiny_pool: Pool
) -> None:
    recipe = Recipe({**baseline, "bn_statistics": "recalibrated"})
    images = tiny_problem.images
    supernet = build(tiny_problem, recipe, seed=0)
    expected = rank_pool(
        supernet,
        tiny_pool.architectures,
        images.validation_images,
        images.validation_labels,
        calibration=images.train_images[:30],
    )
    found = rank(tiny_problem, recipe, supernet, tiny_pool.architectures)
    assert bits(found) == bits(expected)
    plain = rank(tiny_problem, baseline, supernet, tiny_pool.architectures)
    assert found.correct.tolist() != plain.correct.tolist()


def test_rungs_see_the_first_of_the_pool_and_change_nothing(
    tiny_problem: Problem, baseline: Recipe, tiny_pool: Pool, evaluate: Evaluate
) -> None:
    seen: list[tuple[float, Judged]] = []
    with_rungs = replace(tiny_problem, rungs=(0.5, 0.75), rung_pool=5)
    found = evaluate(problem=with_rungs, at_rung=lambda share, judged: seen.append((share, judged)))
    assert [share for share, _ in seen] == [0.5, 0.75]
    assert all(len(judged) == 5 for _, judged in seen)
    assert bits(found.judged) == bits(evaluate().judged)
    half = build(tiny_problem, baseline, seed=0)
    train_by(tiny_problem, baseline, half, seed=0).advance(9)
    assert bits(seen[0][1]) == bits(rank(tiny_problem, baseline, half, tiny_pool.architectures[:5]))


def test_what_a_rung_raises_ends_the_run(tiny_problem: Problem, evaluate: Evaluate) -> None:
    kept: list[int] = []

    def stop(_share: float, _judged: Judged) -> None:
        raise StopIteration("enough")

    with pytest.raises(StopIteration, match="enough"):
        evaluate(
            problem=replace(tiny_problem, rungs=(0.5,)),
            at_rung=stop,
            keep=lambda _supernet, snapshot: kept.append(snapshot),
        )
    assert kept == []


@pytest.mark.parametrize("statistics", ["batch", "recalibrated"])
def test_snapshots_are_added_each_on_images_of_its_own(
    statistics: str, tiny_problem: Problem, tiny_pool: Pool, evaluate: Evaluate
) -> None:
    problem = replace(tiny_problem, snapshots=(0.5, 1.0))
    images = problem.images
    parts: list[Judged] = []

    def keep(supernet: SuperNet, snapshot: int) -> None:
        assert snapshot == len(parts)
        own = slice(50 * snapshot, 50 * (snapshot + 1))
        parts.append(
            rank_pool(
                supernet,
                tiny_pool.architectures,
                images.validation_images[own],
                images.validation_labels[own],
                calibration=images.train_images[:30] if statistics == "recalibrated" else None,
            )
        )

    found = evaluate({"bn_statistics": statistics}, problem=problem, keep=keep)
    assert len(parts) == 2
    assert [bits(one) for one in found.snapshots] == [bits(part) for part in parts]
    assert bits(found.judged) == bits(added(parts))
    assert found.judged.images == 100
    assert parts[0].correct.tolist() != parts[1].correct.tolist()


def test_diverged_run_is_flagged_and_ranks_nothing(tiny_problem: Problem, evaluate: Evaluate) -> None:
    ranked: list[float] = []
    found = evaluate(
        {"learning_rate": 1e30},
        problem=replace(tiny_problem, rungs=(0.5,)),
        at_rung=lambda share, _judged: ranked.append(share),
        keep=lambda _supernet, _snapshot: ranked.append(1.0),
    )
    assert found.diverged
    assert found.judged.accuracies.tolist() == [0.0] * 12
    assert found.snapshots == ()
    assert ranked == []


def test_batch_that_the_images_cannot_fill_is_refused(evaluate: Evaluate) -> None:
    with pytest.raises(InputError, match="batch_size 500 exceeds the 180 training images in use"):
        evaluate({"batch_size": 500})


def test_ranking_does_not_depend_on_the_global_generators(evaluate: Evaluate) -> None:
    def losses(noise: int) -> list[float]:
        torch.manual_seed(noise)
        np.random.seed(noise)
        random.seed(noise)
        changes = {"path_dropout": 0.3, "global_dropout": 0.5, "epochs": 1}
        found: list[float] = evaluate(changes).judged.losses.tolist()
        return found

    assert losses(1) == losses(2)
