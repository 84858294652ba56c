"""Confirmation: changes that help are tried again, and the winner is measured on what nothing was chosen on.

A change that the screen calls helpful runs again with fresh seeds before it moves the reference. Winner and
baseline are then measured with new seeds on architectures that were never used before.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from objectives.question.inputs import FRESH, TRIALS
from objectives.recipe import Recipe
from studies.schedule import attributes
from studies.schedule.budget import counted
from studies.schedule.readings import diverged
from studies.schedule.recovery import under_way
from studies.schedule.screen.measured import measure_screen, screen_runs
from studies.schedule.selection import (
    SELECTION,
    better,
    plan_seeds,
    reference,
    runs_of,
    selected,
    values_of,
)

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from studies.schedule.study import OpenStudy

RECHECK, CONFIRMATION = "recheck", "confirmation"
"""Phases of the sibling's later trials."""
MOST_CONTENDERS = 3
"""So many changes that help are tried again, those with the largest effects."""


def settled(opened: OpenStudy) -> bool:
    """Return whether it is known, by all runs that there are now, which recipes are tried again."""
    kept = opened.study.user_attrs.get(attributes.CONTENDERS)
    return kept is not None and json.loads(kept)["seen"] == _seen(opened)


def contenders(opened: OpenStudy) -> list[Recipe]:
    """Return the recipes that are tried again beside the reference."""
    kept = opened.study.user_attrs.get(attributes.CONTENDERS)
    return [] if kept is None else [Recipe(recipe) for recipe in json.loads(kept)["recipes"]]


def plan_recheck(opened: OpenStudy) -> None:
    """Settle which recipes are tried again, and enqueue the runs that this lacks."""
    if under_way(opened.confirm, RECHECK):
        return
    if not settled(opened):
        with opened.lock():
            _settle(opened)
    again, middle = contenders(opened), reference(opened)
    if again and middle is not None and not _screened(opened):
        # A wide screen has no runs of the reference that these could be held against, nor has one whose
        # reference never ended well.
        again.append(middle)
    seeds = opened.settings.sizes().recheck_seeds
    plan_seeds(opened, RECHECK, again, seeds=seeds, pool=TRIALS)


def _settle(opened: OpenStudy) -> None:
    if not settled(opened):
        found = {"seen": _seen(opened), "recipes": [dict(recipe) for recipe in _contenders(opened)]}
        opened.study.set_user_attr(attributes.CONTENDERS, json.dumps(found))


def _seen(opened: OpenStudy) -> list[int]:
    """Return how many runs have ended of those that contenders are found by."""
    selection = (run.user_attrs[attributes.PHASE] == SELECTION for run in counted(opened.confirm))
    return [len(counted(opened.study)), sum(selection)]


def _screened(opened: OpenStudy) -> list[float]:
    """Return the values of the reference's whole runs in the screen."""
    return [
        trial.value
        for trial in screen_runs(opened)
        if trial.user_attrs.get(attributes.CHANGE) == "" and trial.value is not None and not diverged(trial)
    ]


def _contenders(opened: OpenStudy) -> list[Recipe]:
    """Return the changes that help, the largest first, all of them at once, and a newly selected recipe."""
    middle, screen = reference(opened), measure_screen(opened)
    if middle is None:
        return []
    helpful = [] if screen is None else [one for one in screen.changes if one.effect.call == "helps"]
    best = sorted(helpful, key=lambda one: -(one.effect.mean or 0.0))[:MOST_CONTENDERS]
    found = [one.change.parameters for one in best if one.change.acts]
    if len(found) > 1:
        together = {one.change.factor: one.change.alternative for one in reversed(best)}
        found.append(Recipe({**middle, **together}))
    # More tune trials may have found a better recipe than the reference that stays.
    anew = selected(opened)
    if anew is not None and anew != middle:
        found.append(anew)
    return list(dict.fromkeys(recipe.effective(opened.settings.factors) for recipe in found))


def winner(opened: OpenStudy) -> Recipe | None:
    """Return the reference, or what was tried again and is better; None while that is open.

    It has to be better with its fresh seeds alone, by more than a standard error of the difference from the
    runs that the screen has of the reference, or from fresh ones where there is no such screen.
    """
    middle = reference(opened)
    known = attributes.CONTENDERS in opened.study.user_attrs
    if middle is None or not known or under_way(opened.confirm, RECHECK):
        return None
    values = {recipe: values_of(opened, RECHECK, recipe) for recipe in contenders(opened)}
    means = {recipe: float(np.mean(runs)) for recipe, runs in values.items() if runs}
    level = _screened(opened) or values_of(opened, RECHECK, middle)
    if not (means and level):
        return middle
    best = max(means, key=means.__getitem__)
    return best if better(values[best], level, [level, *values.values()]) else middle


def plan_confirmation(opened: OpenStudy) -> None:
    """Enqueue the runs that confirmation lacks; none where there is no winner."""
    if under_way(opened.confirm, CONFIRMATION) or (best := winner(opened)) is None:
        return
    sizes = opened.settings.sizes()
    baseline = opened.settings.baseline().effective(opened.settings.factors)
    plan_seeds(
        opened,
        CONFIRMATION,
        list(dict.fromkeys((best, baseline))),
        seeds=sizes.confirmation_seeds,
        pool=FRESH,
        length=sizes.confirmation_length,
    )


def confirmed(opened: OpenStudy, recipe: Recipe) -> list[FrozenTrial]:
    """Return a recipe's confirmation runs in the order of their seeds; none while any run is open."""
    return [] if under_way(opened.confirm, CONFIRMATION) else runs_of(opened, CONFIRMATION, recipe)
