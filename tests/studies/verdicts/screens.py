"""Invented screens: effects by hand, runs with a known truth, and workers that only pretend to train."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from objectives.question.inputs import load_pools
from objectives.recipe import Recipe
from studies.analysis.screen import ChangeEffect, SeedRuns, seed_runs
from studies.config.settings import choose_settings
from studies.schedule import attributes
from studies.schedule.plan import plan_trials
from studies.schedule.screen.changes import changes_around
from studies.schedule.screen.measured import MeasuredChange, MeasuredScreen
from studies.schedule.stages import Stage, plan_next
from studies.schedule.study import create_or_open
from wsnas.ranking import sparse_kendall_tau
from wsnas.ranking.judged import Judged

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from studies.config.settings import StudySettings
    from studies.schedule.study import OpenStudy

IMAGES = 1000
BUDGET = 40
"""Trials of the invented study."""
_FACTORS = ("path_dropout", "ofa_kernel", "bn_statistics", "bn_affine")
Ends = tuple[float, float]


def screen_with(
    settings: StudySettings, effects: Mapping[str, Ends], *, around: Mapping[str, Any] | None = None
) -> MeasuredScreen:
    """Return a screen around the baseline, or what differs from it, whose changes have these intervals.

    Changes are named ``factor=alternative``; the others have no seed.
    """
    recipe = Recipe({**settings.baseline(), **(around or {})})
    nothing = seed_runs([], np.linspace(0.8, 0.9, 10))
    changes = changes_around(settings.factors, recipe)
    assert set(effects) <= {change.name for change in changes}
    return MeasuredScreen(
        recipe=recipe,
        reference=nothing,
        changes=tuple(
            MeasuredChange(change=change, runs=nothing, effect=effect_of(effects.get(change.name)))
            for change in changes
        ),
    )


def effect_of(ends: Ends | None) -> ChangeEffect:
    """Return an effect with an interval; one that is not known where there is none."""
    low, high = ends or (None, None)
    return ChangeEffect(
        mean=None if low is None or high is None else (low + high) / 2,
        low=low,
        high=high,
        deviation=None,
        seeds=0 if ends is None else 4,
        diverged=0 if ends is None else 1,
        call="undecided",
    )


def invented_runs(
    rng: np.random.Generator, mean: float, deviation: float, seeds: int, *, of_architectures: float = 0.0
) -> SeedRuns:
    """Return runs whose s-KdT scatters around a mean, over seeds and by what 60 architectures pull."""
    pulls = of_architectures * 60**0.5 * rng.standard_normal(60)
    taus = mean + pulls.mean() + deviation * rng.standard_normal(seeds)
    # What each architecture adds, so that the jackknife finds the variance of the sum.
    return SeedRuns(taus=taus, without=taus[:, None] + (pulls.mean() - pulls) / 59)


def super_net(
    rng: np.random.Generator, truth: NDArray[np.float64], *, skill: float, accuracy: float | None = None
) -> Judged:
    """Return what a super-net makes of architectures that ranks as well as `skill` says."""
    standard = (truth - truth.mean()) / truth.std()
    middle = rng.uniform(0.3, 0.6) if accuracy is None else accuracy
    found = middle + 0.05 * (skill * standard + (1 - skill) * rng.standard_normal(len(truth)))
    correct = np.clip(np.rint(found * IMAGES), 0, IMAGES).astype(np.int64)
    return Judged(correct=correct, losses=(IMAGES - correct).astype(np.float64), images=IMAGES)


def invent_study(folder: Path) -> None:
    """Make a finished study, nb201-tiny, in which path dropout ruins the ranking and nothing else acts."""
    settings = choose_settings(space="nb201", scale="tiny", only=_FACTORS)
    opened = create_or_open(f"sqlite:///{folder}/wsnas.db", "nb201-tiny", settings)
    plan_trials(opened, budget=BUDGET)
    pretend_to_work(opened)


def pretend_to_work(opened: OpenStudy) -> None:
    """Finish the invented study as workers would, with invented super-nets in place of trained ones."""
    factors = opened.settings.factors
    truths = {name: pool.truth for name, pool in load_pools(opened.settings).items()}
    while plan_next(opened).stage is not Stage.DONE:
        for half in (opened.study, opened.confirm):
            while (trial := half.next_waiting()) is not None:
                recipe = {one.name: one.domain.suggest(trial, one.name) for one in factors}
                truth = truths[trial.user_attrs[attributes.POOL]]
                rng = np.random.default_rng(trial.user_attrs[attributes.SEED])
                judged = super_net(rng, truth, skill=0.0 if recipe["path_dropout"] else 0.9)
                trial.set_user_attr("correct", json.dumps(judged.correct.tolist()))
                trial.set_user_attr("losses", json.dumps(judged.losses.tolist()))
                trial.set_user_attr("ranking_images", judged.images)
                half.tell(trial, sparse_kendall_tau(judged.accuracies, truth))
