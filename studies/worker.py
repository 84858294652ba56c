"""A worker: takes waiting trials, one after another, until none is left."""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from objectives.attempt import InterruptionError
from objectives.objective import Objective
from objectives.recipe import Recipe
from studies import owners, tickets
from studies.artifacts import illustrate
from studies.attempt import SupersededError, TrialAttempt
from studies.confirmation import CONFIRMATION, runs_of, winner
from studies.context import Place, load_pools, load_problem, ranked_pools
from studies.faults import MACHINE, breaks_device, fault_of, one_line
from studies.queue import NoTicketError
from studies.sampling import tune_pruner, tune_sampler
from studies.signals import StopRequest
from studies.stages import Stage, advance
from studies.storage import Exclusive
from studies.threads import limit_threads
from studies.weights import save_weights, sweep_weights, weights_path
from wsnas.errors import BrokenDeviceError, RunError

if TYPE_CHECKING:
    from pathlib import Path

    from studies.checkpoints import Checkpoints
    from studies.storage.patience import PatientStorage
    from studies.study import Handle
    from wsnas.supernets._base import SuperNet

_log = logging.getLogger(__name__)


FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
"""How often an idle worker looks whether the others have finished the stage, in seconds; ever less often,
since on a cluster many may be idle."""
LONGEST_FAULT_PAUSE = 60.0
"""How long a worker rests at most, in seconds, after faults of the machine in a row."""


def work(
    handle: Handle,
    *,
    place: Place,
    stop: StopRequest | None = None,
    deadline: float | None = None,
    folder: Path | None = None,
    checkpoints: Path | None = None,
) -> None:
    """Run a study's waiting trials, stage by stage, until its answer is complete.

    Args:
        handle: The study.
        place: Data folder and device.
        stop: Asked between any two steps whether to save, hand the trial back and return.
        deadline: No trial is started after this moment (`time.time`); None where there is no limit.
        folder: Keeps pictures of trials, and the winner's super-nets of its confirmation runs; None where
            none are kept.
        checkpoints: Folder of checkpoints, with a folder in it for each of the study's two halves; None
            where an interrupted trial is to begin anew.
    """
    limit_threads()
    worker = _Worker(handle, place, stop or StopRequest(), folder, checkpoints)
    pause = FIRST_PAUSE
    chance = random.Random(owners.this_process())
    while not worker.stop.requested and (deadline is None or time.time() < deadline):
        progress = advance(handle)
        if progress.stage is Stage.DONE:
            worker.sweep()
            return
        study = handle.study if progress.stage is Stage.TRIALS else handle.confirm
        if worker.run_one(study):
            pause = FIRST_PAUSE
            if worker.faults:
                # What is short now, memory or disk, may be there again in a while.
                worker.stop.wait(min(2.0**worker.faults, LONGEST_FAULT_PAUSE))
        else:
            worker.stop.wait(pause * chance.uniform(0.5, 1.0))
            pause = min(1.5 * pause, LONGEST_PAUSE)


