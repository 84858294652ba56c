"""A study without what only analyses read: its trials' states and tickets, in two quick queries."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy
from optuna.trial import FrozenTrial, TrialState

from objectives.memory import PEAK
from studies.schedule import attributes
from studies.schedule.ticket_study import TicketStudy
from studies.storage.optuna_internals import study_key

if TYPE_CHECKING:
    from collections.abc import Container

    from studies.schedule.study import OpenStudy
    from studies.storage.retry import RetryingStorage

_KEYS = (
    *("ticket", "phase", "origin", "device", attributes.SUPERSEDES, attributes.PACE, attributes.ERROR),
    *(attributes.FAULT, attributes.INTERRUPTED, attributes.OWNER, attributes.DUPLICATE, PEAK),
)
"""User attributes that are read."""


class StatesOnlyStudy(TicketStudy):
    """A study whose trials have neither parameters nor values; thousands of them are read in no time."""

    def __init__(self, *, study_name: str, storage: RetryingStorage) -> None:
        super().__init__(study_name=study_name, storage=storage)
        self._reader = storage
        self._seen: list[FrozenTrial] | None = None

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Return the trials as they were at the first look, by their numbers."""
        if self._seen is None:
            self._seen = self._reader.wait(self._read)
        return [trial for trial in self._seen if states is None or trial.state in states]

    def _read(self) -> list[FrozenTrial]:
        trials = sqlalchemy.table("trials", *map(_column, ("trial_id", "study_id", "number", "state")))
        attributes = sqlalchemy.table(
            "trial_user_attributes", *map(_column, ("trial_id", "key", "value_json"))
        )
        start, end = (
            sqlalchemy.column(name, sqlalchemy.DateTime) for name in ("datetime_start", "datetime_complete")
        )
        mine = trials.c.study_id == study_key(self)
        with self._reader.engine.connect() as connection:
            rows = connection.execute(
                sqlalchemy.select(trials.c.trial_id, trials.c.number, trials.c.state, start, end)
                .where(mine)
                .order_by(trials.c.number)
            ).all()
            kept: dict[int, dict[str, Any]] = {row[0]: {} for row in rows}
            query = (
                sqlalchemy.select(attributes)
                .join(trials, trials.c.trial_id == attributes.c.trial_id)
                .where(mine, attributes.c.key.in_(_KEYS))
            )
            for trial, key, text in connection.execute(query):
                if trial in kept:
                    kept[trial][key] = json.loads(text)
        return [
            FrozenTrial(
                number=number,
                state=TrialState[state],
                value=None,
                datetime_start=started,
                datetime_complete=ended,
                params={},
                distributions={},
                user_attrs=kept[trial],
                system_attrs={},
                intermediate_values={},
                trial_id=trial,
            )
            for trial, number, state, started, ended in rows
        ]


def states_only(opened: OpenStudy) -> OpenStudy:
    """Return a study's opened that reads only states and tickets."""
    return replace(
        opened,
        study=StatesOnlyStudy(study_name=opened.study.study_name, storage=opened.storage),
        confirm=StatesOnlyStudy(study_name=opened.confirm.study_name, storage=opened.storage),
    )


def _column(name: str) -> sqlalchemy.ColumnClause[Any]:
    kind = sqlalchemy.Integer if name in ("trial_id", "study_id", "number") else sqlalchemy.String
    return sqlalchemy.column(name, kind)
