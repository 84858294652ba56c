"""The budget of a study, and its first trials: baselines and tune."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from objectives.question.asked import run_seed
from objectives.question.inputs import TRIALS
from studies.analysis.screen.allocation import FIRST_REFERENCE, FIRST_SEEDS
from studies.schedule import attributes
from studies.schedule.budget import Ticket, enqueue, free_numbers, holding, set_budget
from studies.schedule.recovery import forgive
from studies.schedule.screen.changes import changes_around
from wsnas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studies.config.settings import StudySettings
    from studies.schedule.study import OpenStudy

BASELINE, TUNE = "baseline", "tune"
"""Phases of the first trials."""
LEAST_CALLED = FIRST_REFERENCE + FIRST_SEEDS
"""Trials of a screen that could call one change."""
POINTS_A_FACTOR = 4
"""Points that a wide screen has at least for each factor that varies; fewer hardly ever tell anything."""


def plan_trials(opened: OpenStudy, *, budget: int | None, tune_more: int = 0) -> None:
    """Settle the budget: enqueue the tune tickets that are missing, take back waiting ones beyond it.

    The baselines come first. How many trials tune was settled when the study was made; a raised budget adds
    to the screen. Runs that were given up get another chance.

    Args:
        opened: The study.
        budget: Trials of tune and screen in all; the study's own, or that of the scale, where None.
        tune_more: Tune trials to add to both.

    Raises:
        InputError: see `settle_budget`; or the budget was lowered, so that there is no place for more.
    """
    settings = opened.settings
    with opened.lock():
        total, tune = settle_budget(settings, opened.study.user_attrs, budget=budget, tune_more=tune_more)
        planned = 1 + max(_tickets(opened), default=-1)
        if tune_more and planned > total - tune_more:
            raise InputError(
                f"tune_more {tune_more}: {planned} trials are planned and the budget is"
                f" {total - tune_more}: give --trials {planned} or more"
            )
        opened.study.set_user_attr(attributes.TUNE, tune)
        set_budget(opened.study, total)
        known = {
            trial.user_attrs[attributes.TICKET]
            for trial in holding(opened.study)
            if trial.user_attrs[attributes.PHASE] in _FIRST
        }
        missing = range(len(known), min(tune, total))
        free = free_numbers(opened.study)
        enqueue(opened.study, [_ticket(settings, position, next(free)) for position in missing])
        for study in (opened.study, opened.confirm):
            forgive(study)


def settle_budget(
    settings: StudySettings, kept: Mapping[str, Any], *, budget: int | None, tune_more: int
) -> tuple[int, int]:
    """Return how many trials there are to be in all and how many of them tune.

    Args:
        settings: What the study is about.
        kept: The study's user attributes; empty where it is new.
        budget: See `plan_trials`.
        tune_more: See there.

    Raises:
        InputError: tune trials are to be added to a study that is new, or a wide screen gets too few.
    """
    new, baselines = attributes.BUDGET not in kept, len(settings.baselines())
    if new and tune_more:
        raise InputError(
            f"tune_more {tune_more}: it adds to a study, and this one is new; a third of its --trials tune"
        )
    total = budget or int(kept.get(attributes.BUDGET, settings.sizes().trials))
    tune = int(kept.get(attributes.TUNE, tune_size(total, baselines)))
    if settings.screen == "sobol":
        varying = sum(not factor.held for factor in settings.factors)
        points = POINTS_A_FACTOR * varying
        if total - tune < points:
            enough = _budget_with(points, baselines)
            raise InputError(
                f"trials {total}: a wide screen of {varying} factors wants {POINTS_A_FACTOR} points for each,"
                f" so --trials {enough if new else points + tune} or more, or fewer --factors"
            )
    return total + tune_more, tune + tune_more


def without_screen(settings: StudySettings, *, budget: int, tune: int) -> str | None:
    """Return what a budget has no room for, and which one has it, in one line; None where there is room.

    Args:
        settings: What the study is about.
        budget: Trials of tune and screen.
        tune: How many of them tune.
    """
    if settings.screen == "sobol":
        # `settle_budget` sees to it.
        return None
    changes = sum(one.acts for one in changes_around(settings.factors, settings.start()))
    wanted, left = FIRST_REFERENCE + FIRST_SEEDS * (changes + 1), max(0, budget - tune)
    if not changes or left >= wanted:
        return None
    enough = _budget_with(wanted, len(settings.baselines()))
    lacks = "it can call nothing" if left < LEAST_CALLED else "most changes stay undecided"
    return (
        f"{left} of the {budget} trials are left for the screen, which says what each factor does: {lacks}."
        f" --trials {enough}"
        f" (of make: TRIALS={enough}) has room for {FIRST_SEEDS} seeds of each of {changes}"
        f" change{'s' * (changes > 1)}."
    )


def _tickets(opened: OpenStudy) -> set[int]:
    """Return the tickets that were ever given out."""
    trials = opened.study.get_trials(deepcopy=False)
    return {trial.user_attrs[attributes.TICKET] for trial in trials if attributes.TICKET in trial.user_attrs}


def tune_size(budget: int, baselines: int) -> int:
    """Return how many of a study's trials tune: a third, and at least the baselines."""
    return min(budget, max(baselines, round(budget / 3)))


def _budget_with(screen: int, baselines: int) -> int:
    """Return the least budget of a new study that leaves so many trials to the screen."""
    return next(one for one in itertools.count(screen) if one - tune_size(one, baselines) >= screen)


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
