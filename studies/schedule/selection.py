"""Selection: the best of many trials is lucky, so candidates run again, and one becomes the reference.

The reference recipe is what the screen moves factors around. It is settled once and stays, so that earlier
answers keep their meaning when a budget is raised.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from optuna.trial import TrialState

from objectives.objective import DIVERGED
from objectives.question.asked import run_seed
from objectives.question.inputs import TRIALS
from objectives.recipe import Recipe
from studies.analysis.estimates import pooled_variance
from studies.schedule import attributes, budget
from studies.schedule.plan import BASELINE, TUNE
from studies.schedule.readings import diverged, effective_recipe, planned_recipe
from studies.schedule.recovery import under_way

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from optuna.trial import FrozenTrial

    from studies.schedule.study import OpenStudy

SELECTION = "selection"
"""Phase of the candidates' runs."""


def candidates(opened: OpenStudy) -> list[Recipe]:
    """Return the distinct recipes of the best complete tune trials, best first; diverged ones are left out.

    The scale's known start is always among them where it ended well.
    """
    trials = [
        trial
        for trial in budget.counted(opened.study)
        if trial.state is TrialState.COMPLETE
        and trial.user_attrs[attributes.PHASE] in (BASELINE, TUNE)
        and not diverged(trial)
    ]
    found: dict[Recipe, None] = {}
    for trial in sorted(trials, key=lambda trial: (-(trial.value or 0.0), trial.number)):
        found.setdefault(effective_recipe(opened, trial))
    most = opened.settings.sizes().candidates
    best, start = list(found)[:most], _start(opened)
    return [*best[: most - 1], start] if start in found and start not in best else best


def _start(opened: OpenStudy) -> Recipe:
    return opened.settings.start().effective(opened.settings.factors)


def plan_selection(opened: OpenStudy) -> None:
    """Enqueue the runs that selection lacks, and settle the reference once they have ended."""
    if under_way(opened.confirm, SELECTION):
        return
    seeds = opened.settings.sizes().selection_seeds
    plan_seeds(opened, SELECTION, candidates(opened), seeds=seeds, pool=TRIALS)
    if reference(opened) is not None or under_way(opened.confirm, SELECTION):
        return
    with opened.lock():
        chosen = selected(opened)
        if chosen is not None and reference(opened) is None:
            opened.study.set_user_attr(attributes.REFERENCE, json.dumps(dict(chosen)))


def reference(opened: OpenStudy) -> Recipe | None:
    """Return the recipe that the screen moves factors around; None before it is settled."""
    kept = opened.study.user_attrs.get(attributes.REFERENCE)
    return None if kept is None else Recipe(json.loads(kept))


def selected(opened: OpenStudy) -> Recipe | None:
    """Return the candidate with the best mean over its selection seeds; None where none has a whole run.

    The known start stays unless another is better by more than a standard error of their difference, since
    it was chosen by more runs than these.
    """
    values = {recipe: values_of(opened, SELECTION, recipe) for recipe in candidates(opened)}
    means = {recipe: float(np.mean(runs)) for recipe, runs in values.items() if runs}
    if not means:
        return None
    best, start = max(means, key=means.__getitem__), _start(opened)
    stays = start in means and not better(values[best], values[start], values.values())
    return start if stays else best


def better(values: Sequence[float], than: Sequence[float], groups: Iterable[Sequence[float]]) -> bool:
    """Return whether a mean over seeds is larger by more than a standard error of the difference.

    Args:
        values: The mean's values.
        than: Those of the other.
        groups: Values of several recipes, whose seeds are taken to scatter alike.
    """
    # A diverged run makes its recipe's mean bad, but says nothing of how seeds scatter.
    pooled = pooled_variance([value for value in group if value > DIVERGED] for group in groups) or 0.0
    margin = (pooled / len(values) + pooled / len(than)) ** 0.5
    return bool(np.mean(values) - np.mean(than) > margin)


def runs_of(opened: OpenStudy, phase: str, recipe: Recipe) -> list[FrozenTrial]:
    """Return the complete runs of a recipe in a phase of the sibling, in the order of their seeds."""
    runs = [
        trial
        for trial in opened.confirm.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if trial.user_attrs.get(attributes.PHASE) == phase and effective_recipe(opened, trial) == recipe
    ]
    return sorted(runs, key=lambda run: run.user_attrs[attributes.SEED_NUMBER])


def values_of(opened: OpenStudy, phase: str, recipe: Recipe) -> list[float]:
    """Return the values of a recipe's runs in a phase of the sibling, in the order of their seeds."""
    return [run.value for run in runs_of(opened, phase, recipe) if run.value is not None]


def plan_seeds(
    opened: OpenStudy, phase: str, recipes: Sequence[Recipe], *, seeds: int, pool: str, length: int = 1
) -> None:
    """Enqueue in the sibling what a phase lacks: so many seeds of each recipe, the same ones of all."""

    def lacking() -> list[tuple[int, Recipe]]:
        planned = {
            (trial.user_attrs[attributes.SEED_NUMBER], planned_recipe(opened, trial))
            for trial in budget.holding(opened.confirm)
            if trial.user_attrs[attributes.PHASE] == phase
        }
        wanted = ((number, recipe) for number in range(seeds) for recipe in recipes)
        return [one for one in wanted if one not in planned]

    # Asked by every idle worker every few seconds: the lock is for those who have something to add.
    if not lacking():
        return
    with opened.lock():
        free = budget.free_numbers(opened.confirm)
        budget.enqueue(
            opened.confirm,
            [
                budget.Ticket(
                    number=next(free),
                    phase=phase,
                    parameters=dict(recipe),
                    # The same seeds for every recipe make differences between recipes paired.
                    seed=run_seed(opened.settings.seed, phase, number),
                    pool=pool,
                    length=length,
                    seed_number=number,
                )
                for number, recipe in lacking()
            ],
        )
