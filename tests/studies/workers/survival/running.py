"""What the tests of survival do with workers."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from objectives.evaluate import evaluate_recipe
from objectives.problem import pool_scores
from objectives.question.inputs import Place, load_pools, load_problem
from objectives.recipe import Recipe
from studies.schedule.plan import plan_trials
from studies.schedule.queue import take
from studies.schedule.study import create_or_open
from studies.storage.address import STORAGE_VARIABLE
from studies.workers.leftovers import Folders
from studies.workers.runner import TrialRunner
from tests.processes import Forked, wait_until
from tests.studies.short_study import settings

if TYPE_CHECKING:
    from pathlib import Path

    from optuna.trial import FrozenTrial

    from studies.schedule.study import OpenStudy


def new_study(address: str) -> OpenStudy:
    """Return a study with three trials to tune; its workers are called dead after two seconds of silence."""
    opened = create_or_open(address, f"study-{uuid.uuid4().hex[:8]}", settings(), grace=2)
    plan_trials(opened, budget=8)
    return opened


def start_worker(folder: Path, opened: OpenStudy, *, leave_seconds: float | None = None) -> Forked:
    """Start a worker as a user would in another shell."""
    return Forked(
        *("worker", "--study", opened.name, "--checkpoints", str(folder / "saved")),
        folder=folder,
        environment={STORAGE_VARIABLE: opened.address.url},
        name="worker",
        leave_seconds=leave_seconds,
    )


def checkpoints(folder: Path) -> list[Path]:
    return list((folder / "saved").rglob("*.pt"))


def until_saved(folder: Path, worker: Forked) -> None:
    """Wait until a trial is under way and saved."""

    def saved() -> bool:
        assert worker.poll() is None, worker.error
        return bool(checkpoints(folder))

    wait_until(saved, pause=0.02)


def run_one(opened: OpenStudy, folder: Path | None) -> None:
    """Do in this process what a worker does with one trial."""
    folders = Folders(checkpoints=None if folder is None else folder / "saved")
    runner = TrialRunner(opened, place=Place(device="cpu"), folders=folders)
    trial = take(opened, opened.study)
    assert trial is not None
    runner.run(opened.study, trial)


def undisturbed(opened: OpenStudy, trial: FrozenTrial) -> float:
    """Return what a finished trial's recipe and seed give in this process, where it was not pruned."""
    pool = load_pools(opened.settings)[trial.user_attrs["pool"]]
    problem = load_problem(opened.settings, Place(device="cpu"))
    ranking = evaluate_recipe(
        problem,
        Recipe(trial.params).effective(opened.settings.factors),
        pool,
        seed=trial.user_attrs["seed"],
        at_rung=lambda _share, _judged: None,
    )
    parameters = opened.costs[trial.user_attrs["pool"]][0]
    return pool_scores(pool, ranking, parameters, score=problem.score)["sparse_kendall_tau"]
