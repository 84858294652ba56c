"""Tiny networks of each space, for five classes, and what tests do with them."""

from __future__ import annotations

from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional as F

from wsnas.spaces import get_space
from wsnas.supernets import SharingMapping, build_standalone, build_supernet, standalone_state
from wsnas.training.protocol import Protocol
from wsnas.training.run import TrainingRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from wsnas.spaces import Space

CHANNELS = {"nb101": 8, "nb201": 4, "darts": 4}
CELLS = {"nb101": 1, "nb201": 1, "darts": 3}


def normal(*shape: int, seed: int = 0) -> Tensor:
    """Normally distributed numbers, the same each time."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


IMAGES = normal(24, 3, 8, 8)
LABELS = torch.randint(5, (24,), generator=torch.Generator().manual_seed(1))


def make_supernet(space: str, mapping: SharingMapping | None = None, *, seed: int = 0, **sizes: int) -> Any:
    return build_supernet(space, mapping, **_sizes(space, seed, sizes))


def make_standalone(space: str, architecture: Any, *, seed: int = 0, **sizes: int) -> Any:
    return build_standalone(space, architecture, **_sizes(space, seed, sizes))


def twin(space: str, supernet: Any, architecture: Any, **sizes: int) -> Any:
    """The stand-alone network with the super-net's weights."""
    alone = make_standalone(space, architecture, **sizes)
    alone.load_state_dict(standalone_state(supernet, architecture))
    return alone


def _sizes(space: str, seed: int, sizes: dict[str, int]) -> dict[str, Any]:
    usual = {"in_channels": 3, "num_classes": 5, "channels": CHANNELS[space], "cells": CELLS[space]}
    return {**usual, **sizes, "generator": torch.Generator().manual_seed(seed)}


def draw(space: str, count: int, *, seed: int = 0, supernet: Any = None) -> list[Any]:
    """Uniform architectures, of those that the super-net accepts."""
    rng, known = np.random.default_rng(seed), get_space(space)
    drawn = iter(lambda: known.sample(rng), None)
    return list(islice((one for one in drawn if supernet is None or supernet.accepts(one)), count))


def scripted(space: str, script: Sequence[Any]) -> Space[Any]:
    """Return the space, but its samples are those of a script, over and over."""
    following = cycle(script)

    class Scripted(type(get_space(space))):  # type: ignore[misc]
        def sample(self, rng: np.random.Generator) -> Any:
            return next(following)

        sample_apart = sample

    return Scripted()


def start_training(space: str | Space[Any], supernet: Any, steps: int, **protocol: Any) -> TrainingRun:
    """A run of so many steps, each of which sees all images."""
    settings = {"learning_rate": 0.1, "epochs": steps, "batch_size": 24, "train_portion": 1.0, **protocol}
    known = get_space(space) if isinstance(space, str) else space
    return TrainingRun(supernet, known, IMAGES, LABELS, protocol=Protocol(**settings), seed=0)


def train(space: str, supernet: Any, steps: int) -> None:
    """Train for a few steps, so that no weight is where it began."""
    start_training(space, supernet, steps, path_sampling="fairnas").advance(steps)


def backward(supernet: Any, architecture: Any) -> set[str]:
    """Compute gradients and return the names of the weights that have one."""
    supernet.zero_grad(set_to_none=True)
    F.cross_entropy(supernet(IMAGES, architecture), LABELS).backward()
    return {name for name, weight in supernet.named_parameters() if weight.grad is not None}


def cells_of(supernet: Any) -> list[Any]:
    return [module for module in supernet.modules() if type(module).__name__ == "SuperCell"]
