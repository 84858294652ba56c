"""A study's trials as flat rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from objectives.objective import END
from studies.report.trials import BY_ACCURACY, BY_CROSS_ENTROPY
from studies.schedule import attributes, budget
from studies.storage.optuna_internals import attributes_of

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

    from studies.schedule.study import OpenStudy

_LEFT_OUT = (attributes.OWNER, attributes.PRUNABLE)
_ABOUT = ("study", "number", "state", "value", "seconds")
_FIRST = (attributes.PHASE, attributes.CHANGE, attributes.LENGTH, "score", BY_ACCURACY, BY_CROSS_ENTROPY)
_RENAMED = {attributes.SEED_NUMBER: "seed_number"}
"""The seed's number of a confirmation would hide the trial's."""


FOREIGN = "foreign"
"""Phase of trials that another program has run."""


def _foreign(study: optuna.Study) -> list[FrozenTrial]:
    return [trial for trial in budget.foreign(study) if trial.state.is_finished()]


def trial_columns(opened: OpenStudy) -> tuple[str, ...]:
    """Return the columns that every row has; what trials noted stands behind them."""
    return (*_ABOUT, *_FIRST, *(factor.name for factor in opened.settings.factors))


def trial_rows(opened: OpenStudy) -> list[dict[str, Any]]:
    """Return a row for each finished trial of the study and of its confirmation, whoever ran it.

    A row holds the trial's number, state, value, phase, change and s-KdT by either score, each factor, each
    rung's value as ``at_40`` and the other attributes.
    """
    rows = []
    for study in (opened.study, opened.confirm):
        for trial in sorted([*budget.finished(study), *_foreign(study)], key=lambda trial: trial.number):
            kept = {
                _RENAMED.get(name, name): value
                for name, value in attributes_of(trial).items()
                if name not in _LEFT_OUT
            }
            rungs = [pair for pair in sorted(trial.intermediate_values.items()) if pair[0] < END]
            rows.append(
                {
                    "study": study.study_name,
                    "number": trial.number,
                    "state": trial.state.name.lower(),
                    "value": trial.value,
                    "seconds": trial.duration.total_seconds() if trial.duration else None,
                    **{name: kept.get(name) for name in _FIRST},
                    attributes.PHASE: kept.get(attributes.PHASE, FOREIGN),
                    **trial.params,
                    **{f"at_{step}": value for step, value in rungs},
                    **kept,
                }
            )
    return rows
