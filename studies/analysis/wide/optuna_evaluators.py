"""Optuna's own evaluators of importance, to stand beside this project's."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import optuna
    from optuna.importance import BaseImportanceEvaluator

FANOVA_MOST_TRIALS = 300
"""fANOVA's time grows with the square of the trials."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluatorResult:
    """What one of Optuna's evaluators says."""

    name: str
    """PED-ANOVA, MDI or fANOVA."""
    importances: dict[str, float] | None
    """Importance by parameter, largest first; None where the evaluator failed or was skipped."""
    reason: str | None = None
    """Why there are no importances."""


def optuna_importances(
    study: optuna.Study, *, seed: int = 0, several: bool = False
) -> tuple[EvaluatorResult, ...]:
    """Run PED-ANOVA, MDI and fANOVA on the complete trials of a study.

    Failures of an evaluator become its reason; so do NaN importances. fANOVA is skipped beyond 300
    complete trials. Optuna drops trials that are not complete; fANOVA and MDI read log scales linearly.

    Args:
        study: A study.
        seed: Seed of the forests of MDI and fANOVA.
        several: Whether it has several objectives; the first one counts.

    """
    from optuna.importance import (
        FanovaImportanceEvaluator,
        MeanDecreaseImpurityImportanceEvaluator,
        PedAnovaImportanceEvaluator,
    )
    from optuna.trial import TrialState

    complete = len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))
    skipped = f"skipped beyond {FANOVA_MOST_TRIALS} complete trials, of which there are {complete}"
    run = partial(_run, study, (lambda trial: trial.values[0]) if several else None)
    return (
        run("PED-ANOVA", PedAnovaImportanceEvaluator),
        run("MDI", lambda: MeanDecreaseImpurityImportanceEvaluator(seed=seed)),
        EvaluatorResult(name="fANOVA", importances=None, reason=skipped)
        if complete > FANOVA_MOST_TRIALS
        else run("fANOVA", lambda: FanovaImportanceEvaluator(seed=seed)),
    )


def _run(
    study: optuna.Study,
    target: Callable[[optuna.trial.FrozenTrial], float] | None,
    name: str,
    make: Callable[[], BaseImportanceEvaluator],
) -> EvaluatorResult:
    from optuna.importance import get_param_importances

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = dict(get_param_importances(study, evaluator=make(), target=target))
    # Evaluators raise whatever their libraries do on small or odd studies; none may stop a report.
    except Exception as error:
        return EvaluatorResult(name=name, importances=None, reason=f"{type(error).__name__}: {error}")
    if not found:
        return EvaluatorResult(name=name, importances=None, reason="no parameter varies")
    if any(math.isnan(value) for value in found.values()):
        return EvaluatorResult(name=name, importances=None, reason="importances are NaN")
    return EvaluatorResult(name=name, importances={key: float(value) for key, value in found.items()})
