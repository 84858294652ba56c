"""Workers that are asked to stop, and workers that stall."""

from __future__ import annotations

import signal
import subprocess
import time
import uuid
from typing import TYPE_CHECKING

import pytest
from optuna.trial import TrialState

from benchmarks.soak import settings, start_worker, undisturbed
from studies.schedule import attributes, budget, recovery
from studies.schedule.plan import plan_trials
from studies.schedule.study import create_or_open, open_study
from studies.storage import StorageLock
from studies.workers.attempt import RESUMED
from studies.workers.status import study_status
from tests.studies.survival.running import checkpoints, run_one, until_saved

if TYPE_CHECKING:
    from pathlib import Path

    from studies.schedule.study import OpenStudy


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/wsnas.db"


@pytest.fixture
def opened(address: str) -> OpenStudy:
    opened = create_or_open(address, f"study-{uuid.uuid4().hex[:8]}", settings(), grace=3)
    plan_trials(opened, budget=3)
    return opened


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_a_signal_saves_hands_the_trial_back_and_ends_the_worker_with_a_message(
    opened: OpenStudy, address: str, tmp_path: Path, number: signal.Signals
) -> None:
    worker = start_worker(tmp_path, address, name=opened.name)
    until_saved(tmp_path, worker)
    worker.send_signal(number)
    assert worker.wait(10) == 128 + number
    words = (tmp_path / "worker.log").read_text().splitlines()
    assert words[-1] == f"wsnas: stopped by {number.name}: what was under way is saved and handed back"
    assert not any("Traceback" in line for line in words)
    trials = opened.study.trials
    assert trials[0].state is TrialState.FAIL
    assert trials[0].user_attrs[attributes.INTERRUPTED]
    assert trials[-1].state is TrialState.WAITING
    assert len(checkpoints(tmp_path)) == 1


def test_the_trial_that_a_signal_interrupted_goes_on_first_and_ends_as_if_nothing_had_been(
    opened: OpenStudy, address: str, tmp_path: Path
) -> None:
    worker = start_worker(tmp_path, address, name=opened.name)
    until_saved(tmp_path, worker)
    worker.send_signal(signal.SIGTERM)
    worker.wait(10)
    run_one(opened, tmp_path)
    # Others waited before it.
    retry = opened.study.trials[-1]
    assert retry.state is TrialState.COMPLETE
    assert retry.user_attrs[RESUMED] > 0
    assert [retry.value] == undisturbed(opened, [retry])


def test_a_second_interrupt_ends_the_worker_at_once(opened: OpenStudy, address: str, tmp_path: Path) -> None:
    worker = start_worker(tmp_path, address, name=opened.name)
    until_saved(tmp_path, worker)
    # The lock that the worker wants on its way out is held, so that it is still there for the second one.
    with StorageLock(address):
        worker.send_signal(signal.SIGINT)
        time.sleep(1.5)
        assert worker.poll() is None
        worker.send_signal(signal.SIGINT)
        assert worker.wait(3) == 128 + signal.SIGINT
    assert "left at once" in (tmp_path / "worker.log").read_text()


def test_a_way_out_that_is_barred_ends_in_time_with_a_message(
    opened: OpenStudy, address: str, tmp_path: Path
) -> None:
    worker = start_worker(tmp_path, address, name=opened.name)
    until_saved(tmp_path, worker)
    with StorageLock(address):
        started = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(12) == 128 + signal.SIGTERM
        assert time.monotonic() - started < 10
    assert "goes on from its last save" in (tmp_path / "worker.log").read_text()


def test_a_stalled_worker_loses_its_trial_and_harms_nothing_when_it_wakes(
    opened: OpenStudy, address: str, tmp_path: Path
) -> None:
    worker = start_worker(tmp_path, address, name=opened.name)
    try:
        until_saved(tmp_path, worker)
        worker.send_signal(signal.SIGSTOP)
        time.sleep(4.5)
        assert study_status(opened).stale == 1
        # Silence counts at two looks in a row, between which the living would have beaten again.
        assert recovery.reclaim_lost(opened.study) == []
        time.sleep(2.0)
        run_one(opened, tmp_path)
        first, retry = opened.study.trials[0], opened.study.trials[-1]
        assert first.state is TrialState.FAIL
        assert retry.state is TrialState.COMPLETE
        value, reports = retry.value, retry.intermediate_values
        worker.send_signal(signal.SIGCONT)
        # It goes on with the other trials; the end of the study's first half is enough here.
        deadline = time.monotonic() + 90
        while len(budget.counted(opened.study)) < 3:
            assert worker.poll() is None, (tmp_path / "worker.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        worker.kill()
        worker.wait()
    again = open_study(address, opened.name)
    assert [trial.user_attrs["ticket"] for trial in budget.counted(again.study)] == [1, 2, 0]
    after = again.study.trials[retry.number]
    assert (after.value, after.intermediate_values) == (value, reports)
    assert [value] == undisturbed(opened, [after])
    log = (tmp_path / "worker.log").read_text()
    assert "silent for too long and runs elsewhere now" in log
    assert "Traceback" not in log
    assert not [file for file in checkpoints(tmp_path) if file.parent.name == "trials"]


def test_the_study_command_hands_back_what_its_workers_do_and_leaves(tmp_path: Path) -> None:
    import os
    import sys
    from pathlib import Path as Folder

    process = subprocess.Popen(
        [sys.executable, "-m", "studies", "study", "--scale", "tiny", "--study", "x", "--workers", "2"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Folder(__file__).parents[3])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 90
    while not list(tmp_path.glob("runs/x/checkpoints/*/trials/*.pt")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=12)
    assert process.returncode == 128 + signal.SIGTERM
    assert error == "wsnas: stopped; the same command goes on from here\n"
    states = [trial.state for trial in open_study(f"sqlite:///{tmp_path}/runs/wsnas.db", "x").study.trials]
    assert TrialState.RUNNING not in states
