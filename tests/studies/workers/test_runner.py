"""What a worker does after an error, with an objective that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from objectives.objective import Objective
from objectives.question.inputs import Place
from studies.schedule import attributes, recovery
from studies.schedule.plan import plan_trials
from studies.schedule.queue import take
from studies.schedule.study import create_or_open
from studies.workers.processes.signals import StopRequest
from studies.workers.runner import TrialRunner
from studies.workers.worker import work
from tests.studies.short_study import settings
from wsnas.errors import BrokenDeviceError

if TYPE_CHECKING:
    from pathlib import Path

    from studies.schedule.study import OpenStudy


@pytest.fixture
def opened(tmp_path: Path) -> OpenStudy:
    opened = create_or_open(f"sqlite:///{tmp_path}/wsnas.db", "x", settings())
    # Three of them tune, and wait from the beginning.
    plan_trials(opened, budget=8)
    return opened


def fail_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(_self: Any, _trial: Any) -> float:
        raise error

    monkeypatch.setattr(Objective, "__call__", fail)


def test_a_worker_whose_device_is_broken_leaves_and_spoils_no_other_trial(
    opened: OpenStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, RuntimeError("CUDA error: an illegal memory access was encountered"))
    with pytest.raises(BrokenDeviceError, match="illegal memory access"):
        work(opened, TrialRunner(opened, place=Place(device="cpu")))
    assert not recovery.given_up(opened.study)
    failed = [trial for trial in opened.study.trials if attributes.ERROR in trial.user_attrs]
    assert len(failed) == 1
    assert failed[0].user_attrs[attributes.FAULT] == "machine"


def test_after_a_fault_of_the_machine_a_worker_rests_longer_each_time(
    opened: OpenStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, MemoryError())
    rests: list[float] = []
    stop = StopRequest()

    def rest(seconds: float) -> bool:
        rests.append(seconds)
        if len(rests) == 3:
            stop.request()
        return stop.requested

    monkeypatch.setattr(stop, "wait", rest)
    work(opened, TrialRunner(opened, place=Place(device="cpu"), stop=stop))
    assert rests == [2.0, 4.0, 8.0]


def test_an_error_of_the_recipe_is_kept_and_the_worker_goes_on(
    opened: OpenStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, ValueError("no such thing\nand more"))
    runner = TrialRunner(opened, place=Place(device="cpu"))
    for _ in range(3):
        trial = take(opened, opened.study)
        assert trial is not None
        runner.run(opened.study, trial)
        assert runner.faults == 0
    assert recovery.given_up(opened.study) == dict.fromkeys(range(3), "ValueError: no such thing")
