"""What a worker does after an error, with an objective that fails."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch

import studies.workers.runner as runner_module
from objectives.objective import Objective
from objectives.question.inputs import Place, load_problem
from studies.cli import parse
from studies.schedule import attributes, recovery
from studies.schedule.plan import plan_trials
from studies.schedule.queue import take
from studies.schedule.study import create_or_open
from studies.workers.launch import run_workers
from studies.workers.leftovers import Folders
from studies.workers.processes.signals import StopRequest
from studies.workers.runner import TrialRunner
from studies.workers.worker import work
from tests.studies.short_study import settings
from wsnas.errors import BrokenDeviceError, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from studies.schedule.study import OpenStudy
    from studies.workers.processes.supervisor import Command


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


def test_workers_compute_deterministically_where_the_study_was_told_to(
    opened: OpenStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[Command] = []
    monkeypatch.setattr("studies.workers.launch.supervise", lambda command, **_: commands.append(command))
    for deterministic in (False, True):
        place = Place(device="cpu", deterministic=deterministic)
        folders = Folders(study=tmp_path / "s", checkpoints=tmp_path / "c")
        run_workers(opened, workers=1, place=place, folders=folders, show=lambda _: None)
    plain, told = (parse([*command.arguments]) for command in commands)
    assert not plain.place.deterministic
    assert told.place.deterministic
    try:
        assert not torch.are_deterministic_algorithms_enabled()
        TrialRunner(opened, place=told.place)
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        torch.use_deterministic_algorithms(False)


def test_a_worker_with_other_images_than_the_trials_saw_is_refused(
    opened: OpenStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(device="cpu")
    TrialRunner(opened, place=place)
    TrialRunner(opened, place=place)
    problem = load_problem(opened.settings, place)
    replaced = replace(problem, images=replace(problem.images, sha256="0" * 64))
    monkeypatch.setattr(runner_module, "load_problem", lambda *_: replaced)
    with pytest.raises(InputError, match=r"not those that the study's trials saw .SHA-256 now 000000000000"):
        TrialRunner(opened, place=place)
