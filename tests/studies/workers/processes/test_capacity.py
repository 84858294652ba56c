from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from objectives.memory import PEAK, peak_memory
from studies.cli.train import TrainCommand
from studies.config.settings import choose_settings
from studies.workers.processes import capacity
from studies.workers.processes.capacity import (
    ASSUMED_BYTES,
    DRIVER_BYTES,
    default_workers,
    expected_peak,
    fitting_workers,
    limit_threads,
    seen_peak,
    usable_cores,
    workers_that_fit,
)
from wsnas.errors import InputError

GIB = 2**30


@pytest.mark.parametrize(
    ("wanted", "free", "peak", "fit"),
    [
        (4, None, None, 4),
        (1, 0, 50 * GIB, 1),
        (2, 0, GIB, 1),
        (2, 8 * GIB, 3 * GIB, 2),
        (2, 8 * GIB - 1, 3 * GIB, 1),
        (9, 21 * GIB, GIB, 9),
        (20, 21 * GIB, GIB, 10),
        (3, 2 * (ASSUMED_BYTES + DRIVER_BYTES), None, 2),
    ],
)
def test_as_many_workers_start_as_the_free_memory_holds(
    wanted: int, free: int | None, peak: int | None, fit: int
) -> None:
    found, line = workers_that_fit(wanted, device="cuda", free=free, peak=peak, cores=16)
    assert found == fit
    assert (line is None) == (found == wanted and free != 0)


def test_the_line_names_device_memory_and_numbers_and_whether_the_need_was_measured() -> None:
    _, measured = workers_that_fit(4, device="cuda:1", free=5 * 10**9, peak=10**9, cores=2)
    assert measured == "cuda:1 has 5.0 GB free and a worker takes 2.1 GB: 2 of 4 workers start"
    _, assumed = workers_that_fit(4, device="cuda", free=5 * 10**9, peak=None, cores=2)
    assert assumed == "cuda has 5.0 GB free and a worker is assumed to take 3.2 GB: 1 of 4 workers start"
    _, full = workers_that_fit(1, device="cuda", free=10**9, peak=10**9, cores=2)
    assert full == "cuda has 1.0 GB free and a worker takes 2.1 GB: it may run out of memory"


@pytest.mark.parametrize(
    ("device", "cores", "free", "peak", "fit", "words"),
    [
        ("cpu", 2, 20 * GIB, None, 8, "this machine has 2 cores and takes 4 workers for each: 8 of 100000"),
        ("cpu", 1, None, None, 4, "this machine has 1 core and takes 4 workers for each: 4 of 100000"),
        ("cpu", 2, GIB, None, 2, "cpu has 1.1 GB free and a worker is assumed to take 0.5 GB: 2 of 100000"),
        ("cpu", 2, 6 * GIB, 2 * GIB, 3, "cpu has 6.4 GB free and a worker takes 2.1 GB: 3 of 100000"),
        ("cuda", 2, 80 * GIB, GIB, 8, "this machine has 2 cores"),
    ],
)
def test_the_machine_bounds_the_number_of_workers_and_the_bound_is_named(
    device: str, cores: int, free: int | None, peak: int | None, fit: int, words: str
) -> None:
    found, line = workers_that_fit(100_000, device=device, free=free, peak=peak, cores=cores)
    assert found == fit
    assert line is not None
    assert line.startswith(words)


def test_a_cpu_takes_its_usual_workers_and_no_crowd() -> None:
    assert fitting_workers(study([]), 1, "cpu") == (1, None)
    found, line = fitting_workers(None, 100_000, "cpu")
    assert found <= 4 * usable_cores()
    assert f"{found} of 100000 workers start" in str(line)


@pytest.mark.parametrize("command", ["a trial", "train"])
def test_what_trains_takes_one_thread_whatever_the_environment_says(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def trained(*_arguments: object, **_options: object) -> None:
        taken.append(torch.get_num_threads())
        raise InputError("enough")

    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setattr("objectives.evaluate.evaluate_recipe", trained)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        if command == "train":
            with pytest.raises(InputError, match="enough"):
                TrainCommand(scale="tiny").run()
        else:
            limit_threads()
            taken.append(torch.get_num_threads())
    finally:
        torch.set_num_threads(before)
    assert taken == [1]


@pytest.mark.parametrize(
    ("device", "mps", "cores", "workers"),
    [("cpu", False, 2, 2), ("cuda", False, 16, 4), ("cuda", False, 2, 2), ("cuda", True, 64, 16)],
)
def test_a_card_gets_the_workers_that_it_was_measured_to_bear(
    device: str, mps: bool, cores: int, workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("objectives.question.inputs.resolve_device", lambda device: device)
    monkeypatch.setattr(capacity, "usable_cores", lambda: cores)
    monkeypatch.setenv("CUDA_MPS_PIPE_DIRECTORY", str(tmp_path))
    if mps:
        (tmp_path / "control").touch()
    assert default_workers(device) == workers


def test_the_check_asks_the_device_and_the_trials_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("objectives.question.inputs.resolve_device", lambda _device: "cuda")
    monkeypatch.setattr(capacity, "free_memory", lambda _device: 10 * GIB)
    known = study([{PEAK: 4 * GIB, "device": "NVIDIA H100"}])
    assert fitting_workers(known, 4, "auto")[0] == 2


def test_before_the_first_trial_the_largest_training_is_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("objectives.question.inputs.resolve_device", lambda _device: "cuda")
    monkeypatch.setattr(capacity, "free_memory", lambda _device: 10 * GIB)
    paper, tiny = study([]), study([])
    paper.settings = choose_settings(space="nb201", scale="paper")
    tiny.settings = choose_settings(space="nb201", scale="tiny")
    # With 16 channels such a training took 1.8 GB on an H200; the largest that is studied has 32.
    assert 3.6e9 < expected_peak(paper.settings) < 4.2e9
    assert fitting_workers(paper, 4, "auto")[0] == 2
    assert expected_peak(tiny.settings) < 0.05e9
    assert fitting_workers(tiny, 4, "auto") == (4, None)


def test_the_peak_is_the_largest_on_a_gpu() -> None:
    assert seen_peak(study([{}, {PEAK: 9 * GIB, "device": "cpu (x86_64)"}])) is None
    some = [{PEAK: size, "device": "NVIDIA H100"} for size in (1, 3, 2)]
    assert seen_peak(study(some)) == 3
    assert seen_peak(study([*some, {PEAK: 9, "device": "cpu (x86_64)"}]), gpu=False) == 9


def test_a_processs_peak_grows_with_what_it_holds() -> None:
    before = peak_memory("cpu")
    held = np.ones(before // 8 + (1 << 23))  # more than all that the process ever had
    assert peak_memory("cpu") >= held.nbytes > before > 10**7


def study(attributes: list[dict[str, Any]]) -> Any:
    trials = [SimpleNamespace(user_attrs=one) for one in attributes]
    half = SimpleNamespace(get_trials=lambda deepcopy: trials)
    return SimpleNamespace(study=half, confirm=SimpleNamespace(get_trials=lambda deepcopy: []))
