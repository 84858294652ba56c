"""Training and ranking on a GPU, without one: no tensor on the wrong device, no waiting inside an epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from objectives.evaluate import build, rank, train_by
from objectives.problem import Problem
from objectives.recipe import Recipe
from tests.objectives.tiny import tiny_catalogue
from tests.pretended_gpu import DOWNLOAD, GPU, READ, UPLOAD, pretended_gpu
from wsnas.data import ImageSet
from wsnas.spaces import BUILT_IN, get_space

COMMON: list[dict[str, Any]] = [
    {},
    {"path_sampling": "fairnas", "path_dropout": 0.3, "global_dropout": 0.2, "bn_affine": False},
    {"path_sampling": "random_a", "bn_statistics": "tracked", "bn_affine": True, "ofa_kernel": True},
    {"bn_statistics": "recalibrated", "wsbn": True, "op_placement": "node", "ofa_kernel": True},
    {"bn_statistics": "tracked", "wsbn": True, "op_placement": "node", "learning_rate_schedule": "constant"},
]
NB101: list[dict[str, Any]] = [
    {"dynamic_channels": level, "bn_statistics": statistics}
    for level, statistics in zip(
        ("shuffle", "interpolate", "disabled", "shuffle", "interpolate"),
        ("tracked", "tracked", "recalibrated", "recalibrated", "batch"),
        strict=True,
    )
]
LAST = {space: {factor.name: factor.domain.at(1) for factor in tiny_catalogue(space)} for space in BUILT_IN}
"""The last level of every factor."""
CASES = [
    *((space, changes) for space in BUILT_IN for changes in (*COMMON, LAST[space])),
    *(("nb101", changes) for changes in NB101),
]
BATCH, STEPS_PER_EPOCH = 8, 2


def fake_problem(space: str) -> Problem:
    def images(count: int) -> torch.Tensor:
        return torch.empty(count, 3, 8, 8, device=GPU)

    def labels(count: int) -> torch.Tensor:
        return torch.empty(count, dtype=torch.int64, device=GPU)

    train = BATCH * STEPS_PER_EPOCH
    return Problem(
        space=get_space(space),
        images=ImageSet(
            name="none",
            train_images=images(train),
            train_labels=labels(train),
            validation_images=images(500),
            validation_labels=labels(500),
            test_images=images(1),
            test_labels=labels(1),
            num_classes=10,
            flip=True,
            sha256="",
        ),
        ranking_images=500,
        calibration_images=10,
        table="none",
        table_sha256="",
    )


def recipe_of(space: str, changes: dict[str, Any]) -> Recipe:
    factors = tiny_catalogue(space)
    known = {factor.name: factor.default for factor in factors}
    mine = {name: value for name, value in changes.items() if name in known}
    fixed = {"batch_size": BATCH, "epochs": 3, "train_portion": 1.0}
    return Recipe({**known, **mine, **fixed}).effective(factors)


@pytest.mark.parametrize(("space", "changes"), CASES)
def test_training_waits_for_the_device_only_where_an_epoch_ends(
    space: str, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pretended_gpu(monkeypatch) as watch:
        problem, recipe = fake_problem(space), recipe_of(space, changes)
        supernet = build(problem, recipe, seed=0)
        run = train_by(problem, recipe, supernet, seed=0)
        watch.seen.clear()
        for _ in range(2):
            run.advance(run.step + STEPS_PER_EPOCH)
    assert run.step == 2 * STEPS_PER_EPOCH
    assert all(weight.device == GPU for weight in supernet.parameters())
    # The mean loss of an epoch, and the order of its images.
    assert watch.seen == {READ: 2, UPLOAD: 2}


@pytest.mark.parametrize(("space", "changes"), CASES)
def test_ranking_copies_to_the_host_once(
    space: str, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    with pretended_gpu(monkeypatch) as watch:
        problem, recipe = fake_problem(space), recipe_of(space, changes)
        supernet = build(problem, recipe, seed=0)
        drawn = (problem.space.sample(rng) for _ in range(20))
        pool = [architecture for architecture in drawn if supernet.accepts(architecture)][:3]
        watch.seen.clear()
        accuracies = rank(problem, recipe, supernet, pool)
    assert accuracies.shape == (len(pool),) == (3,)
    assert watch.seen == {DOWNLOAD: 1}
