"""The queue of waiting trials: who takes one, and under which lock."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from optuna.exceptions import UpdateFinishedTrialError

from studies.schedule import attributes
from studies.schedule.budget import open_tickets, run_seed, taken
from studies.schedule.recovery import fail, is_duplicate, reclaim_lost
from studies.schedule.samplers import tune_pruner, tune_sampler
from studies.storage import worker_identity
from studies.storage.optuna_internals import read_trial, trial_key

if TYPE_CHECKING:
    from collections.abc import Callable

    import optuna

    from studies.schedule.study import OpenStudy
    from studies.schedule.ticket_study import TicketStudy

_log = logging.getLogger(__name__)


def take(
    opened: OpenStudy, study: TicketStudy, *, unless: Callable[[], bool] = lambda: False
) -> optuna.Trial | None:
    """Take the next waiting trial of one of a study's halves for this process; None where none waits.

    What was lost with other workers returns to the queue first. The trial has shown its first heartbeat and
    is signed before the lock is released, in this order: one that is not signed is reclaimed at once, one
    that is signed on another host is reclaimed by its silent heartbeat.

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
            opened.storage.first_heartbeat(trial_key(trial))
            try:
                trial.set_user_attr(attributes.OWNER, worker_identity.this_process())
            except UpdateFinishedTrialError:
                # Stalled for so long that a server took the lock away and another worker the trial.
                _log.warning("trial %d was silent for too long and runs elsewhere now", trial.number)
                return None
            if not is_duplicate(study, trial):
                return trial
            fail(study, read_trial(study, trial))
    return None
