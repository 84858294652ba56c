"""A study of one's own as flat rows, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from objectives.objective import METRIC
from studies.report.own.words import unknown
from studies.report.tables.catalogue import COLUMNS, effect_rows
from wsnas.errors import InputError, one_of, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from optuna.trial import FrozenTrial

    from studies.report.own.study import OwnStudy

Row = dict[str, Any]
_LEFT_OUT = ("prunable",)


def rows(own: OwnStudy, name: str) -> list[Row]:
    """Return a table by its name; `InputError` where there is none."""
    if name not in OWN_TABLES:
        raise InputError(f"table {show(name)}: {one_of(name, OWN_TABLES)} (of a study without a screen)")
    return OWN_TABLES[name](own)


def _trial(own: OwnStudy, trial: FrozenTrial) -> Row:
    found = dict(zip(own.metrics, trial.values or [None] * len(own.metrics), strict=True))
    return {
        "number": trial.number,
        "state": trial.state.name.lower(),
        **found,
        "elapsed": trial.duration.total_seconds() if trial.duration else None,
        **trial.params,
        **{f"at_{step}": value for step, value in sorted(trial.intermediate_values.items())},
        **{name: value for name, value in trial.user_attrs.items() if name not in (*_LEFT_OUT, *found)},
    }


def _curves(own: OwnStudy) -> list[Row]:
    found = []
    for trial in own.trials:
        points = dict(trial.intermediate_values)
        if trial in own.usable:
            points[100] = trial.values[0]
        about = {"number": trial.number, "state": trial.state.name.lower()}
        found += [{**about, "per_cent": step, METRIC: value} for step, value in sorted(points.items())]
    return found


OWN_TABLES: dict[str, Callable[[OwnStudy], list[Row]]] = {
    "trials": lambda own: [_trial(own, trial) for trial in own.trials],
    "curves": _curves,
    "front": lambda own: [_trial(own, trial) for trial in own.front],
    "importance": lambda own: [asdict(one) for one in own.importance],
    "effects": lambda own: effect_rows(own.effects),
}
"""All tables by name."""


def own_columns(name: str, own: OwnStudy) -> tuple[str, ...]:
    """Return the columns of a table while it has no rows; with rows it may have more."""
    if name in COLUMNS:
        return COLUMNS[name]
    factors = tuple(factor.name for factor in own.settings.factors)
    return ("number", "state", *own.metrics, "elapsed", *factors)


def own_dictionary(own: OwnStudy) -> dict[str, Any]:
    """Return what `wsnas report --json` prints: what such a study cannot know is None, and said."""
    return {
        "space": own.settings.space,
        "study": own.name,
        "confirmed": None,
        "factors": None,
        "verdicts": None,
        "search": None,
        "importance": [
            {"name": one.name, "value": one.share, "low": one.low, "high": one.high}
            for one in own.importance
            if not one.note
        ],
        "front": [
            {
                "trial": trial.number,
                **dict(zip(own.metrics, trial.values, strict=True)),
                "recipe": dict(own.recipe(trial)),
            }
            for trial in own.front
        ],
        "unknown": list(unknown(own)),
    }
