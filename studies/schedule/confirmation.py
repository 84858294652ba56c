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
from studies.config.inputs import FRESH, TRIALS
from studies.schedule import budget
from studies.storage.optuna_internals import enqueued_parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from optuna.trial import FrozenTrial

    from studies.schedule.study import OpenStudy

SELECTION, CONFIRMATION = "selection", "confirmation"


def candidates(opened: OpenStudy, *, most: int) -> list[Recipe]:
    """Return the distinct recipes of the best complete trials, best first; diverged ones are left out."""
    trials = [
        trial
        for trial in budget.counted(opened.study)
        if trial.state is TrialState.COMPLETE and not trial.user_attrs.get("diverged", False)
    ]
    found: dict[Recipe, None] = {}
    for trial in sorted(trials, key=lambda trial: (-(trial.value or 0.0), trial.number)):
        found.setdefault(effective_recipe(opened, trial))
    return list(found)[:most]


def plan_selection(opened: OpenStudy) -> None:
    """Enqueue the runs that selection lacks."""
    sizes = opened.settings.sizes()
    _plan(opened, SELECTION, candidates(opened, most=sizes.candidates), seeds=sizes.selection_seeds)


def plan_confirmation(opened: OpenStudy) -> None:
    """Enqueue the runs that confirmation lacks; none where there is no winner."""
    best = winner(opened)
    if best is None:
        return
    baseline = opened.settings.baseline().effective(opened.settings.factors)
    recipes = list(dict.fromkeys((best, baseline)))
    _plan(opened, CONFIRMATION, recipes, seeds=opened.settings.sizes().confirmation_seeds)


def winner(opened: OpenStudy) -> Recipe | None:
    """Return the candidate with the best mean over its selection seeds; None while any of them is open.

    A candidate whose runs failed for good is left out.
    """
    if _open(opened, SELECTION):
        return None
    means: dict[Recipe, float] = {}
    for recipe in candidates(opened, most=opened.settings.sizes().candidates):
        runs = runs_of(opened, SELECTION, recipe)
        if runs:
            means[recipe] = float(np.mean([run.value for run in runs]))
    return max(means, key=means.__getitem__) if means else None


def _open(opened: OpenStudy, phase: str) -> bool:
    states = (TrialState.WAITING, TrialState.RUNNING)
    trials = opened.confirm.get_trials(deepcopy=False, states=states)
    return any(trial.user_attrs.get("phase") == phase for trial in trials)


def runs_of(opened: OpenStudy, phase: str, recipe: Recipe) -> list[FrozenTrial]:
    """Return the complete runs of a recipe in a phase, in the order of their seeds."""
    runs = [
        trial
        for trial in opened.confirm.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if trial.user_attrs.get("phase") == phase and effective_recipe(opened, trial) == recipe
    ]
    return sorted(runs, key=lambda run: run.user_attrs["number"])


def confirmed(opened: OpenStudy, recipe: Recipe) -> list[FrozenTrial]:
    """Return a recipe's confirmation runs in the order of their seeds; none while any run is open."""
    return [] if _open(opened, CONFIRMATION) else runs_of(opened, CONFIRMATION, recipe)


def accuracies(trial: FrozenTrial) -> NDArray[np.float64]:
    """Return the super-net's accuracies that a finished trial recorded."""
    correct = np.array(json.loads(trial.user_attrs["correct"]), dtype=np.float64)
    return correct / float(trial.user_attrs["ranking_images"])


def effective_recipe(opened: OpenStudy, trial: FrozenTrial) -> Recipe:
    """Return what a trial trained: its parameters, and defaults where a factor does not apply."""
    return Recipe(trial.params).effective(opened.settings.factors)


def _plan(opened: OpenStudy, phase: str, recipes: Sequence[Recipe], *, seeds: int) -> None:
    with opened.lock():
        trials = opened.confirm.get_trials(deepcopy=False)
        planned = {
            (trial.user_attrs["phase"], trial.user_attrs["number"], planned_recipe(opened, trial))
            for trial in trials
            if "ticket" in trial.user_attrs
        }
        ticket = 1 + max((trial.user_attrs.get("ticket", -1) for trial in trials), default=-1)
        for number in range(seeds):
            for recipe in recipes:
                if (phase, number, recipe) in planned:
                    continue
                entry = budget.Ticket(
                    number=ticket,
                    phase=phase,
                    parameters=dict(recipe),
                    # The same seeds for every recipe make differences between recipes paired.
                    seed=budget.run_seed(opened.settings.seed, phase, number),
                    pool=FRESH if phase == CONFIRMATION else TRIALS,
                )
                opened.confirm.enqueue_trial(
                    entry.parameters, user_attrs={**entry.attributes(), "number": number}
                )
                ticket += 1


def planned_recipe(opened: OpenStudy, trial: FrozenTrial) -> Recipe:
    """Return the recipe that a trial was enqueued with, also while it waits or has only begun to ask."""
    return Recipe(enqueued_parameters(trial)).effective(opened.settings.factors)