class _Worker:
    """What a worker keeps between its trials."""

    def __init__(
        self, handle: Handle, place: Place, stop: StopRequest, folder: Path | None, checkpoints: Path | None
    ) -> None:
        self._handle = handle
        self.stop = stop
        self.faults = 0
        """Faults of the machine in a row."""
        self._folder = folder
        self._checkpoints = open_checkpoints(handle, checkpoints)
        self._objective = Objective(
            problem=load_problem(handle.settings, place),
            factors=handle.settings.factors,
            pools=ranked_pools(load_pools(handle.settings), handle.parameters),
            keep=self._keep,
            attempt=self._attempt,
        )

    def run_one(self, study: optuna.Study) -> bool:
        """Take a trial and run it; False where none waits."""
        handle = self._handle
        study.pruner = tune_pruner(handle.settings.sizes())
        with Exclusive(handle.address, patience=handle.storage.patience) as lock:
            tickets.reclaim_lost(study)
            if self.stop.requested or not tickets.open_tickets(study):
                return False
            # A seed for each trial taken: no worker, resumed or joined, draws what another has drawn.
            seed = tickets.run_seed(handle.settings.seed, "sampler", tickets.taken(study))
            study.sampler = tune_sampler(seed)
            signed = _Signed(self._objective, handle.storage, lock, self._folder)
            try:
                study.optimize(signed, n_trials=1, catch=(Exception,))
            except NoTicketError:
                return False
            except (AssertionError, ValueError, UnboundLocalError, UpdateFinishedTrialError) as error:
                # What Optuna says where the database stayed away, or the trial was given to another worker.
                if (away := _run_error_behind(error)) is not None:
                    raise away from None
                if signed.trial is None or handle.storage.is_running(signed.trial._trial_id) is not False:
                    raise
        if signed.trial is not None:
            self._clear_up(study, signed.trial)
        if signed.error is not None and breaks_device(signed.error):
            raise BrokenDeviceError(f"this worker's device is broken ({one_line(signed.error)})")
        faulty = signed.error is not None and fault_of(signed.error) == MACHINE
        self.faults = self.faults + 1 if faulty else 0
        return True

    def sweep(self) -> None:
        """Remove the checkpoints that killed workers left behind, and the weights of former winners."""
        handle, best = self._handle, winner(self._handle)
        sweep_checkpoints(handle, self._checkpoints)
        if self._folder is not None and best is not None:
            searching = {run.user_attrs["ticket"] for run in runs_of(handle, CONFIRMATION, best)}
            sweep_weights(self._folder, handle.key, keep=searching)

    def _clear_up(self, study: optuna.Study, trial: optuna.Trial) -> None:
        """Remove a finished trial's checkpoints, or return an interrupted one to the queue."""
        ended = study._storage.get_trial(trial._trial_id)
        if ended.state is TrialState.FAIL and tickets.INTERRUPTED not in ended.user_attrs:
            if tickets.ERROR not in ended.user_attrs:
                _log.warning("trial %d was silent for too long and runs elsewhere now", ended.number)
        elif ended.state is TrialState.FAIL:
            with Exclusive(self._handle.address, patience=self._handle.storage.patience):
                tickets.reclaim_lost(study)
        elif study.study_name in self._checkpoints:
            self._checkpoints[study.study_name].remove(tickets.origin(ended.number, ended.user_attrs))

    def _attempt(self, trial: optuna.Trial) -> TrialAttempt:
        return TrialAttempt(
            trial,
            storage=self._handle.storage,
            settings=self._handle.settings,
            stop=self.stop,
            checkpoints=self._checkpoints.get(trial.study.study_name),
        )

    def _keep(self, trial: optuna.Trial, supernet: SuperNet, snapshot: int) -> None:
        # All super-nets of the winner search in the end; those of the baseline beside it never do.
        if self._folder is None or trial.user_attrs["phase"] != CONFIRMATION:
            return
        if Recipe(trial.params).effective(self._handle.settings.factors) == winner(self._handle):
            file = weights_path(self._folder, self._handle.key, trial.user_attrs["ticket"], snapshot)
            save_weights(supernet, file)


def open_checkpoints(handle: Handle, folder: Path | None) -> dict[str, Checkpoints]:
    """Return the checkpoints of the study's two halves by their names; none where there is no folder."""
    from studies.checkpoints import Checkpoints

    if folder is None:
        return {}
    halves = {handle.study.study_name: "trials", handle.confirm.study_name: "confirm"}
    # Studies may share a folder, also those of one name in two storages.
    return {name: Checkpoints(folder / handle.key / half) for name, half in halves.items()}


def sweep_checkpoints(handle: Handle, checkpoints: dict[str, Checkpoints]) -> int:
    """Remove the checkpoints of trials that are finished and return how many files those were."""
    return sum(
        checkpoints[study.study_name].sweep(tickets.unfinished_origins(study))
        for study in (handle.study, handle.confirm)
        if study.study_name in checkpoints
    )


class _Signed:
    """Signs a trial with its worker, lets the next worker take one, and keeps the reason of a failure."""

    def __init__(
        self, objective: Objective, storage: PatientStorage, lock: Exclusive, folder: Path | None
    ) -> None:
        self._objective = objective
        self._folder = folder
        self._storage = storage
        self._lock = lock
        self.trial: optuna.Trial | None = None
        self.error: Exception | None = None

    def __call__(self, trial: optuna.Trial) -> float:
        self.trial = trial
        trial.set_user_attr(owners.ATTRIBUTE, owners.this_process())
        if tickets.is_duplicate(trial.study, trial):
            raise SupersededError
        self._storage.first_heartbeat(trial._trial_id)
        self._lock.release()
        try:
            value = self._objective(trial)
        except optuna.TrialPruned:
            self._illustrate(trial, None)
            raise
        except (SupersededError, UpdateFinishedTrialError):
            raise
        except InterruptionError:
            self._storage.try_set_user_attr(trial._trial_id, tickets.INTERRUPTED, True)
            raise
        except Exception as error:
            self.error = error
            _log.exception("trial %d failed", trial.number)
            self._storage.try_set_user_attr(trial._trial_id, tickets.FAULT, fault_of(error))
            self._storage.try_set_user_attr(trial._trial_id, tickets.ERROR, one_line(error))
            _free_device_memory()
            raise
        self._illustrate(trial, value)
        return value

    def _illustrate(self, trial: optuna.Trial, value: float | None) -> None:
        if self._folder is not None:
            truth = self._objective.pools[trial.user_attrs["pool"]].pool.truth
            illustrate(trial, value, truth=truth, folder=self._folder)


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
