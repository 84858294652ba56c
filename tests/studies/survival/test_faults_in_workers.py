"""What a worker does after an error, with an objective that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.soak import settings
from objectives.objective import Objective
from studies import tickets
from studies.context import Place
from studies.signals import StopRequest
from studies.study import create_or_open, plan_trials
from studies.worker import _Worker, work
from wsnas.errors import BrokenDeviceError

if TYPE_CHECKING:
    from pathlib import Path

    from studies.study import Handle


@pytest.fixture
def handle(tmp_path: Path) -> Handle:
    handle = create_or_open(f"sqlite:///{tmp_path}/wsnas.db", "x", settings())
    plan_trials(handle, budget=3)
    return handle


def fail_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(_self: Any, _trial: Any) -> float:
        raise error

    monkeypatch.setattr(Objective, "__call__", fail)


def test_a_worker_whose_device_is_broken_leaves_and_spoils_no_other_trial(
    handle: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, RuntimeError("CUDA error: an illegal memory access was encountered"))
    with pytest.raises(BrokenDeviceError, match="illegal memory access"):
        work(handle, place=Place(device="cpu"))
    assert not tickets.given_up(handle.study)
    failed = [trial for trial in handle.study.trials if tickets.ERROR in trial.user_attrs]
    assert len(failed) == 1
    assert failed[0].user_attrs[tickets.FAULT] == "machine"


def test_after_a_fault_of_the_machine_a_worker_rests_longer_each_time(
    handle: Handle, monkeypatch: pytest.MonkeyPatch
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
    work(handle, place=Place(device="cpu"), stop=stop)
    assert rests == [2.0, 4.0, 8.0]


def test_an_error_of_the_recipe_is_kept_and_the_worker_goes_on(
    handle: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, ValueError("no such thing\nand more"))
    worker = _Worker(handle, Place(device="cpu"), StopRequest(), None, None)
    for _ in range(3):
        assert worker.run_one(handle.study)
        assert worker.faults == 0
    assert tickets.given_up(handle.study) == dict.fromkeys(range(3), "ValueError: no such thing")
