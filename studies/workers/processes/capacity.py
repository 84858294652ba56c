"""What a machine has for workers: the memory of a GPU, and one thread of a CPU for each."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from objectives.memory import PEAK

if TYPE_CHECKING:
    from studies.schedule.study import OpenStudy

ASSUMED_BYTES = 8 * 2**30
"""What a trial is taken to need before one has been measured: no GPU was at hand to measure any, so this is
meant to be too much."""
DRIVER_BYTES = 2**30
"""What each process is taken to need beside its tensors, for the driver's context and libraries."""


def workers_that_fit(
    wanted: int, *, device: str, free: int | None, peak: int | None
) -> tuple[int, str | None]:
    """Return how many workers to start on a device, at least 1, and a line that says why they are fewer.

    Args:
        wanted: Workers asked for, at least 1.
        device: The device's name, for the line.
        free: Bytes that are free on it; None where memory is not checked, as on a CPU.
        peak: Most bytes that a trial has been seen to take on a GPU; None before the first.
    """
    if free is None or wanted == 1:
        return wanted, None
    need = (ASSUMED_BYTES if peak is None else peak) + DRIVER_BYTES
    fit = max(1, min(wanted, free // need))
    if fit == wanted:
        return wanted, None
    known = "is assumed to take" if peak is None else "takes"
    return fit, (
        f"{device} has {free / 1e9:.1f} GB free and a worker {known} {need / 1e9:.1f} GB:"
        f" {fit} of {wanted} workers start"
    )


def fitting_workers(opened: OpenStudy, wanted: int, device: str) -> tuple[int, str | None]:
    """Return what `workers_that_fit` says of a device and of a study's trials so far."""
    from studies.config.inputs import resolve_device

    name = resolve_device(device)
    return workers_that_fit(wanted, device=name, free=free_memory(name), peak=seen_peak(opened))


def free_memory(device: str) -> int | None:
    """Return the free bytes of a GPU; None for a CPU."""
    if not device.startswith("cuda"):
        return None
    import torch

    return int(torch.cuda.mem_get_info(device)[0])


def seen_peak(opened: OpenStudy) -> int | None:
    """Return the most bytes that a trial of a study took on a GPU; None where none is known."""
    peaks = [
        int(trial.user_attrs[PEAK])
        for study in (opened.study, opened.confirm)
        for trial in study.get_trials(deepcopy=False)
        if PEAK in trial.user_attrs and not str(trial.user_attrs.get("device", "cpu")).startswith("cpu")
    ]
    return max(peaks, default=None)


def limit_threads() -> None:
    """Let torch take one thread, unless OMP_NUM_THREADS says otherwise: another number gives other bits."""
    if "OMP_NUM_THREADS" not in os.environ:
        import torch

        torch.set_num_threads(1)
