"""The budget of a study, and its first trials: baselines and tune."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studies.config.inputs import TRIALS
from studies.schedule import attributes
from studies.schedule.budget import Ticket, enqueue, free_numbers, holding, run_seed, set_budget
from studies.schedule.recovery import forgive

if TYPE_CHECKING:
    from studies.config.settings import StudySettings
    from studies.schedule.study import OpenStudy

BASELINE, TUNE = "baseline", "tune"
"""Phases of the first trials."""


def plan_trials(opened: OpenStudy, *, budget: int | None, tune_more: int = 0) -> None:
    """Settle the budget: enqueue the tune tickets that are missing, take back waiting ones beyond it.

    The baselines come first. How many trials tune was settled when the study was made; a raised budget adds
    to the screen. Runs that were given up get another chance.

    Args:
        opened: The study.
        budget: Trials of tune and screen in all; the study's own, or that of the scale, where None.
        tune_more: Tune trials to add to both.
    """
    settings = opened.settings
    with opened.lock():
        kept = opened.study.user_attrs
        budget = tune_more + (budget or kept.get(attributes.BUDGET, settings.sizes().trials))
        tuned = kept.get(attributes.TUNE)
        if tuned is None:
            tuned = tune_size(budget - tune_more, len(settings.baselines()))
        opened.study.set_user_attr(attributes.TUNE, tuned + tune_more)
        set_budget(opened.study, budget)
        known = [trial for trial in holding(opened.study) if trial.user_attrs[attributes.PHASE] in _FIRST]
        missing = range(len(known), min(tuned + tune_more, budget))
        free = free_numbers(opened.study)
        enqueue(opened.study, [_ticket(settings, position, next(free)) for position in missing])
        for study in (opened.study, opened.confirm):
            forgive(study)


def tune_size(budget: int, baselines: int) -> int:
    """Return how many of a study's trials tune: a third, and at least the baselines."""
    return min(budget, max(baselines, round(budget / 3)))


def _ticket(settings: StudySettings, position: int, number: int) -> Ticket:
    """Return a ticket; those after the baselines leave the recipe to the sampler."""
    baselines = settings.baselines()
    known = position < len(baselines)
    return Ticket(
        number=number,
        phase=BASELINE if known else TUNE,
        parameters=dict(baselines[position]) if known else {},
        seed=run_seed(settings.seed, "trial", position),
        pool=TRIALS,
        prunable=not known,
    )


_FIRST = (BASELINE, TUNE)
