"""A worker: takes waiting trials, one after another, until none is left."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import optuna

from objectives.objective import Objective
from studies import owners, tickets
from studies.confirmation import CONFIRMATION
from studies.context import Place, load_pools, load_problem, ranked_pools
from studies.sampling import tune_pruner, tune_sampler
from studies.stages import Stage, advance
from studies.storage import Exclusive
from studies.weights import save_weights, weights_path

if TYPE_CHECKING:
    from pathlib import Path

    from studies.study import Handle
    from wsnas.supernets._base import SuperNet

_log = logging.getLogger(__name__)


POLL_SECONDS = 0.5
"""How often an idle worker looks whether the others have finished the stage."""


def work(
    handle: Handle,
    *,
    place: Place,
    deadline: float | None = None,
    weights: Path | None = None,
) -> None:
    """Run a study's waiting trials, stage by stage, until its answer is complete.

    Args:
        handle: The study.
        place: Data folder and device.
        deadline: No trial is started after this moment (`time.time`); None where there is no limit.
        weights: Folder that keeps the super-nets of confirmation runs; None where none are kept.
    """
    objective = _objective(handle, place, weights)
    while deadline is None or time.time() < deadline:
        progress = advance(handle)
        if progress.stage is Stage.DONE:
            return
        study = handle.study if progress.stage is Stage.TRIALS else handle.confirm
        study.pruner = tune_pruner(handle.settings.sizes())
        with Exclusive(handle.url) as lock:
            tickets.reclaim_lost(study)
            if tickets.open_tickets(study):
                # A seed for each trial taken: no worker, resumed or joined, draws what another has drawn.
                seed = tickets.run_seed(handle.settings.seed, "sampler", tickets.taken(study))
                study.sampler = tune_sampler(seed)
                study.optimize(_Signed(objective, lock), n_trials=1, catch=(Exception,))
                continue
        time.sleep(POLL_SECONDS)


def _objective(handle: Handle, place: Place, weights: Path | None) -> Objective:
    def keep(trial: optuna.Trial, supernet: SuperNet, snapshot: int) -> None:
        # One super-net of each confirmed recipe is enough for the final search.
        if weights is not None and (trial.user_attrs["phase"], trial.user_attrs.get("number")) == (
            CONFIRMATION,
            0,
        ):
            save_weights(supernet, weights_path(weights, trial.user_attrs["ticket"], snapshot))

    return Objective(
        problem=load_problem(handle.settings, place),
        factors=handle.settings.factors,
        pools=ranked_pools(load_pools(handle.settings), handle.parameters),
        keep=keep,
    )


class _Signed:
    """Signs a trial with its worker, lets the next worker take one, and keeps the reason of a failure."""

    def __init__(self, objective: Objective, lock: Exclusive) -> None:
        self._objective = objective
        self._lock = lock

    def __call__(self, trial: optuna.Trial) -> float:
        trial.set_user_attr(owners.ATTRIBUTE, owners.this_process())
        self._lock.release()
        try:
            return self._objective(trial)
        except optuna.TrialPruned:
            raise
        except Exception as error:
            trial.set_user_attr("error", f"{type(error).__name__}: {error}".splitlines()[0])
            raise
