"""Named streams of randomness: what one part of a run draws never shifts what another draws."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def numpy_stream(seed: int, name: str) -> np.random.Generator:
    """Return the generator of a stream, e.g. ``paths``, of a run's seed (at least 0)."""
    return np.random.default_rng(_entropy(seed, name))


def torch_stream(seed: int, name: str, device: str | torch.device = "cpu") -> torch.Generator:
    """Return a torch generator on a device for a stream of a run's seed (at least 0)."""
    import torch

    state = int(np.random.SeedSequence(_entropy(seed, name)).generate_state(1, np.uint64)[0])
    return torch.Generator(device).manual_seed(state >> 1)


def _entropy(seed: int, name: str) -> tuple[int, int]:
    return seed, zlib.crc32(name.encode())
