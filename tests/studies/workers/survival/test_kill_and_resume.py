"""A worker is killed in the middle of a trial and another goes on, on each kind of storage."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from optuna.trial import TrialState

from studies.schedule import attributes, budget
from studies.schedule.stages import Stage, plan_next
from studies.schedule.study import open_study
from tests.processes import wait_until
from tests.studies.workers.survival.running import (
    checkpoints,
    new_study,
    run_one,
    start_worker,
    undisturbed,
    until_saved,
)

if TYPE_CHECKING:
    from pathlib import Path

    from studies.schedule.study import OpenStudy


def kill_a_worker_in_a_trial(opened: OpenStudy, folder: Path) -> None:
    worker = start_worker(folder, opened)
    until_saved(folder, worker)
    worker.send_signal(signal.SIGKILL)
    worker.wait()


def test_a_killed_trial_goes_on_in_another_worker_and_ends_as_if_nothing_had_been(
    address: str, tmp_path: Path
) -> None:
    opened = new_study(address)
    kill_a_worker_in_a_trial(opened, tmp_path)
    # The restarted worker finds the trial although nobody else was there.
    run_one(opened, tmp_path)
    trials = open_study(address, opened.name).study.trials
    lost, retry = trials[0], trials[-1]
    assert lost.state is TrialState.FAIL
    assert lost.user_attrs[attributes.SUPERSEDED_BY] == retry.number
    assert retry.state is TrialState.COMPLETE
    assert retry.user_attrs[attributes.RESUMED] > 0
    assert retry.params == lost.params
    assert retry.value == undisturbed(opened, retry)
    assert len(budget.counted(opened.study)) == 1
    assert not checkpoints(tmp_path)


def test_without_the_folder_it_begins_anew_says_so_and_ends_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    opened = new_study(f"sqlite:///{tmp_path}/wsnas.db")
    kill_a_worker_in_a_trial(opened, tmp_path)
    run_one(opened, tmp_path / "elsewhere")
    retry = opened.study.trials[-1]
    assert retry.state is TrialState.COMPLETE
    assert attributes.RESUMED not in retry.user_attrs
    assert "begins anew: no checkpoint of trial 0" in caplog.text
    assert retry.value == undisturbed(opened, retry)


def test_the_budget_is_exact_with_several_workers(address: str, tmp_path: Path) -> None:
    opened = new_study(address)
    workers = [start_worker(tmp_path, opened) for _ in range(2)]
    wait_until(lambda: plan_next(opened).stage is not Stage.TUNE, seconds=180, pause=0.2)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    codes = [worker.wait(20) for worker in workers]
    assert codes == 2 * [128 + signal.SIGTERM], workers[0].error
    again = open_study(address, opened.name)
    assert [trial.user_attrs["ticket"] for trial in budget.counted(again.study)] == list(range(3))
    assert len(again.study.trials) == 3
    assert not [file for file in checkpoints(tmp_path) if file.parent.name == "trials"]
