"""The plan of a study's trials: baselines, screen and tune, each with its ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.config.inputs import TRIALS
from studies.schedule import attributes
from studies.schedule.budget import Ticket, enqueue, run_seed, set_budget
from studies.schedule.design import sobol_design
from studies.schedule.recovery import forgive

if TYPE_CHECKING:
    from objectives.recipe import Recipe
    from studies.config.settings import StudySettings
    from studies.schedule.study import OpenStudy


def plan_trials(opened: OpenStudy, *, budget: int | None) -> None:
    """Settle the budget: enqueue the tickets that are missing, take back waiting ones beyond it.

    The baselines come first, then the screen, whose size was settled when the study was made; a raised
    budget adds tune trials. None keeps the study's budget, and gives a new study the scale's. Runs that were
    given up get another chance.
    """
    settings = opened.settings
    with opened.lock():
        kept = opened.study.user_attrs
        if budget is None:
            budget = kept.get(attributes.BUDGET, settings.sizes().trials)
        if attributes.BUDGET not in kept:
            opened.study.set_user_attr(attributes.SCREEN, screen_size(budget - len(settings.baselines())))
        set_budget(opened.study, budget)
        design = sobol_design(
            settings.factors,
            size=opened.study.user_attrs[attributes.SCREEN],
            seed=run_seed(settings.seed, "screen", 0),
        )
        planned = [
            *(("baseline", recipe) for recipe in settings.baselines()),
            *(("screen", recipe) for recipe in design),
        ]
        enqueue(opened.study, (_ticket(settings, planned, number) for number in range(budget)))
        for study in (opened.study, opened.confirm):
            forgive(study)


def _ticket(settings: StudySettings, planned: list[tuple[str, Recipe]], number: int) -> Ticket:
    """Return a ticket of the budget; those after the planned recipes leave the recipe to the sampler."""
    phase, parameters = planned[number] if number < len(planned) else ("tune", {})
    return Ticket(
        number=number,
        phase=phase,
        parameters=dict(parameters),
        seed=run_seed(settings.seed, "trial", number),
        pool=TRIALS,
        prunable=phase == "tune",
    )


def screen_size(available: int) -> int:
    """Return the largest power of two that leaves a quarter of the available trials to tune."""
    size = 1
    while 2 * size <= 0.75 * available:
        size *= 2
    return size if available >= 1 else 0
