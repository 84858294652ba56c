"""Optuna's private parts that are used, each with why no public one does.

``tests/studies/storage/test_optuna_internals.py`` fails by name when another Optuna changes one of them.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import optuna
from optuna.artifacts._upload import ARTIFACTS_ATTR_PREFIX
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from optuna.artifacts import ArtifactMeta

UNLISTED_CALLS = ("_create_new_trial", "_set_trial_param", "_get_trials", "_get_best_trial_id")
"""What Optuna's cache calls in place of a storage's public calls: who wraps those wraps these, too."""

_LONG = "wsnas:"
"""Begins the names of the system attributes that are ours: Optuna offers to set user attributes only."""


class HeartbeatStorage(RDBStorage):
    """Optuna's storage, whose judgement of which trials are stale can be replaced: Optuna asks no other."""

    def _get_stale_trial_ids(self, study_id: int) -> list[int]:
        return self.stale_trials(study_id)

    def stale_trials(self, study_id: int) -> list[int]:
        """Return the keys of running trials whose workers count as dead."""
        return super()._get_stale_trial_ids(study_id)


def trial_key(trial: FrozenTrial | optuna.Trial) -> int:
    """Return the key by which storages know a trial; only its number within the study is public."""
    return trial._trial_id


def study_key(study: optuna.Study) -> int:
    """Return the key by which storages know a study; only its name is public."""
    return study._study_id


def backend_of(study: optuna.Study) -> Any:
    """Return the storage that a study was opened with, without the cache that Optuna puts before it."""
    return getattr(study._storage, "_backend", study._storage)


def read_trial(study: optuna.Study, trial: FrozenTrial | optuna.Trial) -> FrozenTrial:
    """Return a trial as it stands in the storage; `Study.trials` would read them all."""
    return study._storage.get_trial(trial._trial_id)


def start_trial(study: optuna.Study, trial: FrozenTrial) -> optuna.Trial | None:
    """Start a chosen waiting trial; None where another process was faster. `Study.ask` chooses by itself.

    Raises:
        UpdateFinishedTrialError: the trial has ended.
    """
    # What Optuna does before it asks, too: sampler and pruner are to see the latest trials.
    study._thread_local.cached_all_trials = None
    started = study._storage.set_trial_state_values(trial._trial_id, state=TrialState.RUNNING)
    return optuna.Trial(study, trial._trial_id) if started else None


def fail_trial(study: optuna.Study, trial: FrozenTrial) -> None:
    """End a waiting trial, or one of a process that is gone; `Study.tell` ends only those of its own.

    Raises:
        UpdateFinishedTrialError: the trial has ended by itself.
    """
    study._storage.set_trial_state_values(trial._trial_id, state=TrialState.FAIL)


def set_attribute(study: optuna.Study, trial: FrozenTrial, key: str, value: Any) -> None:
    """Set a user attribute of a trial that is not this process's own; a `FrozenTrial` only of its copy."""
    study._storage.set_trial_user_attr(trial._trial_id, key, value)


def keep_long(trial: optuna.Trial, name: str, text: str) -> None:
    """Keep a long text with a trial where no list of trials shows it, as it shows user attributes."""
    trial.storage.set_trial_system_attr(trial._trial_id, _LONG + name, text)


def keep_long_of_study(study: optuna.Study, name: str, text: str) -> None:
    """Keep a long text with a study likewise."""
    study._storage.set_study_system_attr(study._study_id, _LONG + name, text)


def attributes_of(one: FrozenTrial | optuna.Study) -> dict[str, Any]:
    """Return all attributes of a trial or a study, long ones, too; earlier versions kept all as a user's."""
    if isinstance(one, optuna.Study):
        kept = one._storage.get_study_system_attrs(one._study_id)
    else:
        kept = one.system_attrs
    long = {name.removeprefix(_LONG): value for name, value in kept.items() if name.startswith(_LONG)}
    return {**one.user_attrs, **long}


def enqueued_parameters(trial: FrozenTrial) -> Mapping[str, Any]:
    """Return what a trial was enqueued with; `FrozenTrial.params` has it only once it was asked for."""
    parameters: Mapping[str, Any] = trial.system_attrs.get("fixed_params", {})
    return parameters


def set_enqueued_parameters(study: optuna.Study, trial: FrozenTrial, parameters: Mapping[str, Any]) -> None:
    """Change what a waiting trial was enqueued with; `Study.enqueue_trial` only adds another trial."""
    study._storage.set_trial_system_attr(trial._trial_id, "fixed_params", dict(parameters))


def add_retry(
    study: optuna.Study,
    last: FrozenTrial,
    *,
    first: int,
    parameters: Mapping[str, Any],
    user_attrs: Mapping[str, Any],
) -> None:
    """Enqueue another attempt at a trial under Optuna's own names for a retry, without its pruners' notes.

    `RetryHeartbeatStaleTrialCallback` would copy these, so that rungs counted twice, and serves only trials
    that fell silent.
    """
    history: Sequence[int] = last.system_attrs.get("retry_history", [])
    study.add_trial(
        create_trial(
            state=TrialState.WAITING,
            system_attrs={
                "fixed_params": dict(parameters),
                "failed_trial": first,
                "retry_history": [*history, last.number],
            },
            user_attrs=dict(user_attrs),
        )
    )


def record_artifact(study: optuna.Study, meta: ArtifactMeta) -> str:
    """Make an artifact known under a name of its own, and return its address in a dashboard.

    `upload_artifact` takes a new name at each upload, so that links to it would break.
    """
    key, text = f"{ARTIFACTS_ATTR_PREFIX}{meta.artifact_id}", json.dumps(asdict(meta))
    study._storage.set_study_system_attr(study._study_id, key, text)
    return f"/artifacts/{study._study_id}/{meta.artifact_id}"
