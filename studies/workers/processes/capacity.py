"""What a machine has for workers: memory, and a part of a core for each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from objectives.memory import PEAK
from wsnas.memory import free_memory

if TYPE_CHECKING:
    from studies.config.settings import StudySettings
    from studies.schedule.study import OpenStudy

ASSUMED_BYTES = 2 * 2**30
"""What a training on a GPU is taken to need where nothing says more."""
DRIVER_BYTES = 2**30
"""What each process is taken to need beside its tensors, for the driver's context and libraries."""
PROCESS_BYTES = 2**29
"""What a worker on a CPU is taken to need before a trial has been measured; libraries take most of it."""
WORKERS_A_CORE = 4
"""More on a core only wait for each other."""
SIDE_BY_SIDE, TAKING_TURNS = 16, 4
"""Workers of one card by default, with and without CUDA's Multi-Process Service. On an H200 sixteen of the
mini scale's ran side by side as fast as one; without the service four reached 1.26 times what one did at
the paper's size, and twelve no more."""
_COLOURS, _CLASSES = 3, 10
"""What an estimate takes the images to have; stem and classifier are small beside the cells."""


def workers_that_fit(
    wanted: int, *, device: str, free: int | None, peak: int | None, cores: int
) -> tuple[int, str | None]:
    """Return how many workers to start on a device, at least 1, and a line where that is fewer or too many.

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
    if fit == wanted and room:
        return wanted, None
    if most < room:
        return fit, (
            f"this machine has {cores} core{'s' * (cores > 1)} and takes {WORKERS_A_CORE} workers for each:"
            f" {fit} of {wanted} workers start"
        )
    known = "is assumed to take" if peak is None else "takes"
    then = f"{fit} of {wanted} workers start" if fit < wanted else "it may run out of memory"
    return fit, (
        f"{device} has {(free or 0) / 1e9:.1f} GB free and a worker {known} {need / 1e9:.1f} GB: {then}"
    )


def default_workers(device: str) -> int:
    """Return one worker for each core that this process may use, on a GPU at most what a card bears."""
    from objectives.question.inputs import resolve_device

    most = SIDE_BY_SIDE if shares_card() else TAKING_TURNS
    return usable_cores() if resolve_device(device) == "cpu" else min(usable_cores(), most)


def shares_card() -> bool:
    """Return whether processes that start now share a card through CUDA's Multi-Process Service."""
    return (Path(os.environ.get("CUDA_MPS_PIPE_DIRECTORY", "/tmp/nvidia-mps")) / "control").exists()


def fitting_workers(opened: OpenStudy | None, wanted: int, device: str) -> tuple[int, str | None]:
    """Return what `workers_that_fit` says of this machine and of a study's trials so far, if it is one."""
    from objectives.question.inputs import resolve_device

    name = resolve_device(device)
    peak = None if opened is None else seen_peak(opened, gpu=name != "cpu")
    if peak is None and opened is not None and name != "cpu":
        peak = expected_peak(opened.settings)
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


def expected_bytes(settings: StudySettings, device: str) -> int:
    """Return about how many bytes a worker takes, before its first trial."""
    from objectives.question.inputs import resolve_device

    beside = PROCESS_BYTES if resolve_device(device) == "cpu" else DRIVER_BYTES
    return beside + expected_peak(settings)


def expected_peak(settings: StudySettings) -> int:
    """Return about how many bytes the largest training of a study takes on a GPU."""
    from objectives.recipe import Recipe
    from wsnas.spaces import get_space
    from wsnas.supernets import build_supernet
    from wsnas.training.memory import estimate_bytes

    space = get_space(settings.space)
    largest = {one.name: int(max(one.domain.ends)) for one in settings.factors if one.kind is int}
    recipe = Recipe({**settings.baseline(), **largest})
    size = recipe.size()
    return estimate_bytes(
        build_supernet(
            space,
            recipe.mapping(),
            in_channels=_COLOURS,
            num_classes=_CLASSES,
            channels=size.channels,
            cells=size.cells,
        ),
        space,
        in_channels=_COLOURS,
        resolution=settings.sizes().resolution,
        batch_size=recipe.protocol().batch_size,
    )


def limit_threads() -> None:
    """Let torch take one thread, as all that trains here does: another number gives other bits."""
    import torch

    torch.set_num_threads(1)
