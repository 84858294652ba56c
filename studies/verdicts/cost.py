"""What an ablation will take, before it starts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from studies.verdicts.store import read_result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from objectives.recipe import Recipe
    from studies.config.inputs import Place
    from studies.verdicts.ablation import Run
    from studies.verdicts.store import Question, Result

PROBE_STEPS, PROBE_ARCHITECTURES = 40, 40
_CELLS_POWER = 0.8
"""Time grows with cells a little less than in proportion, since stem and shortcuts stay."""


def seconds_left(folder: Path, runs: Sequence[Run], left: Sequence[Run]) -> float | None:
    """Estimate the time of the runs that are left, on one process; None where no run is finished yet.

    A recipe that has run takes what it took; another takes the typical time of a unit of `work`.
    """
    done = [result for run in runs if (result := read_result(folder, run)) is not None]
    if not done:
        return None
    of_recipe: dict[str, list[float]] = {}
    for result in done:
        of_recipe.setdefault(_key(result.recipe), []).append(_seconds(result))
    pace = float(np.median([_seconds(result) / work(result.recipe) for result in done]))
    return sum(float(np.mean(of_recipe.get(_key(run.recipe), [pace * work(run.recipe)]))) for run in left)


def seconds_by_probe(question: Question, place: Place, left: Sequence[Run]) -> float:
    """Estimate the same before any run: time a few steps and rankings of the reference in seconds."""
    import torch

    from objectives.evaluate import build, rank, train_by
    from studies.config.inputs import load_problem
    from studies.verdicts.measure import both_pools

    torch.set_num_threads(1)  # as workers do
    problem, pool = load_problem(question.settings, place), both_pools(question.settings)
    recipe = question.reference.effective(question.settings.factors)
    supernet = build(problem, recipe, seed=0)
    training = train_by(problem, recipe, supernet, seed=0)
    training.advance(PROBE_STEPS // 4)
    started = time.perf_counter()
    first = training.step
    training.advance(first + PROBE_STEPS)
    steps = max(1, training.step - first)
    trained = time.perf_counter()
    rank(problem, recipe, supernet, pool.architectures[:PROBE_ARCHITECTURES], snapshot=0)
    ranked = time.perf_counter()
    shares = len(pool) / PROBE_ARCHITECTURES * len(problem.snapshots)
    seconds = (trained - started) / steps * training.total_steps + (ranked - trained) * shares
    return sum(seconds / work(recipe) * work(run.recipe) for run in left)


def work(recipe: Recipe | dict[str, object]) -> float:
    """Return the work of a recipe in arbitrary units."""
    values = {name: float(recipe[name]) for name in ("epochs", "train_portion", "cells", "batch_size")}  # type: ignore[arg-type]
    # Small batches spend much of a step on what does not depend on their size.
    images = values["epochs"] * values["train_portion"] * (1 + 16 / values["batch_size"])
    return float(images * values["cells"] ** _CELLS_POWER)


def _key(recipe: Recipe | dict[str, object]) -> str:
    return repr(sorted(recipe.items()))


def _seconds(result: Result) -> float:
    return result.seconds_training + result.seconds_ranking
