"""What the tests of survival do with workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from objectives.evaluate import evaluate_recipe
from objectives.problem import pool_scores
from objectives.recipe import Recipe
from studies.config.inputs import Place, load_pools, load_problem
from studies.schedule.queue import take
from studies.storage.address import STORAGE_VARIABLE
from studies.workers.leftovers import Folders
from studies.workers.processes.signals import StopRequest
from studies.workers.runner import TrialRunner
from tests.processes import Forked, fork, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from optuna.trial import FrozenTrial

    from studies.schedule.study import OpenStudy


def start_worker(folder: Path, opened: OpenStudy, *, leave_seconds: float | None = None) -> Forked:
    """Start a worker as a user would in another shell; its words go to ``worker.log``."""
    return fork(
        *("worker", "--study", opened.name, "--checkpoints", str(folder / "saved")),
        folder=folder,
        environment={STORAGE_VARIABLE: opened.address.url},
        log="worker.log",
        leave_seconds=leave_seconds,
    )


def checkpoints(folder: Path) -> list[Path]:
    return list((folder / "saved").rglob("*.pt"))


def until_saved(folder: Path, worker: Forked) -> None:
    """Wait until a trial is under way and saved."""

    def saved() -> bool:
        assert worker.poll() is None, (folder / "worker.log").read_text()
        return bool(checkpoints(folder))

    wait_until(saved, pause=0.02)


def run_one(opened: OpenStudy, folder: Path | None) -> None:
    """Do in this process what a worker does with one trial."""
    folders = Folders(checkpoints=None if folder is None else folder / "saved")
    runner = TrialRunner(opened, place=Place(device="cpu"), folders=folders, stop=StopRequest())
    trial = take(opened, opened.study)
    assert trial is not None
    runner.run(opened.study, trial)


def undisturbed(opened: OpenStudy, trial: FrozenTrial) -> float:
    """Return what a finished trial's recipe and seed give in this process, where it was not pruned."""
    pool = load_pools(opened.settings)[trial.user_attrs["pool"]]
    ranking = evaluate_recipe(
        load_problem(opened.settings, Place(device="cpu")),
        Recipe(trial.params).effective(opened.settings.factors),
        pool,
        seed=trial.user_attrs["seed"],
        at_rung=lambda _share, _accuracies: None,
    )
    return pool_scores(pool, ranking, opened.costs[trial.user_attrs["pool"]][0])["sparse_kendall_tau"]
