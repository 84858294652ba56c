"""A worker's attempt at a trial: it saves, asks whether the trial is still its own, and heeds signals."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from typing import TYPE_CHECKING, Any

from objectives.attempt import Attempt, InterruptionError, Pace
from studies.schedule import attributes, recovery
from studies.storage.optuna_internals import trial_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    import optuna

    from studies.config.settings import StudySettings
    from studies.storage.retry import RetryingStorage
    from studies.workers.checkpoints import Checkpoints
    from studies.workers.processes.signals import StopRequest

STATE_FORMAT = 2
"""Raise it when a state's layout changes: older checkpoints are then passed over, and trials begin anew."""
PACE_SECONDS = 5.0
"""How often the pace is written at most."""

_log = logging.getLogger(__name__)


class SupersededError(InterruptionError):
    """The trial was given to another worker while this one was silent."""


class TrialAttempt(Attempt):
    """An attempt at an Optuna trial."""

    def __init__(
        self,
        trial: optuna.Trial,
        *,
        storage: RetryingStorage,
        settings: StudySettings,
        stop: StopRequest,
        checkpoints: Checkpoints | None,
    ) -> None:
        """Prepare an attempt.

        Args:
            trial: The trial; its number names the attempt.
            storage: Where the trial is kept.
            settings: The study's question.
            stop: Whether the process is to stop.
            checkpoints: Where states are saved; None where none are.
        """
        self._trial = trial
        self._storage = storage
        self._stop = stop
        self._checkpoints = checkpoints
        self._origin = recovery.origin(trial.number, trial.user_attrs)
        question = {
            "state_format": STATE_FORMAT,
            **settings.fingerprint(),
            "recipe": dict(sorted(trial.params.items())),
            "run_seed": trial.user_attrs["seed"],
            "pool": trial.user_attrs["pool"],
        }
        self._identity = hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()
        self._told = 0.0

    def check(self) -> None:
        """Raise `InterruptionError` where the process was asked to stop."""
        if self._stop.requested:
            raise InterruptionError

    def restore(self) -> Mapping[str, Any] | None:
        """Return the newest state of the trial's attempts."""
        state = None
        if self._checkpoints is not None:
            state = self._checkpoints.load(self._origin, identity=self._identity)
        if state is not None:
            self._trial.set_user_attr(attributes.RESUMED, state["run"]["step"])
            _log.warning("trial %d goes on at step %d", self._trial.number, state["run"]["step"])
        elif attributes.SUPERSEDES in self._trial.user_attrs:
            _log.warning(
                "trial %d begins anew: no checkpoint of trial %d is at hand", self._trial.number, self._origin
            )
        return state

    def save(self, state: Mapping[str, Any]) -> None:
        """Write the state, where the trial is still this worker's."""
        self._check_owner()
        if self._checkpoints is None:
            return
        self._checkpoints.save(self._origin, self._trial.number, state, identity=self._identity)
        try:
            # A worker may have been stopped between the look and the write for longer than its trial lived.
            self._check_owner()
        except SupersededError:
            self._checkpoints.discard_older(self._origin, self._trial.number)
            raise

    def advanced(self, pace: Pace) -> None:
        """Tell the storage how far the trial is, now and then, and not while the database is away."""
        now = time.monotonic()
        if self._told and now - self._told < PACE_SECONDS:
            return
        self._told = now
        text = [round(pace.epoch, 2), round(pace.epochs, 2), round(pace.images_per_second, 1)]
        self._storage.try_set_user_attr(trial_key(self._trial), attributes.PACE, text)

    def _check_owner(self) -> None:
        if self._storage.is_running(trial_key(self._trial)) is False:
            raise SupersededError
