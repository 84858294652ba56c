"""Training and ranking on a GPU, without one: no tensor on the wrong device, no waiting inside an epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from objectives.evaluate import build, rank, train_by
from objectives.problem import Problem
from objectives.recipe import Recipe
from tests.image_sets import image_set
from tests.objectives.tiny import tiny_catalogue
from tests.pretended_gpu import DOWNLOAD, GPU, READ, UPLOAD, pretended_gpu
from wsnas.spaces import BUILT_IN, get_space

RECIPES: list[dict[str, Any]] = [
    {},
    {"path_sampling": "random_a", "bn_statistics": "tracked", "ofa_kernel": True, "bn_affine": False},
    {"bn_statistics": "tracked", "wsbn": True, "op_placement": "node", "learning_rate_schedule": "constant"},
]
NB101: list[dict[str, Any]] = [
    {"dynamic_channels": "shuffle", "bn_statistics": "tracked"},
    {"dynamic_channels": "interpolate", "bn_statistics": "tracked"},
    {"dynamic_channels": "shuffle", "bn_statistics": "recalibrated"},
    {"dynamic_channels": "interpolate", "bn_statistics": "batch"},
]
"""Every way of sharing channels that is neither the first nor the last level of its factor."""
LAST = {space: {factor.name: factor.domain.at(1) for factor in tiny_catalogue(space)} for space in BUILT_IN}
"""The last level of every factor: FairNAS, both dropouts, recalibration, and all that is switched on."""
LAST["darts"]["path_sampling"] = "random_nas"  # many paths in a step are as in the faster spaces
CASES = [
    *((space, changes) for space in BUILT_IN for changes in (*RECIPES, LAST[space])),
    *(("nb101", changes) for changes in NB101),
]
BATCH, STEPS_PER_EPOCH = 8, 2


def fake_problem(space: str) -> Problem:
    def part(count: int) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.empty(count, 3, 8, 8, device=GPU), torch.empty(count, dtype=torch.int64, device=GPU)

    return Problem(
        space=get_space(space),
        images=image_set(part(BATCH * STEPS_PER_EPOCH), part(500), part(1), num_classes=10, flip=True),
        ranking_images=500,
        calibration_images=10,
        table="none",
        table_sha256="",
    )


def recipe_of(space: str, changes: dict[str, Any]) -> Recipe:
    factors = tiny_catalogue(space)
    known = {factor.name: factor.default for factor in factors}
    mine = {name: value for name, value in changes.items() if name in known}
    fixed = {"batch_size": BATCH, "epochs": 3, "train_portion": 1.0, "cells": known["cells"]}
    return Recipe({**known, **mine, **fixed}).effective(factors)


@pytest.mark.parametrize(("space", "changes"), CASES)
def test_training_waits_where_an_epoch_ends_and_ranking_copies_to_the_host_once(
    space: str, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    with pretended_gpu(monkeypatch) as watch:
        problem, recipe = fake_problem(space), recipe_of(space, changes)
        supernet = build(problem, recipe, seed=0)
        run = train_by(problem, recipe, supernet, seed=0)
        watch.seen.clear()
        for _ in range(2):
            run.advance(run.step + STEPS_PER_EPOCH)
        in_training = watch.seen.copy()
        drawn = (problem.space.sample(rng) for _ in range(20))
        pool = [architecture for architecture in drawn if supernet.accepts(architecture)][:3]
        watch.seen.clear()
        judged = rank(problem, recipe, supernet, pool)
    assert run.step == 2 * STEPS_PER_EPOCH
    assert all(weight.device == GPU for weight in supernet.parameters())
    # The mean loss of an epoch, and the order of its images.
    assert in_training == {READ: 2, UPLOAD: 2}
    assert judged.correct.shape == judged.losses.shape == (len(pool),) == (3,)
    assert watch.seen == {DOWNLOAD: 1}
