"""Confirmation: changes that help are tried again, and the winner is measured on what nothing was chosen on.

A change that the screen calls helpful runs again with fresh seeds before it moves the reference. Winner and
baseline are then measured with new seeds on architectures that were never used before.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from objectives.recipe import Recipe
from studies.config.inputs import FRESH, TRIALS
from studies.schedule import attributes
from studies.schedule.readings import under_way
from studies.schedule.screen.measured import measure_screen
from studies.schedule.selection import plan_seeds, reference, runs_of, selected, standard_error, values_of

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from studies.schedule.study import OpenStudy

RECHECK, CONFIRMATION = "recheck", "confirmation"
"""Phases of the sibling's later trials."""
MOST_CONTENDERS = 3
"""So many changes that help are tried again, those with the largest effects."""


def settled(opened: OpenStudy) -> bool:
    """Return whether it is known which recipes are tried again at the present budget."""
    kept = opened.study.user_attrs.get(attributes.CONTENDERS)
    return kept is not None and json.loads(kept)["budget"] == opened.study.user_attrs[attributes.BUDGET]


def contenders(opened: OpenStudy) -> list[Recipe]:
    """Return the recipes that are tried again beside the reference."""
    kept = opened.study.user_attrs.get(attributes.CONTENDERS)
    return [] if kept is None else [Recipe(recipe) for recipe in json.loads(kept)["recipes"]]


def plan_recheck(opened: OpenStudy) -> None:
    """Settle which recipes are tried again, and enqueue the runs that this lacks."""
    if under_way(opened.confirm, RECHECK):
        return
    if not settled(opened):
        found = {
            "budget": opened.study.user_attrs[attributes.BUDGET],
            "recipes": [dict(recipe) for recipe in _contenders(opened)],
        }
        opened.study.set_user_attr(attributes.CONTENDERS, json.dumps(found))
    seeds = opened.settings.sizes().recheck_seeds
    plan_seeds(opened, RECHECK, contenders(opened), seeds=seeds, pool=TRIALS)


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
    runs that the screen has of the reference.
    """
    middle = reference(opened)
    known = attributes.CONTENDERS in opened.study.user_attrs
    if middle is None or not known or under_way(opened.confirm, RECHECK):
        return None
    screen = measure_screen(opened)
    level = [] if screen is None else screen.reference.taus.tolist()
    values = {recipe: values_of(opened, RECHECK, recipe) for recipe in contenders(opened)}
    means = {recipe: float(np.mean(runs)) for recipe, runs in values.items() if runs}
    if not (means and level):
        return middle
    best = max(means, key=means.__getitem__)
    groups = [level, *values.values()]
    margin = np.hypot(standard_error(values[best], groups), standard_error(level, groups))
    return best if means[best] - np.mean(level) > margin else middle


def plan_confirmation(opened: OpenStudy) -> None:
    """Enqueue the runs that confirmation lacks; none where there is no winner."""
    best = winner(opened)
    if best is None or under_way(opened.confirm, CONFIRMATION):
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
