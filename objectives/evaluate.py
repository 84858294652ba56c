"""From a recipe and a seed to a ranking: build the super-net, train it, rank the pool. No Optuna here."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from objectives.attempt import Attempt, InterruptionError, Pace
from objectives.problem import CROP_PADDING, Problem, Ranking
from objectives.run_record import RunRecord
from wsnas.ranking.judged import added, nothing_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Generator, Tensor

    from objectives.recipe import Recipe
    from wsnas.ranking.judged import Judged
    from wsnas.ranking.pools import Pool
    from wsnas.supernets.base import SuperNet
    from wsnas.training.run import TrainingRun

_RECORD = "record"
"""Key of the record in a saved state."""


def evaluate_recipe(
    problem: Problem,
    recipe: Recipe,
    pool: Pool,
    *,
    seed: int,
    at_rung: Callable[[float, Judged], None] | None = None,
    at_past_rung: Callable[[float, Judged], None] | None = None,
    keep: Callable[[SuperNet, int], None] | None = None,
    attempt: Attempt | None = None,
) -> Ranking:
    """Train a super-net by a recipe and rank a pool with it.

    Args:
        problem: What does not depend on the recipe.
        recipe: How to train.
        pool: The architectures to rank.
        seed: Source of all randomness of this run; the pool and the images do not depend on it.
        at_rung: Called at each of `problem.rungs` with the share of the schedule that is done and what the
            super-net makes of the pool's first `problem.rung_pool` architectures; may raise to end the run.
        at_past_rung: Called in place of `at_rung` for the rungs that an interrupted attempt had passed.
        keep: Called with the super-net and the snapshot's number at each of `problem.snapshots`.
        attempt: Saves the run's state once per epoch and around each ranking, may have an earlier state to
            go on from, and may interrupt the run. A run that goes on ends with the ranking that it would
            have had without the interruption.

    Returns:
        The ranking. Training ends where the loss is found to be not finite; counts and sums are 0 then.

    Raises:
        InterruptionError: the attempt said so; the state is saved.
    """
    attempt = attempt or Attempt()
    supernet = build(problem, recipe, seed=seed)
    run = train_by(problem, recipe, supernet, seed=seed)
    record = RunRecord()
    saved = attempt.restore()
    if saved is not None:
        run.load_state_dict(saved["run"])
        record.load_state_dict(saved[_RECORD])
        for share, judged in record.rungs.items():
            if at_past_rung is not None:
                at_past_rung(share, judged)
    taken = all(supernet.accepts(architecture) for architecture in pool.others)
    ranked = (*pool.architectures, *(pool.others if taken else ()))

    def save() -> None:
        with record.time("saving"):
            attempt.save({"run": run.state_dict(), _RECORD: record.state_dict()})

    try:
        for share in sorted({*problem.rungs, *problem.snapshots}):
            _train_until(run, round(share * run.total_steps), record, attempt, save)
            if not math.isfinite(record.loss):
                break
            if share in problem.rungs and share not in record.rungs and at_rung is not None:
                with record.time("ranking"):
                    first = pool.architectures[: problem.rung_pool]
                    judged = rank(problem, recipe, supernet, first, check=attempt.check)
                at_rung(share, judged)
                record.rungs[share] = judged
                save()
            snapshot = problem.snapshots.index(share) if share in problem.snapshots else None
            if snapshot is not None and snapshot == len(record.snapshots):
                with record.time("ranking"):
                    judged = rank(problem, recipe, supernet, ranked, snapshot=snapshot, check=attempt.check)
                if keep is not None:
                    keep(supernet, snapshot)
                record.snapshots.append(judged)
                save()
    except InterruptionError:
        save()
        raise
    finite = math.isfinite(record.loss)
    whole = added(record.snapshots) if finite else nothing_of(len(ranked))
    return Ranking(
        judged=whole[: len(pool)],
        snapshots=tuple(record.snapshots) if finite else (),
        others=whole[len(pool) :],
        loss=record.loss,
        seconds_training=record.seconds["training"],
        seconds_ranking=record.seconds["ranking"],
        seconds_saving=record.seconds["saving"],
        images_seen=run.passes,
    )


def _train_until(
    run: TrainingRun, step: int, record: RunRecord, attempt: Attempt, save: Callable[[], None]
) -> None:
    """Train up to a step and save at the end of each epoch; end early where the loss is not finite."""
    for end in sorted({step, *(end for end in run.epoch_ends() if end < step)}):
        if end <= run.step:
            continue
        before, spent = run.passes, record.seconds["training"]
        with record.time("training"):
            record.loss = run.advance(end, check=attempt.check)
        if not math.isfinite(record.loss):
            return
        seconds = record.seconds["training"] - spent
        attempt.advanced(
            Pace(
                epoch=run.step / run.steps_per_epoch,
                epochs=run.total_steps / run.steps_per_epoch,
                images_per_second=(run.passes - before) / max(seconds, 1e-9),
            )
        )
        save()


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
        precision=problem.precision,
    )


def rank(
    problem: Problem,
    recipe: Recipe,
    supernet: SuperNet,
    architectures: Sequence[Any],
    *,
    snapshot: int | None = None,
    check: Callable[[], None] | None = None,
) -> Judged:
    """Let a super-net judge the held-out images with each architecture.

    Args:
        problem: What does not depend on the recipe.
        recipe: Says whether statistics are re-estimated.
        supernet: The network.
        architectures: What to rank.
        snapshot: Number of the snapshot, which takes the images of its own; those of the first where None.
        check: Called before every ranked network; it may raise to give up.
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
        check=check,
        precision=problem.precision,
    )
