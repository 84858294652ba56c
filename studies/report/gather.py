"""Gathers a study's answer so far from the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.trial import TrialState

from studies.analysis.estimates import Estimate, gain_estimate, tau_estimate
from studies.config.inputs import FRESH, TRIALS, load_pools, load_table
from studies.report.answer import SEARCH, Answer, Measured, TrialRecord
from studies.schedule import budget
from studies.schedule.confirmation import confirmed, winner
from studies.schedule.readings import effective_recipe, judged_by
from studies.schedule.stages import progress_of
from studies.search.outcome import from_stored
from wsnas.spaces import get_space

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from objectives.recipe import Recipe
    from studies.schedule.study import OpenStudy
    from wsnas.ranking.pools import Pool


def gather(opened: OpenStudy, *, rounds: int = 200) -> Answer:
    """Gather a study's answer so far.

    Args:
        opened: The study.
        rounds: Bootstrap and permutation rounds of the analysis of factors.
    """
    from studies.analysis import divergence_rates, factor_effects, factor_importance, pair_interactions

    settings = opened.settings
    table = load_table(settings)
    pools = load_pools(settings)
    fresh = pools[FRESH]
    costs = opened.costs[FRESH]
    trials = tuple(_record(opened, trial) for trial in budget.counted(opened.study))
    best = winner(opened)
    measured = None if best is None else _measured(opened, best, fresh)
    baseline = _measured(opened, settings.baseline().effective(settings.factors), fresh)
    screen = [trial for trial in trials if trial.phase == "screen"]
    screened = [trial for trial in screen if trial.usable]
    factors, recipes = settings.factors, [trial.recipe for trial in screened]
    values = np.array([trial.value for trial in screened], dtype=float)
    seconds = np.array([trial.seconds for trial in screened])
    chance = {"seed": settings.seed, "rounds": rounds}
    kept = opened.study.user_attrs.get(SEARCH)
    return Answer(
        name=opened.name,
        storage=opened.address.shown,
        settings=settings,
        origin=table.origin,
        ceiling=table.ceiling,
        progress=progress_of(opened),
        trials=trials,
        winner=measured,
        baseline=baseline,
        gain=_gain(measured, baseline, fresh.truth),
        truth=fresh.truth,
        parameters=costs[0],
        flops=costs[1],
        trials_truth=pools[TRIALS].truth,
        reference_rankers={
            "parameters": tau_estimate(costs[0], fresh.truth),
            "FLOPs": tau_estimate(costs[1], fresh.truth),
        },
        recipe_deviation=float(values.std(ddof=1)) if len(values) > 1 else None,
        seed_deviation=_pooled([part.skdt for part in (measured, baseline) if part is not None]),
        importance=factor_importance(factors, recipes, values, **chance),
        effects=factor_effects(factors, recipes, values, seconds=seconds, **chance),
        interactions=pair_interactions(factors, recipes, values, **chance),
        divergence=divergence_rates(
            factors, [trial.recipe for trial in screen], [trial.diverged for trial in screen]
        ),
        search=None if kept is None else from_stored(kept, space=get_space(settings.space), table=table),
    )


def _record(opened: OpenStudy, trial: Any) -> TrialRecord:
    attributes = trial.user_attrs
    return TrialRecord(
        number=trial.number,
        phase=attributes["phase"],
        recipe=effective_recipe(opened, trial),
        parameters=dict(trial.params),
        value=trial.value if trial.state is TrialState.COMPLETE else None,
        curve=dict(trial.intermediate_values),
        diverged=bool(attributes.get("diverged", False)),
        seconds=trial.duration.total_seconds() if trial.duration is not None else 0.0,
        attributes=dict(attributes),
    )


def _measured(opened: OpenStudy, recipe: Recipe, fresh: Pool) -> Measured | None:
    runs = confirmed(opened, recipe)
    whole = [run for run in runs if not run.user_attrs.get("diverged", False)]
    if not whole:
        return None
    predicted = np.array([judged_by(run).accuracies for run in whole])
    seconds = [run.duration.total_seconds() for run in whole if run.duration is not None]
    return Measured(
        recipe=recipe,
        skdt=tau_estimate(predicted, fresh.truth),
        partial_tau=float(np.mean([run.user_attrs["partial_tau_given_parameters"] for run in whole])),
        accuracies=predicted,
        seeds=tuple(run.user_attrs["number"] for run in whole),
        diverged=len(runs) - len(whole),
        seconds=float(np.mean(seconds)),
    )


def _gain(ours: Measured | None, theirs: Measured | None, truth: NDArray[np.float64]) -> Estimate | None:
    """Return the difference over the seeds that both were measured with."""
    if ours is None or theirs is None:
        return None
    common = [seed for seed in ours.seeds if seed in theirs.seeds]
    if not common:
        return None
    predicted, reference = (
        part.accuracies[[part.seeds.index(seed) for seed in common]] for part in (ours, theirs)
    )
    return gain_estimate(predicted, reference, truth)


def _pooled(estimates: list[Estimate]) -> float | None:
    several = [estimate for estimate in estimates if estimate.seeds > 1]
    if not several:
        return None
    freedom = sum(estimate.seeds - 1 for estimate in several)
    return float(
        (sum(estimate.seed_deviation**2 * (estimate.seeds - 1) for estimate in several) / freedom) ** 0.5
    )
