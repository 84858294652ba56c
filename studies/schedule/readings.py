"""What a finished trial recorded: its recipe, and what its super-net made of each architecture."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from objectives.recipe import Recipe
from studies.storage.optuna_internals import attributes_of, enqueued_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from optuna.trial import FrozenTrial

    from studies.schedule.study import OpenStudy
    from wsnas.ranking.judged import Judged, Score


def judged_by(trial: FrozenTrial) -> Judged:
    """Return the counts and losses that a finished trial recorded."""
    from wsnas.ranking.judged import Judged

    kept = attributes_of(trial)
    return Judged(
        correct=np.array(json.loads(kept["correct"]), dtype=np.int64),
        losses=np.array(json.loads(kept["losses"]), dtype=np.float64),
        images=int(kept["ranking_images"]),
    )


def predicted(trial: FrozenTrial, score: Score) -> NDArray[np.float64]:
    """Return what a finished trial's super-net ranks by, higher for better; shape (architectures,)."""
    return judged_by(trial).by(score)


def own_ranking(kept: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return what a trial's super-net ranks by, from its attributes, higher for better; empty if not kept."""
    by_loss = kept.get("score") == "cross_entropy"
    text = kept.get("losses" if by_loss else "correct")
    values = np.array(json.loads(text) if isinstance(text, str) else (), dtype=np.float64)
    return -values if by_loss else values


def diverged(trial: FrozenTrial) -> bool:
    """Return whether a finished trial's loss became NaN or infinite."""
    return bool(trial.user_attrs.get("diverged", False))


def effective_recipe(opened: OpenStudy, trial: FrozenTrial) -> Recipe:
    """Return what a trial trained: its parameters, and defaults where a factor does not apply."""
    return Recipe(trial.params).effective(opened.settings.factors)


def planned_recipe(opened: OpenStudy, trial: FrozenTrial) -> Recipe:
    """Return the recipe that a trial was enqueued with, also while it waits or has only begun to ask."""
    return Recipe(enqueued_parameters(trial)).effective(opened.settings.factors)
