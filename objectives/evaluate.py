"""From a recipe and a seed to a ranking: build the super-net, train it, rank the pool. No Optuna here."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from objectives.problem import CROP_PADDING, Problem, Ranking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Generator, Tensor

    from objectives.recipe import Recipe
    from wsnas.ranking.pools import Pool
    from wsnas.supernets._base import SuperNet
    from wsnas.training.run import TrainingRun


def evaluate_recipe(
    problem: Problem,
    recipe: Recipe,
    pool: Pool,
    *,
    seed: int,
    at_rung: Callable[[float, NDArray[np.float64]], None] | None = None,
    keep: Callable[[SuperNet, int], None] | None = None,
) -> Ranking:
    """Train a super-net by a recipe and rank a pool with it.

    Args:
        problem: What does not depend on the recipe.
        recipe: How to train.
        pool: The architectures to rank.
        seed: Source of all randomness of this run; the pool and the images do not depend on it.
        at_rung: Called at each of `problem.rungs` with the share of the schedule that is done and the
            accuracies of the pool's first `problem.rung_pool` architectures; may raise to end the run.
        keep: Called with the super-net and the snapshot's number at each of `problem.snapshots`.

    Returns:
        The ranking. Training ends where the loss is found to be not finite; accuracies are 0 then.
    """
    supernet = build(problem, recipe, seed=seed)
    run = train_by(problem, recipe, supernet, seed=seed)
    seconds_training = seconds_ranking = 0.0
    accuracies: list[NDArray[np.float64]] = []
    taken = all(supernet.accepts(architecture) for architecture in pool.others)
    ranked = (*pool.architectures, *(pool.others if taken else ()))
    for share in sorted({*problem.rungs, *problem.snapshots}):
        started = time.perf_counter()
        loss = run.advance(round(share * run.total_steps))
        trained = time.perf_counter()
        seconds_training += trained - started
        if not math.isfinite(loss):
            accuracies = []
            break
        if share in problem.rungs and at_rung is not None:
            at_rung(share, rank(problem, recipe, supernet, pool.architectures[: problem.rung_pool]))
        if share in problem.snapshots:
            snapshot = problem.snapshots.index(share)
            accuracies.append(rank(problem, recipe, supernet, ranked, snapshot=snapshot))
            if keep is not None:
                keep(supernet, snapshot)
        seconds_ranking += time.perf_counter() - trained
    averaged = np.mean(accuracies, axis=0) if accuracies else np.zeros(len(ranked))
    return Ranking(
        accuracies=averaged[: len(pool)],
        others=averaged[len(pool) :],
        loss=loss,
        seconds_training=seconds_training,
        seconds_ranking=seconds_ranking,
        images_seen=run.passes,
    )


def build(problem: Problem, recipe: Recipe, *, seed: int) -> SuperNet:
    """Build a recipe's untrained super-net on the device of the images."""
    import torch

    from wsnas.supernets import build_supernet
    from wsnas.training.streams import torch_stream

    size = recipe.size()
    supernet = build_supernet(
        problem.space,
        recipe.mapping(),
        in_channels=problem.images.in_channels,
        num_classes=problem.images.num_classes,
        channels=size.channels,
        cells=size.cells,
        generator=torch_stream(seed, "initialisation"),
    )
    return supernet.to(problem.device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def train_by(problem: Problem, recipe: Recipe, supernet: SuperNet, *, seed: int) -> TrainingRun:
    """Prepare the training of a super-net by a recipe."""
    from wsnas.data.augment import augment
    from wsnas.training.run import TrainingRun

    images = problem.images
    padding = max(1, images.train_images.shape[-1] // CROP_PADDING)

    def crop_and_flip(batch: Tensor, generator: Generator) -> Tensor:
        return augment(batch, generator=generator, pad=padding, flip=images.flip)

    return TrainingRun(
        supernet,
        problem.space,
        images.train_images,
        images.train_labels,
        protocol=replace(recipe.protocol(), count_passes=problem.count_passes),
        seed=seed,
        augment=crop_and_flip,
    )


def rank(
    problem: Problem,
    recipe: Recipe,
    supernet: SuperNet,
    architectures: Sequence[Any],
    *,
    snapshot: int | None = None,
) -> NDArray[np.float64]:
    """Measure a super-net's accuracy with each architecture on the held-out images.

    Args:
        problem: What does not depend on the recipe.
        recipe: Says whether statistics are re-estimated.
        supernet: The network.
        architectures: What to rank.
        snapshot: Number of the snapshot, which takes the images of its own; those of the first where None.
    """
    from wsnas.ranking.evaluate import rank_pool

    images = problem.images
    part = problem.ranking_images // len(problem.snapshots)
    chosen = slice((snapshot or 0) * part, ((snapshot or 0) + 1) * part)
    recalibrated = recipe.get("bn_statistics") == "recalibrated"
    return rank_pool(
        supernet,
        architectures,
        images.validation_images[chosen],
        images.validation_labels[chosen],
        calibration=images.train_images[: problem.calibration_images] if recalibrated else None,
    )
