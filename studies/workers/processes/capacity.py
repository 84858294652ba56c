"""What a machine has for workers: memory, and a part of a core for each."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from objectives.memory import PEAK
from wsnas.memory import free_memory

if TYPE_CHECKING:
    from studies.schedule.study import OpenStudy

ASSUMED_BYTES = 8 * 2**30
"""What a trial is taken to need before one has been measured: no GPU was at hand to measure any, so this is
meant to be too much."""
DRIVER_BYTES = 2**30
"""What each process is taken to need beside its tensors, for the driver's context and libraries."""
PROCESS_BYTES = 2**29
"""What a worker on a CPU is taken to need before a trial has been measured; libraries take most of it."""
WORKERS_A_CORE = 4
"""More on a core only wait for each other."""


def workers_that_fit(
    wanted: int, *, device: str, free: int | None, peak: int | None, cores: int
) -> tuple[int, str | None]:
    """Return how many workers to start on a device, at least 1, and a line that says why they are fewer.

    Args:
        wanted: Workers asked for, at least 1.
        device: The device's name, for the line.
        free: Bytes that are free on it; None where that is not known.
        peak: Most bytes that a trial has been seen to take on such a device; None before the first.
        cores: Cores of this machine that its processes may use, at least 1.
    """
    assumed, beside = (ASSUMED_BYTES, DRIVER_BYTES) if device.startswith("cuda") else (PROCESS_BYTES, 0)
    need, most = (assumed if peak is None else peak) + beside, WORKERS_A_CORE * cores
    room = wanted if free is None else free // max(need, 1)
    fit = max(1, min(wanted, most, room))
    if fit == wanted:
        return wanted, None
    if most < room:
        return fit, (
            f"this machine has {cores} core{'s' * (cores > 1)} and takes {WORKERS_A_CORE} workers for each:"
            f" {fit} of {wanted} workers start"
        )
    known = "is assumed to take" if peak is None else "takes"
    return fit, (
        f"{device} has {(free or 0) / 1e9:.1f} GB free and a worker {known} {need / 1e9:.1f} GB:"
        f" {fit} of {wanted} workers start"
    )


def fitting_workers(opened: OpenStudy | None, wanted: int, device: str) -> tuple[int, str | None]:
    """Return what `workers_that_fit` says of this machine and of a study's trials so far, if it is one."""
    from objectives.question.inputs import resolve_device

    name = resolve_device(device)
    peak = None if opened is None else seen_peak(opened, gpu=name != "cpu")
    return workers_that_fit(wanted, device=name, free=free_memory(name), peak=peak, cores=usable_cores())


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def seen_peak(opened: OpenStudy, *, gpu: bool = True) -> int | None:
    """Return the most bytes that a trial of a study took on a GPU, or a CPU; None where none is known."""
    peaks = [
        int(trial.user_attrs[PEAK])
        for study in (opened.study, opened.confirm)
        for trial in study.get_trials(deepcopy=False)
        if PEAK in trial.user_attrs and gpu != str(trial.user_attrs.get("device", "cpu")).startswith("cpu")
    ]
    return max(peaks, default=None)


def limit_threads() -> None:
    """Let torch take one thread, as all that trains here does: another number gives other bits."""
    import torch

    torch.set_num_threads(1)
