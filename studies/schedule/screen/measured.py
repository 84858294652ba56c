"""What a study's screen has measured so far: its runs by change, and the effects at the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from optuna.trial import TrialState

from objectives.question.inputs import TRIALS, load_pools
from studies.analysis.screen import change_effects, seed_runs
from studies.schedule import attributes
from studies.schedule.budget import counted
from studies.schedule.readings import diverged, predicted
from studies.schedule.screen.changes import changes_around
from studies.schedule.selection import reference

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from objectives.recipe import Recipe
    from studies.analysis.screen import ChangeEffect, SeedRuns
    from studies.schedule.screen.changes import Change
    from studies.schedule.study import OpenStudy
    from wsnas.ranking.judged import Score

SCREEN = "screen"
"""Phase of the screen's trials."""
CHANGES, SOBOL = "changes", "sobol"
"""The two ways to screen: one change at a time around the reference, or points all over the space."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class MeasuredChange:
    """A change with what its runs gave."""

    change: Change
    """The change."""
    runs: SeedRuns
    """Its runs."""
    effect: ChangeEffect
    """What it does at the reference."""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class MeasuredScreen:
    """A screen of single changes, as far as it is."""

    recipe: Recipe
    """The reference recipe."""
    reference: SeedRuns
    """Its runs."""
    changes: tuple[MeasuredChange, ...]
    """All changes, those without runs included; the last one is inert."""


def screen_runs(opened: OpenStudy) -> list[FrozenTrial]:
    """Return the complete trials of a study's screen, diverged ones included, by number."""
    return [
        trial
        for trial in counted(opened.study)
        if trial.user_attrs[attributes.PHASE] == SCREEN and trial.state is TrialState.COMPLETE
    ]


def measure_screen(opened: OpenStudy, score: Score | None = None) -> MeasuredScreen | None:
    """Bring a screen's finished runs together; None before there is a reference, or in a wide screen.

    Args:
        opened: The study.
        score: By what to rank; the study's own where None.
    """
    recipe = reference(opened)
    if recipe is None or opened.settings.screen != CHANGES:
        return None
    by_change: dict[str, list[FrozenTrial]] = {}
    for trial in screen_runs(opened):
        by_change.setdefault(trial.user_attrs[attributes.CHANGE], []).append(trial)
    truth = load_pools(opened.settings)[TRIALS].truth
    score = score or opened.settings.sizes().score

    def runs(name: str) -> SeedRuns:
        trials = by_change.get(name, [])
        whole = [predicted(trial, score) for trial in trials if not diverged(trial)]
        ranked = np.array(whole).reshape(len(whole), len(truth))
        return seed_runs(ranked, truth, diverged=len(trials) - len(whole))

    changes = changes_around(opened.settings.factors, recipe)
    middle, moved = runs(""), [runs(change.name) for change in changes]
    effects = change_effects(middle, moved)
    return MeasuredScreen(
        recipe=recipe,
        reference=middle,
        changes=tuple(
            MeasuredChange(change=change, runs=one, effect=effect)
            for change, one, effect in zip(changes, moved, effects, strict=True)
        ),
    )
