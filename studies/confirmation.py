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
        for trial in tickets.counted(handle.study)
        if trial.state is TrialState.COMPLETE and not trial.user_attrs.get("diverged", False)
    ]
    found: dict[Recipe, None] = {}
    for trial in sorted(trials, key=lambda trial: (-(trial.value or 0.0), trial.number)):
        found.setdefault(effective_recipe(handle, trial))
    return list(found)[:most]


def plan_selection(handle: Handle) -> None:
    """Enqueue the runs that selection lacks."""
    sizes = handle.settings.sizes()
    _plan(handle, SELECTION, candidates(handle, most=sizes.candidates), seeds=sizes.selection_seeds)


def plan_confirmation(handle: Handle) -> None:
    """Enqueue the runs that confirmation lacks; none where there is no winner."""
    best = winner(handle)
    if best is None:
        return
    baseline = handle.settings.baseline().effective(handle.settings.factors)
    recipes = list(dict.fromkeys((best, baseline)))
    _plan(handle, CONFIRMATION, recipes, seeds=handle.settings.sizes().confirmation_seeds)


def winner(handle: Handle) -> Recipe | None:
    """Return the candidate with the best mean over its selection seeds; None while any of them is open.

    A candidate whose runs failed for good is left out.
    """
    if _open(handle, SELECTION):
        return None
    means: dict[Recipe, float] = {}
    for recipe in candidates(handle, most=handle.settings.sizes().candidates):
        runs = runs_of(handle, SELECTION, recipe)
        if runs:
            means[recipe] = float(np.mean([run.value for run in runs]))
    return max(means, key=means.__getitem__) if means else None


def _open(handle: Handle, phase: str) -> bool:
    states = (TrialState.WAITING, TrialState.RUNNING)
    trials = handle.confirm.get_trials(deepcopy=False, states=states)
    return any(trial.user_attrs.get("phase") == phase for trial in trials)


def runs_of(handle: Handle, phase: str, recipe: Recipe) -> list[FrozenTrial]:
    """Return the complete runs of a recipe in a phase, in the order of their seeds."""
    runs = [
        trial
        for trial in handle.confirm.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if trial.user_attrs.get("phase") == phase and effective_recipe(handle, trial) == recipe
    ]
    return sorted(runs, key=lambda run: run.user_attrs["number"])


def confirmed(handle: Handle, recipe: Recipe) -> list[FrozenTrial]:
    """Return a recipe's confirmation runs in the order of their seeds; none while any run is open."""
    return [] if _open(handle, CONFIRMATION) else runs_of(handle, CONFIRMATION, recipe)


def accuracies(trial: FrozenTrial) -> NDArray[np.float64]:
    """Return the super-net's accuracies that a finished trial recorded."""
    correct = np.array(json.loads(trial.user_attrs["correct"]), dtype=np.float64)
    return correct / float(trial.user_attrs["ranking_images"])


def effective_recipe(handle: Handle, trial: FrozenTrial) -> Recipe:
    """Return what a trial trained: its parameters, and defaults where a factor does not apply."""
    return Recipe(trial.params).effective(handle.settings.factors)


def _plan(handle: Handle, phase: str, recipes: Sequence[Recipe], *, seeds: int) -> None:
    with Exclusive(handle.address, patience=handle.storage.patience):
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


def planned_recipe(handle: Handle, trial: FrozenTrial) -> Recipe:
    """Return the recipe that a trial was enqueued with, also while it waits or has only begun to ask."""
    return Recipe(trial.system_attrs["fixed_params"]).effective(handle.settings.factors)
