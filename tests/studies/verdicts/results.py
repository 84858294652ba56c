"""Invented results of an ablation, written as its runs would write them."""

from __future__ import annotations

import numpy as np

from studies.verdicts.ablation import plan, training_seed
from studies.verdicts.measure import both_pools
from studies.verdicts.store import Question, Result, open_folder, write_result

IMAGES = 1000


def invented(settings, run, pool, *, skill=0.6, diverged=False):
    """A result whose ranking agrees with the truth as well as `skill` says."""
    seed = training_seed(settings, run)
    rng = np.random.default_rng([seed, len(run.name)])
    standard = (pool.truth - pool.truth.mean()) / pool.truth.std()
    accuracy = rng.uniform(0.3, 0.6)
    predicted = accuracy + 0.05 * (skill * standard + (1 - skill) * rng.standard_normal(len(pool)))
    correct = np.clip(np.rint(predicted * IMAGES), 0, IMAGES).astype(int)
    return Result(
        recipe=dict(run.recipe),
        number=run.number,
        seed=seed,
        sparse_kendall_tau=0.0,
        supernet_accuracy_mean=float(correct.mean() / IMAGES),
        supernet_accuracy_best=float(correct.max() / IMAGES),
        diverged=diverged,
        correct=tuple(correct.tolist()),
        ranking_images=IMAGES,
        seconds_training=3.0,
        seconds_ranking=1.0,
        images_seen=1000,
        device="cpu",
        torch="2",
    )


def fill(folder, settings, *, seeds=3, skill=lambda recipe: 0.6, diverged=lambda run: False):
    """Fill a folder with a whole ablation around the baseline."""
    question = Question(settings=settings, reference=settings.baseline(), origin="the baseline recipe")
    open_folder(folder, question)
    pool = both_pools(settings)
    ablation = plan(settings, question.reference)
    for run in ablation.runs(seeds):
        result = invented(settings, run, pool, skill=skill(run.recipe), diverged=diverged(run))
        write_result(folder, run, result)
    return ablation
