"""The order in which waiting trials are taken: those that were interrupted come first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from studies.tickets import SUPERSEDES

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


class NoTicketError(Exception):
    """No trial waits any more: another worker was faster."""


class TicketStudy(optuna.Study):
    """Optuna's study, except that no trial starts that does not wait in the queue.

    Interrupted trials are taken first, so that few checkpoints lie on the disk at any time.
    """

    def ask(self, fixed_distributions: dict[str, BaseDistribution] | None = None) -> optuna.Trial:
        """Take a waiting trial; `NoTicketError` where none is left."""
        # What Optuna does at this place, too: the sampler and the pruner are to see the latest trials.
        self._thread_local.cached_all_trials = None
        waiting = self.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        for trial in sorted(waiting, key=lambda trial: (SUPERSEDES not in trial.user_attrs, trial.number)):
            try:
                taken = self._storage.set_trial_state_values(trial._trial_id, state=TrialState.RUNNING)
            except UpdateFinishedTrialError:
                continue
            if taken:
                return optuna.Trial(self, trial._trial_id)
        raise NoTicketError
