"""Selection and confirmation: the best of many trials is lucky, so the claim rests on fresh measurements.

Candidates are run again with selection seeds, and one winner is chosen by them alone. Winner and baseline
are then measured with new seeds on architectures that were never used before.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from optuna.trial import TrialState

from objectives.recipe import Recipe
from studies import tickets
from studies.context import FRESH, TRIALS
from studies.storage import Exclusive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from optuna.trial import FrozenTrial

    from studies.study import Handle

SELECTION, CONFIRMATION = "selection", "confirmation"


def candidates(handle: Handle, *, most: int) -> list[Recipe]:
    """Return the distinct recipes of the best complete trials, best first; diverged ones are left out."""
    trials = [
        trial
        for trial in tickets.counted(handle.study.get_trials(deepcopy=False))
        if trial.state is TrialState.COMPLETE and not trial.user_attrs.get("diverged", False)
    ]
    found: dict[Recipe, None] = {}
    for trial in sorted(trials, key=lambda trial: (-(trial.value or 0.0), trial.number)):
        found.setdefault(effective_recipe(handle, trial))
    return list(found)[:most]


def plan_selection(handle: Handle) -> int:
    """Enqueue what selection lacks and return how many runs it has in all."""
    sizes = handle.settings.sizes()
    recipes = candidates(handle, most=sizes.candidates)
    return _plan(handle, SELECTION, recipes, seeds=sizes.selection_seeds)


def plan_confirmation(handle: Handle) -> int:
    """Enqueue what confirmation lacks and return how many runs it has in all."""
    best = winner(handle)
    if best is None:
        return 0
    baseline = handle.settings.baseline().effective(handle.settings.factors)
    return _plan(
        handle,
        CONFIRMATION,
        list(dict.fromkeys((best, baseline))),
        seeds=handle.settings.sizes().confirmation_seeds,
    )


def winner(handle: Handle) -> Recipe | None:
    """Return the candidate with the best mean over selection seeds; None before all of them are done."""
    sizes = handle.settings.sizes()
    means: list[tuple[float, Recipe]] = []
    for recipe in candidates(handle, most=sizes.candidates):
        runs = runs_of(handle, SELECTION, recipe)
        if len(runs) < sizes.selection_seeds:
            return None
        means.append((float(np.mean([run.value for run in runs])), recipe))
    return max(means, key=lambda pair: pair[0])[1] if means else None


def runs_of(handle: Handle, phase: str, recipe: Recipe) -> list[FrozenTrial]:
    """Return the complete runs of a recipe in a phase, in the order of their seeds."""
    runs = [
        trial
        for trial in handle.confirm.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if trial.user_attrs.get("phase") == phase and effective_recipe(handle, trial) == recipe
    ]
    return sorted(runs, key=lambda run: run.user_attrs["number"])


def confirmed(handle: Handle, recipe: Recipe) -> NDArray[np.float64] | None:
    """Return a recipe's accuracies on fresh architectures, shape (seeds, architectures); None if missing."""
    runs = runs_of(handle, CONFIRMATION, recipe)
    if len(runs) < handle.settings.sizes().confirmation_seeds:
        return None
    return np.array([accuracies(run) for run in runs])


def accuracies(trial: FrozenTrial) -> NDArray[np.float64]:
    """Return the super-net's accuracies that a finished trial recorded."""
    correct = np.array(json.loads(trial.user_attrs["correct"]), dtype=np.float64)
    return correct / float(trial.user_attrs["ranking_images"])


def effective_recipe(handle: Handle, trial: FrozenTrial) -> Recipe:
    """Return what a trial trained: its parameters, and defaults where a factor does not apply."""
    return Recipe(trial.params).effective(handle.settings.factors)


def _plan(handle: Handle, phase: str, recipes: Sequence[Recipe], *, seeds: int) -> int:
    with Exclusive(handle.url):
        trials = handle.confirm.get_trials(deepcopy=False)
        planned = {
            (trial.user_attrs["phase"], trial.user_attrs["number"], planned_recipe(handle, trial))
            for trial in trials
            if "ticket" in trial.user_attrs
        }
        ticket = 1 + max((trial.user_attrs.get("ticket", -1) for trial in trials), default=-1)
        for number in range(seeds):
            for recipe in recipes:
                if (phase, number, recipe) in planned:
                    continue
                entry = tickets.Ticket(
                    number=ticket,
                    phase=phase,
                    parameters=dict(recipe),
                    # The same seeds for every recipe make differences between recipes paired.
                    seed=tickets.run_seed(handle.settings.seed, phase, number),
                    pool=FRESH if phase == CONFIRMATION else TRIALS,
                )
                handle.confirm.enqueue_trial(
                    entry.parameters, user_attrs={**entry.attributes(), "number": number}
                )
                ticket += 1
    return seeds * len(recipes)


def planned_recipe(handle: Handle, trial: FrozenTrial) -> Recipe:
    """Return the recipe that a trial was enqueued with, also while it waits or has only begun to ask."""
    return Recipe(trial.system_attrs["fixed_params"]).effective(handle.settings.factors)
