"""A worker is killed in the middle of a trial and another goes on, on each kind of storage."""

from __future__ import annotations

import signal
import time
import uuid
from typing import TYPE_CHECKING

import pytest
from optuna.trial import TrialState

from benchmarks.soak import settings, start_worker, undisturbed
from studies.schedule import attributes, budget
from studies.schedule.plan import plan_trials
from studies.schedule.stages import Stage, plan_next
from studies.schedule.study import create_or_open, open_study
from studies.workers.attempt import RESUMED
from tests.studies.survival.running import checkpoints, run_one, until_saved

if TYPE_CHECKING:
    from pathlib import Path

    from studies.schedule.study import OpenStudy


@pytest.fixture
def opened(address: str) -> OpenStudy:
    """A study of three trials."""
    opened = create_or_open(address, f"study-{uuid.uuid4().hex[:8]}", settings(), grace=2)
    plan_trials(opened, budget=3)
    return opened


def test_a_killed_trial_goes_on_in_another_worker_and_ends_as_if_nothing_had_been(
    opened: OpenStudy, address: str, tmp_path: Path
) -> None:
    worker = start_worker(tmp_path, address, name=opened.name)
    until_saved(tmp_path, worker)
    worker.kill()
    worker.wait()
    # The restarted worker finds the trial although nobody else was there.
    run_one(opened, tmp_path)
    trials = open_study(address, opened.name).study.trials
    lost, retry = trials[0], trials[-1]
    assert lost.state is TrialState.FAIL
    assert lost.user_attrs[attributes.SUPERSEDED_BY] == retry.number
    assert retry.state is TrialState.COMPLETE
    assert retry.user_attrs[RESUMED] > 0
    assert retry.params == lost.params
    assert [retry.value] == undisturbed(opened, [retry])
    assert len(budget.counted(opened.study)) == 1
    assert not checkpoints(tmp_path)


def test_without_the_folder_it_begins_anew_says_so_and_ends_the_same(
    opened: OpenStudy, address: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if not address.startswith("sqlite"):
        pytest.skip("the storage plays no part in this")
    worker = start_worker(tmp_path, address, name=opened.name)
    until_saved(tmp_path, worker)
    worker.kill()
    worker.wait()
    run_one(opened, tmp_path / "elsewhere")
    retry = opened.study.trials[-1]
    assert retry.state is TrialState.COMPLETE
    assert RESUMED not in retry.user_attrs
    assert "begins anew: no checkpoint of trial 0" in caplog.text
    assert [retry.value] == undisturbed(opened, [retry])


def test_the_budget_is_exact_with_several_workers(opened: OpenStudy, address: str, tmp_path: Path) -> None:
    plan_trials(opened, budget=5)
    workers = [start_worker(tmp_path, address, name=opened.name) for _ in range(3)]
    deadline = time.monotonic() + 180
    while plan_next(opened).stage is Stage.TRIALS:
        assert time.monotonic() < deadline, (tmp_path / "worker.log").read_text()
        time.sleep(0.2)
    for worker in workers:
        worker.terminate()
    codes = [worker.wait(20) for worker in workers]
    assert codes == 3 * [128 + signal.SIGTERM], (tmp_path / "worker.log").read_text()
    again = open_study(address, opened.name)
    assert [trial.user_attrs["ticket"] for trial in budget.counted(again.study)] == list(range(5))
    assert len(again.study.trials) == 5
    assert not [file for file in checkpoints(tmp_path) if file.parent.name == "trials"]
