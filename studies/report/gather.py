"""Gathers a study's answer so far from the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from optuna.trial import TrialState

from objectives.question.inputs import FRESH, TRIALS, load_pools, load_table
from studies.analysis.estimates import tau_estimate
from studies.report.answer import SEARCH, Answer, TrialRecord
from studies.report.measure import ensemble_gain, gain, measured, seed_deviation, top_half
from studies.schedule import attributes, budget
from studies.schedule.confirmation import confirmed, winner
from studies.schedule.readings import diverged, effective_recipe, judged_by
from studies.schedule.screen.measured import SCREEN, SOBOL, measure_screen
from studies.schedule.stages import progress_of
from studies.search.outcome import from_stored
from wsnas.spaces import get_space

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from objectives.recipe import Recipe
    from studies.report.answer import Measured
    from studies.schedule.study import OpenStudy
    from wsnas.ranking.pools import Pool


def gather(opened: OpenStudy, *, rounds: int = 200) -> Answer:
    """Gather a study's answer so far.

    Args:
        opened: The study.
        rounds: Bootstrap and permutation rounds of the analysis of a wide screen.
    """
    from studies.analysis.wide import divergence_rates, factor_effects, factor_importance, pair_interactions

    settings = opened.settings
    table = load_table(settings)
    pools = load_pools(settings)
    fresh = pools[FRESH]
    costs = opened.costs[FRESH]
    counted = {"parameters": costs[0], "FLOPs": costs[1]}
    trials = tuple(_record(opened, trial) for trial in budget.counted(opened.study))
    best = winner(opened)
    ours = None if best is None else _measured(opened, best, fresh)
    baseline = _measured(opened, settings.baseline().effective(settings.factors), fresh)
    screen = measure_screen(opened)
    by_accuracy = screen if settings.sizes().score == "accuracy" else measure_screen(opened, "accuracy")
    wide = [trial for trial in trials if trial.phase == SCREEN] if settings.screen == SOBOL else []
    screened = [trial for trial in wide if trial.usable]
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
        budget=int(opened.study.user_attrs.get(attributes.BUDGET, len(trials))),
        progress=progress_of(opened),
        trials=trials,
        extra=tuple(_record(opened, trial) for trial in budget.extra(opened.study)),
        foreign=len(budget.foreign(opened.study)),
        winner=ours,
        baseline=baseline,
        gain=gain(ours, baseline, fresh.truth),
        ensemble_gain=ensemble_gain(ours, baseline, fresh.truth),
        truth=fresh.truth,
        parameters=costs[0],
        flops=costs[1],
        trials_truth=pools[TRIALS].truth,
        reference_rankers={name: tau_estimate(counts, fresh.truth) for name, counts in counted.items()},
        reference_top_half={name: top_half(counts, fresh.truth) for name, counts in counted.items()},
        seed_deviation=seed_deviation([part for part in (ours, baseline) if part is not None]),
        screen=screen,
        screen_by_accuracy=by_accuracy,
        recipe_deviation=float(values.std(ddof=1)) if len(values) > 1 else None,
        importance=factor_importance(factors, recipes, values, **chance) if wide else (),
        effects=factor_effects(factors, recipes, values, seconds=seconds, **chance) if wide else (),
        interactions=pair_interactions(factors, recipes, values, **chance) if wide else (),
        divergence=divergence_rates(
            factors, [trial.recipe for trial in wide], [trial.diverged for trial in wide]
        ),
        search=None if kept is None else from_stored(kept, space=get_space(settings.space), table=table),
    )


def _record(opened: OpenStudy, trial: FrozenTrial) -> TrialRecord:
    kept = trial.user_attrs
    return TrialRecord(
        number=trial.number,
        phase=kept[attributes.PHASE],
        recipe=effective_recipe(opened, trial),
        parameters=dict(trial.params),
        value=trial.value if trial.state is TrialState.COMPLETE else None,
        curve=dict(trial.intermediate_values),
        diverged=diverged(trial),
        seconds=_seconds(trial),
        attributes=dict(kept),
    )


def _measured(opened: OpenStudy, recipe: Recipe, fresh: Pool) -> Measured | None:
    runs = confirmed(opened, recipe)
    whole = [run for run in runs if not diverged(run)]
    if not whole:
        return None
    judged = [judged_by(run) for run in whole]
    score = opened.settings.sizes().score
    parameters, flops = opened.costs[FRESH]
    return measured(
        recipe,
        predicted=np.array([one.by(score) for one in judged]),
        accuracies=np.array([one.accuracies for one in judged]),
        truth=fresh.truth,
        parameters=parameters,
        flops=flops,
        seeds=tuple(run.user_attrs[attributes.SEED_NUMBER] for run in whole),
        diverged=len(runs) - len(whole),
        seconds=float(np.mean([_seconds(run) for run in whole])),
    )


def _seconds(trial: FrozenTrial) -> float:
    return trial.duration.total_seconds() if trial.duration is not None else 0.0
