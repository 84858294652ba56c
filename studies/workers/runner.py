"""Runs one taken trial and writes down what became of it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from objectives.attempt import InterruptionError
from objectives.objective import Objective
from objectives.question.inputs import load_problem, load_ranked_pools
from objectives.recipe import Recipe
from studies.schedule import attributes
from studies.schedule.confirmation import CONFIRMATION, winner
from studies.schedule.recovery import origin, reclaim_lost
from studies.schedule.study import refuse_other_images
from studies.storage.optuna_internals import read_trial, trial_key
from studies.workers.artifacts import illustrate
from studies.workers.attempt import SupersededError, TrialAttempt
from studies.workers.failures import MACHINE, breaks_device, fault_of, one_line
from studies.workers.leftovers import Folders, open_checkpoints, sweep
from studies.workers.processes.capacity import limit_threads
from studies.workers.processes.signals import StopRequest
from studies.workers.weights import save_weights, weights_path
from wsnas.errors import BrokenDeviceError, RunError

if TYPE_CHECKING:
    from objectives.question.inputs import Place
    from studies.schedule.study import OpenStudy
    from studies.schedule.ticket_study import TicketStudy
    from wsnas.supernets.base import SuperNet

_log = logging.getLogger(__name__)


class TrialRunner:
    """Runs a study's trials one after another; images, table and pools are loaded once."""

    def __init__(
        self,
        opened: OpenStudy,
        *,
        place: Place,
        folders: Folders | None = None,
        stop: StopRequest | None = None,
    ) -> None:
        """Load what all trials share.

        Args:
            opened: The study.
            place: Data folder and device.
            folders: Where pictures, weights and checkpoints go; none are kept where None.
            stop: Asked between any two steps whether to save, hand the trial back and return.
        """
        limit_threads()
        self.stop = stop or StopRequest()
        """Whether this process was asked to stop."""
        self._opened = opened
        self._folders = folders = folders or Folders()
        self._checkpoints = open_checkpoints(opened, folders.checkpoints)
        problem = load_problem(opened.settings, place)
        refuse_other_images(opened, problem.images)
        self._objective = Objective(
            problem=problem,
            factors=opened.settings.factors,
            pools=load_ranked_pools(opened.settings, opened.costs),
            keep=self._keep,
            attempt=self._attempt,
        )
        self.faults = 0
        """Faults of the machine in a row."""
        self._error: Exception | None = None

    def run(self, study: TicketStudy, trial: optuna.Trial) -> None:
        """Run a trial; its value, or why it has none, is in the storage afterwards.

        Raises:
            BrokenDeviceError: this process can use its device no more.
            RunError: the database stayed away.
        """
        self._error = None
        try:
            study.run(trial, self._run)
        except (AssertionError, ValueError, UnboundLocalError, UpdateFinishedTrialError) as error:
            # What Optuna says where the database stayed away, or the trial was given to another worker.
            if (away := _run_error_behind(error)) is not None:
                raise away from None
            if self._opened.storage.is_running(trial_key(trial)) is not False:
                raise
        self._settle(study, trial)
        error_of_trial = self._error
        if error_of_trial is not None and breaks_device(error_of_trial):
            raise BrokenDeviceError(f"this worker's device is broken ({one_line(error_of_trial)})")
        faulty = error_of_trial is not None and fault_of(error_of_trial) == MACHINE
        self.faults = self.faults + 1 if faulty else 0

    def sweep(self) -> None:
        """Remove what killed workers and former winners have left on the disk."""
        sweep(self._opened, self._folders)

    def _run(self, trial: optuna.Trial) -> float:
        """Return the objective's value; where there is none, keep the reason with the trial."""
        try:
            value = self._objective(trial)
        except optuna.TrialPruned:
            self._illustrate(trial, None)
            raise
        except (SupersededError, UpdateFinishedTrialError):
            raise
        except InterruptionError:
            self._keep_attribute(trial, attributes.INTERRUPTED, True)
            raise
        except Exception as error:
            self._error = error
            _log.exception("trial %d failed", trial.number)
            self._keep_attribute(trial, attributes.FAULT, fault_of(error))
            self._keep_attribute(trial, attributes.ERROR, one_line(error))
            _free_device_memory()
            raise
        self._illustrate(trial, value)
        return value

    def _settle(self, study: TicketStudy, trial: optuna.Trial) -> None:
        """Remove a finished trial's checkpoints, or return an interrupted one to the queue."""
        ended = read_trial(study, trial)
        if ended.state is not TrialState.FAIL:
            if study.study_name in self._checkpoints:
                self._checkpoints[study.study_name].remove(origin(ended.number, ended.user_attrs))
        elif attributes.INTERRUPTED in ended.user_attrs:
            with self._opened.lock():
                reclaim_lost(study)
        elif attributes.ERROR not in ended.user_attrs:
            _log.warning("trial %d was silent for too long and runs elsewhere now", ended.number)

    def _keep_attribute(self, trial: optuna.Trial, key: str, value: object) -> None:
        self._opened.storage.try_set_user_attr(trial_key(trial), key, value)

    def _illustrate(self, trial: optuna.Trial, value: float | None) -> None:
        if self._folders.study is not None:
            truth = self._objective.pools[trial.user_attrs[attributes.POOL]].pool.truth
            illustrate(trial, value, truth=truth, folder=self._folders.study)

    def _attempt(self, trial: optuna.Trial) -> TrialAttempt:
        return TrialAttempt(
            trial,
            storage=self._opened.storage,
            settings=self._opened.settings,
            stop=self.stop,
            checkpoints=self._checkpoints.get(trial.study.study_name),
        )

    def _keep(self, trial: optuna.Trial, supernet: SuperNet, snapshot: int) -> None:
        # All super-nets of the winner search in the end; those of the baseline beside it never do.
        if self._folders.study is None or trial.user_attrs[attributes.PHASE] != CONFIRMATION:
            return
        if Recipe(trial.params).effective(self._opened.settings.factors) == winner(self._opened):
            ticket = trial.user_attrs[attributes.TICKET]
            save_weights(supernet, weights_path(self._folders.study, self._opened.key, ticket, snapshot))


def _run_error_behind(error: BaseException | None) -> RunError | None:
    """Return the failed run that an error came from; None where there is none."""
    while error is not None:
        if isinstance(error, RunError):
            return error
        error = error.__cause__ or error.__context__
    return None


def _free_device_memory() -> None:
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
