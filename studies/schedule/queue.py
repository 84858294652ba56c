"""The queue of waiting trials: who takes one, under which lock, and which comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from studies.schedule import attributes
from studies.schedule.budget import open_tickets, run_seed, taken
from studies.schedule.recovery import fail, is_duplicate, reclaim_lost
from studies.schedule.samplers import tune_pruner, tune_sampler
from studies.storage import worker_identity
from studies.storage.optuna_internals import read_trial, start_trial, trial_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from studies.schedule.study import OpenStudy


class TicketStudy(optuna.Study):
    """Optuna's study, except that no trial starts that does not wait in the queue."""

    _taken: optuna.Trial | None = None

    def ask(self, fixed_distributions: Any = None) -> optuna.Trial:
        """Return the trial that `run` was given, else the next that waits; LookupError where none does."""
        trial, self._taken = self._taken, None
        if trial is None:
            trial = self.next_waiting()
        if trial is None:
            raise LookupError("no trial waits")
        return trial

    def next_waiting(self) -> optuna.Trial | None:
        """Start the next waiting trial; interrupted ones come first, so that few checkpoints pile up."""
        waiting = self.get_trials(deepcopy=False, states=(TrialState.WAITING,))
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


def take(
    opened: OpenStudy, study: TicketStudy, *, unless: Callable[[], bool] = lambda: False
) -> optuna.Trial | None:
    """Take the next waiting trial of one of a study's halves for this process; None where none waits.

    What was lost with other workers returns to the queue first. The trial is signed and has shown its first
    heartbeat before the lock is released, so that no trial runs whose worker is not known.

    Args:
        opened: The study.
        study: Its half.
        unless: Asked under the lock, which may be long in coming: whether to take nothing after all.
    """
    with opened.lock():
        reclaim_lost(study)
        while open_tickets(study) and not unless():
            # A seed for each trial taken: no worker, resumed or joined, draws what another has drawn.
            seed = run_seed(opened.settings.seed, "sampler", taken(study))
            study.sampler, study.pruner = tune_sampler(seed), tune_pruner(opened.settings.sizes())
            trial = study.next_waiting()
            if trial is None:
                return None
            trial.set_user_attr(attributes.OWNER, worker_identity.this_process())
            if is_duplicate(study, trial):
                fail(study, read_trial(study, trial))
                continue
            opened.storage.first_heartbeat(trial_key(trial))
            return trial
    return None
