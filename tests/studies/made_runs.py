"""Studies whose trials are ended by hand: what a recipe reaches is made up, and nothing is trained."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy
from optuna.distributions import (
    distribution_to_json,
)
from optuna.trial import FrozenTrial, TrialState

from objectives.recipe import Recipe
from studies.schedule import attributes
from studies.schedule.recovery import reclaim_lost
from studies.schedule.stages import Stage, half_of, plan_next
from studies.storage.optuna_internals import enqueued_parameters, trial_key
from wsnas.ranking import sparse_kendall_tau
from wsnas.ranking.pools import Pool

if TYPE_CHECKING:
    from collections.abc import Callable

    import optuna
    from numpy.typing import NDArray

    from studies.schedule.stages import Progress
    from studies.schedule.study import OpenStudy

ARCHITECTURES, IMAGES = 40, 10_000_000
TRUTH = np.random.default_rng(0).permutation(np.linspace(0.5, 0.9, ARCHITECTURES))
_WRONG = np.random.default_rng(1).standard_normal(ARCHITECTURES)
"""What all super-nets get wrong alike."""
DIVERGES, FAILS = "diverges", "fails"
"""What a recipe may come to in place of a quality."""


def made_pools(_settings: Any) -> dict[str, Pool]:
    """Stand for `objectives.question.inputs.load_pools`."""
    pool = Pool(architectures=tuple(range(ARCHITECTURES)), truth=TRUTH)
    return {"trials": pool, "fresh": pool}


@dataclass(kw_only=True)
class MadeStudy:
    """A study with what its recipes come to."""

    opened: OpenStudy
    quality: Callable[[Recipe], float | str]
    """How much a recipe's super-nets know of the truth, about 0 to 1; or `DIVERGES`, or `FAILS`."""
    scatter: float = 0.1
    """By how much seeds differ."""
    stages: list[Stage] = field(default_factory=list)
    """The stages that `walk` came through."""

    def trials(self, *phases: str) -> list[FrozenTrial]:
        """Return the trials of some phases in their order; of all where none is given."""
        both = [*self.opened.study.get_trials(), *self.opened.confirm.get_trials()]
        return [trial for trial in both if not phases or trial.user_attrs.get(attributes.PHASE) in phases]

    def walk(self, until: Stage = Stage.DONE) -> Progress:
        """Do what workers do until a stage is reached, all of whose trials wait then."""
        for _ in range(200):
            progress = plan_next(self.opened)
            if self.stages[-1:] != [progress.stage]:
                self.stages.append(progress.stage)
            if progress.stage is until:
                return progress
            self.end(half_of(self.opened, progress.stage))
        raise AssertionError(f"the study hangs in {progress}")

    def end(self, study: optuna.Study, *, most: int | None = None) -> list[FrozenTrial]:
        """End the trials that wait, or the first of them, and return these as they were."""
        with self.opened.lock():
            reclaim_lost(study)
        waiting = [
            trial
            for trial in study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
            if attributes.TICKET in trial.user_attrs
        ][:most]
        with self.opened.storage.engine.begin() as connection:
            for trial in waiting:
                self._end(connection, trial)
        return waiting

    def predicted(self, quality: float, seed: int) -> NDArray[np.int64]:
        """Return how many images a super-net gets right with each architecture."""
        known = quality * (TRUTH - TRUTH.mean()) / TRUTH.std() + 0.6 * _WRONG
        seen = known + self.scatter * np.random.default_rng(seed).standard_normal(ARCHITECTURES)
        return np.asarray(np.round(IMAGES * (0.5 + 0.05 * seen)), dtype=np.int64)

    def _end(self, connection: sqlalchemy.Connection, trial: FrozenTrial) -> None:
        factors, seed = self.opened.settings.factors, trial.user_attrs[attributes.SEED]
        drawn = np.random.default_rng(seed).random(len(factors))
        sampled = {one.name: one.domain.at(unit) for one, unit in zip(factors, drawn, strict=True)}
        recipe = Recipe({**sampled, **enqueued_parameters(trial)})
        found = self.quality(recipe.effective(factors))
        if found == FAILS:
            kept = {attributes.ERROR: "ValueError: made up", attributes.FAULT: "recipe"}
            self._write(connection, trial, state="FAIL", kept=kept, recipe=recipe)
            return
        diverged = found == DIVERGES
        correct = self.predicted(0.0 if diverged else float(found), seed)
        kept = {
            "correct": json.dumps(correct.tolist()),
            "losses": json.dumps((IMAGES - correct).tolist()),
            "ranking_images": IMAGES,
            "diverged": diverged,
        }
        value = -1.0 if diverged else sparse_kendall_tau(correct / IMAGES, TRUTH)
        self._write(connection, trial, state="COMPLETE", kept=kept, recipe=recipe, value=value)

    def _write(
        self,
        connection: sqlalchemy.Connection,
        trial: FrozenTrial,
        *,
        state: str,
        kept: dict[str, Any],
        recipe: Recipe,
        value: float | None = None,
    ) -> None:
        """Write a trial's end at once; Optuna's own calls would take a tenth of a second."""
        key, begun = trial_key(trial), datetime(2026, 1, 1)

        def insert(table: str, **values: object) -> None:
            marks = ", ".join(f":{name}" for name in values)
            query = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"
            connection.execute(sqlalchemy.text(query), {"trial_id": key, **values})

        for name, one in kept.items():
            insert("trial_user_attributes", trial_id=key, key=name, value_json=json.dumps(one))
        for factor in self.opened.settings.factors:
            distribution = factor.domain.distribution()
            insert(
                "trial_params",
                trial_id=key,
                param_name=factor.name,
                param_value=distribution.to_internal_repr(recipe[factor.name]),
                distribution_json=distribution_to_json(distribution),
            )
        if value is not None:
            insert("trial_values", trial_id=key, objective=0, value=value, value_type="FINITE")
        ended = {"state": state, "begun": str(begun), "ended": str(begun + timedelta(seconds=10))}
        change = "state = :state, datetime_start = :begun, datetime_complete = :ended"
        connection.execute(
            sqlalchemy.text(f"UPDATE trials SET {change} WHERE trial_id = :key"), {"key": key, **ended}
        )
