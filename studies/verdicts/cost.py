"""What an ablation will take, before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studies.verdicts.store import read_result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from objectives.recipe import Recipe
    from studies.verdicts.ablation import Run
    from studies.verdicts.store import Result

_CELLS_POWER = 0.8
"""Time grows with cells a little less than in proportion, since stem and shortcuts stay."""


def seconds_left(folder: Path, runs: Sequence[Run], left: Sequence[Run]) -> float | None:
    """Estimate the time of the runs that are left, on one process; None where no run is finished yet.

    A recipe that has run takes what it took; another takes the typical time of a unit of work, and its work
    is epochs, images, cells and, for the number of steps, the batch size.
    """
    done = [result for run in runs if (result := read_result(folder, run)) is not None]
    if not done:
        return None
    of_recipe: dict[str, list[float]] = {}
    for result in done:
        of_recipe.setdefault(_key(result.recipe), []).append(_seconds(result))
    pace = float(np.median([_seconds(result) / work(result.recipe) for result in done]))
    return sum(float(np.mean(of_recipe.get(_key(run.recipe), [pace * work(run.recipe)]))) for run in left)


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
