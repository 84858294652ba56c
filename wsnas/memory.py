"""How much memory is free, and whether a training fits into it: asked before anything is built."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wsnas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

_MEMINFO, _CONTAINER = Path("/proc/meminfo"), Path("/sys/fs/cgroup")
_WEIGHT_BYTES = 12
"""A weight, its gradient and its momentum, in float32."""
_MAPS = 4
"""Feature maps of the stem's size that a cell keeps of an image for the way back, at least."""
_EPOCH_BYTES = 64
"""What a run knows of each of its epochs."""
_WEIGHTS = 1000
"""Weights of a cell for each squared channel of the stem: about what the built-in super-nets have."""
_SMALL = 16
"""Channels of the network, of one cell, whose weights are counted where memory may run out."""


def free_memory(device: str) -> int | None:
    """Return the bytes that are free on a GPU, or for processes of this machine; None where nothing says."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(device)[0])
    if not _MEMINFO.exists():
        return None
    lines = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines() if ":" in line)
    free = 1024 * int(lines["MemAvailable"].split()[0])
    # A container may hold less than the machine.
    limit, used = (_CONTAINER / name for name in ("memory.max", "memory.current"))
    if limit.exists() and (most := limit.read_text().strip()).isdigit():
        free = min(free, max(0, int(most) - int(used.read_text())))
    return free


def check_memory(
    build: Callable[[int, int], nn.Module],
    *,
    device: str,
    channels: int,
    cells: int,
    batch_size: int = 1,
    epochs: int = 1,
    resolution: int = 1,
) -> None:
    """Refuse a training that is sure not to fit; what is estimated is less than what it would take.

    Args:
        build: Builds a network of so many channels and cells.
        device: Where it is to be trained.
        channels: Channels of its stem.
        cells: Its cells.
        batch_size: Images of a step.
        epochs: Passes over the images.
        resolution: Height and width of the images in pixels.

    Raises:
        InputError: the estimate, in gigabytes, is more than what is free.
    """
    free = free_memory(device)
    features = 4 * _MAPS * batch_size * channels * cells * resolution**2
    rest, cell = features + _EPOCH_BYTES * epochs, channels**2 * cells
    if free is None or _WEIGHT_BYTES * _WEIGHTS * cell + rest <= free // 4:
        return
    try:
        small = build(_SMALL, 1)
    except InputError:
        return  # sizes that this network cannot have tell nothing about it
    weights = sum(parameter.numel() for parameter in small.parameters()) * cell // _SMALL**2
    need = _WEIGHT_BYTES * weights + rest
    if need > free:
        raise InputError(
            f"channels {channels:,}, cells {cells:,}, batch_size {batch_size:,} and epochs {epochs:,}:"
            f" training takes about {need / 10**9:,.4g} GB of memory, {device} has {free / 1e9:,.1f} GB free"
        )
