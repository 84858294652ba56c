"""Workers that are asked to stop, and workers that stall."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest
from optuna.trial import TrialState

from studies.schedule import attributes, budget, recovery
from studies.schedule.study import open_study
from studies.storage import StorageLock
from studies.workers.processes.signals import LEAVE_SECONDS
from studies.workers.status import study_status
from tests.processes import Forked, wait_until
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


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/wsnas.db"


@pytest.fixture
def opened(address: str) -> OpenStudy:
    return new_study(address)


def interrupt(opened: OpenStudy, folder: Path, number: signal.Signals) -> None:
    """Ask a worker to stop in the middle of a trial, and see that it leaves as it should."""
    worker = start_worker(folder, opened)
    until_saved(folder, worker)
    worker.send_signal(number)
    assert worker.wait(10) == 128 + number
    words = worker.error.splitlines()
    assert words[-1] == f"wsnas: stopped by {number.name}: what was under way is saved and handed back"
    assert not any("Traceback" in line for line in words)
    trials = opened.study.trials
    assert trials[0].state is TrialState.FAIL
    assert trials[0].user_attrs[attributes.INTERRUPTED]
    assert trials[-1].state is TrialState.WAITING
    assert len(checkpoints(folder)) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGUSR1])
def test_a_signal_saves_hands_the_trial_back_and_ends_the_worker_with_a_message(
    opened: OpenStudy, tmp_path: Path, number: signal.Signals
) -> None:
    interrupt(opened, tmp_path, number)


def test_the_trial_that_a_signal_interrupted_goes_on_first_and_ends_as_if_nothing_had_been(
    opened: OpenStudy, tmp_path: Path
) -> None:
    interrupt(opened, tmp_path, signal.SIGTERM)
    run_one(opened, tmp_path)
    # Others waited before it.
    retry = opened.study.trials[-1]
    assert retry.state is TrialState.COMPLETE
    assert retry.user_attrs[attributes.RESUMED] > 0
    assert retry.value == undisturbed(opened, retry)


def test_a_second_interrupt_ends_the_worker_at_once(opened: OpenStudy, address: str, tmp_path: Path) -> None:
    worker = start_worker(tmp_path, opened)
    until_saved(tmp_path, worker)
    # The lock that the worker wants on its way out is held, so that it is still there for the second one.
    with StorageLock(address):
        worker.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert worker.poll() is None
        worker.send_signal(signal.SIGINT)
        assert worker.wait(3) == 128 + signal.SIGINT
    assert "left at once" in worker.error


def test_a_way_out_that_is_barred_ends_in_time_with_a_message(
    opened: OpenStudy, address: str, tmp_path: Path
) -> None:
    assert LEAVE_SECONDS < 10
    worker = start_worker(tmp_path, opened, leave_seconds=1.5)
    until_saved(tmp_path, worker)
    with StorageLock(address):
        started = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(6) == 128 + signal.SIGTERM
        assert time.monotonic() - started > 1.4
    assert "what was saved by then is kept" in worker.error


def test_a_stalled_worker_loses_its_trial_and_harms_nothing_when_it_wakes(
    opened: OpenStudy, address: str, tmp_path: Path
) -> None:
    worker = start_worker(tmp_path, opened)
    try:
        until_saved(tmp_path, worker)
        worker.send_signal(signal.SIGSTOP)
        time.sleep(3.2)
        assert study_status(opened).stale == 1
        # Silence counts at two looks in a row, between which the living would have beaten again.
        assert recovery.reclaim_lost(opened.study) == []
        time.sleep(1.7)
        run_one(opened, tmp_path)
        first, retry = opened.study.trials[0], opened.study.trials[-1]
        assert first.state is TrialState.FAIL
        assert retry.state is TrialState.COMPLETE
        value, reports = retry.value, retry.intermediate_values
        worker.send_signal(signal.SIGCONT)
        # It goes on with the other trials; the end of the first of them is enough here.
        wait_until(lambda: worker.poll() is not None or len(budget.counted(opened.study)) == 2, pause=0.1)
        assert worker.poll() is None, worker.error
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    again = open_study(address, opened.name)
    assert [trial.user_attrs["ticket"] for trial in budget.counted(again.study)] == [1, 0]
    after = again.study.trials[retry.number]
    assert (after.value, after.intermediate_values) == (value, reports)
    assert value == undisturbed(opened, after)
    log = worker.error
    assert "silent for too long and runs elsewhere now" in log
    assert "Traceback" not in log
    assert not [file for file in checkpoints(tmp_path) if file.parent.name == "trials"]


def test_the_study_command_hands_back_what_its_workers_do_and_leaves(tmp_path: Path) -> None:
    study = Forked("study", "--scale", "tiny", "--study", "x", "--workers", "2", folder=tmp_path)
    wait_until(lambda: study.poll() is not None or list(tmp_path.glob("runs/x/checkpoints/*/trials/*.pt")))
    study.send_signal(signal.SIGTERM)
    assert study.wait(12) == 128 + signal.SIGTERM
    assert study.error == "wsnas: stopped; the same command goes on from here\n"
    states = [trial.state for trial in open_study(f"sqlite:///{tmp_path}/runs/wsnas.db", "x").study.trials]
    assert TrialState.RUNNING not in states
