"""Optuna's study with a queue of tickets: which waiting trial comes first, and how a taken one is run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from studies.schedule import attributes
from studies.storage.optuna_internals import start_trial

if TYPE_CHECKING:
    from collections.abc import Callable


class TicketStudy(optuna.Study):
    """Optuna's study, except that no trial starts that does not wait in the queue."""

    stopped: bool = False
    """Whether a callback asked for the end; no trial is taken after that."""
    _taken: optuna.Trial | None = None

    def ask(self, fixed_distributions: Any = None) -> optuna.Trial:
        """Return the trial that `run` was given, else the next that waits; LookupError where none does."""
        trial, self._taken = self._taken, None
        if trial is None:
            trial = self.next_waiting()
        if trial is None:
            raise LookupError("no trial waits")
        return trial

    def stop(self) -> None:
        """Take no further trial in this process; Optuna's ends the one call that runs a trial."""
        self.stopped = True

    def next_waiting(self) -> optuna.Trial | None:
        """Start the next waiting trial; interrupted ones come first, so that few checkpoints pile up."""
        # Those that somebody else has enqueued have no ticket before they are looked at (`queue.take`).
        waiting = [
            trial
            for trial in self.get_trials(deepcopy=False, states=(TrialState.WAITING,))
            if attributes.TICKET in trial.user_attrs
        ]
        retried_first = sorted(
            waiting, key=lambda trial: (attributes.SUPERSEDES not in trial.user_attrs, trial.number)
        )
        for trial in retried_first:
            try:
                started = start_trial(self, trial)
            except UpdateFinishedTrialError:
                continue
            if started is not None:
                return started
        return None

    def run(self, trial: optuna.Trial, objective: Callable[[optuna.Trial], float]) -> None:
        """Run a trial that was taken: Optuna keeps its heartbeat and writes down how it ends."""
        self._taken = trial
        self.optimize(objective, n_trials=1, catch=(Exception,))
