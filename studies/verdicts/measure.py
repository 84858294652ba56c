"""One run of an ablation: a super-net by its recipe, ranked on the architectures of both pools."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import numpy as np

from objectives.evaluate import evaluate_recipe
from studies.config.inputs import FRESH, TRIALS, load_pools
from studies.verdicts.ablation import training_seed
from studies.verdicts.store import Result

if TYPE_CHECKING:
    from objectives.problem import Problem
    from studies.config.settings import StudySettings
    from studies.verdicts.ablation import Run
    from wsnas.ranking.pools import Pool


def both_pools(settings: StudySettings) -> Pool:
    """Return the architectures that all mappings can rank, those of the trials' pool first."""
    from wsnas.ranking.pools import Pool

    trials, fresh = (load_pools(settings)[name] for name in (TRIALS, FRESH))
    return Pool(
        architectures=(*trials.architectures, *fresh.architectures),
        truth=np.concatenate([trials.truth, fresh.truth]),
    )


def measure(settings: StudySettings, problem: Problem, pool: Pool, run: Run) -> Result:
    """Train and rank."""
    import torch

    from wsnas.ranking import sparse_kendall_tau

    seed = training_seed(settings, run)
    ranking = evaluate_recipe(problem, run.recipe, pool, seed=seed)
    images = problem.ranking_images
    return Result(
        recipe=dict(run.recipe),
        number=run.number,
        seed=seed,
        sparse_kendall_tau=sparse_kendall_tau(ranking.judged.accuracies, pool.truth),
        supernet_accuracy_mean=float(ranking.judged.accuracies.mean()),
        supernet_accuracy_best=float(ranking.judged.accuracies.max()),
        diverged=ranking.diverged,
        correct=tuple(ranking.judged.correct.tolist()),
        ranking_images=images,
        seconds_training=round(ranking.seconds_training, 2),
        seconds_ranking=round(ranking.seconds_ranking, 2),
        images_seen=ranking.images_seen,
        device=platform.processor() or platform.machine() if problem.device == "cpu" else problem.device,
        torch=torch.__version__,
    )
